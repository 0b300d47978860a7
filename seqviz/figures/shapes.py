"""The shapes of sequence tasks as diagrams in HTML: a box a tensor, from what is read up to the answer."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from seqviz.palette import CELL_COLOURS

DRAWN = 5  # boxes of a row


@dataclass(frozen=True)
class Row:
    """Tensors of one kind side by side: what they are, their shape, how many there are, and what stands in the first.

    In a row of steps that is shown in part, the last box is the last step. `at` is the column of a single box.
    """

    name: str
    shape: tuple[int, ...]
    labels: Sequence[str]
    link: str
    at: int = 0


@dataclass(frozen=True)
class Shape:
    """A shape of task: its name, an example of it, and its rows from the bottom to the top."""

    name: str
    example: str
    rows: Sequence[Row]
    columns: int


def shape_diagram(shape: Shape) -> str:
    """One shape; every box is a link to the page where its tensors live."""
    parts = [_row(row, shape.columns) for row in reversed(shape.rows)]
    arrows = '<div aria-hidden="true" style="text-align:center;line-height:1">↑</div>'
    title = f'<div style="font-weight:600">{html.escape(shape.name)}</div>'
    example = f'<div style="font-size:.8125rem;margin-bottom:.4rem;min-height:2.6em">{html.escape(shape.example)}</div>'
    return f"<div>{title}{example}{arrows.join(parts)}</div>"


def _row(row: Row, columns: int) -> str:
    colour = CELL_COLOURS["gru"] if row.name.startswith("state") else "currentColor"
    cells = ["<span></span>"] * columns
    for place, label in enumerate(shown(row.labels)):
        cells[(row.at + place) % columns] = (
            f'<a href="{html.escape(row.link)}" target="_self" aria-label="{html.escape(f"{row.name}: {label}")}" '
            f'style="border:2px solid {colour};border-radius:6px;color:inherit;'
            "padding:.15rem .1rem;text-align:center;text-decoration:none;overflow:hidden;white-space:nowrap;"
            f'font-size:.8125rem">{html.escape(label)}</a>'
        )
    grid = f"display:grid;grid-template-columns:repeat({columns},minmax(0,1fr));gap:.25rem"
    shape = " × ".join(map(str, row.shape))
    caption = (
        f'<div style="font-size:.8125rem;text-align:center"><b>{html.escape(row.name)}</b> '
        f'<span style="font-family:monospace">({shape})</span></div>'
    )
    return f'<div>{caption}<div style="{grid}">{"".join(cells)}</div></div>'


def shown(labels: Sequence[str]) -> list[str]:
    """The first labels and the last, with a sign for those between.

    >>> shown("abcdefgh"), shown("ab")
    (['a', 'b', 'c', '…', 'h'], ['a', 'b'])
    """
    if len(labels) <= DRAWN:
        return list(labels)
    return [*labels[: DRAWN - 2], "…", labels[-1]]
