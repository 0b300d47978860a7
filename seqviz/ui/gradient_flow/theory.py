"""Theory beside measurement: how one state depends on an earlier one, and what the weights alone allow."""

import math
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from seqviz import snippets
from seqviz.data.examples import Example
from seqviz.data.transforms import BlankRows
from seqviz.figures.gradients import Course, decay_figure
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.jacobians import StateJacobians, state_jacobians
from seqviz.palette import CELL_COLOURS, CELL_NAMES, GATE_COLOURS
from seqviz.snippets.subjects import GradientSetting, Network
from seqviz.specs import MEMORY_GATES, Cell
from seqviz.timelines.wording import compared
from seqviz.ui.gradient_flow.levers import Subject, changed, choose_subject
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import pick


@dataclass(frozen=True)
class Compared:
    """One network of the subject, whose theory is compared with what is measured."""

    subject: Subject
    network: Network

    @property
    def jacobians(self) -> StateJacobians:
        one, subject = self.network, self.subject
        return _jacobians(one.name, one.version, subject.setting, subject.example, subject.layer, one)


def _choose() -> Compared:
    place = st.container()  # above what all views share
    subject = choose_subject()
    cells = [network.spec.encoder.cell for network in subject.networks]
    if len(cells) == 1:
        return Compared(subject, subject.networks[0])
    with place:
        cell = pick("Cell", cells, "jacobian", names=CELL_NAMES)
    return Compared(subject, subject.networks[cells.index(cell)])


def _result(chosen: Compared) -> str:
    """What is left of the direction that fares best."""
    found = chosen.jacobians
    value, steps = float(found.singular_values[0, -1, 0]), found.distances[-1]
    back = f"{steps} {chosen.subject.example.step_name}s back"
    name = CELL_NAMES[chosen.network.spec.encoder.cell]
    if not math.isfinite(value):
        return f"{name}: {back}, how the state depends on itself **cannot be computed**: numbers overflow."
    if value == 0:
        return f"{name}: {back}, **nothing** that is changed in the state arrives at the end."
    return f"{name}: a change of the state {back} arrives, in its best direction, **{compared(value)}**."


def _compare(chosen: Compared) -> None:
    """Singular values of the Jacobian between states, beside what the weights alone allow."""
    subject, network, found = chosen.subject, chosen.network, chosen.jacobians
    setting, example = subject.setting, subject.example
    cell = network.spec.encoder.cell
    title = f"{CELL_NAMES[cell]}: singular values of ∂h_T/∂h_t"
    axis = f"distance T − t in {example.step_name}s"
    figure = decay_figure(_courses(found, cell), title, axis, "singular value", mode(), at=found.distances, entrance=0)
    st.plotly_chart(figure, key="jacobians", theme=None)
    with st.container(horizontal=True):
        met = [("γ, steepest slope met (at most 1)", found.slope), ("γλ", found.slope * found.weight_norm)]
        shown = [("λ = ‖W_hh‖₂", found.weight_norm), ("ρ(W_hh)", found.spectral_radius)]
        for label, value in shown + (met if cell == "rnn" else []):
            st.metric(label, f"{value:.3f}", width="content")
    st.markdown(f"${_THEORY[cell]}$")
    if cell != "rnn":
        st.caption(
            f"The product of the {MEMORY_GATES[cell]} gates is the path along which the memory keeps itself. It is not "
            "the whole Jacobian: the gates themselves depend on the state. λ is that of all gates' rows together, ρ "
            "that of the rows that write new content."
        )
    arrays = {"distances": np.array(found.distances), "singular_values": found.singular_values[0].numpy()}
    if found.joint is not None:
        arrays["joint"] = found.joint[0].numpy()
    st.download_button("Numbers (NPZ)", lambda: to_npz(arrays), "seqviz-jacobians.npz", on_click="ignore")
    code(
        snippets.jacobians(network, example, setting, found.layer, _every(setting, example)),
        "The largest singular value at each distance.",
    )


def _courses(found: StateJacobians, cell: Cell) -> list[Course]:
    """What was measured, and what the weights or the gates alone would give."""
    colour, values = CELL_COLOURS[cell], found.singular_values[0]
    courses = [
        Course("largest singular value", values[:, 0], colour),
        Course("median", values.median(dim=1).values, colour, width=1.5),
        Course("smallest", values[:, -1], colour, "longdash", 1, theory=True),
    ]
    if found.bound is not None:
        rho = found.spectral_radius ** torch.tensor(found.distances).double()
        courses.append(Course("ρ^(T−t)", rho, "gray", "dot", 2, theory=True))
        courses.append(Course("bound (γλ)^(T−t)", found.bound, "gray", "dash", 2, theory=True))
    if found.joint is not None:
        courses.append(Course("largest of the joint state (h, c)", found.joint[0, :, 0], GATE_COLOURS["output"]))
    if found.memory_path is not None:
        name = f"product of {MEMORY_GATES[cell]} gates, largest unit"
        courses.append(Course(name, found.memory_path[0].amax(dim=1), GATE_COLOURS[MEMORY_GATES[cell]], "dashdot", 2))
    return courses


_THEORY: dict[Cell, str] = {
    "rnn": r"\lVert \partial h_T / \partial h_t \rVert_2 \le (\gamma\lambda)^{T-t},\quad "
    r"\gamma = \max|\varphi'| \le 1,\quad \lambda = \lVert W_{hh}\rVert_2",
    "gru": r"\partial h_T / \partial h_t = \textstyle\prod_{s=t+1}^{T} z_s + \text{paths through } r_s, z_s, n_s",
    "lstm": r"\partial c_T / \partial c_t = \textstyle\prod_{s=t+1}^{T} f_s + \text{paths through } h_s",
}


@st.cache_resource(show_spinner="Multiplying Jacobians …", max_entries=32, hash_funcs=caches.EXAMPLE_KEYS)
def _jacobians(
    name: str, version: int, setting: GradientSetting, example: Example, layer: int, _network: Network
) -> StateJacobians:
    model = changed(_network, setting)
    x = example.inputs(_network.spec)[None]
    if setting.blank:
        x = BlankRows(setting.blank)(x)
    return state_jacobians(model, x, min(layer, len(model.stacks["encoder"]) - 1), every=_every(setting, example))


def _every(setting: GradientSetting, example: Example) -> int:
    """Singular values cost most: at most about 30 distances get them."""
    return max(1, (len(example) + setting.blank) // 28)


VIEW = View(
    "theory",
    "Theory",
    _choose,
    _compare,
    result=_result,
    notice=(
        "In a plain RNN nothing lies above the bound. Where it lies far below, tanh is saturated and its slope small.",
        "The bound can rise while the gradient fades: λ allows for the worst direction at every single step.",
        "ρ^(T−t) describes a network near zero, where tanh is a straight line: it fits before training, not after.",
    ),
    question="At which spectral radius does the RNN's gradient neither fade nor explode? Does tanh let it stay there?",
)
