"""A timeline as a GIF for slides: pictures, heatmaps and bars, one frame a step."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from seqviz.palette import INK, NEGATIVE, PAPER, POSITIVE, Mode
from seqviz.player.timeline import Bars, Heatmap, Picture, Scale, Timeline

HEIGHT = 280  # pixels of a panel
WIDTHS: dict[type, int] = {Picture: 280, Heatmap: 440, Bars: 200}
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
        [panel for panel in timeline.panels if panel.group == group and isinstance(panel, Picture | Heatmap | Bars)]
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


def _paint(
    image: Image.Image,
    panel: Picture | Heatmap | Bars,
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
