"""Hidden units: which of them carried the answer at which step, and which pixels or words drive one of them."""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from seqviz import snippets
from seqviz.data.examples import Digit
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.layer_attribution import (
    STEPS,
    LayerAttribution,
    LayerMethod,
    layer_attribution,
    neuron_attribution,
)
from seqviz.snippets.subjects import Question
from seqviz.timelines.attribution import attribution_timeline, layer_attribution_timeline
from seqviz.ui.attribution.question import ask, baseline_of, probability
from seqviz.ui.shell.choices import choose_layer, notes_of_texts
from seqviz.ui.shell.frame import code, verbatim
from seqviz.ui.shell.player import Pin, player
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import assign, pick, recalled, recalled_step, remember, remember_step

KINDS: dict[LayerMethod, str] = {"conductance": "Conductance", "influence": "Internal influence"}
SAYS: dict[LayerMethod, str] = {
    "conductance": "Conductance: the part of integrated gradients that flows through a unit at a step.",
    "influence": "Internal influence: the mean gradient at the unit, on the way from the baseline to the input. It "
    "says how much the unit could do, conductance what it did.",
}


@dataclass(frozen=True)
class Carried:
    """What the units of one layer carried of an answer, and the unit that is asked about at the step of the clock."""

    question: Question
    kind: LayerMethod
    layer: int

    @property
    def values(self) -> LayerAttribution:
        return _flow(self.question.about, self.kind, self.layer, self.question)

    @property
    def step(self) -> int:
        steps = len(self.question.example)
        asked = recalled_step(steps)
        return steps - 1 if asked is None else asked

    @property
    def unit(self) -> int:
        """The unit that was clicked, else the one that carried most at the step."""
        unit = recalled("unit", self.question.network.spec.encoder.hidden_size, "Unit")
        return int(self.values.values[self.step].abs().argmax()) if unit is None else unit


def _choose() -> Carried:
    question = ask()
    kind: LayerMethod = pick("Measure", list(KINDS), "flow_kind", names=KINDS)
    return Carried(question, kind, choose_layer(question.network))


def _result(carried: Carried) -> str:
    """Which unit did most at this step, and how much all of them did."""
    values, asked = carried.values.values[carried.step], verbatim(carried.question.words)
    after = f"After {verbatim(carried.question.example.step(carried.step))}"
    if not values.any():
        return f"{after} no unit has carried anything for {asked}."
    most = int(values.abs().argmax())
    together = f"; all units together {float(values.sum()):+.2f}" if carried.kind == "conductance" else ""
    did = "carried most" if carried.kind == "conductance" else "could do most"
    return f"{after} unit **{most}** {did} for {asked}: **{float(values[most]):+.2f}**{together}."


def _show(carried: Carried) -> None:
    """The heatmap of all units, and the pixels or words behind the one that was clicked."""
    question, found, step, unit, kind = carried.question, carried.values, carried.step, carried.unit, carried.kind
    example = question.example
    player(
        layer_attribution_timeline(example, found, _order(found), example.title),
        key="carried",
        start=step,
        pinned={"group": None, "layer": carried.layer, "unit": unit},
        on_step=remember_step,
        on_pin=_pinned,
    )
    st.caption(f"{SAYS[kind]} Click a row of the heatmap for its unit. {probability(question)}")
    last = float(found.values[-1].sum())
    change = found.answer - found.baseline_answer
    if kind == "conductance":
        st.caption(
            f"After the last {example.step_name} all units of this layer together carried {last:+.2f}; from the "
            f"baseline to the {example.noun} the score changes by {change:+.2f}."
        )
    _drivers(question, unit, step, carried.layer, float(found.values[step, unit]) if kind == "conductance" else None)
    name = f"seqviz-{kind}-{question.network.name}.npz"
    values = {str(kind): found.values.numpy()}
    st.download_button("Numbers (NPZ)", lambda: to_npz(values), name, on_click="ignore")
    code(
        snippets.layer_attribution(question, kind, carried.layer),
        "Captum's layer method at every step of the unrolled network: the same numbers.",
    )


def _drivers(question: Question, unit: int, step: int, layer: int, carried: float | None) -> None:
    example = question.example
    place, thing = f"{example.step_name} {step + 1}", "pixel" if isinstance(example, Digit) else "word"
    st.header(f"Which {thing}s drive unit {unit} at {place}?", anchor=False)
    scores = _driven(question.about, unit, step, layer, question)
    together = f" (it carried {carried:+.3f}; both are sums over {STEPS} steps)" if carried is not None else ""
    st.markdown(
        f"Neuron conductance: how much of this unit's part in “why {verbatim(question.words)}” each {thing} is behind. "
        f"They sum to {float(scores.sum()):+.3f}{together}. What this unit has not read yet has no part in it."
    )
    title = f"Unit {unit} at {place}"
    player(attribution_timeline(example, scores, title), key="drivers", start=step)


@st.cache_resource(show_spinner="Following every unit …", max_entries=64)
def _flow(about: tuple[object, ...], kind: LayerMethod, layer: int, _question: Question) -> LayerAttribution:
    one, inputs = _question, _question.example.inputs(_question.network.spec)[None]
    *_, found = layer_attribution(one.network.model, inputs, one.target, layer, kind, baseline_of(one)[None])
    assert isinstance(found, LayerAttribution)
    return found


@st.cache_resource(show_spinner=False, max_entries=128)
def _driven(about: tuple[object, ...], unit: int, step: int, layer: int, _question: Question) -> Tensor:
    one, inputs = _question, _question.example.inputs(_question.network.spec)[None]
    return neuron_attribution(one.network.model, inputs, one.target, unit, step, layer, baseline_of(one)[None])


def _order(found: LayerAttribution) -> list[int]:
    """Units by the most that they carried at any step."""
    return found.values.abs().amax(dim=0).argsort(descending=True, stable=True).tolist()


def _pinned(pin: Pin) -> None:
    if pin["unit"] is not None:
        assign("unit", pin["unit"])
        remember("unit", pin["unit"])


VIEW = View(
    "units",
    "Hidden units",
    _choose,
    _show,
    result=_result,
    notice=(
        "In an RNN or a GRU that answers from its last state, the units of a row carry exactly what the rows so far "
        "contribute. In an LSTM part of it goes past them, through the cell state.",
        "In these networks of 128 units, a dozen or two carry half of what the last row carries, and they change from "
        "row to row.",
    ),
    question="Silence the unit that carries most (Gates, Operate). Does the answer change as much as you expected?",
    notes=notes_of_texts(
        lambda carried: carried.question.example,
        notice=(
            "In an RNN or a GRU that answers from its last state, the units of a word carry exactly what the words so "
            "far "
            "contribute. In an LSTM part of it goes past them, through the cell state.",
            "This is one direction alone: what the other reader carried stands in another layer.",
        ),
        question="Which unit carries most at the deciding word? Silence it (Gates, Operate): does the answer follow?",
    ),
)
