/**
 * @typedef {{offset: number, shape: number[], scale: number}} Descriptor
 * @typedef {{shape: number[], data: Float32Array}} Tensor
 * @typedef {Object<string, any> & {kind: string, title: string, group: number}} Panel
 */

/**
 * A timeline as `seqviz/player/payload.py` packs it, with every array descriptor replaced by the numbers it stands for.
 * @param {Uint8Array} payload
 * @returns {{steps: number, stepName: string, groups: string[], marks: Object[], panels: Panel[], options: Object}}
 */
export function decode(payload) {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const start = 4 + view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(payload.subarray(4, start)));
  const numbers = new DataView(payload.buffer, payload.byteOffset + start);
  header.panels = header.panels.map((panel) =>
    Object.fromEntries(
      Object.entries(panel).map(([name, value]) => [name, value?.shape ? decodeTensor(numbers, value) : value]),
    ),
  );
  return header;
}

/**
 * @param {DataView} view
 * @param {Descriptor} descriptor
 * @returns {Tensor}
 */
function decodeTensor(view, { offset, shape, scale }) {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < data.length; i++) data[i] = view.getInt16(offset + 2 * i, true) * scale;
  return { shape, data };
}
