"""Operate on a trained network while it reads: presets, free edits, before and after, and what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import streamlit as st

from seqviz import snippets
from seqviz.data.examples import Example
from seqviz.figures.gates import ablation_figure
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.edits import KINDS, Edit, Kind
from seqviz.instruments.order import unit_order
from seqviz.instruments.trace import Trace, trace
from seqviz.instruments.unit_ablation import (
    UnitAblation,
    ablate_units,
    ablate_units_on_split,
    evaluate_before_and_after,
)
from seqviz.networks.evaluation import Evaluation
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import SIGNALS, Cell
from seqviz.timelines.signals import signals_timeline
from seqviz.ui.gates.subject import Subject, choose_subject, choose_unit, convention, pin
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.choices import choose_another, choose_layer, notes_of_texts
from seqviz.ui.shell.frame import code, mode, plain_errors, say_overflow, verbatim
from seqviz.ui.shell.parameters import AMOUNTS
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, slide, span, whole

PRESETS: dict[Cell, dict[str, str]] = {
    "lstm": {"keep": "Hold the forget gate at 1", "close": "Close the input gate"},
    "gru": {"keep": "Hold the update gate at 1", "close": "Hold the update gate at 0"},
    "rnn": {},
}
COMMON = {"silence": "Silence a unit", "transplant": "Transplant another memory", "free": "Free edit"}
KEEPING = {"lstm": ("forget", "input"), "gru": ("update", "update")}
SCORED, RANKED = 1000, 200
Operation = tuple[Edit, Example | None]
"""An edit, and the example that a swap takes from."""
DOES: dict[Kind, str] = {
    "clamp": "hold it at",
    "scale": "multiply it by",
    "noise": "add noise of",
    "swap": "take it from another example",
}


@dataclass(frozen=True)
class Operated:
    """A subject, and what is done to its network while it reads."""

    subject: Subject
    operations: Sequence[Operation]

    @cached_property
    def before(self) -> Trace:
        return trace(self.subject.network.model, self.subject.inputs)

    @cached_property
    def after(self) -> Trace:
        edits = [edit for edit, _ in self.operations]
        return trace(self.subject.network.model, self.subject.inputs, edits)


def _choose() -> Operated:
    subject = choose_subject()
    return Operated(subject, _choose_operations(subject))


def _result(operated: Operated) -> str:
    """What it answers in the end, before and after."""
    classes = operated.subject.example.classes
    (before, trained), (after, edited) = (_answer(seen, classes) for seen in (operated.before, operated.after))
    verdict = "the answer stays" if before == after else "the answer changes"
    return f"As trained it answers {trained}; edited, **{edited}**: {verdict}."


def _answer(seen: Trace, classes: Sequence[str]) -> tuple[int | None, str]:
    if seen.overflow:
        return None, "nothing: its numbers overflow"
    share, answer = seen.probabilities[0, -1].max(dim=-1)
    return int(answer), f"{verbatim(classes[int(answer)])} with {float(share):.0%}"


def _operate(operated: Operated) -> None:
    """Before and after on one clock, and the score of both."""
    subject, before, after, operations = operated.subject, operated.before, operated.after, operated.operations
    network, example, layer = subject.network, subject.example, subject.layer
    say_overflow("As trained", before)
    say_overflow("Edited", after)
    order = unit_order(before.layers[layer].hidden[0], "similarity")
    shown = [signal for signal in SIGNALS[network.spec.encoder.cell] if signal in ("cell", "hidden")]
    spec = network.spec
    one = signals_timeline(spec, example, before, layer, order, "As trained", only=shown, alongside=after)
    other = signals_timeline(spec, example, after, layer, order, "Edited", only=shown, alongside=before, against=before)
    play(
        one.beside(other),
        key="operate",
        pinned={"group": None, "layer": layer, "unit": subject.unit},
        on_pin=pin,
    )
    convention(network)
    with plain_errors():
        _score(subject, operations)
        _ablation(subject)
    numbers = partial(_numbers, spec.encoder.cell, {"trained": before, "edited": after})
    st.download_button("Numbers, before and after (NPZ)", numbers, "seqviz-edit.npz", on_click="ignore")
    code(snippets.edits(network, example, operations), "The same edits, through the one unrolling.")


def _numbers(cell: Cell, traces: Mapping[str, Trace]) -> bytes:
    arrays = {f"{name}_probabilities": seen.probabilities[0].numpy() for name, seen in traces.items()}
    for name, seen in traces.items():
        for number, one in enumerate(seen.layers):
            arrays |= {f"{name}_layer{number}_{key}": one.signal(key)[0].numpy() for key in SIGNALS[cell]}
    return to_npz(arrays)


def _choose_operations(subject: Subject) -> list[Operation]:
    network, layer, steps = subject.network, subject.layer, len(subject.example)
    step = subject.example.step_name
    presets = PRESETS[network.spec.encoder.cell] | COMMON
    preset = choose("Operation", list(presets), "operation", names=presets, width=330)
    if preset in ("keep", "close"):
        row = whole(f"From {step}", "from", high=steps, width=140) - 1
        signal = KEEPING[network.spec.encoder.cell][preset == "close"]
        value = 1.0 if preset == "keep" else 0.0
        return [(Edit(signal, "clamp", value, layer, first=row), None)]
    if preset == "silence":
        return [(Edit("hidden", "clamp", 0.0, layer, units=(choose_unit(network),)), None)]
    if preset == "transplant":
        donor = _choose_donor(subject.example)
        both = min(steps, len(donor))  # a memory is taken and given at the same step
        row = whole(f"At {step}", "transplant", high=both, width=140) - 1
        seen = trace(network.model, donor.inputs(network.spec)[None])
        states = [signal for signal in ("cell", "hidden") if signal in SIGNALS[network.spec.encoder.cell]]
        return [
            (Edit(state, "swap", layer=at, first=row, last=row, source=seen.layers), donor)
            for at in range(len(seen.layers))
            for state in states
        ]
    count = whole("Edits, one after another", "edits", width=220)
    return [_free(subject, number) for number in range(1, count + 1)]


def _free(subject: Subject, number: int) -> Operation:
    """One edit with all its settings; the names of its widgets end in its number."""
    network, layer, steps = subject.network, subject.layer, len(subject.example)
    spec = network.spec
    with st.expander(f"Edit {number}", expanded=True):
        signal = choose("Signal", list(SIGNALS[spec.encoder.cell]), f"signal{number}", width=140)
        kind = choose("Do what", KINDS, f"kind{number}", names=DOES, width=220)
        if network.spec.encoder.num_layers * network.spec.encoder.directions > 1:
            layer = choose_layer(network, f"layer{number}")
        value, seed, donor = 0.0, 0, None
        if kind == "swap":
            donor = _choose_donor(subject.example, number)
            steps = min(steps, len(donor))
        else:
            levels = [level for level in AMOUNTS if kind != "noise" or not level.startswith("-")]
            name = "Standard deviation" if kind == "noise" else "Value"
            value = float(slide(name, f"value{number}", levels, width=180))
        if kind == "noise":
            seed = whole("Noise seed", f"seed{number}", width=130)
        units = span("Units", f"units{number}", 0, spec.encoder.hidden_size - 1, width=180)
        rows = span(f"{subject.example.step_name.capitalize()}s", f"rows{number}", 1, steps, width=180)
    layers = None if donor is None else trace(network.model, donor.inputs(spec)[None]).layers
    last = None if donor is None and rows[-1] == steps else rows[-1] - 1  # to the end, however long a text is
    return Edit(signal, kind, value, layer, tuple(units), rows[0] - 1, last, seed, layers), donor


def _choose_donor(example: Example, number: int | None = None) -> Example:
    """Another example, whose trace is the source of a swap."""
    return choose_another(example, f"donor{number or ''}", f"donor_review{number or ''}", "Donor example")


def _score(subject: Subject, operations: Sequence[Operation]) -> None:
    network, data = subject.network, subject.example.data
    st.header("What does it cost?", anchor=False)
    split = caches.test_split(network, data)[:SCORED]
    edits = [edit for edit, _ in operations]
    told = [(replace(edit, source=None), donor and donor.key) for edit, donor in operations]
    key = f"scores {network.name} {network.version} {data} {told}"
    label = f"Score {len(split):,} test {subject.example.noun}s before and after"
    work = partial(evaluate_before_and_after, network.model, split, edits)
    in_background(key, "Score of an edited network", label, work, _scored, once=True)


def _scored(scores: Sequence[Evaluation]) -> None:
    before, after = scores
    change = f"{(after.accuracy - before.accuracy) * 100:+.2f} points"
    with st.container(horizontal=True):
        st.metric("As trained", f"{before.accuracy:.2%}", width="content")
        st.metric("Edited", f"{after.accuracy:.2%}", change, width="content")


@st.cache_data(show_spinner=False, max_entries=64, hash_funcs=caches.EXAMPLE_KEYS)
def _ablation_of(
    name: str, version: int, example: Example, target: int, layer: int, _model: SequenceNetwork
) -> UnitAblation:
    return ablate_units(_model, example.inputs(_model.spec)[None], target, layer)


def _ablation(subject: Subject) -> None:
    network, example, layer = subject.network, subject.example, subject.layer
    st.header("Which units matter?", anchor=False)
    target = caches.label_of(network.model, example)
    left, right = st.columns(2)
    with left:
        found = _ablation_of(network.name, network.version, example, target, layer, network.model)
        what = f"probability of {example.classes[target]}, this {example.noun}"
        st.plotly_chart(ablation_figure(found.loss, what, mode()), key="ablation", theme=None)
    with right:
        split = caches.test_split(network, example.data)[:RANKED]
        key = f"ablation {network.name} {network.version} {example.data} {layer}"
        label = f"Rank all {network.spec.encoder.hidden_size} units on {len(split)} test {example.noun}s"
        work = partial(ablate_units_on_split, network.model, split, layer)
        in_background(key, "Ranking of the units", label, work, partial(_ranked, example.noun), once=True)


def _ranked(noun: str, found: UnitAblation) -> None:
    figure = ablation_figure(found.loss, f"accuracy, test {noun}s", mode())
    st.plotly_chart(figure, key="test ablation", theme=None)


VIEW = View(
    "operate",
    "Operate",
    _choose,
    _operate,
    result=_result,
    notice=(
        "Silencing one unit of the LSTM or GRU costs next to nothing: memory is spread. In the RNN it can cost more.",
        "Hold the keeping gate at 1 from row 10: the LSTM loses two thirds of its answers, the GRU falls to chance.",
    ),
    question="With the forget gate at 1 nothing is forgotten. Why are most answers wrong all the same?",
    notes=notes_of_texts(
        lambda operated: operated.subject.example,
        notice=(
            "An edit acts on one layer and one direction: the other reader reads as it was trained.",
            "With a gate held at 1 nothing is lost, and the answer can turn all the same: what is kept is not what is "
            "needed.",
        ),
        question=(
            "Transplant the memory of a text with the other verdict at the last word, then at the first. When does the "
            "answer follow?"
        ),
    ),
)
