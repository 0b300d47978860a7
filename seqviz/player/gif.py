"""A timeline as a GIF for slides: pictures, heatmaps, bars and where a decoder looks, one frame a step."""

import io
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from seqviz.palette import INK, NEGATIVE, PAPER, POSITIVE, Mode
from seqviz.player.timeline import Alignment, Bars, Fan, Heatmap, Looking, Panel, Picture, Scale, Timeline

HEIGHT = 280  # pixels of a panel
WIDTHS: dict[type, int] = {Picture: 280, Heatmap: 440, Bars: 200, Alignment: 560, Looking: 280, Fan: 640}
Drawn = Picture | Heatmap | Bars | Alignment | Looking | Fan
GAP, HEAD = 24, 66
FRAME, REST = 180, 1500  # milliseconds a step, and on the last one

Pixels = NDArray[np.uint8]


def to_gif(timeline: Timeline, mode: Mode = "light") -> bytes:
    """Groups one below the other; loops for ever and rests on the last step."""
    order = range(timeline.steps)[:: -1 if timeline.backwards else 1]
    frames = [_frame(timeline, step, mode).quantize(250, dither=Image.Dither.NONE) for step in order]
    buffer = io.BytesIO()
    durations = [FRAME] * (len(frames) - 1) + [REST]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return buffer.getvalue()


def _frame(timeline: Timeline, step: int, mode: Mode) -> Image.Image:
    rows = [
        [panel for panel in timeline.panels if panel.group == group and _is_drawn(panel)]
        for group in range(len(timeline.groups))
    ]
    width = max(sum(WIDTHS[type(panel)] + GAP for panel in row) for row in rows) + GAP
    image = Image.new("RGB", (width, len(rows) * (HEIGHT + HEAD + GAP)), PAPER[mode])
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=18)
    for index, row in enumerate(rows):
        top, left = index * (HEIGHT + HEAD + GAP) + HEAD, GAP
        title = " · ".join(filter(None, [timeline.groups[index], f"{timeline.step_name} {step + 1}"]))
        draw.text((left, top - 56), title, INK[mode], font)
        for panel in row:
            draw.text((left, top - 24), panel.title, INK[mode], ImageFont.load_default(size=14))
            mirrored = isinstance(panel, Heatmap) and panel.from_end
            backwards = timeline.backwards != mirrored
            own = timeline.steps - 1 - step if mirrored else step
            cursor = own if backwards else own + 1
            unseen = slice(0, cursor) if backwards else slice(cursor, None)
            _paint(image, panel, own, cursor, unseen, (left, top), mode)
            left += WIDTHS[type(panel)] + GAP
    return image


def _is_drawn(panel: Panel) -> TypeGuard[Drawn]:
    """Of an alignment, the matrix."""
    return isinstance(panel, Drawn) and (not isinstance(panel, Alignment) or panel.matrix)


def _paint(
    image: Image.Image,
    panel: Drawn,
    step: int,
    cursor: int,
    unseen: slice,
    at: tuple[int, int],
    mode: Mode,
) -> None:
    size = (WIDTHS[type(panel)], HEIGHT)
    match panel:
        case Picture():
            pixels = np.array(panel.image, dtype=float)
            pixels[unseen] *= 0.2
            image.paste(_coloured(pixels, "share", mode).resize(size, Image.Resampling.NEAREST), at)
            line = at[1] + cursor * HEIGHT // len(pixels)
            ImageDraw.Draw(image).line((at[0] - 6, line, at[0] + size[0] + 6, line), INK[mode], 2)
        case Heatmap():
            values = np.array(panel.values, dtype=float).T / panel.limit  # (rows, steps)
            values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
            values[:, unseen] = 0
            image.paste(_coloured(values, panel.scale, mode).resize(size, Image.Resampling.NEAREST), at)
            ImageDraw.Draw(image).rectangle((*at, at[0] + size[0], at[1] + size[1]), outline=INK[mode])
        case Bars():
            _bars(ImageDraw.Draw(image), panel, step, at, mode)
        case Alignment():
            _matrix(image, panel, step, at, mode)
        case Fan():
            _fan(image, panel, step, at, mode)
        case Looking():
            image.paste(_looked_at(panel, step, mode).resize(size, Image.Resampling.NEAREST), at)
            ImageDraw.Draw(image).rectangle((*at, at[0] + size[0], at[1] + size[1]), outline=INK[mode])


def _matrix(image: Image.Image, panel: Alignment, step: int, at: tuple[int, int], mode: Mode) -> None:
    """The rows that have been written, with their names, over the tokens that were read."""
    if panel.weights is None:
        return
    weights = np.array(panel.weights, dtype=float)[panel.reading :]
    weights[max(0, step + 1 - panel.reading) :] = 0
    names = min(WIDTHS[Alignment] // 3, 9 * max(map(len, panel.target)) + 10)
    width, height = WIDTHS[Alignment] - names, HEIGHT - 20
    left, top = at[0] + names, at[1] + 20
    image.paste(_coloured(weights, "share", mode).resize((width, height), Image.Resampling.NEAREST), (left, top))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=14)
    draw.rectangle((left, top, left + width, top + height), outline=INK[mode])
    for row, name in enumerate(panel.target[: max(0, step + 1 - panel.reading)]):
        middle = top + (row + 0.5) * height / len(panel.target)
        draw.text((left - 6, middle), name, INK[mode], font, anchor="rm")
    for place, name in enumerate(panel.source):
        middle = left + (place + 0.5) * width / len(panel.source)
        draw.text((middle, at[1] + 10), name if len(name) == 1 else name[:1], INK[mode], font, anchor="mm")


def _fan(image: Image.Image, panel: Fan, step: int, at: tuple[int, int], mode: Mode) -> None:
    """The series up to the step, and behind its reading the free forecast with its intervals."""
    truth, free = np.asarray(panel.truth, dtype=float), np.asarray(panel.free, dtype=float)
    spread = np.empty((len(truth), 0)) if panel.quantiles is None else np.asarray(panel.quantiles, dtype=float)
    values = np.concatenate([truth, free, spread.ravel()])
    low, high = np.nanmin(values), np.nanmax(values)
    width, count = WIDTHS[Fan], len(truth)

    def place(index: int, value: float) -> tuple[float, float]:
        share = (value - low) / ((high - low) or 1.0)
        return at[0] + (index + 0.5) * width / count, at[1] + (1 - share) * (HEIGHT - 8) + 4

    layer = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(layer)
    ahead = range(panel.reading, step + 1)
    start = [place(panel.reading - 1, truth[panel.reading - 1])]
    for pair in range(spread.shape[1] // 2 if len(ahead) else 0):
        lower = [place(index, spread[index, pair]) for index in ahead]
        upper = [place(index, spread[index, -1 - pair]) for index in ahead]
        draw.polygon([*start, *lower, *upper[::-1]], fill=(*ImageColor.getrgb(panel.colour), 60 + 50 * pair))
    image.paste(layer, mask=layer)
    line = ImageDraw.Draw(image)
    line.rectangle((*at, at[0] + width, at[1] + HEIGHT), outline=INK[mode])
    seen = [place(index, truth[index]) for index in range(step + 1) if np.isfinite(truth[index])]
    line.line(seen, INK[mode], 2)
    line.line([place(index, free[index]) for index in ahead], panel.colour, 3)


def _looked_at(panel: Looking, step: int, mode: Mode) -> Image.Image:
    """The picture, and over it the places that the step looks at."""
    base = np.asarray(_coloured(np.asarray(panel.image, dtype=float), "share", mode)).astype(float)
    if panel.weights is not None:
        shares = np.asarray(panel.weights, dtype=float)[step].reshape(panel.grid, panel.grid)
        side = len(base) // panel.grid
        over = 0.75 * (shares / max(1e-9, shares.max())).repeat(side, 0).repeat(side, 1)[..., None]
        base = base + (np.array(ImageColor.getrgb(POSITIVE)) - base) * over
    return Image.fromarray(base.round().astype(np.uint8))


def _bars(draw: ImageDraw.ImageDraw, panel: Bars, step: int, at: tuple[int, int], mode: Mode) -> None:
    values = np.nan_to_num(np.asarray(panel.values)[step])
    names = min(WIDTHS[Bars] // 2, max(20, 9 * max(map(len, panel.labels))))  # pixels for the longest label
    row, full = HEIGHT / len(values), WIDTHS[Bars] - 60 - names
    font = ImageFont.load_default(size=16)
    for i, (label, value) in enumerate(zip(panel.labels, values, strict=True)):
        top = at[1] + i * row
        left, end = at[0] + names, at[0] + names + 1 + full * float(value)
        draw.text((at[0], top + row / 2), label[: names // 9 + 1], INK[mode], font, anchor="lm")
        draw.rectangle((left, top + 4, end, top + row - 4), fill=panel.colour)
        draw.text((end + 5, top + row / 2), f"{value:.0%}", INK[mode], font, anchor="lm")


def _coloured(values: NDArray[np.float64], scale: Scale, mode: Mode) -> Image.Image:
    """Values in [-1, 1] or [0, 1] between paper and colour, as in the browser."""
    paper = np.array(ImageColor.getrgb(PAPER[mode]))
    below, above = (NEGATIVE, POSITIVE) if scale == "signed" else (INK[mode], INK[mode])
    ends = np.where((values < 0)[..., None], ImageColor.getrgb(below), ImageColor.getrgb(above))
    share = np.abs(values).clip(0, 1)[..., None]
    return Image.fromarray((paper + (ends - paper) * share).round().astype(np.uint8))
