"""A text whose tags are drawn under its characters."""

import html
from collections.abc import Sequence

from seqviz.data.tags import TAGS
from seqviz.data.vocabulary import visible

COLOURS = ("#D55E00", "#0072B2", "#CC79A7", "#009E73", "#999999", "#E69F00", "transparent")
"""One for each tag (Okabe and Ito), none for blanks."""
LINES = ("solid", "solid", "double", "dashed", "dotted", "solid", "solid")


def tagged_text(text: str, answers: Sequence[int], right: Sequence[int] | None) -> str:
    """HTML: each character over a line in the colour of its tag; a wrong one stands in a box."""
    parts = []
    for place, (character, tag) in enumerate(zip(text, answers, strict=True)):
        wrong = right is not None and right[place] != tag
        box = "outline:2px solid currentColor;" if wrong else ""
        style = f"{box}border-bottom:3px {LINES[tag]} {COLOURS[tag]}"
        shown = html.escape(visible(character))
        parts.append(f'<span style="{style}" title="{TAGS[tag]}{", wrong" if wrong else ""}">{shown}</span>')
    legend = " ".join(
        f'<span style="border-bottom:3px {LINES[place]} {COLOURS[place]};margin-right:1em">{tag}</span>'
        for place, tag in enumerate(TAGS[:-1])
    )
    look = "font-family:monospace;line-height:1.9;white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<div style="{look}">{"".join(parts)}</div><div style="margin-top:.5rem">{legend}</div>'
