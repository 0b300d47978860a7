import { Clock } from "./clock.js";
import { decode, split } from "./codec.js";
import { Controls } from "./controls.js";
import { Moments } from "./moments.js";
import { element, Stage } from "./stage.js";
import { readTheme } from "./theme.js";

const PLAYER = "seqviz-player";
/** The players on the page, in the order in which they came. */
const shown = new Set();
/** Where a key belongs to the control that has the focus. */
const OWN_KEYS =
  "input, textarea, select, [contenteditable=true], [role=slider], [role=radio], [role=tab], [role=combobox], [role=option], [role=spinbutton]";

/**
 * A player inside `host`: it keeps its clock, speed and place when it is shown a new timeline of the same length.
 */
export class Player {
  /**
   * @param {HTMLElement} host
   * @param {{onStep?: (step: number) => void, onPin?: (pin: {group: number, layer: number, unit: number}) => void,
   *   onMark?: (stretch: [number, number]) => void, onPick?: (step: number) => void, onMoment?: (index: number) => void}} events
   */
  constructor(host, events = {}) {
    this.host = host;
    this.root = element("div", "player");
    this.root.tabIndex = 0;
    this.root.dataset.testid = PLAYER;
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Player: space plays, arrows step, Home and End jump");
    this.bar = element("div", "controls");
    const momentsRoot = element("div", "controls moments");
    const stageRoot = element("div", "stage");
    this.root.append(this.bar, momentsRoot, stageRoot);
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
      onPick: (step) => this.events.onPick?.(step),
      onMoment: (index) => {
        this.moments.stop();
        this.moments.turn(index);
        this.events.onMoment?.(index);
      },
    });
    this.stage.onResize = () => {
      this.draw();
      this.float();
    };
    this.moments = new Moments(momentsRoot, this.clock, {
      onTurn: (index) => {
        this.stage.turnTo(index);
        this.controls.show(this.timeline);
        this.draw();
      },
      onSettled: (index) => this.events.onMoment?.(index),
    });
    this.controls = new Controls(this.bar, this.clock, settled, () => this.present(!this.presenting));
    this.root.onkeydown = (event) => this.controls.key(event);
    this.onPageKey = (event) => {
      const own = event.composedPath()[0];
      const needed = own.matches?.(OWN_KEYS) || (event.key === " " && own.matches?.("button, a, summary"));
      const inside = event.composedPath().some((node) => node.dataset?.testid === PLAYER);
      if (!event.defaultPrevented && !needed && !inside && this === main()) this.controls.key(event);
    };
    this.onFullscreen = () => {
      if (!document.fullscreenElement) this.present(false);
      requestAnimationFrame(() => this.stage.fitHeight());
    };
    document.addEventListener("keydown", this.onPageKey);
    document.addEventListener("fullscreenchange", this.onFullscreen);
    this.onScroll = () => this.float();
    document.addEventListener("scroll", this.onScroll, { capture: true, passive: true });
    shown.add(this);
  }

  get presenting() {
    return this.root.classList.contains("present");
  }

  /** Fill the window, and the screen where the browser lets a page do so, or give it back; the step stays. */
  present(on, screen = true) {
    if (on === this.presenting) return;
    this.root.classList.toggle("present", on);
    this.controls.presentButton.setAttribute("aria-pressed", String(on));
    this.float();
    if (on) {
      const overlay = () => {
        this.root.popover = "manual";
        this.root.showPopover?.();
      };
      if (screen && this.root.requestFullscreen) this.root.requestFullscreen().catch(overlay);
      else overlay();
      this.root.focus();
    } else {
      if (document.fullscreenElement) document.exitFullscreen();
      if (this.root.popover) this.root.hidePopover?.();
      this.root.popover = null;
      this.root.blur();
    }
    this.stage.fitHeight();
    this.draw();
  }

  /**
   * Once its page is scrolled past the player, the bar of the page's first one stays at the top of the window. It leaves
   * the player for that: inside it, `position: fixed` would be fixed to the player.
   */
  float() {
    const header = document.querySelector("[data-testid=stHeader]")?.offsetHeight ?? 0;
    const { bottom, left, width } = this.root.getBoundingClientRect();
    const floating = this.bar.classList.contains("floating");
    if (!floating) this.barHeight = this.bar.offsetHeight; // while it floats it is lower: the marks' names are hidden
    const gone = bottom < header + this.barHeight && this === main() && !this.presenting;
    if (gone !== floating) {
      this.root.style.paddingTop = gone ? `${this.barHeight + 8}px` : "";
      this.bar.classList.toggle("floating", gone);
      gone ? this.host.append(this.bar) : this.root.prepend(this.bar);
    }
    if (gone) Object.assign(this.bar.style, { top: `${header}px`, left: `${left}px`, width: `${width}px` });
    else for (const name of ["top", "left", "width"]) this.bar.style.removeProperty(name);
  }

  /**
   * @param {Uint8Array} payload a packed timeline with the options start, pinned, autoplay, and seek: [number of this
   *   wish, step, whether to play on], so that a wish is followed once and never again when other things change
   */
  show(payload) {
    const first = !this.timeline;
    const { options, packed } = split(payload);
    const { start = null, pinned = null, autoplay = false, seek = null, moment = null, below = 0 } = options;
    this.stage.pinned = pinned;
    this.stage.below = below;
    if (!first && same(packed, this.packed)) this.stage.retheme(readTheme(this.root));
    else {
      const before = this.timeline?.moments.length ? this.moments.number : null;
      this.packed = packed.slice();
      this.timeline = decode(packed);
      this.clock.steps = this.timeline.steps;
      this.clock.rate = this.timeline.rate;
      this.controls.show(this.timeline);
      this.stage.show(this.timeline, readTheme(this.root));
      const { moments } = this.timeline;
      this.moments.show(this.timeline, before === null ? (moment ?? moments.length - 1) : nearest(moments, before));
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
    const asked = new URLSearchParams(globalThis.location.search).get("present") === "1";
    if (first && asked && this === main()) this.present(true, false);
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
    if (playing) this.moments.stop();
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
    this.moments.stop();
    this.bar.remove();
    this.stage.observer.disconnect();
    globalThis.removeEventListener("resize", this.stage.fit);
    document.removeEventListener("keydown", this.onPageKey);
    document.removeEventListener("fullscreenchange", this.onFullscreen);
    document.removeEventListener("scroll", this.onScroll, { capture: true });
    shown.delete(this);
    this.root.remove();
  }
}

/** The player that keys go to when the focus is in none: one that fills the window, else the first on the page. */
function main() {
  const there = [...shown].filter((player) => player.root.isConnected);
  const top = (player) => player.root.getBoundingClientRect().top;
  return there.find((player) => player.presenting) ?? there.sort((a, b) => top(a) - top(b))[0];
}

/** The moment whose number is nearest: another network was kept after other training steps. */
function nearest(moments, number) {
  const distances = moments.map((moment) => Math.abs(moment.number - number));
  return distances.indexOf(Math.min(...distances));
}

/** The texts that appear while they play, to see when others take their place. */
function written(timeline) {
  return timeline.panels.map((panel) => (panel.written ? panel.characters : (panel.target ?? [])).join("")).join("\n");
}

/** Whether two packed timelines are equal, so that a changed option or theme rebuilds nothing. */
function same(one, other) {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
