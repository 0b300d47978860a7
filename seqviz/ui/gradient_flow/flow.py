"""The gradient's way back: the wave in the player, its norm against time steps, and how both change with training."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seqviz import snippets
from seqviz.data.examples import Example, Sentence
from seqviz.data.transforms import BlankRows
from seqviz.figures.gradients import Course, decay_figure, training_figure
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.gradients import gradient_half_life
from seqviz.instruments.jacobians import spectral_norm, spectral_radius
from seqviz.networks.unroll import Direction
from seqviz.palette import CELL_COLOURS, CELL_NAMES, INK
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Network
from seqviz.timelines.flow import colour_limit, flow_timeline
from seqviz.timelines.wording import compared
from seqviz.ui.gradient_flow.levers import Subject, choose_subject
from seqviz.ui.gradient_flow.measure import AVERAGED, Measured, measure, norms_by_step
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import notes_of_texts
from seqviz.ui.shell.frame import code, mode, plain_errors, show_error
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View, on_demand


@dataclass(frozen=True)
class Flow:
    """The subject, and what was measured of each of its networks."""

    subject: Subject

    @cached_property
    def found(self) -> list[Measured]:
        subject = self.subject
        return [measure(network, subject.setting, subject.example) for network in subject.networks]


def _choose() -> Flow:
    return Flow(choose_subject())


def _result(flow: Flow) -> str:
    """How much arrives where it was not given, cell by cell."""
    subject, found = flow.subject, flow.found
    there = found[0].layers[at(found[0], subject.layer)]
    noun, step = subject.example.noun, subject.example.step_name
    ends = (f"{step} 1", f"the last {step}")
    end, entrance = ends if there.direction == "forward" else ends[::-1]
    shares = ", ".join(
        f"**{one.name}** {_arrives(one.layers[at(one, subject.layer)].norms[0], there.direction)}" for one in found
    )
    return f"At {end} this {noun}'s gradient is, compared with {entrance}: {shares}."


def _flow(flow: Flow) -> None:
    """The wave, the plot that everyone draws by hand, and what it says in words."""
    subject, found = flow.subject, flow.found
    networks, setting, example, layer = subject.networks, subject.setting, subject.example, subject.layer
    read = _with_blanks(example, setting.blank)
    limit = colour_limit([one.layers[at(one, layer)] for one in found])
    timelines = [
        flow_timeline(read, one.layers[at(one, layer)], limit, f"{one.name} reads {example.title}", at(one, layer))
        for one in found
    ]
    timeline = timelines[0]
    for other in timelines[1:]:
        timeline = timeline.beside(other)
    _wave(timeline)
    for one in found:
        if one.overflow:
            show_error(f"{one.name}: {one.overflow} Lower the spectral radius or append fewer rows.")
    count, step = found[0].means.count, example.step_name
    alike = f"the first {count} test {example.noun}s"
    if isinstance(example, Sentence):
        texts = "one held-out text" if count == 1 else f"{count} held-out texts"
        alike = f"{texts} of {len(example)} words" if count else "this text alone"
    own = None if count else example.key
    about = (*((one.name, one.version) for one in networks), setting, example.data, alike, own, layer, mode())
    title = f"Gradient norm at every {step}, mean of {alike}"
    figure = caches.drawn(
        ("decay", *about), lambda: decay_figure(_courses(found, layer), title, step, "‖∂L/∂h_t‖", mode())
    )
    st.plotly_chart(figure, key="decay", theme=None)
    st.markdown(f"Over {alike}, compared with where the gradient enters:")
    st.markdown("\n".join(f"- {_in_words(one, layer, step)}" for one in found))
    on_demand(
        f"What reaches each {step} directly, and what it adds to W_hh", partial(_parts, found, layer, step, about)
    )
    _downloads(found, timeline, example)
    network = networks[0]
    label = caches.label_of(network.model, example)
    name = CELL_NAMES[network.spec.encoder.cell]
    code(
        snippets.gradient_flow(network, example, label, setting),
        f"The {name}'s gradient norms for this {example.noun}, {step} by {step}.",
    )
    on_demand("Over training", partial(_over_training, networks, layer, example))


def _with_blanks(example: Example, count: int) -> Example:
    """The example as the networks read it."""
    if isinstance(example, Sentence) or not count:
        return example
    return replace(example, image=BlankRows(count)(example.image[None])[0])


@st.fragment
def _wave(timeline: Timeline) -> None:
    with plain_errors():
        play(timeline, key=f"flow {timeline.steps}")


def at(measured: Measured, layer: int) -> int:
    return min(layer, len(measured.layers) - 1)


def _courses(found: Sequence[Measured], layer: int) -> list[Course]:
    """The measured norms; for a plain RNN beside them what λ and ρ alone would do with the gradient at the last row."""
    courses = []
    dashes = ("solid", "dash", "dot", "dashdot")
    for one in found:
        cell = one.network.spec.encoder.cell
        many = len(one.layers) > 1
        for index, layer_grads in enumerate(one.layers):
            if len(found) > 1 and index != at(one, layer):
                continue
            backward = ", backward" if layer_grads.direction == "backward" else ""
            name = f"{one.name} layer {layer_grads.layer + 1}{backward}" if many else one.name
            width = 1.8 if index != at(one, layer) else 3.5
            dash = dashes[index % len(dashes)] if many and len(found) == 1 else "solid"
            courses.append(Course(name, one.means.norms[index], CELL_COLOURS[cell], dash, width))
        if one.means.cells is not None:
            courses.append(
                Course(f"{one.name}: ∂L/∂c_t", one.means.cells[at(one, layer)], CELL_COLOURS[cell], "longdash", 1.5)
            )
        if cell == "rnn" and len(one.layers) == 1 and one.model.spec.head.kind == "last":
            (view,) = one.model.stacks["encoder"]
            last, distance = one.means.norms[0, -1].double(), torch.arange(one.means.norms.shape[1] - 1, -1, -1)
            for name, factor, dash in (
                ("RNN: bound λ^(T−t), for γ = 1", spectral_norm(view), "dash"),
                ("RNN: ρ^(T−t)", spectral_radius(view), "dot"),
            ):
                courses.append(Course(name, last * factor ** distance.double(), INK[mode()], dash, 1.5, theory=True))
    return courses


def _arrives(norms: Float[Tensor, " time"], direction: Direction) -> str:
    """The gradient's norm at the far end, as a part or a multiple of that where it enters."""
    entrance, end = (-1, 0) if direction == "forward" else (0, -1)
    if not norms.isfinite().all():
        return "beyond all numbers: it overflows on the way"
    if float(norms[entrance]) == 0:
        return "none at either end"
    return compared(float(norms[end] / norms[entrance]))


def _in_words(one: Measured, layer: int, step: str) -> str:
    norms, direction = one.means.norms[at(one, layer)], one.layers[at(one, layer)].direction
    gone = gradient_half_life(norms, direction) if norms.isfinite().all() else None
    half = "" if gone is None else f"; from {gone} {step}{'' if gone == 1 else 's'} back on, less than half is left"
    return f"**{one.name}**: {_arrives(norms, direction)}{half}."


def _parts(found: Sequence[Measured], layer: int, step: str, about: tuple[object, ...]) -> None:
    """Direct against through time, and each step's part of the weight gradient."""
    left, right = st.columns(2)
    direct = [
        Course(f"{one.name}: {name}", values[at(one, layer)], CELL_COLOURS[one.network.spec.encoder.cell], dots=dots)
        for one in found
        for name, values, dots in (("all", one.means.norms, False), ("direct", one.means.direct, True))
    ]
    with left:
        title = "Direct (from above) against all of it"
        figure = caches.drawn(("direct", *about), lambda: decay_figure(direct, title, step, "‖∂L/∂h_t‖", mode()))
        st.plotly_chart(figure, key="direct", theme=None)
    terms = [
        Course(one.name, one.means.terms[at(one, layer)], CELL_COLOURS[one.network.spec.encoder.cell]) for one in found
    ]
    with right:
        name = f"Each {step}'s part of ∂L/∂W_hh"
        figure = caches.drawn(("terms", *about), lambda: decay_figure(terms, name, step, "‖(∂L/∂W_hh)_t‖", mode()))
        st.plotly_chart(figure, key="terms", theme=None)


def _downloads(found: Sequence[Measured], timeline: Timeline, example: Example) -> None:
    name = "seqviz-gradient-flow"

    def numbers() -> bytes:
        arrays: dict[str, NDArray[np.float32]] = {}
        for one in found:
            for index, layer in enumerate(one.layers):
                key = f"{one.network.name}_layer{index}"
                arrays |= {f"{key}_hidden_grad": layer.hidden_grad[0].numpy(), f"{key}_direct": layer.direct[0].numpy()}
                arrays[f"{key}_mean_norm"] = one.means.norms[index].numpy()
                if layer.cell_grad is not None:
                    arrays[f"{key}_cell_grad"] = layer.cell_grad[0].numpy()
        return to_npz(arrays)

    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("GIF for slides", lambda: to_gif(timeline, mode()), f"{name}.gif", "image/gif"),
            (
                "Page that plays anywhere",
                lambda: to_html(timeline, f"Gradient of {example.title}"),
                f"{name}.html",
                "text/html",
            ),
            ("Numbers (NPZ)", numbers, f"{name}.npz", "application/octet-stream"),
        ):
            st.download_button(label, content, file, mime, on_click="ignore")


def _over_training(networks: Sequence[Network], layer: int, example: Example) -> None:
    """Gradient norm by training step and time step, one picture a network."""
    alike = f"the mean of {AVERAGED} embedded test digits"
    if isinstance(example, Sentence):
        alike = "held-out texts of this length, or this text alone where there are none"
    st.caption(f"The networks as they were trained, without levers: {alike}.")
    there = [network for network in networks if caches.snapshot_steps_of(network)]
    if not there:
        st.caption("No snapshots were kept of this network. Shipped networks and runs of your own have some.")
        return
    found = [norms_by_step(network, caches.snapshot_steps_of(network), layer, example) for network in there]
    largest = max(float(norms[norms.isfinite()].max()) for norms in found)
    for column, network, norms in zip(st.columns(len(there)), there, found, strict=True):
        title = f"{CELL_NAMES[network.spec.encoder.cell]}: gradient norm"
        steps = caches.snapshot_steps_of(network)
        about = ("over training", network.name, network.version, layer, len(example), largest, mode())
        draw = partial(training_figure, norms, steps, title, largest, mode(), example.step_name)
        figure = caches.drawn(about, draw)
        with column:
            st.plotly_chart(figure, key=f"training {network.name}", theme=None)


VIEW = View(
    "flow",
    "Watch it flow back",
    _choose,
    _flow,
    result=_result,
    notice=(
        "On its way back the gradient is multiplied at every row, in an RNN by W_hh and by the slope of tanh, which is "
        "at most 1. Twenty-eight factors that shrink it leave almost nothing; twenty-eight that stretch it explode.",
        "Before training the gradient fades in every cell. Move the slider over training: it learns to arrive.",
        "Before training, set the bias to 3: the LSTM's and the GRU's gradients arrive. The RNN has no gate to set.",
    ),
    question="Before training, with bias 3 and 50 blank rows: which cell can learn from the ink, and by which path?",
    notes=notes_of_texts(
        lambda flow: flow.subject.example,
        notice=(
            "On its way back the gradient is multiplied at every word, in an RNN by W_hh and by the slope of tanh, at "
            "most 1.",
            "A backward reader ends at the first word: there the loss enters it, and its gradient flows to the right.",
        ),
        question="Move the slider over training. Does the gradient of the first word grow, and in which cell more?",
    ),
)
