"""Read the units: a text painted by one of them, what each follows, and where a marked stretch's units are on again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import pandas as pd
import streamlit as st
from torch import Tensor

from seqviz.data import visible
from seqviz.instruments import (
    PROPERTIES,
    Match,
    UnitScores,
    properties,
    read_units,
    sample,
    similar_stretches,
    unit_scores,
)
from seqviz.player import painted_timeline
from seqviz.ui import snippets
from seqviz.ui.frame import code
from seqviz.ui.player import player, seek
from seqviz.ui.snippets.writing import text_import, text_source
from seqviz.ui.state import choose, pick, recalled_step, remember_step, span, whole
from seqviz.ui.texts import Writer, choose_writer, text_of

READ, PAINTED = 20_000, 1_500  # characters that the ranking reads, and that are painted at a time
BEST = 12  # units in a ranking
Source = Literal["held-out", "own", "written"]
SOURCES: dict[Source, str] = {"held-out": "Held-out text", "written": "What it writes itself", "own": "Your text"}
EXAMPLE = "def greet(name):\n    # it's short\n    print('Hello, \"' + name + '\" (again)')\n"


@dataclass(frozen=True)
class Read:
    """A text as one network read it."""

    text: str
    hidden: Tensor  # (time, hidden)
    scores: dict[str, UnitScores]
    code: tuple[str, str]  # what a program imports for the text, and the expression that makes it


def units() -> None:
    """Choose a text, a property, a unit; see where the unit is on."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        writer = choose_writer("writer", "python")
        there = text_of(writer)
        sources = [source for source in SOURCES if source != "held-out" or there]
        source = pick("Text", sources, "read", names=SOURCES.__getitem__, resets=["text_part", "stretch"])
    found = _read(writer, source)
    if not found.scores:
        st.text("This text is too even for a ranking: none of the properties changes in it. Take a longer one.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        follows = choose("Units that follow", list(found.scores), "follows", names=PROPERTIES.__getitem__, width=230)
        ranked = found.scores[follows]
        best = [str(unit) for unit in ranked.ranking[:BEST]]
        chosen = choose(
            "Unit, best first",
            [*best, "other"],
            "best",
            names=lambda unit: "another …" if unit == "other" else _scored(ranked, int(unit)),
            width=230,
        )
        last = writer.spec.hidden_size - 1
        unit = (
            whole("Unit number", 0, last, ranked.ranking[0], "text_unit", width=140)
            if chosen == "other"
            else int(chosen)
        )
        pages = max(1, -(-len(found.text) // PAINTED))
        part = whole("Part of the text", 1, pages, 1, "text_part", width=150) if pages > 1 else 1
    start = (part - 1) * PAINTED
    _paint(writer, found, unit, follows, start)
    with st.expander("All properties, their best units", icon=":material/leaderboard:"):
        _table(found)
    code(
        snippets.units(writer, found.code, unit, follows),
        f"Unit {unit}'s score on “{PROPERTIES[follows]}”, over the whole text ({len(found.text):,} letters).",
    )


def _paint(writer: Writer, found: Read, unit: int, follows: str, start: int) -> None:
    text = found.text[start : start + PAINTED]
    activation = found.hidden[start : start + PAINTED, unit]
    score = found.scores[follows]
    st.markdown(
        f"**Unit {unit}** on “{PROPERTIES[follows]}”: {_in_words(score, unit)}, over {len(found.text):,} letters. "
        "Orange is positive, blue negative."
    )
    place = st.container()
    st.header("Where else are the same units on?", anchor=False)
    st.caption(
        "Drag over letters above, or set the ends here. Similarity is the cosine of the mean states, each unit freed "
        "of its mean and scale; what is found in this part of the text is underlined above."
    )
    end = len(found.text) - 1
    middle = min(len(found.text), PAINTED) // 3
    default = (middle, min(end, middle + 7))
    stretch = span("Marked stretch: first and last letter, counted from 0", 0, end, "stretch", default=default)
    matches, on = _similar(writer, found, stretch.start, stretch.stop)
    both = [(stretch.start, stretch.stop), *((match.start, match.stop) for match in matches)]
    marked = [(max(0, a - start), min(len(text), b - start)) for a, b in both if b > start and a < start + len(text)]
    sentences = [
        f"Letter {start + i + 1}: unit {unit} is at {value:+.2f}." for i, value in enumerate(activation.tolist())
    ]
    timeline = painted_timeline(
        text, activation, f"The text, painted by unit {unit}", stretches=marked, sentences=sentences
    )
    with place:
        player(
            timeline, key="units", start=recalled_step(len(text)), on_step=remember_step, on_mark=partial(_mark, start)
        )
    words = _one_line(found.text[stretch.start : stretch.stop])
    st.text(f"Marked: “{words}”. Farthest from their mean: units {_listed(on)}.")
    for number, match in enumerate(matches):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            name = f"letter {match.start + 1}"
            st.button(name, key=f"match {number}", on_click=_go, args=(match.start,), width=130)
            before, after = found.text[max(0, match.start - 20) : match.start], found.text[match.stop : match.stop + 20]
            inside = _one_line(found.text[match.start : match.stop])
            st.text(f"{match.similarity:+.2f}   {_one_line(before)}«{inside}»{_one_line(after)}", width="stretch")


@st.cache_resource(show_spinner=False, max_entries=64)
def _similar_states(
    name: str, version: int, text: str, start: int, stop: int, _hidden: Tensor
) -> tuple[tuple[Match, ...], list[int]]:
    return similar_stretches(_hidden, start, stop)


def _similar(writer: Writer, found: Read, start: int, stop: int) -> tuple[tuple[Match, ...], list[int]]:
    return _similar_states(writer.name, writer.version, found.text, start, stop, found.hidden)


def _mark(start: int, stretch: tuple[int, int]) -> None:
    """The reader has dragged over letters of the part that begins at `start`."""
    first, stop = stretch
    st.session_state["stretch"] = (start + first, start + max(first, stop - 1))


def _go(place: int) -> None:
    """To a letter of the whole text: turn to its part, and move the cursor there."""
    st.session_state["text_part"] = place // PAINTED + 1
    remember_step(place % PAINTED)
    seek("units", place % PAINTED)


def _listed(units: Sequence[int]) -> str:
    return ", ".join(map(str, units))


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
        "AUC: how often the unit is higher at a letter with the property than at one without; 0.5 is chance, near 0 it "
        "is low there. Correlation: Pearson's, with a number such as the depth."
    )
    every = pd.DataFrame({name: one.scores.tolist() for name, one in found.scores.items()})
    st.download_button(
        "All scores (CSV)",
        lambda: every.to_csv(index_label="unit"),
        "seqviz-unit-scores.csv",
        "text/csv",
        on_click="ignore",
    )


def _read(writer: Writer, source: Source) -> Read:
    if source == "own":
        known = not writer.model.vocabulary.unknown(EXAMPLE)
        example = EXAMPLE if known else _own_writing(writer.name, writer.version, writer)[:400]
        text = st.text_area("Your text", example, key=f"text for {writer.name}", max_chars=READ, height=160)
        return _text_as_read(writer.name, writer.version, text, ("", repr(text)), writer)
    if source == "held-out":
        data = text_of(writer)
        assert data is not None
        program = (text_import(data.name), f"load_text({text_source(data.name)}).test[:{READ}]")
        return _text_as_read(writer.name, writer.version, data.test[:READ], program, writer)
    text = _own_writing(writer.name, writer.version, writer)
    return _text_as_read(writer.name, writer.version, text, ("", repr(text)), writer)


@st.cache_resource(show_spinner="Reading every letter …", max_entries=8)
def _text_as_read(name: str, version: int, text: str, program: tuple[str, str], _writer: Writer) -> Read:
    hidden = read_units(_writer.model, text)
    return Read(text, hidden, unit_scores(hidden, properties(text)), program)


@st.cache_resource(show_spinner="Writing a text to read …", max_entries=4)
def _own_writing(name: str, version: int, _writer: Writer) -> str:
    return "".join(step.character for step in sample(_writer.model, "", PAINTED, temperature=0.7))


def _scored(scores: UnitScores, unit: int) -> str:
    return f"{unit} ({scores.measure} {float(scores.scores[unit]):.2f})"


def _in_words(scores: UnitScores, unit: int) -> str:
    value = float(scores.scores[unit])
    if scores.measure == "AUC":
        side = "higher" if value > 0.5 else "lower"
        return f"AUC {value:.3f}; it is {side} there at {max(value, 1 - value):.0%} of the pairs"
    return f"correlation {value:+.3f}"


def _one_line(text: str) -> str:
    return visible(text).replace("\n", "↵").replace("\t", "⇥")
