/**
 * @typedef {{offset: number, shape: number[], scale: number, bits?: 8}} Descriptor
 * @typedef {{shape: number[], data: Float32Array, decimals: number}} Tensor what is right to fewer decimals says so
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
 * @returns {{steps: number, stepName: string, groups: string[], marks: Object[], panels: Panel[], momentName: string, momentTitle: string,
 *   moments: {number: number, marks: Object[], panels: Panel[]}[]}}
 */
export function decode(packed) {
  const [header, block] = readText(packed);
  const numbers = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const decoded = (panel) =>
    Object.fromEntries(
      Object.entries(panel).map(([name, value]) => [name, value?.shape ? decodeTensor(numbers, value) : value]),
    );
  header.panels = header.panels.map(decoded);
  header.moments = header.moments.map(({ number, marks, panels }) => ({
    number,
    marks: marks ?? header.marks,
    panels: panels ? panels.map(decoded) : header.panels.map((panel) => ({ ...panel })),
  }));
  return header;
}

/** How a number that is not finite is sent. */
const NOT_FINITE = { 16: -32768, 8: -128 };

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
function decodeTensor(view, { offset, shape, scale, bits = 16 }) {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < data.length; i++) {
    const code = bits === 8 ? view.getInt8(offset + i) : view.getInt16(offset + 2 * i, true);
    data[i] = code === NOT_FINITE[bits] ? Number.NaN : code * scale;
  }
  return { shape, data, decimals: bits === 8 ? 2 : 3 };
}
