/**
 * A frame to draw one curve in, from left to right or back: a height for each of 48 places. What was there before is
 * drawn faintly. Every stroke that ends is sent to Python as text, one sign a place (`seqviz/data/sketch.py`).
 */
const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const PLACES = 48;
const LEFT = 4;
const BELOW = 22;

const sketches = new WeakMap();

class SketchPad {
  constructor(host) {
    host.innerHTML = `
      <canvas role="img" tabindex="0"></canvas>
      <div class="buttons">
        <button type="button" class="undo">Undo</button>
        <button type="button" class="clear">Clear</button>
      </div>`;
    this.canvas = host.querySelector("canvas");
    this.undo = host.querySelector(".undo");
    this.clear = host.querySelector(".clear");
    /** Heights in [0, 1], null where nothing was drawn. @type {(number | null)[]} */
    this.heights = Array(PLACES).fill(null);
    this.past = [];
    this.touched = false;
    /** The place that the arrow keys change. */
    this.here = 0;
    this.canvas.onpointerdown = (event) => this.begin(event);
    this.canvas.onpointermove = (event) => this.move(event);
    this.canvas.onpointerup = () => this.end();
    this.canvas.onpointercancel = () => this.end();
    this.canvas.onkeydown = (event) => this.type(event);
    this.undo.onclick = () => this.restore(this.past.pop() ?? Array(PLACES).fill(null));
    this.clear.onclick = () => {
      this.past.push(this.heights);
      this.restore(Array(PLACES).fill(null));
    };
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
  }

  begin(event) {
    this.touched = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.past.push(this.heights);
    this.heights = [...this.heights];
    this.last = null;
    this.drawing = true;
    this.put(event);
    event.preventDefault();
  }

  move(event) {
    if (!this.drawing) return;
    for (const moment of event.getCoalescedEvents?.() ?? [event]) this.put(moment);
  }

  /** The height at an event's place, and a straight line from the place before. */
  put(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT);
    const place = Math.max(0, Math.min(PLACES - 1, Math.floor(share * PLACES)));
    const height = Math.max(0, Math.min(1, 1 - (event.clientY - box.top) / (box.height - BELOW)));
    const [from, level] = this.last ?? [place, height];
    const step = Math.sign(place - from) || 1;
    for (let at = from; at !== place + step; at += step) {
      const way = place === from ? 1 : (at - from) / (place - from);
      this.heights[at] = level + way * (height - level);
    }
    this.last = [place, height];
    this.draw();
  }

  end() {
    if (!this.drawing) return;
    this.drawing = false;
    this.send(encodeHeights(this.heights));
  }

  /** By keys: left and right choose a place, up and down its height. */
  type(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    this.touched = true;
    this.here = Math.max(0, Math.min(PLACES - 1, this.here + move[0]));
    if (move[1]) {
      this.past.push(this.heights);
      this.heights = [...this.heights];
      const now = this.heights[this.here] ?? this.heights.slice(0, this.here).findLast((one) => one !== null) ?? 0.5;
      this.heights[this.here] = Math.max(0, Math.min(1, now + move[1]));
      this.send(encodeHeights(this.heights));
    }
    this.draw();
  }

  restore(heights) {
    this.touched = true;
    this.heights = heights;
    this.draw();
    this.send(encodeHeights(heights));
  }

  draw() {
    const { canvas } = this;
    const ratio = globalThis.devicePixelRatio || 1;
    if (!canvas.clientWidth) return;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;
    context.font = "13px sans-serif";
    const [across, up] = [width - LEFT, height - BELOW];
    const at = (place, level) => [LEFT + ((place + 0.5) / PLACES) * across, (1 - level) * up];
    context.globalAlpha = 0.3;
    context.strokeRect(LEFT + 0.5, 0.5, across - 1, up - 1);
    context.globalAlpha = 0.75;
    const { low = "", high = "", start = "", stop = "", base = [] } = this.labels ?? {};
    context.textAlign = "left";
    context.fillText(high, LEFT + 6, 16);
    context.fillText(low, LEFT + 6, up - 7);
    context.fillText(start, LEFT, height - 5);
    context.textAlign = "right";
    context.fillText(stop, width, height - 5);
    context.globalAlpha = 0.45;
    strokeHeights(context, base, at, 1.5);
    context.globalAlpha = 1;
    strokeHeights(context, this.heights, at, 3);
    if (this.heights.every((one) => one === null)) {
      context.globalAlpha = 0.6;
      context.textAlign = "center";
      context.font = "17px sans-serif";
      context.fillText("draw here", LEFT + across / 2, up * 0.2);
      context.globalAlpha = 1;
    }
    this.undo.disabled = !this.past.length;
    this.clear.disabled = this.heights.every((one) => one === null);
  }
}

function strokeHeights(context, heights, at, width) {
  context.lineWidth = width;
  context.lineJoin = context.lineCap = "round";
  context.beginPath();
  let pen = false;
  heights.forEach((level, place) => {
    if (level === null) {
      pen = false;
      return;
    }
    const [x, y] = at(place, level);
    pen ? context.lineTo(x, y) : context.moveTo(x, y);
    if (!pen) context.lineTo(x + 0.01, y);
    pen = true;
  });
  context.stroke();
}

function encodeHeights(heights) {
  return heights.map((one) => (one === null ? "." : SIGNS[Math.round(one * (SIGNS.length - 1))])).join("");
}

function decodeHeights(text) {
  return Array.from(text, (sign) => (sign === "." ? null : SIGNS.indexOf(sign) / (SIGNS.length - 1)));
}

export default function ({ data, parentElement, setStateValue }) {
  let sketch = sketches.get(parentElement);
  if (!sketch) {
    sketch = new SketchPad(parentElement.querySelector(".host"));
    sketches.set(parentElement, sketch);
  }
  sketch.send = (text) => setStateValue("curve", text);
  sketch.labels = data.labels;
  sketch.canvas.setAttribute("aria-label", data.labels.name);
  if (!sketch.touched && data.curve) sketch.heights = decodeHeights(data.curve);
  sketch.draw();
  return () => sketch.observer.disconnect();
}
