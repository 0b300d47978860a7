import { inside, write } from "../axes.js";
import { named } from "./characters.js";

/** The likeliest characters of the current step: a frame for the network's own probability, a bar for what was drawn from. */
export const candidates = {
  prepare: () => null,

  draw(panel, view) {
    const { context, theme } = view;
    const box = boxOfCandidates(panel, view);
    const found = likeliest(panel, view);
    const row = box.height / found.length;
    found.forEach(({ character, before, after, kept, chosen }, i) => {
      if (!character) return;
      const y = box.y + i * row;
      context.fillStyle = panel.colour;
      context.globalAlpha = chosen ? 1 : 0.55;
      context.fillRect(box.x, y + row * 0.2, after ? Math.max(1, after * box.width) : 0, row * 0.6);
      context.globalAlpha = 1;
      context.strokeStyle = theme.text;
      context.lineWidth = 1;
      context.strokeRect(box.x + 0.5, y + row * 0.2 - 0.5, Math.max(1, before * box.width), row * 0.6 + 1);
      const style = { colour: chosen ? theme.text : undefined, bold: chosen };
      write(view, `${chosen ? "▸ " : ""}${labelOf(character)}`, box.x - 8, y + row / 2, { ...style, align: "right" });
      const shares = panel.plain ? inPercent(before) : `${inPercent(before)} → ${kept ? inPercent(after) : "cut"}`;
      write(view, shares, view.width - 4, y + row / 2, {
        ...style,
        align: "right",
      });
    });
  },

  describe(panel, view, _x, y) {
    const found = likeliest(panel, view);
    const one = found[Math.floor(((y - 6) / (view.height - 12)) * found.length)];
    if (!one?.character) return null;
    if (panel.plain) return { text: `${labelOf(one.character)} · ${(one.before * 100).toFixed(2)} %` };
    const [before, after] = [one.before, one.after].map((share) => `${(share * 100).toFixed(2)} %`);
    return { text: `${named(one.character)} · ${before} by the network, ${one.kept ? `${after} drawn from` : "cut"}` };
  },
};

/** A character by its sign, a word as it is. */
function labelOf(text) {
  return Array.from(text).length > 1 ? text : named(text);
}

function boxOfCandidates(panel, view) {
  const longest = Math.max(...panel.labels.flat().map((label) => Array.from(label).length));
  return inside(view, Math.max(40, 28 + 8 * longest), 6, panel.plain ? 56 : 118, 6);
}

function likeliest(panel, { step }) {
  const count = panel.before.shape[1];
  return Array.from(panel.labels[step], (character, i) => ({
    character,
    before: panel.before.data[step * count + i],
    after: panel.after.data[step * count + i],
    kept: panel.kept.data[step * count + i] > 0,
    chosen: panel.chosen[step] === i,
  }));
}

function inPercent(share) {
  const rounded = Math.round(share * 100);
  return rounded === 0 ? "<1 %" : `${rounded} %`;
}
