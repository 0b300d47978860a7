import { inside, number, pixels, write } from "../axes.js";
import { colourIndex } from "../theme.js";

/** The image, with rows not yet read dimmed and a line under the current one. */
export const picture = {
  prepare(panel, theme) {
    const [rows, columns] = panel.image.shape;
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
    return { text: `row ${row + 1} · pixel ${column + 1} · ${number(value, 2)}` };
  },
};

function square(panel, view) {
  const box = inside(view, 30, 8, 8, 8);
  const [rows, columns] = panel.image.shape;
  const pixel = Math.min(box.width / columns, box.height / rows);
  const width = pixel * columns;
  return { x: box.x + (box.width - width) / 2, y: box.y, width, height: pixel * rows };
}
