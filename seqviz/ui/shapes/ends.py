"""output and h_n: where each lives, and why output[:, -1] is no summary of both directions."""

import streamlit as st

from seqviz import snippets
from seqviz.figures.boxes import boxes, tensor_box
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.layer_shapes import ends_of
from seqviz.ui.shapes.setting import BATCH, TIME, LayerSetting, choose_layer
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.stage import View


def _result(chosen: LayerSetting) -> str:
    ends = ends_of(chosen.layer, chosen.x)
    differing = int((~ends.equal[0]).sum())
    if not differing:
        return "output[:, -1] **is** the last layer's state in h_n: one direction has read everything there."
    return (
        f"**{differing} of {ends.equal.shape[1]}** numbers of output[:, -1] are not in h_n: there the backward "
        "direction has read a single step."
    )


def _show(chosen: LayerSetting) -> None:
    ends = ends_of(chosen.layer, chosen.x)
    directions, hidden = chosen.spec.directions, chosen.spec.hidden_size
    sides = "both directions side by side" if directions == 2 else "one direction"
    parts = [
        tensor_box("output", ends.output, ("N", "L", "D · hidden"), note=f"the last layer at every step, {sides}"),
        tensor_box("h_n", ends.h_n, ("layers · D", "N", "hidden"), note="every layer, at the end of what it has read"),
    ]
    if ends.c_n is not None:
        parts.append(tensor_box("c_n", ends.c_n, ("layers · D", "N", "hidden"), note="the cell states there"))
    st.html(boxes(parts))
    st.html(
        boxes(
            [
                tensor_box("output[:, -1]", ends.last, ("N", "D · hidden"), marked=~ends.equal, note="framed: differs"),
                tensor_box(f"h_n[-{directions}:], side by side", ends.state, ("N", "D · hidden"), marked=~ends.equal),
            ]
        )
    )
    if directions == 2:
        st.caption(
            f"The first {hidden} columns are the forward direction, which ends at the last step; the others the "
            "backward one, which ends at the first: its state lives in output[:, 0]."
        )
    arrays = {"output": ends.output.numpy(), "h_n": ends.h_n.numpy()}
    if ends.c_n is not None:
        arrays["c_n"] = ends.c_n.numpy()
    st.download_button("Numbers (NPZ)", lambda: to_npz(arrays), "seqviz-output-and-h_n.npz", on_click="ignore")
    code(
        snippets.layer_ends(chosen.spec, chosen.inputs, BATCH, TIME, chosen.seed),
        "What the layer returns, and where the two differ.",
    )


VIEW = View(
    "ends",
    "output and h_n",
    choose_layer,
    _show,
    result=_result,
    notice=(
        "output holds the last layer at every step; h_n every layer at its end.",
        "h_n has layers and directions in its first axis, even with batch_first=True.",
        "With both directions, take h_n, or the forward half of output[:, -1] and the backward half of output[:, 0].",
    ),
    question="Turn on both directions. Which half of output[:, -1] would a classifier read in vain?",
)
