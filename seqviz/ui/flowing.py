"""The gradient's way back: the wave in the player, its norm against rows, and how both change with training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from seqviz.data import BlankRows
from seqviz.figures import Course, decay_figure, training_figure
from seqviz.instruments import (
    KEEPERS,
    LayerGradients,
    Overflow,
    StateJacobians,
    gradient_flow,
    half_gone,
    spectral_norm,
    spectral_radius,
    state_jacobians,
    to_npz,
)
from seqviz.networks import SequenceClassifier, recurrent_layers
from seqviz.palette import CELL_COLOURS, CELL_NAMES, GATE_COLOURS, INK, Mode
from seqviz.player import Timeline, flow_timeline, to_gif, to_html
from seqviz.specs import Cell
from seqviz.ui import caches, snippets
from seqviz.ui.choices import Digit, digit_of
from seqviz.ui.frame import code, mode, plain_errors, show_error
from seqviz.ui.levers import Setting, changed, snapshot_steps_of
from seqviz.ui.player import player
from seqviz.ui.state import pick, recalled_step, remember_step

AVERAGED = 16  # digits behind a mean norm


@dataclass(frozen=True)
class Measured:
    """What the page shows of one network's gradient: the chosen digit's, and means over several digits."""

    network: caches.Network
    model: SequenceClassifier
    layers: tuple[LayerGradients, ...]
    norms: Float[Tensor, "layers time"]
    direct: Float[Tensor, "layers time"]
    cells: Float[Tensor, "layers time"] | None  # mean ‖∂L/∂c_t‖ of an LSTM
    terms: Float[Tensor, "layers time"]  # norms of the steps' parts of ∂L/∂W_hh
    overflow: Overflow | None

    @property
    def name(self) -> str:
        return CELL_NAMES[self.network.spec.cell]


def measure(network: caches.Network, setting: Setting, digit: Digit) -> Measured:
    return _measured(network.name, network.version, setting, digit, network)


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs={Digit: lambda digit: digit.key})
def _measured(name: str, version: int, setting: Setting, digit: Digit, _network: caches.Network) -> Measured:
    model = changed(_network, setting)
    x, y = sample(digit, _network.model)
    flow = gradient_flow(model, BlankRows(setting.blank)(x), y, _summed, truncate=setting.truncate)
    cells = [layer.cell_grad.double().norm(dim=-1).mean(dim=0) for layer in flow.layers if layer.cell_grad is not None]
    return Measured(
        _network,
        model,
        tuple(layer.sample(0) for layer in flow.layers),
        torch.stack([layer.norms.mean(dim=0) for layer in flow.layers]),
        torch.stack([layer.direct.double().norm(dim=-1).mean(dim=0) for layer in flow.layers]),
        torch.stack(cells) if cells else None,
        torch.stack([layer.term_norms("weight_hh") for layer in flow.layers]),
        flow.overflow,
    )


def _summed(logits: Tensor, y: Tensor) -> Tensor:
    """Each sample's gradient is that of its own cross-entropy."""
    return F.cross_entropy(logits, y, reduction="sum")


def sample(digit: Digit, model: SequenceClassifier) -> tuple[Tensor, Tensor]:
    """The chosen digit and some test digits behind it; a drawing's class is what the network takes it for."""
    test = caches.dataset(digit.data).test
    with torch.no_grad():
        label = int(model(digit.image[None]).argmax()) if digit.label is None else digit.label
    others = [index for index in range(AVERAGED) if index != digit.index][: AVERAGED - 1]
    x = torch.cat([digit.image[None], test.sequences[others]])
    return x, torch.cat([torch.tensor([label]), test.labels[others]])


def flow(networks: Sequence[caches.Network], setting: Setting, digit: Digit, layer: int) -> None:
    """The wave, the plot that everyone draws by hand, and what it says in words."""
    found = [measure(network, setting, digit) for network in networks]
    image = BlankRows(setting.blank)(digit.image[None])[0]
    timelines = [
        flow_timeline(image, one.layers[at(one, layer)], f"{one.name} reads {digit.title}", at(one, layer))
        for one in found
    ]
    timeline = timelines[0]
    for other in timelines[1:]:
        timeline = timeline.beside(other)
    _wave(timeline)
    for one in found:
        if one.overflow:
            show_error(f"{one.name}: {one.overflow} Lower the spectral radius or append fewer rows.")
    figure = decay_figure(
        list(_courses(found, layer)), "Gradient norm at every row, mean of 16 digits", "row", "‖∂L/∂h_t‖", mode()
    )
    st.plotly_chart(figure, key="decay", theme=None)
    st.markdown("\n".join(f"- {_in_words(one, layer)}" for one in found))
    _parts(found, layer)
    _downloads(found, timeline, digit)
    network = networks[0]
    label = int(sample(digit, network.model)[1][0])
    name = CELL_NAMES[network.spec.cell]
    code(
        snippets.gradient_flow(network, digit, label, setting),
        f"The {name}'s gradient norms for this digit, row by row.",
    )


@st.fragment
def _wave(timeline: Timeline) -> None:
    with plain_errors():
        start = recalled_step(timeline.steps)
        player(timeline, key=f"flow {timeline.steps}", start=start, autoplay=start is None, on_step=remember_step)


def at(measured: Measured, layer: int) -> int:
    return min(layer, len(measured.layers) - 1)


def _courses(found: Sequence[Measured], layer: int) -> list[Course]:
    """The measured norms; for a plain RNN beside them what λ and ρ alone would do with the gradient at the last row."""
    courses = []
    dashes = ("solid", "dash", "dot", "dashdot")
    for one in found:
        cell = one.network.spec.cell
        many = len(one.layers) > 1
        for index, layer_grads in enumerate(one.layers):
            if len(found) > 1 and index != at(one, layer):
                continue
            backward = ", backward" if layer_grads.direction == "backward" else ""
            name = f"{one.name} layer {layer_grads.layer + 1}{backward}" if many else one.name
            width = 1.8 if index != at(one, layer) else 3.5
            dash = dashes[index % len(dashes)] if many and len(found) == 1 else "solid"
            courses.append(Course(name, one.norms[index], CELL_COLOURS[cell], dash, width))
        if one.cells is not None:
            courses.append(
                Course(f"{one.name}: ∂L/∂c_t", one.cells[at(one, layer)], CELL_COLOURS[cell], "longdash", 1.5)
            )
        if cell == "rnn" and len(one.layers) == 1 and one.model.spec.head == "last":
            (view,) = recurrent_layers(one.model.rnn)
            last, distance = one.norms[0, -1].double(), torch.arange(one.norms.shape[1] - 1, -1, -1)
            for name, factor, dash in (
                ("RNN: bound λ^(T−t), for γ = 1", spectral_norm(view), "dash"),
                ("RNN: ρ^(T−t)", spectral_radius(view), "dot"),
            ):
                courses.append(Course(name, last * factor ** distance.double(), INK[mode()], dash, 1.5, theory=True))
    return courses


def _in_words(one: Measured, layer: int) -> str:
    norms, direction = one.norms[at(one, layer)], one.layers[at(one, layer)].direction
    gone = half_gone(norms, direction)
    entrance, end = (-1, 0) if direction == "forward" else (0, -1)
    share = f"{float(norms[end] / norms[entrance]):.2g}"
    where = "last row's gradient arrives at row 1"
    if direction == "backward":
        where = "first row's gradient arrives at the last row, where this backward layer began"
    if not norms.isfinite().all():
        return f"**{one.name}**: overflows on the way."
    if float(norms[entrance]) == 0:
        return f"**{one.name}**: no gradient at all enters here."
    if gone is None:
        return f"**{one.name}**: {share} of the {where}; it is nowhere gone for good."
    rows = "row" if gone == 1 else "rows"
    return f"**{one.name}**: half gone after {gone} {rows}; {share} of the {where}."


def _parts(found: Sequence[Measured], layer: int) -> None:
    """Direct against through time, and each row's part of the weight gradient."""
    left, right = st.columns(2)
    direct = [
        Course(f"{one.name}: {name}", values[at(one, layer)], CELL_COLOURS[one.network.spec.cell], dots=dots)
        for one in found
        for name, values, dots in (("all", one.norms, False), ("direct", one.direct, True))
    ]
    with left:
        title = "Direct (from above) against all of it"
        st.plotly_chart(decay_figure(direct, title, "row", "‖∂L/∂h_t‖", mode()), key="direct", theme=None)
    terms = [Course(one.name, one.terms[at(one, layer)], CELL_COLOURS[one.network.spec.cell]) for one in found]
    with right:
        title = "Each row's part of ∂L/∂W_hh"
        st.plotly_chart(decay_figure(terms, title, "row", "‖(∂L/∂W_hh)_t‖", mode()), key="terms", theme=None)


def _downloads(found: Sequence[Measured], timeline: Timeline, digit: Digit) -> None:
    name = "seqviz-gradient-flow"

    def numbers() -> bytes:
        arrays: dict[str, NDArray[np.float32]] = {}
        for one in found:
            for index, layer in enumerate(one.layers):
                key = f"{one.network.name}_layer{index}"
                arrays |= {f"{key}_hidden_grad": layer.hidden_grad[0].numpy(), f"{key}_direct": layer.direct[0].numpy()}
                arrays[f"{key}_mean_norm"] = one.norms[index].numpy()
                if layer.cell_grad is not None:
                    arrays[f"{key}_cell_grad"] = layer.cell_grad[0].numpy()
        return to_npz(arrays)

    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("GIF for slides", lambda: to_gif(timeline, mode()), f"{name}.gif", "image/gif"),
            (
                "Page that plays anywhere",
                lambda: to_html(timeline, f"Gradient of {digit.title}"),
                f"{name}.html",
                "text/html",
            ),
            ("Numbers (NPZ)", numbers, f"{name}.npz", "application/octet-stream"),
        ):
            st.download_button(label, content, file, mime, on_click="ignore")


def over_training(networks: Sequence[caches.Network], layer: int) -> None:
    """Gradient norm by training step and row, one picture a network."""
    st.header("Over training", anchor=False)
    st.caption(f"The networks as they were trained, without levers: mean of {AVERAGED} embedded test digits.")
    there = [network for network in networks if snapshot_steps_of(network)]
    if not there:
        st.caption("No snapshots were kept of this network. Shipped networks and runs of the Train page have some.")
        return
    for column, network in zip(st.columns(len(there)), there, strict=True):
        figure = _by_step(network.name, network.version, snapshot_steps_of(network), layer, mode(), network)
        with column:
            st.plotly_chart(figure, key=f"training {network.name}", theme=None)


@st.cache_resource(show_spinner="Reading the snapshots …", max_entries=32)
def _by_step(
    name: str, version: int, steps: tuple[int, ...], layer: int, colours: Mode, _network: caches.Network
) -> Any:
    film = caches.snapshots(name)
    assert film is not None
    x, y = sample(digit_of("digits", 0), _network.model)
    flows = (gradient_flow(film.build(step), x, y, _summed).layers for step in steps)
    norms = torch.stack([layers[min(layer, len(layers) - 1)].norms.mean(dim=0) for layers in flows])
    return training_figure(norms, steps, f"{CELL_NAMES[_network.spec.cell]}: gradient norm, as 10^x", colours)


def theory(networks: Sequence[caches.Network], setting: Setting, digit: Digit, layer: int) -> None:
    """Singular values of the Jacobian between states, beside what the weights alone allow."""
    names = {network.name: CELL_NAMES[network.spec.cell] for network in networks}
    name = pick("Cell", list(names), "jacobian", names=names.__getitem__) if len(names) > 1 else networks[0].name
    network = next(one for one in networks if one.name == name)
    found = _jacobians(network.name, network.version, setting, digit, layer, network)
    cell, colour = network.spec.cell, CELL_COLOURS[network.spec.cell]
    values = found.singular_values[0]
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
        name = f"product of {KEEPERS[cell]} gates, largest unit"
        courses.append(Course(name, found.memory_path[0].amax(dim=1), GATE_COLOURS[KEEPERS[cell]], "dashdot", 2))
    with st.container(horizontal=True):
        met = [("γ, steepest slope met (at most 1)", found.slope), ("γλ", found.slope * found.weight_norm)]
        shown = [("λ = ‖W_hh‖₂", found.weight_norm), ("ρ(W_hh)", found.spectral_radius)]
        for label, value in shown + (met if cell == "rnn" else []):
            st.metric(label, f"{value:.3f}", width="content")
    title = f"{CELL_NAMES[cell]}: singular values of ∂h_T/∂h_t"
    axis = "distance T − t in rows"
    figure = decay_figure(courses, title, axis, "singular value", mode(), at=found.distances, entrance=0)
    st.plotly_chart(figure, key="jacobians", theme=None)
    st.markdown(f"${_THEORY[cell]}$")
    if cell != "rnn":
        st.caption(
            f"The product of the {KEEPERS[cell]} gates is the path along which the memory keeps itself. It is not the "
            "whole Jacobian: the gates themselves depend on the state. λ is that of all gates' rows together, ρ that "
            "of the rows that write new content."
        )
    arrays = {"distances": np.array(found.distances), "singular_values": found.singular_values[0].numpy()}
    if found.joint is not None:
        arrays["joint"] = found.joint[0].numpy()
    st.download_button("Numbers (NPZ)", lambda: to_npz(arrays), "seqviz-jacobians.npz", on_click="ignore")
    code(
        snippets.jacobians(network, digit, setting, found.layer, _every(setting)),
        "The largest singular value at each distance.",
    )


_THEORY: dict[Cell, str] = {
    "rnn": r"\lVert \partial h_T / \partial h_t \rVert_2 \le (\gamma\lambda)^{T-t},\quad "
    r"\gamma = \max|\varphi'| \le 1,\quad \lambda = \lVert W_{hh}\rVert_2",
    "gru": r"\partial h_T / \partial h_t = \textstyle\prod_{s=t+1}^{T} z_s + \text{paths through } r_s, z_s, n_s",
    "lstm": r"\partial c_T / \partial c_t = \textstyle\prod_{s=t+1}^{T} f_s + \text{paths through } h_s",
}


@st.cache_resource(show_spinner="Multiplying Jacobians …", max_entries=32, hash_funcs={Digit: lambda digit: digit.key})
def _jacobians(
    name: str, version: int, setting: Setting, digit: Digit, layer: int, _network: caches.Network
) -> StateJacobians:
    model = changed(_network, setting)
    x = BlankRows(setting.blank)(digit.image[None])
    return state_jacobians(model, x, min(layer, len(recurrent_layers(model.rnn)) - 1), every=_every(setting))


def _every(setting: Setting) -> int:
    """Singular values cost most: at most about 30 distances get them."""
    return 1 + setting.blank // 28
