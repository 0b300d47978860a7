import { drawMarks, frame, inside, SIZE, timeAxis, write } from "../axes.js";

/** Room for the longest name at the right. */
function boxOf(panel, view) {
  const longest = Math.max(...panel.labels.map((label) => label.length));
  return inside(view, 52, 8, Math.max(22, 10 + 0.52 * SIZE * longest), 26);
}

/** Curves over time in [0, 1], drawn up to the cursor; the one that ends highest has the colour. */
export const lines = {
  prepare(panel) {
    const [steps, count] = panel.values.shape;
    const end = Array.from(panel.values.data.subarray((steps - 1) * count));
    return { leader: end.indexOf(Math.max(...end)) };
  },

  draw(panel, view, { leader }) {
    const { context, theme } = view;
    const box = boxOf(panel, view);
    const count = panel.values.shape[1];
    const place = (step, line) => ({
      x: box.x + ((step + 0.5) * box.width) / view.steps,
      y: box.y + (1 - panel.values.data[step * count + line]) * box.height,
    });
    frame(view, box);
    timeAxis(view, box);
    for (const share of [0, 0.5, 1]) {
      write(view, `${share * 100} %`, box.x - 6, box.y + (1 - share) * box.height, { align: "right" });
    }
    drawMarks(view, box);
    const order = [...Array(count).keys()].sort((a, b) => (a === leader) - (b === leader));
    for (const line of order) {
      context.strokeStyle = line === leader ? panel.colour : theme.faint;
      context.lineWidth = line === leader ? 3 : 1.25;
      context.beginPath();
      for (let step = 0; step <= view.step; step++) {
        const { x, y } = place(step, line);
        step === 0 ? context.moveTo(x, y) : context.lineTo(x, y);
      }
      context.stroke();
    }
    const named = order.filter((line) => line === leader || panel.values.data[view.step * count + line] > 0.08);
    const ends = named.map((line) => ({ line, ...place(view.step, line) })).sort((a, b) => a.y - b.y);
    let lowest = -Infinity;
    for (const { line, x, y } of ends) {
      lowest = Math.max(y, lowest + SIZE);
      write(view, panel.labels[line], x + 6, lowest, { colour: theme.text, bold: line === leader });
    }
  },

  describe(panel, view, x, y) {
    const box = boxOf(panel, view);
    const step = Math.floor(((x - box.x) / box.width) * view.steps);
    if (step < 0 || step > view.step) return null;
    const count = panel.values.shape[1];
    const height = 1 - (y - box.y) / box.height;
    const distance = (line) => Math.abs(panel.values.data[step * count + line] - height);
    const nearest = [...Array(count).keys()].sort((a, b) => distance(a) - distance(b))[0];
    const value = panel.values.data[step * count + nearest];
    if (Number.isNaN(value)) return null;
    return { text: `${panel.labels[nearest]} · ${view.stepName} ${step + 1} · ${(value * 100).toFixed(2)} %` };
  },
};
