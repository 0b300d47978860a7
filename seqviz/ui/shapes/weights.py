"""Weights: every parameter of a layer as a matrix, gate by gate."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.figures.boxes import boxes, tensor_box
from seqviz.instruments.layer_shapes import weights_of
from seqviz.networks.build import parameter_counts
from seqviz.palette import CELL_NAMES
from seqviz.specs import GATES, DenseInput, HeadSpec, ModelSpec
from seqviz.ui.shapes.setting import LayerSetting, choose_layer
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.stage import View

LARGEST = 150  # pixels of the longest side


def _result(chosen: LayerSetting) -> str:
    spec, count = chosen.spec, sum(weight.numel() for weight in chosen.layer.parameters())
    gates = len(GATES[spec.cell]) or 1
    blocks = "1 block" if gates == 1 else f"{gates} blocks, one a gate,"
    return (
        f"{chosen.name} has **{count:,} parameters**: {blocks} of {spec.hidden_size} rows in each matrix. The same "
        "ones are used at every step."
    )


def _show(chosen: LayerSetting) -> None:
    weights = weights_of(chosen.layer, chosen.spec.cell)
    longest = max(max(weight.value.shape) for weight in weights)
    shown = weights[:4]
    parts = []
    for weight in shown:
        value = weight.value if weight.value.ndim == 2 else weight.value[:, None]
        axes = ("gates · hidden", "input" if "ih" in weight.name else "hidden")[: weight.value.ndim]
        named = tensor_box(
            weight.name, value, axes, scale=LARGEST / longest, blocks=weight.gates if len(weight.gates) > 1 else ()
        )
        parts.append(named.replace(f"({', '.join(map(str, value.shape))})", _shape(weight.value.shape)))
    st.html(boxes(parts))
    if len(weights) > 4:
        st.caption(f"The first layer's forward direction; {len(weights) - 4} further parameters stand in the table.")
    rows = [
        {"parameter": weight.name, "shape": _shape(weight.value.shape), "numbers": weight.value.numel()}
        for weight in weights
    ]
    st.dataframe(rows, hide_index=True, key="weights")
    spec = chosen.spec
    totals = {
        CELL_NAMES[cell]: parameter_counts(
            ModelSpec(DenseInput(chosen.inputs), replace(spec, cell=cell), HeadSpec("last", 1))
        ).recurrent
        for cell in GATES
    }
    said = ", ".join(f"{name} {count:,}" for name, count in totals.items())
    st.caption(f"Of the same sizes: {said}; the GRU's are 3 for 4 of the LSTM's.")
    csv = pd.DataFrame(rows).to_csv(index=False)
    st.download_button("Table (CSV)", csv, "seqviz-weights.csv", "text/csv", on_click="ignore")
    code(snippets.layer_weights(spec, chosen.inputs, chosen.seed), "The same parameters.")


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


VIEW = View(
    "weights",
    "Weights",
    choose_layer,
    _show,
    result=_result,
    notice=(
        "weight_ih reads the input, weight_hh the state before; each gate has a block of rows in both.",
        "There are two biases. They are added, so one would do; PyTorch keeps both for cuDNN's sake.",
        "A second layer reads the first one's states: its weight_ih has as many columns as there are units.",
    ),
    question="Double the units. Which of the matrices grows twice, which four times?",
)
