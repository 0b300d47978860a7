import { element } from "./stage.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const ICONS = {
  play: "M7 4v16l13-8z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z",
  back: "M5 4h3v16H5zM20 4v16L9 12z",
  forward: "M16 4h3v16h-3zM4 4v16l11-8z",
  present: "M3 3h7v3H6v4H3zM14 3h7v7h-3V6h-4zM3 14h3v4h4v3H3zM18 14h3v7h-7v-3h4z",
  loop: "M17 4l4 4-4 4V9H7v3H5V7h12zM7 20l-4-4 4-4v3h10v-3h2v5H7z",
};

/** Where the speed lies that was chosen last, for the next player. */
const SPEED = "seqviz speed";

const KEYS =
  "Space plays and pauses · ← and → step · Home and End jump · F fills the window, Escape gives it back · ? hides this";

/** Buttons, scrubber and speed for one clock. */
export class Controls {
  /**
   * @param {HTMLElement} root
   * @param {import("./clock.js").Clock} clock
   * @param {() => void} onSettled called when the reader lets go of the scrubber or steps by hand
   * @param {() => void} onPresent called when the player is to fill the window, or to give it back
   */
  constructor(root, clock, onSettled, onPresent) {
    this.clock = clock;
    clock.speed = remembered();
    this.onPresent = onPresent;
    this.playButton = button("Play", "play", () => this.toggle());
    this.scrubber = element("input");
    Object.assign(this.scrubber, { type: "range", min: "1", step: "1" });
    this.scrubber.oninput = () => {
      const wanted = Number(this.scrubber.value) - 1; // pausing draws, and drawing moves the scrubber
      clock.pause();
      clock.seek(this.turned(wanted));
    };
    this.scrubber.onchange = onSettled;
    this.ticks = element("div", "ticks");
    this.label = element("output", "step");
    this.speed = element("select");
    this.speed.setAttribute("aria-label", "Speed");
    this.speed.append(...SPEEDS.map((speed) => new Option(`${speed}×`, String(speed), false, speed === clock.speed)));
    this.speed.onchange = () => {
      clock.speed = Number(this.speed.value);
      remember(clock.speed);
    };
    this.loopButton = button("Loop", "loop", () => {
      clock.loop = !clock.loop;
      this.loopButton.setAttribute("aria-pressed", String(clock.loop));
    });
    this.loopButton.setAttribute("aria-pressed", "false");
    this.presentButton = button("Present: fill the window (F)", "present", onPresent);
    this.presentButton.setAttribute("aria-pressed", "false");
    this.help = element("p", "keys", KEYS);
    this.help.hidden = true;
    this.names = element("p", "mark-names");
    const track = element("div", "track");
    track.append(this.scrubber, this.ticks);
    this.onSettled = onSettled;
    root.replaceChildren(
      this.playButton,
      button("Step back", "back", () => this.stepBy(-1)),
      button("Step forward", "forward", () => this.stepBy(1)),
      track,
      this.label,
      this.speed,
      this.loopButton,
      this.presentButton,
      this.names,
      this.help,
    );
  }

  /** Fit a new timeline. */
  show(timeline) {
    this.timeline = timeline;
    this.scrubber.max = String(timeline.steps);
    this.scrubber.setAttribute("aria-label", `Current ${timeline.stepName}`);
    this.ticks.replaceChildren(
      ...timeline.marks.map((mark) => {
        const tick = element("i");
        tick.style.left = `${(100 * mark.step) / Math.max(1, timeline.steps - 1)}%`;
        tick.title = mark.label;
        return tick;
      }),
    );
    const names = timeline.marks.map(({ label, group }) =>
      timeline.groups.length > 1 ? `${timeline.groups[group]}: ${label}` : label,
    );
    this.names.textContent = names.map((name) => `┆ ${name}`).join("   ");
    this.names.hidden = !names.length;
  }

  update() {
    const { steps, playing } = this.clock;
    const step = this.turned(this.clock.step);
    this.scrubber.value = String(step + 1);
    const text = `${this.timeline.stepName} ${step + 1} of ${steps}`;
    if (this.label.textContent !== text) this.label.textContent = text;
    this.scrubber.setAttribute("aria-valuetext", text);
    showState(this.playButton, playing, playing ? "Pause" : "Play");
  }

  /** From a position of the clock to a step of the timeline, and back. */
  turned(step) {
    return this.timeline.backwards ? this.timeline.steps - 1 - step : step;
  }

  toggle() {
    if (this.clock.playing) {
      this.clock.pause();
      this.onSettled();
    } else this.clock.play();
  }

  stepBy(count) {
    this.clock.pause();
    this.clock.seek(this.clock.step + count);
    this.onSettled();
  }

  /** Space, arrows, Home and End, F and ?; while presenting a clicker's Page Up and Page Down, too. */
  key(event) {
    const { clock } = this;
    const own = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || own === this.speed) return;
    const presenting = this.presentButton.getAttribute("aria-pressed") === "true";
    if (event.key === " " && own.tagName === "BUTTON") return;
    if (own.closest?.(".moments") && own.tagName === "INPUT" && event.key !== " ") return;
    const right = this.timeline.backwards ? -1 : 1;
    const jumps = {
      ArrowLeft: clock.step - right,
      ArrowRight: clock.step + right,
      Home: this.turned(0),
      End: this.turned(clock.steps - 1),
      ...(presenting && { PageUp: clock.step - right, PageDown: clock.step + right }),
    };
    if (event.key === " ") this.toggle();
    else if (event.key === "f" || event.key === "F" || (presenting && event.key === "Escape")) this.onPresent();
    else if (event.key === "?") this.help.hidden = !this.help.hidden;
    else if (event.key in jumps) {
      clock.pause();
      clock.seek(jumps[event.key]);
      this.onSettled();
    } else return;
    event.preventDefault();
  }
}

function remembered() {
  try {
    const speed = Number(localStorage.getItem(SPEED));
    return SPEEDS.includes(speed) ? speed : 1;
  } catch {
    return 1; // a browser that keeps nothing
  }
}

function remember(speed) {
  try {
    localStorage.setItem(SPEED, String(speed));
  } catch {
    // the speed holds for this player
  }
}

/** A button that plays and pauses, as it stands. */
export function showState(node, playing, name) {
  if (node.getAttribute("aria-label") === name) return;
  node.setAttribute("aria-label", name);
  node.title = name;
  node.querySelector("path").setAttribute("d", playing ? ICONS.pause : ICONS.play);
}

export function button(name, icon, onClick) {
  const node = element("button");
  node.type = "button";
  node.title = name;
  node.setAttribute("aria-label", name);
  node.innerHTML = `<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`;
  node.onclick = onClick;
  return node;
}
