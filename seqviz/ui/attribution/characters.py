"""Which earlier characters made this character likely, and how far back each network looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st
import torch
from torch import Tensor

from seqviz import snippets
from seqviz.data.vocabulary import named
from seqviz.errors import InputError
from seqviz.figures.attribution import reach_figure
from seqviz.instruments.text_attribution import TEXT_METHODS, TextMethod, attribute_character, reach_of_each
from seqviz.jobs.tasks import Work
from seqviz.palette import CELL_COLOURS, CELL_NAMES
from seqviz.snippets.subjects import Network
from seqviz.specs import CELLS
from seqviz.timelines.writing import painted_timeline
from seqviz.ui.shell import texts
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.frame import QUIET, code, mode, verbatim
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, paragraph, pick, whole

METHODS: dict[TextMethod, str] = {"integrated_gradients": "Integrated gradients", "occlusion": "Occlusion"}
SOURCES = {"given": "A given text", "own": "Your text"}
CLOSING = ")]}\"'"  # what closes something is explained first
SHOWN = 160  # characters before the one that is explained
GIVEN_FROM, GIVEN = 1500, 300  # characters of the held-out text that are shown at first
DISTANCE, PLACES = 60, 40  # characters back, and places in the text


@dataclass(frozen=True)
class Explained:
    """The character of a text that is explained, by what stands before it."""

    writer: Network
    method: TextMethod
    before: str
    character: str

    @property
    def scores(self) -> Tensor:
        return _scored(self.writer.name, self.writer.version, self.before, self.character, self.method, self.writer)


def _choose() -> Explained:
    writer = texts.choose_writer("reader", "python")
    method: TextMethod = choose("Method", TEXT_METHODS, "text_method", names=METHODS, width=220)
    data = texts.text_of(writer)
    text = "First Citizen:\nBefore we proceed any further, hear me speak."
    if data:
        start = max(0, min(GIVEN_FROM, len(data.test) - GIVEN))
        text = data.test[start : start + GIVEN]
    if pick("Text", list(SOURCES), "explained_text", names=SOURCES) == "own":
        text = paragraph("Your text", f"explained by {writer.name}", text, most=2000)
        st.caption("Your text is not kept in the link.")
    if len(text) < 2:
        raise InputError(f"The text has {len(text)} characters; type at least two: one to explain, one before it.")
    closing = max((i for i, character in enumerate(text) if character in CLOSING and i), default=len(text) - 1)
    place = whole("Character to explain", "explained", high=len(text), default=closing + 1, width=170) - 1
    return Explained(writer, method, text[max(0, place - SHOWN) : place], text[place])


def _result(explained: Explained) -> str:
    """The character that did most, how far back it stands, and how much it did."""
    before, scores = explained.before, explained.scores
    strongest = int(scores.abs().argmax())
    did = "likelier" if scores[strongest] >= 0 else "less likely"
    return (
        f"“{verbatim(named(before[strongest]))}”, **{len(before) - strongest} back**, made "
        f"“{verbatim(named(explained.character))}” {did} by most: {float(scores[strongest]):+.2f} nats of "
        f"{float(scores.sum()):+.2f} in all."
    )


def _show(explained: Explained) -> None:
    """One character of a text, painted with what each character before it did for it; then the reach of the cells."""
    before, scores, character = explained.before, explained.scores, explained.character
    sentences = [f"{len(before) - i} back: {value:+.3f} nats." for i, value in enumerate(scores.tolist())]
    timeline = painted_timeline(before, scores, f"Before “{named(character)}”", sentences=sentences, markable=False)
    player(timeline, key="explained player", start=int(scores.abs().argmax()))
    st.markdown(
        "**Why this character?** Orange characters made it likelier, blue ones less likely; the numbers are nats of "
        "its log-probability, against a text of average characters (the mean embedding)."
    )
    code(
        snippets.text_attribution(explained.writer, before, character, explained.method),
        "Captum on the embeddings: the same numbers.",
    )
    _reach(explained.method)


@st.cache_resource(show_spinner=False, max_entries=128)
def _scored(name: str, version: int, text: str, character: str, method: TextMethod, _writer: Network) -> Tensor:
    return attribute_character(_writer.model, text, character, method)


def _reach(method: TextMethod) -> None:
    st.header("How far back does each cell look?", anchor=False)
    st.markdown(
        f"Three networks of 128 units that have learned the same Python for as long: the mean |effect| of the "
        f"character 1 to {DISTANCE} places back, at {PLACES} places of held-out text."
    )
    label = f"Measure at {PLACES} places"
    in_background(f"reach {method}", "Reach of the cells", label, _reaches(method), _draw_reach, once=True)


def _draw_reach(found: Mapping[str, Tensor]) -> None:
    curves = {CELL_NAMES[cell]: (CELL_COLOURS[cell], found[cell]) for cell in CELLS}
    st.plotly_chart(reach_figure(curves, mode()), key="reach", theme=None, config=QUIET)
    words = "; ".join(f"{CELL_NAMES[cell]} {_within(found[cell])}" for cell in CELLS)
    st.markdown(f"Of the effect of these {DISTANCE} characters nine tenths lie within so many of the last: {words}.")


def _reaches(method: TextMethod) -> Work:
    """Work for a worker: the three networks over the same places."""
    generator = torch.Generator().manual_seed(0)
    places = (DISTANCE + torch.randperm(20_000, generator=generator)[:PLACES]).tolist()
    models = {cell: texts.writer(f"python-{cell}").model for cell in CELLS}
    return partial(reach_of_each, models, texts.text("python").test, places, DISTANCE, method)


def _within(values: Tensor) -> int:
    shares = values.cumsum(dim=0) / values.sum()
    return int((shares < 0.9).sum()) + 1


VIEW = View(
    "characters",
    "Characters",
    _choose,
    _show,
    result=_result,
    notice=(
        "The characters just before count most. A bracket or a quote that is still open can count from far away.",
        "A character's effect can be negative: without it the explained character would have been likelier.",
    ),
    question="Explain a closing bracket. Does the network look at the bracket that it closes?",
)
