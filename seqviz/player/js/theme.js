/**
 * @typedef {{background: string, text: string, faint: string, line: string, font: string,
 *   signed: Uint8ClampedArray, share: Uint8ClampedArray, heat: Uint8ClampedArray}} Theme
 */

const NEGATIVE = [0, 114, 178];
const POSITIVE = [213, 94, 0];

/**
 * The page's colours, and the colour maps built on them as 511 (signed) and 256 RGBA entries: shares end in the text's
 * colour, heat stays light enough to stand behind characters.
 * @param {Element} element
 * @returns {Theme}
 */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const background = toRgb(read("--st-background-color", "#ffffff"));
  const text = toRgb(read("--st-text-color", "#0e1116"));
  return {
    background: css(background),
    text: css(text),
    faint: css(mix(background, text, 0.66)),
    line: css(mix(background, text, 0.18)),
    font: read("--st-font", "system-ui, sans-serif"),
    signed: colourMap(511, (i) => mix(background, i < 255 ? NEGATIVE : POSITIVE, Math.abs(i - 255) / 255)),
    share: colourMap(256, (i) => mix(background, text, i / 255)),
    heat: colourMap(256, (i) => mix(background, POSITIVE, i / 255)),
  };
}

/**
 * The entry of a colour map for a value.
 * @param {"signed" | "share"} scale
 * @param {number} value in units of the limit
 */
export function colourIndex(scale, value) {
  return scale === "signed"
    ? Math.round(255 + 255 * Math.max(-1, Math.min(1, value)))
    : Math.round(255 * Math.max(0, Math.min(1, value)));
}

function colourMap(size, colour) {
  const map = new Uint8ClampedArray(size * 4);
  for (let i = 0; i < size; i++) map.set([...colour(i), 255], i * 4);
  return map;
}

/** Any CSS colour as [red, green, blue]. */
function toRgb(colour) {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

function mix(from, to, share) {
  return from.map((value, i) => Math.round(value + (to[i] - value) * share));
}

function css(rgb) {
  return `rgb(${rgb.join(" ")})`;
}
