import { drawMarks, frame, inside, SIZE, write } from "../axes.js";

/** Of the panel: the strip with the whole series. */
const SERIES_STRIP = 34;
const AHEAD_DASHES = [5, 4];

/** Room for the strip above, the values at the left, the times below. */
function fanBox(view) {
  return inside(view, 58, SERIES_STRIP + 16, 12, 24);
}

/**
 * A series up to the cursor; what was forecast one step ahead of it, dashed; and behind the origin the free forecast,
 * whose intervals open like a fan. The strip above is the whole series, with the window that is read.
 */
export const fan = {
  prepare(panel) {
    const values = [panel.truth, panel.free, panel.quantiles].flatMap((one) => (one ? [...one.data] : []));
    const finite = values.filter(Number.isFinite);
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    const margin = 0.06 * (high - low) || 0.5;
    return { low: low - margin, high: high + margin };
  },

  draw(panel, view, range) {
    drawSeriesStrip(panel, view);
    const box = fanBox(view);
    const { context, theme } = view;
    const place = fanPlace(view, box, range);
    frame(view, box);
    fanAxes(panel, view, box, range);
    drawMarks(view, box);
    context.save();
    context.beginPath();
    context.rect(box.x, box.y, box.width, box.height);
    context.clip();
    if (panel.quantiles) drawFanIntervals(panel, view, place);
    context.lineJoin = "round";
    fanLine(view, panel.truth, place, 0, view.step, theme.text, 2);
    context.setLineDash(AHEAD_DASHES);
    fanLine(view, panel.ahead, place, 0, view.step, theme.faint, 1.75);
    context.setLineDash([]);
    fanLine(view, panel.free, place, panel.reading, view.step, panel.colour, 3);
    context.restore();
    fanLegend(panel, view, box);
  },

  describe(panel, view, x, y) {
    const box = fanBox(view);
    if (y < box.y || y > box.y + box.height) return null;
    const step = Math.floor(((x - box.x) / box.width) * view.steps);
    if (step < 0 || step > view.step) return null;
    const parts = [
      ["true", panel.truth],
      ["one step ahead", panel.ahead],
      ["free", panel.free],
    ];
    const known = parts.filter(([, one]) => Number.isFinite(one.data[step]));
    const said = known.map(([name, one]) => `${name} ${fanValue(panel, one.data[step])}`);
    if (panel.quantiles && step >= panel.reading) {
      const levels = panel.quantiles.shape[1];
      const borders = [0, levels - 1].map((level) => fanValue(panel, panel.quantiles.data[step * levels + level]));
      said.push(`90 %: ${borders.join(" to ")}`);
    }
    return said.length ? { text: `${panel.times[step]} · ${said.join(" · ")} ${panel.unit}` } : null;
  },
};

function fanPlace(view, box, { low, high }) {
  return (step, value) => ({
    x: box.x + ((step + 0.5) * box.width) / view.steps,
    y: box.y + (1 - (value - low) / (high - low)) * box.height,
  });
}

/** A distance from the panel's base, as the value that it is. */
function fanValue(panel, value) {
  return (panel.base + value).toFixed(panel.decimals).replace("-", "−");
}

function fanLine(view, values, place, from, until, colour, width) {
  const { context } = view;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  let pen = false;
  for (let step = from; step <= until; step++) {
    const value = values.data[step];
    if (!Number.isFinite(value)) {
      pen = false;
      continue;
    }
    const { x, y } = place(step, value);
    pen ? context.lineTo(x, y) : context.moveTo(x, y);
    pen = true;
  }
  context.stroke();
}

/** The intervals from outer to inner, up to the cursor; they begin at the last value that is known. */
function drawFanIntervals(panel, view, place) {
  const { context } = view;
  const levels = panel.quantiles.shape[1];
  const until = view.step;
  if (until < panel.reading) return;
  context.fillStyle = panel.colour;
  for (let pair = 0; pair < (levels - 1) / 2; pair++) {
    context.globalAlpha = 0.18;
    context.beginPath();
    const start = place(panel.reading - 1, panel.truth.data[panel.reading - 1]);
    context.moveTo(start.x, start.y);
    for (let step = panel.reading; step <= until; step++) {
      const { x, y } = place(step, panel.quantiles.data[step * levels + pair]);
      context.lineTo(x, y);
    }
    for (let step = until; step >= panel.reading; step--) {
      const { x, y } = place(step, panel.quantiles.data[step * levels + levels - 1 - pair]);
      context.lineTo(x, y);
    }
    context.fill();
  }
  context.globalAlpha = 1;
}

function fanAxes(panel, view, box, { low, high }) {
  for (const share of [0.1, 0.5, 0.9]) {
    const y = box.y + (1 - share) * box.height;
    write(view, fanValue(panel, low + share * (high - low)), box.x - 6, y, { align: "right" });
  }
  write(view, panel.unit, box.x - 6, box.y - 8, { align: "right" });
  const bottom = box.y + box.height + 13;
  const longest = Math.max(...[0, panel.reading, view.steps - 1].map((step) => panel.times[step].length));
  const room = 0.6 * SIZE * longest;
  const origin = box.x + (panel.reading * box.width) / view.steps;
  write(view, panel.times[0], box.x, bottom);
  write(view, panel.times[view.steps - 1], box.x + box.width, bottom, { align: "right" });
  if (origin - room / 2 > box.x + room + 8 && origin + room / 2 < box.x + box.width - room - 8) {
    write(view, panel.times[panel.reading], origin, bottom, { align: "center", colour: view.theme.text });
  }
}

/** What the lines are, above the panel's right end, as far as there is room. */
function fanLegend(panel, view, box) {
  const { context, theme } = view;
  const entries = [
    ["true", theme.text, []],
    ["one step ahead", theme.faint, AHEAD_DASHES],
    ["runs free", panel.colour, []],
  ];
  let x = box.x + 8;
  for (const [name, colour, dashes] of entries) {
    const width = 34 + 0.55 * SIZE * name.length;
    if (x + width > box.x + box.width) return;
    context.strokeStyle = colour;
    context.lineWidth = 2.5;
    context.setLineDash(dashes);
    context.beginPath();
    context.moveTo(x, box.y - 8);
    context.lineTo(x + 20, box.y - 8);
    context.stroke();
    context.setLineDash([]);
    write(view, name, x + 25, box.y - 8);
    x += width;
  }
}

/** The whole series small, what is read shaded, the time ahead in the forecast's colour. */
function drawSeriesStrip(panel, view) {
  const box = inside(view, 58, 2, 12, view.height - SERIES_STRIP);
  const { context, theme } = view;
  const { data } = panel.series;
  const [low, high] = data.reduce(
    ([least, most], one) => [Math.min(least, one), Math.max(most, one)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const at = (share) => box.x + share * box.width;
  const [from, origin, until] = panel.span;
  context.globalAlpha = 0.16;
  context.fillStyle = theme.text;
  context.fillRect(at(from), box.y, Math.max(2, at(origin) - at(from)), box.height);
  context.globalAlpha = 0.4;
  context.fillStyle = panel.colour;
  context.fillRect(at(origin), box.y, Math.max(2, at(until) - at(origin)), box.height);
  context.globalAlpha = 1;
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.beginPath();
  data.forEach((value, i) => {
    const x = at((i + 0.5) / data.length);
    const y = box.y + (1 - (value - low) / (high - low || 1)) * box.height;
    i ? context.lineTo(x, y) : context.moveTo(x, y);
  });
  context.stroke();
}
