"""Digits drawn by hand: strokes to and from a short text, and strokes to an MNIST-like image."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw
from torch import Tensor

from seqviz.data.digits import BOX, centre_by_mass
from seqviz.errors import InputError

Stroke = tuple[tuple[int, int], ...]
"""Points (x, y) on a 64×64 grid, x to the right, y down."""

GRID = 64
SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
EXAMPLE = "TRXNeMlPnVkbfeaffekhnnnuj0c4V4P0"
"""A three, so that the pad is never empty at first sight."""
LONGEST = 4000  # characters of an encoded drawing: about thirty times a careful digit
PEN = 2.4  # pixels of the 20×20 box, the width of MNIST's strokes
FINE = 8  # supersampling


def encode_strokes(strokes: Sequence[Stroke]) -> str:
    """Two symbols a point, a dot between strokes: short enough for a link.

    >>> encode_strokes([((0, 0), (63, 1)), ((2, 2),)])
    'AA_B.CC'
    """
    return ".".join("".join(SYMBOLS[x] + SYMBOLS[y] for x, y in stroke) for stroke in strokes)


def decode_strokes(text: str) -> tuple[Stroke, ...]:
    """The inverse of `encode_strokes`.

    Raises:
        InputError: the text is too long or is no drawing.
    """
    if len(text) > LONGEST:
        raise InputError(f"The drawing has {len(text)} characters; at most {LONGEST} are read. Draw it with less ink.")
    parts = [part for part in text.split(".") if part]
    if strange := sorted(set("".join(parts)) - set(SYMBOLS)):
        raise InputError(f"The drawing contains {strange[0]!r}, which is no point. Draw the digit again.")
    if any(len(part) % 2 for part in parts):
        raise InputError("The drawing ends in half a point: the link was cut. Ask for it again or draw the digit.")
    return tuple(_points(part) for part in parts)


def rasterize(strokes: Sequence[Stroke]) -> Float[Tensor, "28 28"]:
    """The drawing as a 28×28 image in [0, 1], made as MNIST was: fitted into 20×20, centred by its centre of mass.

    The pen keeps its width whatever the size of the drawing, so a small digit does not come out bold.

    >>> rasterize([]).sum()
    tensor(0.)
    """
    points = np.array([point for stroke in strokes for point in stroke], dtype=float)
    if not len(points):
        return torch.zeros(28, 28)
    low, high = points.min(axis=0), points.max(axis=0)
    span = max(float((high - low).max()), 1.0)
    scale = (BOX - PEN) / span if span > GRID / 16 else (BOX - PEN) / GRID  # a dot stays a dot
    middle = (low + high) / 2

    canvas = Image.new("L", (BOX * FINE, BOX * FINE))
    pen = ImageDraw.Draw(canvas)
    for stroke in strokes:
        path = [tuple(((np.array(point) - middle) * scale + BOX / 2) * FINE) for point in stroke]
        pen.line(path, fill=255, width=round(PEN * FINE), joint="curve")
        for x, y in path:
            reach = PEN * FINE / 2
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
    box = canvas.resize((BOX, BOX), Image.Resampling.BOX)
    return centre_by_mass(torch.from_numpy(np.asarray(box, dtype=np.float32) / 255)[None])[0]


def _points(part: str) -> Stroke:
    places = [SYMBOLS.index(symbol) for symbol in part]
    return tuple(zip(places[::2], places[1::2], strict=True))
