"""Tensors as boxes in proportion, with their numbers where these can be read."""

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from seqviz.palette import NEGATIVE, POSITIVE

CELL = 34  # pixels of a cell with a number in it
READABLE = (8, 10)  # rows and columns of which numbers are written
LARGEST = 190  # pixels of the longest side of a box without numbers
SHEETS = 4  # of the first axis that are drawn behind each other
SMALLEST = 6


def tensor_box(
    name: str,
    tensor: Tensor,
    axes: Sequence[str] = (),
    *,
    scale: float | None = None,
    blocks: Sequence[str] = (),
    marked: Tensor | None = None,
    note: str = "",
) -> str:
    """A tensor of one to four axes: its last two as a matrix, those before as sheets behind it.

    Args:
        axes: names of the axes, written at the shape.
        scale: pixels of one number where numbers are not written; boxes side by side share it.
        blocks: names of equal blocks of rows (gates).
        marked: which numbers of the front sheet are framed.
        note: written below.
    """
    values = tensor.detach().double()
    front = values
    while front.ndim > 2:
        front = front[0]
    if front.ndim < 2:
        front = front.reshape(1, -1) if front.ndim else front.reshape(1, 1)
    rows, columns = front.shape
    sheets = 1 if values.ndim < 3 else min(SHEETS, values.shape[0])
    shape = ", ".join(str(size) for size in tensor.shape)
    readable = rows <= READABLE[0] and columns <= READABLE[1]
    drawn = _table(front, blocks, marked) if readable else _block(front, scale, blocks)
    shadow = "".join(
        f'<div class="sheet" style="transform: translate({6 * at}px, {-6 * at}px)"></div>'
        for at in range(sheets - 1, 0, -1)
    )
    named = " × ".join(f"{size} {axis}" for size, axis in zip(tensor.shape, axes, strict=False))
    label = f"{escape(name)}: shape ({shape})"
    return (
        f'<figure class="tensor" role="img" aria-label="{label}"><figcaption><code>{escape(name)}</code>'
        f"<b>({shape})</b>{f'<small>{escape(named)}</small>' if named else ''}</figcaption>"
        f'<div class="stack" style="margin: {6 * (sheets - 1)}px {6 * (sheets - 1)}px 0 0">{shadow}{drawn}</div>'
        f"{f'<small>{escape(note)}</small>' if note else ''}</figure>"
    )


def boxes(parts: Sequence[str]) -> str:
    """Boxes side by side, as HTML."""
    return f'<div class="tensors">{"".join(parts)}</div>{STYLE}'


def _table(front: Tensor, blocks: Sequence[str], marked: Tensor | None) -> str:
    largest = float(front.abs().max()) or 1.0
    per_block = len(front) // len(blocks) if blocks and len(front) % len(blocks) == 0 else 0
    rows = []
    for place, row in enumerate(front.tolist()):
        cells = "".join(
            f'<td class="{"marked" if marked is not None and bool(marked[place, at]) else ""}" '
            f'style="{_shade(value / largest)}">{_written(value)}</td>'
            for at, value in enumerate(row)
        )
        head = ""
        if per_block and place % per_block == 0:
            head = f'<th rowspan="{per_block}" scope="rowgroup">{escape(blocks[place // per_block])}</th>'
        rows.append(
            f'<tr class="{"first" if per_block and place and place % per_block == 0 else ""}">{head}{cells}</tr>'
        )
    return f"<table>{''.join(rows)}</table>"


def _block(front: Tensor, scale: float | None, blocks: Sequence[str]) -> str:
    """A box with a point of colour for each number."""
    rows, columns = front.shape
    unit = scale or LARGEST / max(rows, columns)
    width, height = (max(SMALLEST, round(unit * size)) for size in (columns, rows))
    lines = "".join(
        f'<div class="part" style="height: {100 / len(blocks):.4f}%">{escape(block)}</div>' for block in blocks
    )
    return f'<div class="block" style="width: {width}px; height: {height}px">{_painted(front)}{lines}</div>'


def _painted(front: Tensor) -> str:
    """The numbers as a picture: signed colours, the smaller the more transparent."""
    shares = (front / (front.abs().max().clamp(min=1e-12))).numpy()
    colours = np.where((shares >= 0)[..., None], _rgb(POSITIVE), _rgb(NEGATIVE))
    pixels = np.dstack([colours, np.rint(np.abs(shares) * 230)]).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(buffer, "PNG")
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _shade(share: float) -> str:
    colour = POSITIVE if share >= 0 else NEGATIVE
    red, green, blue = _rgb(colour)
    return f"background: rgba({red}, {green}, {blue}, {0.45 * min(1.0, abs(share)):.2f})"


def _written(value: float) -> str:
    if torch.isfinite(torch.tensor(value)) and value == round(value) and abs(value) < 1000:
        return f"{value:.0f}".replace("-", "−")
    return f"{value:.2f}".replace("-", "−")


STYLE = """<style>
.tensors { display: flex; flex-wrap: wrap; gap: 14px 22px; align-items: flex-end; }
.tensor { margin: 0; max-width: 100%; overflow-x: auto; }
.tensor figcaption { display: flex; flex-direction: column; line-height: 1.3; margin-bottom: 4px; }
.tensor code { font-size: 0.95rem; background: none; color: inherit; padding: 0; }
.tensor small { font-size: 0.85rem; display: block; max-width: 22rem; }
.tensor .stack { position: relative; display: inline-block; }
.tensor .sheet { position: absolute; inset: 0; border: solid currentColor; border-width: 2px 2px 0 0; opacity: 0.5; }
.tensor table { border-collapse: collapse; position: relative; }
.tensor td { min-width: 34px; height: 26px; text-align: right; padding: 0 4px; font-size: 0.85rem;
  font-variant-numeric: tabular-nums; border: 1px solid rgba(128, 128, 128, 0.4); }
.tensor th { font-weight: 600; font-size: 0.85rem; padding: 0 6px 0 0; text-align: left; }
.tensor tr.first td { border-top: 3px solid currentColor; }
.tensor td.marked { outline: 3px solid currentColor; outline-offset: -3px; font-weight: 700; }
.tensor .block { border: 2px solid currentColor; box-sizing: border-box; position: relative; }
.tensor .block img { position: absolute; inset: 0; width: 100%; height: 100%; image-rendering: pixelated; }
.tensor .part { font-size: 0.8rem; overflow: hidden; box-sizing: border-box; border-bottom: 1px dashed currentColor; }
.tensor .part:last-child { border-bottom: 0; }
</style>"""
