import { Clock } from "./clock.js";
import { decode } from "./codec.js";
import { Controls } from "./controls.js";
import { element, Stage } from "./stage.js";
import { readTheme } from "./theme.js";

/**
 * A player inside `host`: it keeps its clock, speed and place when it is shown a new timeline of the same length.
 */
export class Player {
  /**
   * @param {HTMLElement} host
   * @param {{onStep?: (step: number) => void, onPin?: (unit: number | null) => void}} events
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
    this.clock = new Clock(1, () => this.draw());
    this.stage = new Stage(stageRoot, {
      onPin: (unit) => {
        this.draw();
        this.events.onPin?.(unit);
      },
    });
    this.stage.onResize = () => this.draw();
    this.controls = new Controls(bar, this.clock, () => this.events.onStep?.(this.clock.step));
    this.root.onkeydown = (event) => this.controls.key(event);
  }

  /**
   * @param {Uint8Array} payload a timeline with the options start, pinned and autoplay
   */
  show(payload) {
    const first = !this.timeline;
    const timeline = decode(payload);
    const { start = null, pinned = null, autoplay = false } = timeline.options;
    this.stage.pinned = pinned;
    if (!first && same(timeline, this.timeline)) this.stage.retheme(readTheme(this.root));
    else {
      this.timeline = timeline;
      this.clock.steps = timeline.steps;
      this.controls.show(timeline);
      this.stage.show(timeline, readTheme(this.root));
    }
    if (first && start !== null) this.clock.position = start;
    this.clock.position = Math.min(this.clock.position, timeline.steps - 1);
    this.draw();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (first && autoplay && !still) this.clock.play();
  }

  draw() {
    if (!this.timeline) return;
    const { step, fraction, playing, steps } = this.clock;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.root.dataset.step = String(step);
    this.root.dataset.steps = String(steps);
    this.root.dataset.playing = String(playing);
    this.controls.update();
    this.stage.draw(step, still ? 1 : fraction);
  }

  destroy() {
    this.clock.pause();
    this.stage.observer.disconnect();
    this.root.remove();
  }
}

/** Whether two timelines show the same, so that a changed option or theme rebuilds nothing. */
function same(one, other) {
  return one.panels.length === other.panels.length && JSON.stringify(one.panels) === JSON.stringify(other.panels);
}
