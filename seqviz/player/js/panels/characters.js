import { number } from "../axes.js";
import { colourIndex } from "../theme.js";

/** How much of a colour lies behind a character at most: the character must stay readable. */
const STRONGEST = 0.6;

/**
 * A text on the clock, one character a step behind a prompt; each value is the colour behind its character. A `written` text
 * appears one character after another while it plays; at rest, what lies ahead is pale. A click goes to a character;
 * where stretches can be marked, dragging marks one.
 */
export class Characters {
  /**
   * @param {import("../codec.js").Panel} panel
   * @param {{onSeek: (step: number) => void, onMark: (stretch: [number, number]) => void, onPick: (step: number) => void}} events
   */
  constructor(panel, events) {
    this.panel = panel;
    this.events = events;
    this.shown = -1;
    this.box = document.createElement("div");
    this.box.className = panel.brief ? "characters brief" : panel.written ? "characters" : "characters whole";
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "group");
    this.box.setAttribute("aria-label", panel.title);
    const prompt = document.createElement("b");
    prompt.textContent = Array.from(panel.prompt, visible).join("");
    this.spans = panel.characters.map((character, step) => {
      const span = document.createElement("span");
      span.textContent = visible(character);
      span.dataset.step = String(step);
      if (panel.written) span.className = "ahead";
      return span;
    });
    const caption = document.createElement("figcaption");
    caption.textContent = panel.title;
    this.node = document.createElement("figure");
    this.node.className = "writing";
    this.box.append(prompt, ...this.spans);
    this.node.append(caption, this.box);
    panel.stretches.forEach(([start, stop], index) => {
      for (const span of this.spans.slice(start, stop)) span.classList.add("marked", index ? "other" : "mine");
    });
    this.box.onclick = (event) => this.click(event);
    if (panel.markable) this.letMark();
  }

  retheme(theme) {
    const { values, scale, limit, unit } = this.panel;
    this.spans.forEach((span, step) => {
      const value = values.data[step];
      const entry = colourIndex(scale, (value / limit) * STRONGEST) * 4;
      const map = scale === "signed" ? theme.signed : theme.heat;
      span.style.setProperty("--behind", `rgb(${map.slice(entry, entry + 3).join(" ")})`);
      span.title = `${named(this.panel.characters[step])} · ${number(value, 2)} ${unit}`;
    });
  }

  draw(step) {
    if (step === this.shown) return;
    this.spans[this.shown]?.classList.remove("here");
    if (this.panel.written) {
      const [low, high] = [Math.min(step, this.shown), Math.max(step, this.shown)];
      for (let i = low + 1; i <= high; i++) this.spans[i].classList.toggle("ahead", i > step);
    }
    const here = this.spans[step];
    here.classList.add("here");
    this.shown = step;
    if (this.kept !== undefined) {
      this.box.scrollTop = this.kept;
      this.kept = undefined;
      return;
    }
    const above = here.offsetTop - this.box.scrollTop;
    if (above < 0 || above + here.offsetHeight > this.box.clientHeight)
      this.box.scrollTop = here.offsetTop - this.box.clientHeight / 2;
  }

  /** Stay where the reader had scrolled to when the same text is shown anew, with other marks say. */
  keep(top) {
    this.kept = top;
  }

  click(event) {
    const step = event.target.dataset?.step;
    if (step !== undefined && !this.dragged) {
      this.events.onSeek(Number(step));
      if (this.panel.pickable) this.events.onPick(Number(step));
    }
    this.dragged = false;
  }

  letMark() {
    this.box.classList.add("markable");
    let from = null;
    const stepAt = (event) => {
      const step = event.composedPath()[0].dataset?.step;
      return step === undefined ? null : Number(step);
    };
    const stretch = (to) => [Math.min(from, to), Math.max(from, to) + 1];
    this.box.onpointerdown = (event) => {
      from = event.pointerType === "mouse" ? stepAt(event) : null;
      this.dragged = false;
    };
    this.box.onpointermove = (event) => {
      const to = stepAt(event);
      if (from === null || to === null || !event.buttons || (to === from && !this.dragged)) return;
      this.dragged = true;
      const [start, stop] = stretch(to);
      for (const [step, span] of this.spans.entries()) span.classList.toggle("marking", step >= start && step < stop);
    };
    this.box.onpointerup = (event) => {
      const to = stepAt(event);
      if (this.dragged && from !== null && to !== null) this.events.onMark(stretch(to));
      from = null;
    };
    this.box.onpointerleave = () => {
      if (from === null) return;
      from = null;
      this.dragged = false;
      for (const span of this.spans) span.classList.remove("marking");
    };
  }
}

/** A character as it is written on the page: what cannot be seen gets a sign, and nothing is ever markup. */
export function visible(character) {
  if (character === "\n") return "↵\n";
  if (character === "\t") return "⇥\t";
  const code = character.codePointAt(0);
  if (code < 32) return String.fromCodePoint(0x2400 + code);
  if (code === 127) return "␡";
  return /\p{C}|\p{Zl}|\p{Zp}/u.test(character) ? `⟨U+${hex(code)}⟩` : character;
}

/** A character as it is called in a list: a space and other blanks by their sign. */
export function named(character) {
  if (character === " ") return "␣";
  return /\p{Zs}/u.test(character) ? `⟨U+${hex(character.codePointAt(0))}⟩` : visible(character).trim();
}

function hex(code) {
  return code.toString(16).toUpperCase().padStart(4, "0");
}
