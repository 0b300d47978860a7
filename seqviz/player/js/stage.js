import { alignment } from "./panels/alignment.js";
import { bars } from "./panels/bars.js";
import { candidates } from "./panels/candidates.js";
import { Characters, visible } from "./panels/characters.js";
import { fan } from "./panels/fan.js";
import { heatmap } from "./panels/heatmap.js";
import { lines } from "./panels/lines.js";
import { looking } from "./panels/looking.js";
import { path } from "./panels/path.js";
import { picture } from "./panels/picture.js";
import { scatter } from "./panels/scatter.js";

const MANY = 3; // heatmaps of a group, above which they stand in rows of three beside the digit
const [LOWEST, HIGHEST, WITH_LABELS] = [132, 264, 420]; // pixels of a panel; points with labels need more
const GAP = 10; // pixels between two rows of panels
const PAINTERS = { alignment, bars, candidates, fan, heatmap, lines, looking, path, picture, scatter };

/**
 * The panels on the page: one figure with a canvas each, laid out in groups side by side.
 */
export class Stage {
  /**
   * @param {HTMLElement} root
   * @param {{onPin: (pin: {group: number, layer: number, unit: number}) => void, onSeek: (step: number) => void,
   *   onMark: (stretch: [number, number]) => void, onPick: (step: number) => void, onMoment: (index: number) => void}} events
   */
  constructor(root, events) {
    this.root = root;
    this.events = events;
    this.tip = root.ownerDocument.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    this.pinned = null;
    /** Pixels of the first screen that belong to what stands below. */
    this.below = 0;
    /** Which of the timeline's moments is shown. */
    this.moment = 0;
    this.panels = [];
    /** What each panel has on the page: its canvas or text node, and what its painter prepared. */
    this.parts = new Map();
    this.observer = new ResizeObserver(() => this.onResize?.());
    this.fit = () => this.fitHeight();
    globalThis.addEventListener("resize", this.fit);
  }

  /** Build the figures for a new timeline. */
  show(timeline, theme) {
    const { groups, panels } = timeline;
    this.timeline = timeline;
    const tops = this.texts().map((characters) => characters.box.scrollTop);
    this.observer.disconnect();
    this.parts.clear();
    const sections = groups.map((title, group) => {
      const section = element("section", "group");
      const heatmaps = panels.filter((panel) => panel.group === group && panel.kind === "heatmap");
      if (heatmaps.length > MANY) section.classList.add("many");
      if (title) section.append(element("h2", "", title));
      section.append(...panels.filter((panel) => panel.group === group).map((panel) => this.figure(panel)));
      return section;
    });
    this.root.replaceChildren(...sections, this.tip);
    this.panels = panels;
    this.retheme(theme);
    this.texts().forEach((characters, index) => {
      if (index in tops) characters.keep(tops[index]);
    });
    for (const { canvas } of this.parts.values()) if (canvas) this.observer.observe(canvas.parentElement);
    this.fitHeight();
  }

  /** Show the values of another moment in the same figures. */
  turnTo(index) {
    const { panels, marks } = this.timeline.moments[index];
    this.moment = index;
    this.timeline.marks = marks;
    this.panels.forEach((panel, i) => {
      Object.assign(panel, panels[i]);
      this.parts.get(panel).shown = undefined;
    });
    this.retheme(this.theme);
  }

  /** Give the panels the height that is left on the first screen, within bounds; on a narrow one they keep their own. */
  fitHeight() {
    const figures = [...this.root.querySelectorAll("figure")];
    this.root.style.removeProperty("--frame");
    if (!figures.length || this.root.clientWidth < 480) return;
    const filling = this.root.parentElement.classList.contains("present");
    const scrolled = filling ? 0 : (document.querySelector("[data-testid=stMain]")?.scrollTop ?? globalThis.scrollY);
    const tops = [...new Set(figures.map((figure) => figure.offsetTop))];
    const first = this.root.getBoundingClientRect().top + scrolled + Math.min(...tops);
    const tallest = Math.max(...figures.map(({ offsetHeight, lastChild }) => offsetHeight - lastChild.offsetHeight));
    const below = filling ? 0 : this.below;
    const highest = this.panels.some((panel) => panel.kind === "scatter") ? WITH_LABELS : HIGHEST;
    const room = (globalThis.innerHeight - below - first) / tops.length - tallest - GAP;
    this.root.style.setProperty(
      "--frame",
      `${Math.max(LOWEST, Math.min(filling ? room : highest, Math.floor(room)))}px`,
    );
  }

  retheme(theme) {
    this.theme = theme;
    for (const [panel, part] of this.parts) {
      part.prepared = PAINTERS[panel.kind]?.prepare(panel, theme);
      part.characters?.retheme(theme);
    }
  }

  texts() {
    return [...this.parts.values()].flatMap((part) => part.characters ?? []);
  }

  figure(panel) {
    if (panel.kind === "text") {
      const node = element(panel.verbatim ? "pre" : "p", "text");
      this.parts.set(panel, { node });
      return node;
    }
    if (panel.kind === "characters") {
      const characters = new Characters(panel, this.events);
      this.parts.set(panel, { characters });
      return characters.node;
    }
    const kind = panel.matrix ? "alignment matrix" : panel.scores ? `${panel.kind} scored` : panel.kind;
    const figure = element("figure", panel.picks_moment ? `${kind} by-moment` : kind);
    const canvas = element("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", panel.title);
    this.parts.set(panel, { canvas });
    const frame = element("div", "frame");
    frame.append(canvas);
    figure.append(element("figcaption", "", panel.title), frame);
    canvas.onpointermove = (event) => this.hover(panel, event);
    canvas.onpointerleave = () => {
      this.tip.hidden = true;
    };
    canvas.onclick = (event) => this.pin(panel, event);
    return figure;
  }

  draw(step, fraction) {
    for (const [panel, part] of this.parts) {
      if (part.node) {
        if (part.shown !== step) part.node.textContent = said(panel, step);
        part.shown = step;
        continue;
      }
      if (part.characters) {
        part.characters.draw(step);
        continue;
      }
      const view = this.view(panel, step, fraction);
      if (!view) continue;
      view.context.clearRect(0, 0, view.width, view.height);
      PAINTERS[panel.kind].draw(panel, view, part.prepared);
    }
  }

  /** The canvas at the screen's resolution, and all that a painter needs. */
  view(panel, step, fraction) {
    const { canvas } = this.parts.get(panel);
    const { clientWidth: width, clientHeight: height } = canvas.parentElement;
    if (!width || !height) return null;
    const ratio = globalThis.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.step = step;
    const marks = this.timeline.marks.filter((mark) => mark.group === panel.group);
    const { theme } = this;
    const mine = [panel.group, null].includes(this.pinned?.group) && this.pinned.layer === panel.layer;
    const pinned = panel.picks_moment ? panel.rows[this.moment] : mine ? this.pinned.unit : null;
    const { steps, stepName } = this.timeline;
    const mirrored = panel.from_end === true;
    const backwards = this.timeline.backwards !== mirrored;
    const own = mirrored ? steps - 1 - step : step;
    const from = backwards ? own + 1 - fraction : 0;
    const to = backwards ? steps : own + fraction;
    const cursor = backwards ? from : to;
    return { context, width, height, theme, steps, stepName, step: own, from, to, cursor, marks, pinned };
  }

  describe(panel, event) {
    const view = this.view(panel, this.step, 1);
    return (
      view && PAINTERS[panel.kind].describe(panel, view, event.offsetX, event.offsetY, this.parts.get(panel).prepared)
    );
  }

  hover(panel, event) {
    const found = this.describe(panel, event);
    this.tip.hidden = !found;
    this.parts.get(panel).canvas.style.cursor = found?.pin === undefined ? "" : "pointer";
    if (!found) return;
    this.tip.textContent = found.text;
    const bounds = this.root.getBoundingClientRect();
    const left = Math.min(event.clientX - bounds.left + 14, bounds.width - this.tip.offsetWidth - 4);
    this.tip.style.transform = `translate(${Math.max(0, left)}px, ${event.clientY - bounds.top - 34}px)`;
  }

  pin(panel, event) {
    const found = this.describe(panel, event);
    if (found?.pin === undefined) return;
    if (panel.picks_moment) {
      this.events.onMoment(panel.rows.indexOf(found.pin));
      return;
    }
    this.pinned = { group: panel.group, layer: panel.layer, unit: found.pin };
    this.events.onPin(this.pinned);
  }
}

/** The sentence of a step; a verbatim one may hold anything that somebody typed. */
function said(panel, step) {
  const sentence = panel.sentences[step];
  return panel.verbatim ? Array.from(sentence, visible).join("") : sentence;
}

export function element(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}
