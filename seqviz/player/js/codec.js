/**
 * @typedef {{offset: number, shape: number[], scale: number}} Descriptor
 * @typedef {{shape: number[], data: Float32Array}} Tensor
 * @typedef {Object<string, any> & {kind: string, title: string, group: number}} Panel
 */

/**
 * The two parts of what `seqviz/player/payload.py` packs: options, and a timeline that is still packed.
 * @param {Uint8Array} payload
 * @returns {{options: Object, packed: Uint8Array}}
 */
export function split(payload) {
  const [options, packed] = readText(payload);
  return { options, packed };
}

/**
 * A timeline with every array descriptor replaced by the numbers it stands for.
 * @param {Uint8Array} packed
 * @returns {{steps: number, stepName: string, groups: string[], marks: Object[], panels: Panel[]}}
 */
export function decode(packed) {
  const [header, block] = readText(packed);
  const numbers = new DataView(block.buffer, block.byteOffset, block.byteLength);
  header.panels = header.panels.map((panel) =>
    Object.fromEntries(
      Object.entries(panel).map(([name, value]) => [name, value?.shape ? decodeTensor(numbers, value) : value]),
    ),
  );
  return header;
}

/** How a number that is not finite is sent. */
const NOT_FINITE = -32768;

/** JSON after its length, and the bytes behind it. */
function readText(bytes) {
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return [JSON.parse(new TextDecoder().decode(bytes.subarray(4, end))), bytes.subarray(end)];
}

/**
 * @param {DataView} view
 * @param {Descriptor} descriptor
 * @returns {Tensor}
 */
function decodeTensor(view, { offset, shape, scale }) {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < data.length; i++) {
    const code = view.getInt16(offset + 2 * i, true);
    data[i] = code === NOT_FINITE ? Number.NaN : code * scale;
  }
  return { shape, data };
}
