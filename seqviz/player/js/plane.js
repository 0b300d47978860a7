import { write } from "./axes.js";

/** The least and the largest of each of two coordinates, in arrays of pairs. */
export function bounds(arrays) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const data of arrays) {
    data.forEach((value, i) => {
      low[i % 2] = Math.min(low[i % 2], value);
      high[i % 2] = Math.max(high[i % 2], value);
    });
  }
  return { low, high };
}

/** Where in a box a point of the plane lies. */
export function place(box, { low, high }, first, second) {
  const pad = 12;
  return {
    x: box.x + pad + ((first - low[0]) / (high[0] - low[0] || 1)) * (box.width - 2 * pad),
    y: box.y + box.height - pad - ((second - low[1]) / (high[1] - low[1] || 1)) * (box.height - 2 * pad),
  };
}

/** The names of both axes, below the box and at its left. */
export function nameAxes(view, box, [first, second]) {
  const { context } = view;
  write(view, first, box.x + box.width / 2, box.y + box.height + 14, { align: "center" });
  context.save();
  context.translate(13, box.y + box.height / 2);
  context.rotate(-Math.PI / 2);
  write(view, second, 0, 0, { align: "center" });
  context.restore();
}

/** @param {string} [line] the colour of its edge */
export function dot(context, { x, y }, radius, fill, line = fill) {
  context.fillStyle = fill;
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  if (line !== fill) context.stroke();
}
