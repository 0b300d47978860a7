import { inside, number, painted, pixels, write } from "../axes.js";
import { colourIndex } from "../theme.js";

/** How dark the digit is under scores, and the room for the totals beside it. */
const UNDER = 0.4;
const BESIDE = 84;

/** The image, with rows not yet read dimmed and a line under the current one; over it scores, beside it their totals. */
export const picture = {
  prepare(panel, theme) {
    const [rows, columns] = panel.image.shape;
    if (panel.scores) return painted(columns, rows, (x, y) => scored(panel, theme, y * columns + x));
    return pixels(columns, rows, theme.share, (x, y) => colourIndex("share", panel.image.data[y * columns + x]));
  },

  draw(panel, view, bitmap) {
    const { context, theme, step, from, to } = view;
    const box = square(panel, view);
    const row = box.height / view.steps;
    const line = box.y + view.cursor * row;
    context.imageSmoothingEnabled = false;
    context.globalAlpha = 0.22;
    context.drawImage(bitmap, box.x, box.y, box.width, box.height);
    context.globalAlpha = 1;
    context.save();
    context.beginPath();
    context.rect(box.x, box.y + from * row, box.width, (to - from) * row);
    context.clip();
    context.fillStyle = theme.background;
    context.fillRect(box.x, box.y, box.width, box.height);
    context.drawImage(bitmap, box.x, box.y, box.width, box.height);
    context.restore();
    context.strokeStyle = theme.line;
    context.strokeRect(box.x - 0.5, box.y - 0.5, box.width + 1, box.height + 1);
    if (panel.totals) totals(panel, view, box, row);
    context.fillStyle = theme.text;
    context.fillRect(box.x - 6, line - 1, box.width + 12, 2);
    write(view, String(step + 1), box.x - 10, Math.max(8, Math.min(view.height - 8, line)), {
      align: "right",
      colour: theme.text,
      bold: true,
    });
  },

  describe(panel, view, x, y) {
    const box = square(panel, view);
    const [rows, columns] = panel.image.shape;
    const column = Math.floor(((x - box.x) / box.width) * columns);
    const row = Math.floor(((y - box.y) / box.height) * rows);
    if (row < 0 || row >= rows || column < 0 || column >= columns) return null;
    const value = panel.image.data[row * columns + column];
    const score = panel.scores ? ` · score ${number(panel.scores.data[row * columns + column], 3)}` : "";
    return { text: `row ${row + 1} · pixel ${column + 1} · ${number(value, 2)}${score}` };
  },
};

/** The colour of a pixel under its score: the digit in grey, and over it orange or blue. */
function scored(panel, theme, place) {
  const under = colourIndex("share", panel.image.data[place] * UNDER) * 4;
  const score = Math.max(-1, Math.min(1, panel.scores.data[place] / panel.limit));
  const full = colourIndex("signed", Math.sign(score)) * 4;
  const mix = (i) => theme.share[under + i] + (theme.signed[full + i] - theme.share[under + i]) * Math.abs(score);
  return [mix(0), mix(1), mix(2), 255];
}

/** Each row's total as a bar from a middle line, orange to the right and blue to the left. */
function totals(panel, view, box, row) {
  const { context, theme } = view;
  const most = Math.max(1e-9, ...panel.totals.data.map(Math.abs));
  const middle = box.x + box.width + 10 + (BESIDE - 20) / 2;
  const half = (BESIDE - 24) / 2;
  panel.totals.data.forEach((total, step) => {
    const length = (total / most) * half;
    const entry = colourIndex("signed", Math.sign(total)) * 4;
    context.globalAlpha = step + 1 > view.from && step < view.to ? 1 : 0.25;
    context.fillStyle = `rgb(${theme.signed.slice(entry, entry + 3).join(" ")})`;
    context.fillRect(
      Math.min(middle, middle + length),
      box.y + step * row + 0.5,
      Math.abs(length),
      Math.max(1, row - 1),
    );
  });
  context.globalAlpha = 1;
  context.fillStyle = theme.faint;
  context.fillRect(middle - 0.5, box.y, 1, box.height);
}

function square(panel, view) {
  const box = inside(view, 30, 8, panel.totals ? BESIDE : 8, 8);
  const [rows, columns] = panel.image.shape;
  const pixel = Math.min(box.width / columns, box.height / rows);
  const width = pixel * columns;
  return { x: box.x + (box.width - width) / 2, y: box.y, width, height: pixel * rows };
}
