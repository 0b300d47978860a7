import { frame, inside, number, SIZE, write } from "../axes.js";
import { bounds, dot, nameAxes, place } from "../plane.js";

/** A path in a plane, drawn up to the cursor among faint paths whose ends carry their labels. */
export const path = {
  prepare(panel) {
    return bounds([panel.points.data, panel.others.data]);
  },

  draw(panel, view, limits) {
    const { context, theme, step } = view;
    const box = inside(view, 26, 6, 6, 26);
    const at = (data, index) => place(box, limits, data[2 * index], data[2 * index + 1]);
    const [paths, steps] = panel.others.shape;
    frame(view, box);
    context.lineJoin = "round";
    context.globalAlpha = 0.3;
    for (let other = 0; other < paths; other++) {
      stroke(context, (i) => at(panel.others.data, other * steps + i), step, theme.faint, 1);
    }
    context.globalAlpha = 1;
    for (let other = 0; other < paths; other++) {
      const { x, y } = at(panel.others.data, other * steps + step);
      const half = (0.52 * SIZE * panel.labels[other].length) / 2;
      write(view, panel.labels[other], Math.min(x, view.width - half - 2), y, { align: "center" });
    }
    stroke(context, (i) => at(panel.points.data, i), step, panel.colour, 3);
    for (let i = 0; i <= step; i++) dot(context, at(panel.points.data, i), 2.5, panel.colour);
    dot(context, at(panel.points.data, step), 7, theme.background);
    dot(context, at(panel.points.data, step), 5, panel.colour);
    nameAxes(view, box, panel.axes);
  },

  describe(panel, view, x, y, limits) {
    const box = inside(view, 26, 6, 6, 26);
    const distance = (i) => {
      const point = place(box, limits, panel.points.data[2 * i], panel.points.data[2 * i + 1]);
      return Math.hypot(point.x - x, point.y - y);
    };
    const nearest = [...Array(view.step + 1).keys()].sort((a, b) => distance(a) - distance(b))[0];
    if (distance(nearest) > 24) return null;
    const [first, second] = [panel.points.data[2 * nearest], panel.points.data[2 * nearest + 1]];
    return { text: `${view.stepName} ${nearest + 1} · (${number(first, 2)}, ${number(second, 2)})` };
  },
};

function stroke(context, at, last, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  for (let i = 0; i <= last; i++) {
    const { x, y } = at(i);
    i === 0 ? context.moveTo(x, y) : context.lineTo(x, y);
  }
  context.stroke();
}
