import { frame, inside, number, SIZE, write } from "../axes.js";
import { bounds, dot, nameAxes, place } from "../plane.js";
import { colourIndex } from "../theme.js";

const [LEFT, TOP, RIGHT, BOTTOM] = [26, 6, 6, 26];

/** Points that move through a plane; some carry their labels, one is marked. */
export const scatter = {
  prepare(panel, theme) {
    const colour = (value) => {
      const entry = 4 * colourIndex("signed", value);
      return `rgb(${theme.signed.subarray(entry, entry + 3).join(" ")})`;
    };
    return { bounds: bounds([panel.points.data]), colour };
  },

  draw(panel, view, prepared) {
    const { context, theme } = view;
    const box = inside(view, LEFT, TOP, RIGHT, BOTTOM);
    const named = new Set(panel.named);
    const count = panel.labels.length;
    const at = pointAt(panel, view, box, prepared.bounds);
    frame(view, box);
    for (let i = 0; i < count; i++) {
      if (named.has(i)) continue;
      dot(context, at(i), 2.5, prepared.colour(panel.values.data[view.step * count + i]), theme.line);
    }
    const taken = [];
    for (const i of panel.named) {
      const marked = i === panel.marked;
      const value = panel.values.data[view.step * count + i];
      dot(context, at(i), marked ? 6 : 4, prepared.colour(value), theme.text);
      label(view, panel.labels[i], at(i), box, marked, taken);
    }
    nameAxes(view, box, panel.axes);
  },

  describe(panel, view, x, y, prepared) {
    const at = pointAt(panel, view, inside(view, LEFT, TOP, RIGHT, BOTTOM), prepared.bounds);
    const distance = (i) => Math.hypot(at(i).x - x, at(i).y - y);
    const nearest = panel.labels.map((_, i) => i).sort((a, b) => distance(a) - distance(b))[0];
    if (nearest === undefined || distance(nearest) > 16) return null;
    const value = panel.values.data[view.step * panel.labels.length + nearest];
    return { text: `${panel.labels[nearest]} · ${panel.unit} ${number(value, 2)}` };
  },
};

/** Beside its point, unless that place is taken. */
function label(view, text, { x, y }, box, bold, taken) {
  const width = 0.56 * SIZE * text.length;
  const left = x + 8 + width > box.x + box.width ? x - 8 - width : x + 8;
  const overlaps = taken.some(
    (other) => left < other.left + other.width && other.left < left + width && Math.abs(y - other.y) < SIZE,
  );
  if (overlaps) return;
  taken.push({ left, width, y });
  write(view, text, left, y, { colour: view.theme.text, bold });
}

function pointAt(panel, view, box, limits) {
  const start = 2 * panel.labels.length * view.step;
  const { data } = panel.points;
  return (i) => place(box, limits, data[start + 2 * i], data[start + 2 * i + 1]);
}
