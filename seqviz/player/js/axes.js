/**
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{context: CanvasRenderingContext2D, width: number, height: number, theme: import("./theme.js").Theme,
 *   steps: number, stepName: string, step: number, from: number, to: number, cursor: number,
 *   marks: {step: number, label: string}[], pinned: number | null}} View what has been seen so far lies between `from`
 *   and `to`, the cursor at one end of it; `pinned` is the row of this panel that is pinned
 */

export const SIZE = 13;

/**
 * @param {View} view
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {{align?: CanvasTextAlign, colour?: string, bold?: boolean, baseline?: CanvasTextBaseline}} [options]
 */
export function write(view, text, x, y, { align = "left", colour, bold = false, baseline = "middle" } = {}) {
  const { context, theme } = view;
  context.font = `${bold ? "600 " : ""}${SIZE}px ${theme.font}`;
  context.textAlign = align;
  context.textBaseline = baseline;
  context.fillStyle = colour ?? theme.faint;
  context.fillText(text, x, y);
}

/** The space between margins. @returns {Box} */
export function inside(view, left, top, right, bottom) {
  return { x: left, y: top, width: view.width - left - right, height: view.height - top - bottom };
}

/** Steps along the bottom: the first, the last, and every seventh between. */
export function timeAxis(view, box) {
  const column = box.width / view.steps;
  const every = Math.max(1, Math.round(view.steps / 4));
  const baseline = box.y + box.height + 12;
  write(view, view.stepName, box.x - 6, baseline, { align: "right" });
  for (let step = 0; step < view.steps; step++) {
    const number = step + 1;
    const last = number === view.steps;
    if (number !== 1 && !last && (number % every !== 0 || view.steps - number < every / 2)) continue;
    write(view, String(number), box.x + (step + 0.5) * column, baseline, { align: "center" });
  }
}

/** Whether the cursor has passed a step. */
export function seen(view, step) {
  return step + 1 > view.from && step < view.to;
}

/** Dashed lines at the marks of the panel's group. */
export function drawMarks(view, box) {
  const { context, theme, marks, steps } = view;
  context.strokeStyle = theme.text;
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  for (const mark of marks) {
    if (!seen(view, mark.step)) continue;
    const x = Math.round(box.x + (mark.step * box.width) / steps) + 0.5;
    context.beginPath();
    context.moveTo(x, box.y);
    context.lineTo(x, box.y + box.height);
    context.stroke();
  }
  context.setLineDash([]);
}

export function frame(view, box) {
  view.context.strokeStyle = view.theme.line;
  view.context.lineWidth = 1;
  view.context.strokeRect(box.x - 0.5, box.y - 0.5, box.width + 1, box.height + 1);
}

/** A typographic minus, and as many decimals as the reader can use. */
export function number(value, decimals = 3) {
  if (Number.isNaN(value)) return "too large for float32";
  if (value && Math.abs(value) < 0.5 * 10 ** -decimals) return value.toExponential(1).replaceAll("-", "−");
  return value.toFixed(decimals).replace("-", "−");
}

/** The colour of what is not a finite number: a grey that no map has. */
const NO_NUMBER = [128, 128, 128, 255];

/** A matrix drawn once, one pixel a value, to be scaled when it is shown. */
export function pixels(width, height, map, indexAt) {
  return painted(width, height, (x, y) => {
    const entry = indexAt(x, y) * 4;
    return Number.isNaN(entry) ? NO_NUMBER : map.subarray(entry, entry + 4);
  });
}

/** The same with any colour at each place. */
export function painted(width, height, colourAt) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      image.data.set(colourAt(x, y), (y * width + x) * 4);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
