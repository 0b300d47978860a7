"""Three steps: the loop written out beside the fused call, with every number."""

import streamlit as st
import torch

from seqviz import snippets
from seqviz.figures.boxes import boxes, tensor_box
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.layer_shapes import ends_of, written_steps
from seqviz.ui.shapes.setting import BATCH, TIME, LayerSetting, choose_layer
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.stage import View


def _choose() -> LayerSetting:
    return choose_layer(deep=False)


def _result(chosen: LayerSetting) -> str:
    steps = written_steps(chosen.layer, chosen.spec.cell, chosen.x)
    loop = torch.stack([step.values[-1] for step in steps], dim=1)
    difference = float((loop - ends_of(chosen.layer, chosen.x).output).abs().max())
    same = "to the last digit" if difference == 0 else f"to {difference:.0e}"
    return f"Three steps by hand and {chosen.name} at once: the same states **{same}**, the same weights at each step."


def _show(chosen: LayerSetting) -> None:
    steps = written_steps(chosen.layer, chosen.spec.cell, chosen.x)
    for step, column in zip(steps, st.columns(TIME), strict=True):
        with column:
            st.markdown(f"**Step {step.number + 1}**")
            x = tensor_box(f"x[:, {step.number}]", chosen.x[:, step.number], ("N", "input"))
            state = tensor_box(f"h after step {step.number + 1}", step.values[-1], ("N", "hidden"))
            st.html(boxes([x, state]))
    with st.expander("**Every line of every step**", expanded=True):
        for step, column in zip(steps, st.columns(TIME), strict=True):
            with column:
                parts = []
                for name, formula, value in zip(step.names, step.formulas, step.values, strict=True):
                    parts.append(tensor_box(f"{name} = {formula}", value, ("N", "hidden")))
                st.html(boxes(parts))
    output = ends_of(chosen.layer, chosen.x).output
    st.html(
        boxes([tensor_box(f"output, _ = {chosen.name}(x)", output, ("N", "L", "hidden"), note="the first sequence")])
    )
    arrays = {
        f"step{step.number + 1}_{name}": value.numpy()
        for step in steps
        for name, value in zip(step.names, step.values, strict=True)
    }
    st.download_button("Numbers (NPZ)", lambda: to_npz(arrays), "seqviz-three-steps.npz", on_click="ignore")
    code(
        snippets.written_out(chosen.spec, chosen.inputs, BATCH, TIME, chosen.seed),
        "The loop and the fused call, and the largest difference between them.",
    )


VIEW = View(
    "steps",
    "Three steps",
    _choose,
    _show,
    result=_result,
    notice=(
        "No weight belongs to a step. What changes from step to step is x and h alone.",
        "The first h is zero, so the first step sees nothing but its input and the biases.",
        "The fused call does the same sums; it is faster because it does them in one kernel.",
    ),
    question="Choose the GRU. Which line would have to change for the books' convention, in which z lets the new in?",
)
