import { button, showState } from "./controls.js";
import { element } from "./stage.js";

/** Milliseconds that a moment stays while they are played at speed 1. */
const STAY = 900;

/** A second scrubber: the moments of a timeline, each the same reading after other training steps. */
export class Moments {
  /**
   * @param {HTMLElement} root
   * @param {import("./clock.js").Clock} clock whose speed holds here, too
   * @param {{onTurn: (index: number) => void, onSettled: (index: number) => void}} events
   */
  constructor(root, clock, events) {
    this.root = root;
    this.clock = clock;
    this.events = events;
    this.playButton = button("Play", "play", () => this.toggle());
    this.title = element("span");
    this.scrubber = element("input");
    Object.assign(this.scrubber, { type: "range", min: "0", step: "1" });
    this.scrubber.oninput = () => {
      this.stop();
      this.turn(Number(this.scrubber.value));
    };
    this.scrubber.onchange = () => events.onSettled(this.index);
    this.label = element("output", "step");
    const track = element("div", "track");
    track.append(this.scrubber);
    root.replaceChildren(this.playButton, this.title, track, this.label);
    this.index = 0;
    this.timer = 0;
  }

  /** Fit a new timeline; one without moments hides all this. */
  show(timeline, index) {
    this.timeline = timeline;
    this.root.hidden = !timeline.moments.length;
    if (this.root.hidden) return;
    this.scrubber.max = String(timeline.moments.length - 1);
    this.title.textContent = timeline.momentTitle;
    this.showPlay();
    this.scrubber.setAttribute("aria-label", `Current ${timeline.momentName}`);
    this.turn(index);
  }

  /** How many training steps the moment on screen has behind it. */
  get number() {
    return this.timeline.moments[this.index].number;
  }

  /** What the button does; the clock of the steps stands meanwhile. */
  showPlay() {
    const name = `Play ${this.title.textContent.toLowerCase()}, this ${this.timeline.stepName} held still`;
    showState(this.playButton, false, name);
  }

  turn(index) {
    this.index = Math.max(0, Math.min(this.timeline.moments.length - 1, index));
    const { number } = this;
    const text = `after ${number.toLocaleString("en")} ${this.timeline.momentName}${number === 1 ? "" : "s"}`;
    this.scrubber.value = String(this.index);
    this.scrubber.setAttribute("aria-valuetext", text);
    this.label.textContent = text;
    this.events.onTurn(this.index);
  }

  toggle() {
    if (this.timer) {
      this.stop();
      this.events.onSettled(this.index);
      return;
    }
    this.clock.pause();
    if (this.index === this.timeline.moments.length - 1) this.turn(0);
    showState(this.playButton, true, `Pause ${this.title.textContent.toLowerCase()}`);
    const next = () => {
      this.turn(this.index + 1);
      if (this.index < this.timeline.moments.length - 1) this.timer = setTimeout(next, STAY / this.clock.speed);
      else {
        this.stop();
        this.events.onSettled(this.index);
      }
    };
    this.timer = setTimeout(next, STAY / this.clock.speed);
  }

  stop() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = 0;
    this.showPlay();
  }
}
