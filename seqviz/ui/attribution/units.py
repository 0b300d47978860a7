"""Hidden units: which of them carried the answer at which row, and which pixels drive one of them."""

import streamlit as st
from torch import Tensor

from seqviz import snippets
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
from seqviz.ui.attribution.pixels import ask
from seqviz.ui.attribution.question import baseline_of
from seqviz.ui.shell.choices import choose_layer
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.player import Pin, player
from seqviz.ui.shell.stage import controls
from seqviz.ui.shell.url import assign, pick, recalled, recalled_step, remember, remember_step

KINDS: dict[LayerMethod, str] = {"conductance": "Conductance", "influence": "Internal influence"}
SAYS: dict[LayerMethod, str] = {
    "conductance": "Conductance: the part of integrated gradients that flows through a unit at a row.",
    "influence": "Internal influence: the mean gradient at the unit, on the way from the baseline to the digit. It "
    "says how much the unit could do, conductance what it did.",
}


def carried() -> None:
    """The heatmap of all units, and the pixels behind the one that was clicked."""
    question = ask()
    with controls():
        kind: LayerMethod = pick("Measure", list(KINDS), "flow_kind", names=KINDS.__getitem__)
        layer = choose_layer(question.network)
    found = _flow(question.about, kind, layer, question)
    order = _order(found)
    st.markdown(f"**Which units carried {question.words}?** {SAYS[kind]} Click a row of the heatmap for its unit.")
    start = recalled_step(len(question.digit.image))
    row = len(question.digit.image) - 1 if start is None else start
    unit = recalled("unit", question.network.spec.encoder.hidden_size)
    unit = int(found.values[row].abs().argmax()) if unit is None else unit
    player(
        layer_attribution_timeline(question.digit.image, found, order, question.digit.title),
        key="carried",
        start=row,
        pinned={"group": None, "layer": layer, "unit": unit},
        on_step=remember_step,
        on_pin=_pinned,
    )
    last = float(found.values[-1].sum())
    change = found.answer - found.baseline_answer
    if kind == "conductance":
        st.caption(
            f"After the last row all units of this layer together carried {last:+.2f}; from the baseline to the digit "
            f"the score changes by {change:+.2f}."
        )
    _drivers(question, unit, row, layer, float(found.values[row, unit]) if kind == "conductance" else None)
    name = f"seqviz-{kind}-{question.network.name}.npz"
    values = {str(kind): found.values.numpy()}
    st.download_button("Numbers (NPZ)", lambda: to_npz(values), name, on_click="ignore")
    code(
        snippets.layer_attribution(question, kind, layer),
        "Captum's layer method at every row of the unrolled network: the same numbers.",
    )


def _drivers(question: Question, unit: int, row: int, layer: int, carried: float | None) -> None:
    st.header(f"Which pixels drive unit {unit} at row {row + 1}?", anchor=False)
    scores = _driven(question.about, unit, row, layer, question)
    together = f" (it carried {carried:+.3f}; both are sums over {STEPS} steps)" if carried is not None else ""
    st.markdown(
        f"Neuron conductance: how much of this unit's part in “why {question.words}” each pixel is behind. "
        f"They sum to {float(scores.sum()):+.3f}{together}. Rows that this unit has not read yet have no part in it."
    )
    title = f"Unit {unit} at row {row + 1}"
    player(attribution_timeline(question.digit.image, scores, title), key="drivers", start=row)


@st.cache_resource(show_spinner="Following every unit …", max_entries=64)
def _flow(about: tuple[object, ...], kind: LayerMethod, layer: int, _question: Question) -> LayerAttribution:
    one = _question
    *_, found = layer_attribution(
        one.network.model, one.digit.image[None], one.target, layer, kind, baseline_of(one)[None]
    )
    assert isinstance(found, LayerAttribution)
    return found


@st.cache_resource(show_spinner=False, max_entries=128)
def _driven(about: tuple[object, ...], unit: int, row: int, layer: int, _question: Question) -> Tensor:
    one = _question
    return neuron_attribution(
        one.network.model, one.digit.image[None], one.target, unit, row, layer, baseline_of(one)[None]
    )


def _order(found: LayerAttribution) -> list[int]:
    """Units by the most that they carried at any row."""
    return found.values.abs().amax(dim=0).argsort(descending=True, stable=True).tolist()


def _pinned(pin: Pin) -> None:
    if pin["unit"] is not None:
        assign("unit", pin["unit"])
        remember("unit", pin["unit"])
