/** A 64 × 64 grid to draw a digit on; every stroke that ends is sent to Python as text, two symbols a point. */
const SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const GRID = 64;
const PEN = 5;
/** Points closer than this (in cells) add nothing but length. */
const APART = 2;
/** What the server still reads (`LONGEST` in seqviz/data/drawing.py). */
const LONGEST = 4000;

const pads = new WeakMap();

class Pad {
  constructor(host) {
    host.innerHTML = `
      <canvas role="img" aria-label="Drawing pad: draw a digit with mouse, pen or finger"></canvas>
      <div class="buttons">
        <button type="button" class="undo">Undo</button>
        <button type="button" class="clear">Clear</button>
      </div>`;
    this.canvas = host.querySelector("canvas");
    this.undo = host.querySelector(".undo");
    this.clear = host.querySelector(".clear");
    /** @type {[number, number][][]} */
    this.strokes = [];
    this.past = [];
    /** Once something was drawn here, the pad knows best: what comes back from the server may be a stroke behind. */
    this.touched = false;
    this.canvas.onpointerdown = (event) => this.begin(event);
    this.canvas.onpointermove = (event) => this.move(event);
    this.canvas.onpointerup = () => this.end();
    this.canvas.onpointercancel = () => this.end();
    this.undo.onclick = () => this.restore(this.past.pop() ?? this.strokes.slice(0, -1));
    this.clear.onclick = () => {
      this.past.push(this.strokes);
      this.restore([]);
    };
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
  }

  begin(event) {
    if (encode(this.strokes).length > LONGEST - 200) return;
    this.touched = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.past.push(this.strokes);
    this.strokes = [...this.strokes, [this.point(event)]];
    this.drawing = true;
    this.draw();
    event.preventDefault();
  }

  move(event) {
    if (!this.drawing) return;
    const stroke = this.strokes.at(-1);
    for (const moment of event.getCoalescedEvents?.() ?? [event]) {
      const [x, y] = this.point(moment);
      const [lastX, lastY] = stroke.at(-1);
      if (Math.hypot(x - lastX, y - lastY) >= APART) stroke.push([x, y]);
    }
    this.draw();
  }

  end() {
    if (!this.drawing) return;
    this.drawing = false;
    this.send(encode(this.strokes));
  }

  restore(strokes) {
    this.touched = true;
    this.strokes = strokes;
    this.draw();
    this.send(encode(strokes));
  }

  /** Where on the grid an event happened. */
  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const cell = (share) => Math.max(0, Math.min(GRID - 1, Math.floor(share * GRID)));
    return [cell((event.clientX - box.left) / box.width), cell((event.clientY - box.top) / box.height)];
  }

  draw() {
    const { canvas } = this;
    const size = canvas.clientWidth * (globalThis.devicePixelRatio || 1);
    if (!size) return;
    if (canvas.width !== Math.round(size)) canvas.width = canvas.height = Math.round(size);
    const context = canvas.getContext("2d");
    const cell = canvas.width / GRID;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;
    context.lineWidth = PEN * cell;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) {
      context.beginPath();
      stroke.forEach(([x, y], i) => {
        context[i === 0 ? "moveTo" : "lineTo"]((x + 0.5) * cell, (y + 0.5) * cell);
      });
      if (stroke.length === 1) context.lineTo((stroke[0][0] + 0.5) * cell + 0.01, (stroke[0][1] + 0.5) * cell);
      context.stroke();
    }
    if (!this.strokes.length) {
      context.font = `${9 * cell}px sans-serif`;
      context.textAlign = "center";
      context.globalAlpha = 0.6;
      context.fillText("draw here", canvas.width / 2, canvas.height / 2);
      context.globalAlpha = 1;
    }
    this.undo.disabled = !this.strokes.length && !this.past.length;
    this.clear.disabled = !this.strokes.length;
  }
}

function encode(strokes) {
  return strokes.map((stroke) => stroke.map(([x, y]) => SYMBOLS[x] + SYMBOLS[y]).join("")).join(".");
}

function decode(text) {
  return text
    .split(".")
    .filter(Boolean)
    .map((part) => (part.match(/../g) ?? []).map(([x, y]) => [SYMBOLS.indexOf(x), SYMBOLS.indexOf(y)]));
}

export default function ({ data, parentElement, setStateValue }) {
  let pad = pads.get(parentElement);
  if (!pad) {
    pad = new Pad(parentElement.querySelector(".host"));
    pads.set(parentElement, pad);
  }
  pad.send = (text) => setStateValue("strokes", text);
  if (!pad.touched) pad.strokes = decode(data.strokes);
  pad.draw();
  return () => pad.observer.disconnect();
}
