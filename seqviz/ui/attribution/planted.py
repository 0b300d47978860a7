"""Planted evidence: sequences of which it is known where their evidence lies, and methods that have to find it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from seqviz import snippets
from seqviz.data.examples import Digit
from seqviz.data.planted import Planted, planted_digits
from seqviz.figures.attribution import grades_figure
from seqviz.instruments.attribution import Method, attribute
from seqviz.instruments.grading import Grade, grade
from seqviz.palette import CELL_NAMES
from seqviz.specs import CELLS, Cell
from seqviz.timelines.attribution import attribution_timeline
from seqviz.timelines.wording import a_digit
from seqviz.ui.attribution import methods
from seqviz.ui.attribution.shipped import EVERY, shipped, test_network
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, whole

GRADED = 50  # sequences of the live test


@dataclass(frozen=True)
class Example:
    """One planted sequence, and the method that is asked about it."""

    number: int
    method: Method


def _choose() -> Example:
    method: Method = choose("Method", list(EVERY), "planted_method", names=methods.name_of, width=230)
    return Example(whole("Sequence", "planted_sample", high=len(_data().data.test) - 1, width=130), method)


def _result(example: Example) -> str:
    """How well this method finds the evidence of each cell, and what chance would find."""
    found = {cell: one[example.method] for cell, one in shipped()["grades"].items()}
    shares = ", ".join(f"{CELL_NAMES[cell]} **{one['precision']:.0%}**" for cell, one in found.items())
    chance = next(iter(found.values()))["chance"]
    name = methods.name_of(example.method)
    return f"{name}: of the rows that it ranks highest, so many are evidence: {shares} (chance {chance:.0%})."


def _show(example: Example) -> None:
    """One sequence with what the method says of it, and the grades of all methods."""
    _one_example(example)
    st.markdown(
        "Four segments follow each other: a digit that counts, blank rows, noise, and a second digit that must be "
        "ignored. The networks have learned to name the first digit, wherever it stands: only its rows are evidence."
    )
    grades = {
        cell: {methods.name_of(method): (one["precision"], one["error"]) for method, one in found.items()}
        for cell, found in shipped()["grades"].items()
    }
    first = next(iter(shipped()["grades"]["gru"].values()))
    title = "Planted rows among the rows that a method ranks highest"
    st.plotly_chart(grades_figure(grades, first["chance"], title, mode()), key="grades", theme=None, config=QUIET)
    _grades_table(grades)
    st.caption(
        f"Measured beforehand on up to {shipped()['graded']} sequences that each network answers rightly; as many rows "
        "as hold evidence, by their sum of |scores|; bars are standard errors."
    )
    st.header("Grade them now", anchor=False)
    cell: Cell = choose("Cell", CELLS, "planted_cell", names=CELL_NAMES, width=150)
    key = f"grades {cell}"
    planted = _data()
    work = partial(grade, test_network(f"planted-{cell}"), planted.data.test[:GRADED], planted.evidence[:GRADED], EVERY)
    in_background(key, "Grading of the methods", f"Grade {len(EVERY)} methods on {GRADED} sequences", work, _graded)
    code(snippets.planted(cell, GRADED), "The same grades of one method, with SeqViz's own functions.")


def _grades_table(grades: Mapping[Cell, Mapping[str, tuple[float, float]]]) -> None:
    """Method × cell, as numbers."""
    frame = pd.DataFrame(
        {CELL_NAMES[cell]: {name: mean for name, (mean, _) in one.items()} for cell, one in grades.items()}
    ).rename_axis("method")
    with st.expander("As a table", icon=":material/table:"):
        percent = st.column_config.NumberColumn(format="percent")
        st.dataframe(frame, column_config=dict.fromkeys(frame.columns, percent))
        content = frame.to_csv()
        st.download_button("Grades that ship (CSV)", content, "seqviz-planted.csv", "text/csv", on_click="ignore")


def _one_example(example: Example) -> None:
    """What the method says of one sequence, cell by cell."""
    planted, number = _data(), example.number
    digit, label = Digit(planted.data.test.inputs[number]), int(planted.data.test.targets[number])
    timeline = None
    for cell in CELLS:
        answer, scores = _example(cell, number, example.method)
        column = attribution_timeline(digit, scores, f"{CELL_NAMES[cell]}: {a_digit(label)}, read as {a_digit(answer)}")
        timeline = timeline.beside(column) if timeline else column
    assert timeline is not None
    rows = planted.evidence[number].nonzero().flatten()
    player(timeline, key="planted", start=int(rows[0]))
    st.caption(f"The evidence lies in rows {int(rows[0]) + 1} to {int(rows[-1]) + 1}.")


@st.cache_resource(show_spinner=False, max_entries=128)
def _example(cell: Cell, number: int, method: Method) -> tuple[int, Tensor]:
    """What a planted network answers to a sequence, and what a method says of the right class."""
    test, model = _data().data.test, test_network(f"planted-{cell}")
    image, label = test.inputs[number][None], int(test.targets[number])
    with torch.no_grad():
        answer = int(model(image).argmax())
    return answer, attribute(model, image, label, method).scores[0]


def _graded(found: Mapping[Method, Grade]) -> None:
    rows = [
        {
            "method": methods.name_of(method),
            "precision": one.precision,
            "standard error": one.error,
            "chance": one.chance,
            "sequences": one.examples,
        }
        for method, one in found.items()
    ]
    percent = st.column_config.NumberColumn(format="percent")
    frame = pd.DataFrame(rows)
    st.dataframe(
        frame, hide_index=True, column_config=dict.fromkeys(("precision", "standard error", "chance"), percent)
    )
    st.download_button("Grades (CSV)", lambda: frame.to_csv(index=False), "seqviz-grades.csv", on_click="ignore")


@st.cache_resource(show_spinner="Planting digits …")
def _data() -> Planted:
    return planted_digits(train=1)


VIEW = View(
    "planted",
    "Planted evidence",
    _choose,
    _show,
    result=_result,
    notice=(
        "On planted evidence all methods do far better than chance, which is below a fifth; none is right everywhere.",
        "KernelSHAP does worst: its 512 images are few for 56 rows.",
    ),
    question="In which cell is a method most often wrong? What could the network be looking at instead?",
)
