"""Read the units: a text painted by one of them, what each follows, and where a marked stretch's units are on again."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import pandas as pd
import streamlit as st
from torch import Tensor

from seqviz import snippets
from seqviz.data.vocabulary import visible
from seqviz.errors import InputError
from seqviz.instruments.sampling import sample
from seqviz.instruments.text_units import (
    PROPERTIES,
    Match,
    UnitScores,
    properties,
    read_units,
    similar_passages,
    unit_scores,
)
from seqviz.snippets.subjects import Network
from seqviz.snippets.writing import text_source
from seqviz.timelines.writing import painted_timeline
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.player import player, seek
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.texts import choose_writer, text_of
from seqviz.ui.shell.url import assign, choose, paragraph, pick, recalled_step, remember_step, whole

READ, PAINTED = 20_000, 1_500  # characters that the ranking reads, and that are painted at a time
BEST = 12  # units in a ranking
SHORTEST = 200  # characters that a ranking needs
ALIKE = 0.2  # similarity from which a stretch is listed
Source = Literal["held-out", "own", "written"]
SOURCES: dict[Source, str] = {"held-out": "Held-out text", "written": "What it writes itself", "own": "Your text"}
EXAMPLE = """def greet(name):
    # it's short
    print('Hello, "' + name + '" (again)')


def total(numbers, start=0):
    \"\"\"The sum of a list (or of a tuple).\"\"\"
    for number in numbers:
        start += abs(number) * (1 + min(number, 0))
    return {"sum": start, "of": len(numbers)}
"""


@dataclass(frozen=True)
class Read:
    """A text as one network read it."""

    text: str
    hidden: Tensor  # (time, hidden)
    properties: dict[str, Tensor]  # each (time)
    scores: dict[str, UnitScores]
    code: str  # the expression that makes the text in a program


@dataclass(frozen=True)
class Painted:
    """A text as a network read it, the property and the unit that are looked at, and where the shown part begins."""

    writer: Network
    read: Read
    follows: str
    unit: int
    start: int

    @property
    def scores(self) -> UnitScores:
        return self.read.scores[self.follows]


def _choose() -> Painted:
    writer = choose_writer("reader", "python")
    sources = [source for source in SOURCES if source != "held-out" or text_of(writer)]
    resets = ["text_part", "stretch_from", "stretch_to"]
    found = _read(writer, pick("Text", sources, "read", names=SOURCES, resets=resets))
    if not found.scores:
        raise InputError(
            f"The text has {len(found.text):,} characters and is too short or too even for a ranking; take "
            f"{SHORTEST} or more."
        )
    follows = choose("Units that follow", list(found.scores), "follows", names=PROPERTIES, width=230)
    unit = _choose_unit(writer, found.scores[follows])
    pages = max(1, -(-len(found.text) // PAINTED))
    usual = _liveliest(found.properties[follows])
    part = whole("Part of the text", "text_part", high=pages, default=usual, width=150) if pages > 1 else 1
    return Painted(writer, found, follows, unit, (part - 1) * PAINTED)


def _result(painted: Painted) -> str:
    """How well the unit follows the property."""
    said = _in_words(painted.scores, painted.unit)
    return f"Unit **{painted.unit}** and “{PROPERTIES[painted.follows]}”: {said}."


def _show(painted: Painted) -> None:
    """The text, painted by the unit; where else the same units are on; the ranking of all properties."""
    found, unit, follows = painted.read, painted.unit, painted.follows
    _paint(painted)
    with st.expander("All properties, their best units", icon=":material/leaderboard:"):
        _table(found)
    code(
        snippets.units(painted.writer, found.code, unit, follows),
        f"Unit {unit}'s score on “{PROPERTIES[follows]}”, over the whole text ({len(found.text):,} characters).",
    )


def _choose_unit(writer: Network, ranked: UnitScores) -> int:
    """One of the best on a property, or any other."""
    best = [str(unit) for unit in ranked.ranking[:BEST]]
    names = {unit: f"{unit}: {_briefly(ranked, int(unit))}" for unit in best} | {"other": "another …"}
    chosen = choose("Unit, best first", list(names), "best", names=names, width=230)
    if chosen != "other":
        return int(chosen)
    last = writer.spec.encoder.hidden_size - 1
    return whole("Unit number", "text_unit", high=last, default=ranked.ranking[0], width=140)


def _liveliest(values: Tensor) -> int:
    """The part of a text, counted from 1, in which a property changes most."""
    parts = values.split(PAINTED)
    return max(range(len(parts)), key=lambda index: float(parts[index].std(correction=0))) + 1


def _paint(painted: Painted) -> None:
    writer, found, unit, start = painted.writer, painted.read, painted.unit, painted.start
    text = found.text[start : start + PAINTED]
    activation = found.hidden[start : start + PAINTED, unit]
    place = st.container()
    st.caption(f"Orange is positive, blue negative. Scores are over {len(found.text):,} characters.")
    st.header("Where else are the same units on?", anchor=False)
    st.caption(
        "Drag over characters above with the mouse, or give the first and the last character of the whole text here. "
        "Similar means: the same units are on and the same are off, against what is usual for each."
    )
    stretch = _choose_stretch(len(found.text), start)
    matches, on = _similar(writer, found, stretch.start, stretch.stop)
    matches = tuple(match for match in matches if match.similarity > ALIKE)
    both = [(stretch.start, stretch.stop), *((match.start, match.stop) for match in matches)]
    marked = [(max(0, a - start), max(0, min(len(text), b - start))) for a, b in both]
    timeline = painted_timeline(
        text,
        activation,
        f"The text, painted by unit {unit}. Line: the marked stretch; dots: where the same units are on",
        stretches=marked,
        sentences=[f"Unit {unit} is at {value:+.2f} here." for value in activation.tolist()],
    )
    with place:
        player(
            timeline, key="units", start=recalled_step(len(text)), on_step=remember_step, on_mark=partial(_mark, start)
        )
    words = _one_line(found.text[stretch.start : stretch.stop])
    st.text(f"Marked: “{words}”. Most unusual there: units {', '.join(map(str, on))}.")
    for number, match in enumerate(matches):
        _match(found.text, number, match)
    if not matches:
        st.text(f"Nowhere else in the text are they on like this (similarity above {ALIKE}).")


def _choose_stretch(length: int, start: int) -> range:
    """The marked stretch of the whole text, counted from 0; at first a few characters in the part that is shown."""
    with st.container(horizontal=True):
        usual = min(length - 1, start + PAINTED // 3) + 1
        first = whole("First character", "stretch_from", high=length, default=usual, width=150)
        last = whole("Last character", "stretch_to", high=length, default=min(length, first + 7), width=150)
    return range(min(first, last) - 1, max(first, last))


def _match(text: str, number: int, match: Match) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(f"character {match.start + 1}", key=f"match {number}", on_click=_go, args=(match.start,), width=130)
        before, inside = text[max(0, match.start - 20) : match.start], text[match.start : match.stop]
        after = text[match.stop : match.stop + 20]
        words = f"{_one_line(before)}«{_one_line(inside)}»{_one_line(after)}"
        st.text(f"{match.similarity:.2f}   {words}", width="stretch")


@st.cache_resource(show_spinner=False, max_entries=64)
def _similar_states(
    name: str, version: int, text: str, start: int, stop: int, _hidden: Tensor
) -> tuple[tuple[Match, ...], list[int]]:
    return similar_passages(_hidden, start, stop)


def _similar(writer: Network, found: Read, start: int, stop: int) -> tuple[tuple[Match, ...], list[int]]:
    return _similar_states(writer.name, writer.version, found.text, start, stop, found.hidden)


def _mark(start: int, stretch: tuple[int, int]) -> None:
    """The reader has dragged over characters of the part that begins at `start`."""
    first, stop = stretch
    assign("stretch_from", start + first + 1)
    assign("stretch_to", start + max(first + 1, stop))


def _go(place: int) -> None:
    """To a character of the whole text: turn to its part, and move the cursor there."""
    assign("text_part", place // PAINTED + 1)
    remember_step(place % PAINTED)
    seek("units", place % PAINTED)


def _table(found: Read) -> None:
    rows = [
        {
            "property": PROPERTIES[name],
            "measure": one.measure,
            "best units": ", ".join(f"{unit} ({float(one.scores[unit]):.2f})" for unit in one.ranking[:5]),
        }
        for name, one in found.scores.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "AUC: how often the unit is higher at a character with the property than at one without; 0.5 is chance, near "
        "0 it is low there. Correlation: Pearson's, with a number such as the depth."
    )
    every = pd.DataFrame({name: one.scores.tolist() for name, one in found.scores.items()})
    st.download_button(
        "All scores (CSV)",
        lambda: every.to_csv(index_label="unit"),
        "seqviz-unit-scores.csv",
        "text/csv",
        on_click="ignore",
    )


def _read(writer: Network, source: Source) -> Read:
    if source == "own":
        known = not writer.model.vocabulary.unknown(EXAMPLE)
        example = EXAMPLE if known else _own_writing(writer.name, writer.version, writer)[:400]
        text = paragraph("Your text", f"text for {writer.name}", example, most=READ)
        return _text_as_read(writer.name, writer.version, text, repr(text), writer)
    if source == "held-out":
        data = text_of(writer)
        assert data is not None
        program = f"load_text({text_source(data.name)}).test[:{READ}]"
        return _text_as_read(writer.name, writer.version, data.test[:READ], program, writer)
    text = _own_writing(writer.name, writer.version, writer)
    return _text_as_read(writer.name, writer.version, text, repr(text), writer)


@st.cache_resource(show_spinner="Reading every character …", max_entries=8)
def _text_as_read(name: str, version: int, text: str, program: str, _writer: Network) -> Read:
    hidden = read_units(_writer.model, text)
    found = properties(text) if len(text) >= SHORTEST else {}
    return Read(text, hidden, found, unit_scores(hidden, found) if found else {}, program)


@st.cache_resource(show_spinner="Writing a text to read …", max_entries=4)
def _own_writing(name: str, version: int, _writer: Network) -> str:
    return "".join(step.character for step in sample(_writer.model, "", PAINTED, temperature=0.7))


def _briefly(scores: UnitScores, unit: int) -> str:
    value = float(scores.scores[unit])
    if scores.measure == "AUC":
        return f"{'higher' if value > 0.5 else 'lower'} {max(value, 1 - value):.0%}"
    return f"correlation {value:+.2f}"


def _in_words(scores: UnitScores, unit: int) -> str:
    value = float(scores.scores[unit])
    if scores.measure == "AUC":
        side = "higher" if value > 0.5 else "lower"
        return f"it is {side} there in {max(value, 1 - value):.0%} of all comparisons (AUC {value:.3f}; 0.5 is chance)"
    return f"correlation {value:+.3f} (0 is chance)"


def _one_line(text: str) -> str:
    return visible(text).replace("\n", "↵").replace("\t", "⇥")


VIEW = View(
    "units",
    "Units",
    _choose,
    _show,
    result=_result,
    notice=(
        "Nobody told a unit to count brackets: it does so because the next character depends on it.",
        "Most units follow nothing that has a name. A property is as a rule spread over many units.",
    ),
    question="Find a unit that switches inside quotes. Is it high or low there, and does it ever make a mistake?",
)
