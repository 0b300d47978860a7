import { frame, inside, number, pixels } from "../axes.js";
import { colourIndex } from "../theme.js";

/** A picture that stands still, and over it where the current step looks: a grid of shares, the strongest fully coloured. */
export const looking = {
  prepare(panel, theme) {
    const [rows, columns] = panel.image.shape;
    return pixels(columns, rows, theme.share, (x, y) => colourIndex("share", panel.image.data[y * columns + x]));
  },

  draw(panel, view, bitmap) {
    const { context, theme } = view;
    const box = whole(view);
    context.imageSmoothingEnabled = false;
    context.drawImage(bitmap, box.x, box.y, box.width, box.height);
    if (panel.weights) {
      const shares = now(panel, view);
      const most = Math.max(1e-9, ...shares);
      const side = box.width / panel.grid;
      const full = 510 * 4;
      context.fillStyle = `rgb(${theme.signed.slice(full, full + 3).join(" ")})`;
      shares.forEach((share, place) => {
        context.globalAlpha = 0.75 * (share / most);
        context.fillRect(
          box.x + (place % panel.grid) * side,
          box.y + Math.floor(place / panel.grid) * side,
          side,
          side,
        );
      });
      context.globalAlpha = 1;
    }
    frame(view, box);
  },

  describe(panel, view, x, y) {
    const box = whole(view);
    const [column, row] = [(x - box.x) / box.width, (y - box.y) / box.height];
    if (column < 0 || column >= 1 || row < 0 || row >= 1) return null;
    if (!panel.weights) {
      const [rows, columns] = panel.image.shape;
      const value = panel.image.data[Math.floor(row * rows) * columns + Math.floor(column * columns)];
      return {
        text: `row ${Math.floor(row * rows) + 1} · pixel ${Math.floor(column * columns) + 1} · ${number(value, 2)}`,
      };
    }
    const place = Math.floor(row * panel.grid) * panel.grid + Math.floor(column * panel.grid);
    const share = (now(panel, view)[place] * 100).toFixed(1);
    return {
      text: `place ${Math.floor(row * panel.grid) + 1} down, ${Math.floor(column * panel.grid) + 1} across · looks ${share} % here`,
    };
  },
};

function now(panel, view) {
  const count = panel.grid * panel.grid;
  return Array.from(panel.weights.data.subarray(view.step * count, (view.step + 1) * count));
}

function whole(view) {
  const box = inside(view, 6, 4, 6, 4);
  const side = Math.min(box.width, box.height);
  return { x: box.x + (box.width - side) / 2, y: box.y, width: side, height: side };
}
