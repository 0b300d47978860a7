import { Clock } from "./clock.js";
import { decode, split } from "./codec.js";
import { Controls } from "./controls.js";
import { element, Stage } from "./stage.js";
import { readTheme } from "./theme.js";

/**
 * A player inside `host`: it keeps its clock, speed and place when it is shown a new timeline of the same length.
 */
export class Player {
  /**
   * @param {HTMLElement} host
   * @param {{onStep?: (step: number) => void, onPin?: (pin: {group: number, layer: number, unit: number}) => void,
   *   onMark?: (stretch: [number, number]) => void}} events
   */
  constructor(host, events = {}) {
    this.host = host;
    this.root = element("div", "player");
    this.root.tabIndex = 0;
    this.root.dataset.testid = "seqviz-player";
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Player: space plays, arrows step, Home and End jump");
    const bar = element("div", "controls");
    const stageRoot = element("div", "stage");
    this.root.append(bar, stageRoot);
    host.append(this.root);
    this.events = events;
    const settled = () => this.events.onStep?.(this.at);
    this.clock = new Clock(
      1,
      () => this.draw(),
      () => settled(),
    );
    this.stage = new Stage(stageRoot, {
      onPin: (pin) => {
        this.draw();
        this.events.onPin?.(pin);
      },
      onSeek: (step) => {
        this.clock.pause();
        this.clock.seek(this.turned(step));
        settled();
      },
      onMark: (stretch) => this.events.onMark?.(stretch),
    });
    this.stage.onResize = () => this.draw();
    this.controls = new Controls(bar, this.clock, settled);
    this.root.onkeydown = (event) => this.controls.key(event);
  }

  /**
   * @param {Uint8Array} payload a packed timeline with the options start, pinned, autoplay, and seek: [number of this
   *   wish, step, whether to play on], so that a wish is followed once and never again when other things change
   */
  show(payload) {
    const first = !this.timeline;
    const { options, packed } = split(payload);
    const { start = null, pinned = null, autoplay = false, seek = null } = options;
    this.stage.pinned = pinned;
    if (!first && same(packed, this.packed)) this.stage.retheme(readTheme(this.root));
    else {
      this.packed = packed.slice();
      this.timeline = decode(packed);
      this.clock.steps = this.timeline.steps;
      this.clock.rate = this.timeline.rate;
      this.controls.show(this.timeline);
      this.stage.show(this.timeline, readTheme(this.root));
    }
    if (first && start !== null) this.clock.position = this.turned(start);
    this.clock.position = Math.min(this.clock.position, this.timeline.steps - 1);
    const rewritten = !first && this.written !== written(this.timeline);
    this.written = written(this.timeline);
    const wished = seek && seek[0] !== this.sought;
    if (wished) {
      if (!first) this.clock.pause();
      this.clock.position = this.turned(Math.min(seek[1], this.timeline.steps - 1));
      this.sought = seek[0];
    }
    this.draw();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (wished && seek[2] && !still) this.clock.play();
    if (rewritten && !wished) this.begin(still);
    if (first && autoplay && start === null) this.begin(still);
  }

  /** Play from the start; for a reader who wants no motion, show the end. */
  begin(still) {
    this.clock.pause();
    this.clock.seek(still ? this.timeline.steps - 1 : 0);
    if (!still) this.clock.play();
  }

  draw() {
    if (!this.timeline) return;
    const { fraction, playing, steps } = this.clock;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.root.dataset.step = String(this.at);
    this.root.dataset.steps = String(steps);
    this.root.dataset.playing = String(playing);
    this.controls.update();
    this.stage.draw(this.at, still ? 1 : fraction);
  }

  /** The step on screen: a timeline that runs backwards begins at its last. */
  get at() {
    return this.turned(this.clock.step);
  }

  turned(step) {
    return this.controls.turned(step);
  }

  destroy() {
    this.clock.pause();
    this.stage.observer.disconnect();
    this.root.remove();
  }
}

/** The texts that appear while they play, to see when others take their place. */
function written(timeline) {
  return timeline.panels.map((panel) => (panel.written ? panel.characters.join("") : "")).join("\n");
}

/** Whether two packed timelines are equal, so that a changed option or theme rebuilds nothing. */
function same(one, other) {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
