import { drawMarks, frame, inside, number, pixels, SIZE, seen, timeAxis, write } from "../axes.js";
import { colourIndex } from "../theme.js";

/** Rows × time, revealed up to the cursor, and beside it the current column as bars on the same rows. */
export const heatmap = {
  prepare(panel, theme) {
    const [steps, rows] = panel.values.shape;
    return pixels(steps, rows, theme[panel.scale], (x, y) => colourAt(panel, x, y));
  },

  draw(panel, view, bitmap) {
    const { context, theme, from, to } = view;
    const { grid, strip } = boxes(panel, view);
    const [steps, rows] = panel.values.shape;
    const column = grid.width / steps;
    const width = to - from;
    context.imageSmoothingEnabled = false;
    context.drawImage(bitmap, from, 0, width, rows, grid.x + from * column, grid.y, width * column, grid.height);
    frame(view, grid);
    drawMarks(view, grid);
    context.fillStyle = theme.text;
    context.fillRect(grid.x + view.cursor * column - 1, grid.y - 3, 2, grid.height + 6);
    timeAxis(view, grid);
    labelRows(panel, view, grid);
    drawStrip(panel, view, strip);
    drawPinned(panel, view, grid, strip);
  },

  describe(panel, view, x, y) {
    const { grid, strip } = boxes(panel, view);
    const [steps, rows] = panel.values.shape;
    const row = Math.floor(((y - grid.y) / grid.height) * rows);
    if (row < 0 || row >= rows) return null;
    const onStrip = x >= strip.x && x < strip.x + strip.width;
    const step = onStrip ? view.step : Math.floor(((x - grid.x) / grid.width) * steps);
    if (!seen(view, step)) return null;
    const value = panel.values.data[step * rows + row];
    const unit = panel.rows[row];
    return {
      text: `${panel.row_name} ${unit} · ${view.stepName} ${step + 1} · ${panel.symbol} = ${number(value, panel.values.decimals)}`,
      pin: unit,
    };
  },
};

const FEW = 12;

/** A few rows are numbered, as far as there is room; many are only named. */
function labelRows(panel, view, grid) {
  const height = grid.height / panel.rows.length;
  if (panel.rows.length > FEW) {
    if (view.pinned === null) write(view, panel.row_name, grid.x - 6, grid.y + grid.height / 2, { align: "right" });
    return;
  }
  const every = Math.ceil(SIZE / height);
  panel.rows.forEach((row, i) => {
    if ((panel.rows.length - 1 - i) % every) return;
    write(view, String(row), grid.x - 6, grid.y + (i + 0.5) * height, { align: "right" });
  });
}

function boxes(panel, view) {
  const strip = Math.min(90, view.width * 0.2);
  const digits = panel.rows.length > FEW ? 0 : Math.max(...panel.rows.map((row) => String(row).length));
  const grid = inside(view, Math.max(34, 10 + 8 * digits), 6, strip + 18, 26);
  return { grid, strip: { x: grid.x + grid.width + 14, y: grid.y, width: strip, height: grid.height } };
}

function colourAt(panel, step, row) {
  return colourIndex(panel.scale, panel.values.data[step * panel.values.shape[1] + row] / panel.limit);
}

/** The current values; the scale under them is the key to the colours. */
function drawStrip(panel, view, box) {
  const { context, theme } = view;
  const rows = panel.values.shape[1];
  const signed = panel.scale === "signed";
  const map = theme[panel.scale];
  const zero = signed ? box.x + box.width / 2 : box.x;
  const unit = signed ? box.width / 2 : box.width;
  const thickness = box.height / rows;
  for (let row = 0; row < rows; row++) {
    const share = Math.max(-1, Math.min(1, panel.values.data[view.step * rows + row] / panel.limit));
    if (Number.isNaN(share)) continue;
    const strong = (signed ? (share < 0 ? 0 : 510) : 255) * 4;
    context.fillStyle = `rgb(${map[strong]} ${map[strong + 1]} ${map[strong + 2]})`;
    context.fillRect(zero, box.y + row * thickness, share * unit, Math.max(0.75, thickness - (thickness > 3 ? 1 : 0)));
  }
  context.fillStyle = theme.line;
  context.fillRect(zero - 0.5, box.y, 1, box.height);
  const entries = map.length / 4;
  for (let i = 0; i < box.width; i++) {
    const entry = Math.floor((i / box.width) * entries) * 4;
    context.fillStyle = `rgb(${map[entry]} ${map[entry + 1]} ${map[entry + 2]})`;
    context.fillRect(box.x + i, box.y + box.height + 2, 1, 4);
  }
  const limit = panel.limit < 0.01 ? "+" : String(Number(panel.limit.toPrecision(box.width < 72 ? 1 : 2)));
  const baseline = box.y + box.height + 15;
  write(view, signed ? `−${limit === "+" ? "" : limit}` : "0", box.x, baseline);
  if (signed && box.width > 80) write(view, "0", zero, baseline, { align: "center" });
  write(view, limit, box.x + box.width, baseline, { align: "right" });
}

function drawPinned(panel, view, grid, strip) {
  const row = panel.rows.indexOf(view.pinned);
  if (row < 0) return;
  const height = Math.max(3, grid.height / panel.rows.length);
  const y = grid.y + ((row + 0.5) * grid.height) / panel.rows.length - height / 2;
  const { context, theme } = view;
  context.strokeStyle = theme.text;
  context.lineWidth = 1.5;
  context.strokeRect(grid.x - 2, y - 1, strip.x + strip.width - grid.x + 4, height + 2);
  write(view, String(view.pinned), grid.x - 6, y + height / 2, { align: "right", colour: theme.text, bold: true });
}
