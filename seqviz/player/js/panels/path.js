import { frame, inside, number, write } from "../axes.js";

/** A path in a plane, drawn up to the cursor among faint paths whose ends carry their labels. */
export const path = {
  prepare(panel) {
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    for (const { data } of [panel.points, panel.others]) {
      data.forEach((value, i) => {
        low[i % 2] = Math.min(low[i % 2], value);
        high[i % 2] = Math.max(high[i % 2], value);
      });
    }
    return { low, high };
  },

  draw(panel, view, bounds) {
    const { context, theme, step } = view;
    const box = inside(view, 26, 6, 6, 26);
    const at = (data, index) => place(box, bounds, data[2 * index], data[2 * index + 1]);
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
      write(view, panel.labels[other], x, y, { align: "center" });
    }
    stroke(context, (i) => at(panel.points.data, i), step, panel.colour, 3);
    for (let i = 0; i <= step; i++) dot(context, at(panel.points.data, i), 2.5, panel.colour);
    dot(context, at(panel.points.data, step), 7, theme.background);
    dot(context, at(panel.points.data, step), 5, panel.colour);
    write(view, panel.axes[0], box.x + box.width / 2, box.y + box.height + 14, { align: "center" });
    context.save();
    context.translate(13, box.y + box.height / 2);
    context.rotate(-Math.PI / 2);
    write(view, panel.axes[1], 0, 0, { align: "center" });
    context.restore();
  },

  describe(panel, view, x, y, bounds) {
    const box = inside(view, 26, 6, 6, 26);
    const distance = (i) => {
      const point = place(box, bounds, panel.points.data[2 * i], panel.points.data[2 * i + 1]);
      return Math.hypot(point.x - x, point.y - y);
    };
    const nearest = [...Array(view.step + 1).keys()].sort((a, b) => distance(a) - distance(b))[0];
    if (distance(nearest) > 24) return null;
    const [first, second] = [panel.points.data[2 * nearest], panel.points.data[2 * nearest + 1]];
    return { text: `${view.stepName} ${nearest + 1} · (${number(first, 2)}, ${number(second, 2)})` };
  },
};

function place(box, { low, high }, first, second) {
  const pad = 12;
  return {
    x: box.x + pad + ((first - low[0]) / (high[0] - low[0] || 1)) * (box.width - 2 * pad),
    y: box.y + box.height - pad - ((second - low[1]) / (high[1] - low[1] || 1)) * (box.height - 2 * pad),
  };
}

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

function dot(context, { x, y }, radius, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
