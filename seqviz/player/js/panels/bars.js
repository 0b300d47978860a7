import { inside, SIZE, write } from "../axes.js";

/** Room for the longest name at the left. */
function boxOfBars(panel, view) {
  const longest = Math.max(...panel.labels.map((label) => label.length));
  return inside(view, Math.min(view.width / 2, 16 + 0.58 * SIZE * longest), 6, 52, 6);
}

/** One horizontal bar a label, in [0, 1]; the longest is named in bold. */
export const bars = {
  prepare: () => null,

  draw(panel, view) {
    const { context, theme } = view;
    const box = boxOfBars(panel, view);
    const { values, best } = current(panel, view);
    const row = box.height / values.length;
    values.forEach((value, i) => {
      const y = box.y + i * row;
      const leads = i === best;
      context.fillStyle = theme.line;
      context.fillRect(box.x, y + row * 0.18, box.width, row * 0.64);
      context.fillStyle = panel.colour;
      context.globalAlpha = leads ? 1 : 0.55;
      context.fillRect(box.x, y + row * 0.18, Math.max(1, value * box.width), row * 0.64);
      context.globalAlpha = 1;
      const style = { colour: leads ? theme.text : undefined, bold: leads };
      write(view, panel.labels[i], box.x - 8, y + row / 2, { ...style, align: "right" });
      write(view, percent(value), box.x + box.width + 6, y + row / 2, style);
    });
  },

  describe(panel, view, _x, y) {
    const { values } = current(panel, view);
    const i = Math.floor(((y - 6) / (view.height - 12)) * values.length);
    if (i < 0 || i >= values.length) return null;
    if (Number.isNaN(values[i])) return null;
    return { text: `${panel.labels[i]} · ${(values[i] * 100).toFixed(2)} % after ${view.stepName} ${view.step + 1}` };
  },
};

function current(panel, view) {
  const count = panel.values.shape[1];
  const values = Array.from(panel.values.data.subarray(view.step * count, (view.step + 1) * count));
  return { values, best: values.indexOf(Math.max(...values)) };
}

function percent(value) {
  if (Number.isNaN(value)) return "–";
  const rounded = Math.round(value * 100);
  return value > 0 && rounded === 0 ? "<1 %" : `${rounded} %`;
}
