import { frame, inside, SIZE, write } from "../axes.js";
import { colourIndex } from "../theme.js";
import { named } from "./characters.js";

/** Weights above which a line is drawn at all, and how strong lines of earlier words stay. */
const FAINTEST = 0.02;
const EARLIER = 0.18;
/** Pixels of a letter, about. */
const LETTER = 0.62 * SIZE;

/**
 * What was read above, what is written below, and between them lines from the token that is being written to the places
 * that it looks at; or the same weights as a matrix that grows row by row.
 */
export const alignment = {
  prepare: () => null,

  draw(panel, view) {
    if (panel.matrix) drawMatrix(panel, view);
    else drawLines(panel, view);
  },

  describe(panel, view, x, y) {
    const { places, row } = panel.matrix ? inMatrix(panel, view, x, y) : inLines(panel, view, x, y);
    if (places < 0 || places >= panel.source.length) return null;
    const written = panel.target[row];
    if (written === undefined || row > view.step - panel.reading) {
      return { text: `place ${places + 1}, “${token(panel.source[places])}”` };
    }
    const share = (weight(panel, row, places) * 100).toFixed(1);
    return { text: `“${token(written)}” looks ${share} % at place ${places + 1}, “${token(panel.source[places])}”` };
  },
};

/** A token as it is called: blanks by their sign, a word as it is. */
function token(text) {
  return Array.from(text).length > 1 ? text : named(text);
}

function weight(panel, row, place) {
  const places = panel.source.length;
  return panel.weights ? panel.weights.data[(panel.reading + row) * places + place] : 0;
}

/** The middles of tokens that stand side by side; all are squeezed where there is no room. */
function middles(tokens, box) {
  const widths = tokens.map((text) => Math.max(1, Array.from(text).length) * LETTER + 4);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const scale = Math.min(1.35, box.width / Math.max(1, total));
  let x = box.x + (box.width - total * scale) / 2;
  return widths.map((width) => {
    const middle = x + (width * scale) / 2;
    x += width * scale;
    return { x: middle, width: width * scale, squeezed: scale < 0.98 };
  });
}

function drawLines(panel, view) {
  const box = inside(view, 8, 16, 8, 16);
  const tops = middles(panel.source, box);
  const bottoms = middles(panel.target, box);
  const now = view.step - panel.reading;
  const { context, theme } = view;
  const full = 510 * 4;
  const colour = `rgb(${theme.signed.slice(full, full + 3).join(" ")})`;
  for (let row = 0; row <= Math.min(now, panel.target.length - 1); row++) {
    panel.source.forEach((_, place) => {
      const strength = weight(panel, row, place);
      if (strength < FAINTEST) return;
      context.globalAlpha = row === now ? 0.25 + 0.75 * strength : EARLIER * strength;
      context.strokeStyle = row === now ? colour : theme.text;
      context.lineWidth = row === now ? 1 + 5 * strength : 1.5;
      context.beginPath();
      context.moveTo(bottoms[row].x, box.y + box.height - 10);
      context.lineTo(tops[place].x, box.y + 10);
      context.stroke();
    });
  }
  context.globalAlpha = 1;
  labelTokens(view, panel.source, tops, box.y, view.step < panel.reading ? view.step : -1, (place) =>
    view.step < panel.reading ? place <= view.step : now >= 0 && weight(panel, now, place) > 0.2,
  );
  labelTokens(view, panel.target, bottoms, box.y + box.height, now, (row) => row <= now, now);
}

/** Tokens in a line; where they are squeezed, those that would lie over one that matters more are left out. */
function labelTokens(view, tokens, at, y, here, strong, last = tokens.length) {
  const order = tokens.map((_, i) => i).sort((one, other) => rank(other) - rank(one) || one - other);
  const taken = [];
  function rank(i) {
    return i === here ? 2 : strong(i) ? 1 : 0;
  }
  for (const i of order) {
    if (i > last) continue;
    const width = Array.from(tokens[i]).length * LETTER + 2;
    const [from, to] = [at[i].x - width / 2, at[i].x + width / 2];
    if (at[i].squeezed && taken.some(([start, stop]) => from < stop && to > start)) continue;
    taken.push([from, to]);
    write(view, token(tokens[i]), at[i].x, y, {
      align: "center",
      colour: rank(i) ? view.theme.text : undefined,
      bold: i === here || (strong(i) && here === -1),
    });
  }
}

function inLines(panel, view, x, y) {
  const box = inside(view, 8, 16, 8, 16);
  const upper = y < box.y + box.height / 2;
  const at = middles(upper ? panel.source : panel.target, box);
  const found = at.findIndex((one) => Math.abs(one.x - x) <= one.width / 2);
  const row = upper ? view.step - panel.reading : found;
  if (upper) return { places: found, row };
  return { places: strongest(panel, found), row };
}

/** The place that a written token looks at most. */
function strongest(panel, row) {
  if (row < 0) return -1;
  const shares = panel.source.map((_, place) => weight(panel, row, place));
  return shares.indexOf(Math.max(...shares));
}

function matrixBox(panel, view) {
  const longest = Math.max(...panel.target.map((text) => Array.from(text).length));
  return inside(view, Math.min(view.width / 3, 14 + LETTER * longest), 20, 6, 6);
}

function drawMatrix(panel, view) {
  const box = matrixBox(panel, view);
  const [columns, rows] = [panel.source.length, panel.target.length];
  const [width, height] = [box.width / columns, box.height / rows];
  const now = view.step - panel.reading;
  const { context, theme } = view;
  for (let row = 0; row <= Math.min(now, rows - 1); row++) {
    for (let place = 0; place < columns; place++) {
      const entry = colourIndex("share", weight(panel, row, place)) * 4;
      context.fillStyle = `rgb(${theme.share.slice(entry, entry + 3).join(" ")})`;
      context.fillRect(box.x + place * width, box.y + row * height, width + 0.5, height + 0.5);
    }
  }
  frame(view, box);
  if (now >= 0 && now < rows) {
    context.strokeStyle = theme.text;
    context.lineWidth = 2;
    context.strokeRect(box.x - 1, box.y + now * height, box.width + 2, height);
  }
  const everyRow = Math.ceil((SIZE - 1) / height);
  panel.target.forEach((text, row) => {
    if (row > now || (row % everyRow && row !== now)) return;
    const style = { align: "right", bold: row === now, colour: row === now ? theme.text : undefined };
    write(view, token(text), box.x - 7, box.y + (row + 0.5) * height, style);
  });
  const everyPlace = Math.ceil((Math.max(...panel.source.map((text) => Array.from(text).length)) * LETTER - 1) / width);
  panel.source.forEach((text, place) => {
    const here = place === view.step;
    if (place % everyPlace && !here) return;
    const style = { align: "center", bold: here, colour: here ? theme.text : undefined };
    write(view, token(text), box.x + (place + 0.5) * width, box.y - 10, style);
  });
}

function inMatrix(panel, view, x, y) {
  const box = matrixBox(panel, view);
  const places = Math.floor(((x - box.x) / box.width) * panel.source.length);
  return { places, row: Math.floor(((y - box.y) / box.height) * panel.target.length) };
}
