"""Through training: the same example and the same step, read by the network as it was after more and more steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import streamlit as st

from seqviz import snippets
from seqviz.data.examples import Example
from seqviz.errors import InputError
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.order import UnitOrder, unit_order
from seqviz.instruments.trace import Trace, trace
from seqviz.palette import CELL_NAMES
from seqviz.player.page import to_html
from seqviz.snippets.subjects import Network
from seqviz.timelines.training import training_timeline
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import choose_any_network, choose_example, choose_order, notes_of_texts
from seqviz.ui.shell.frame import code, verbatim
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import recalled, recalled_step, remember, remember_step


@dataclass(frozen=True)
class History:
    """One example, read by a network as it was after each of these training steps."""

    network: Network
    example: Example
    order: UnitOrder
    steps: Sequence[int]
    traces: Sequence[Trace]

    @cached_property
    def target(self) -> int:
        """The example's class; where nobody knows it, what the network takes it for in the end."""
        return caches.label_of(self.network.model, self.example)

    @property
    def shares(self) -> list[float]:
        """The probability of that class after the last step, training step by training step."""
        return [float(seen.probabilities[0, -1, self.target]) for seen in self.traces]


def _choose() -> History:
    network = choose_any_network("Network", "model")
    example = choose_example(network)
    order = choose_order()
    steps = caches.snapshot_steps_of(network)
    if not steps:
        raise InputError(
            f"No snapshots were kept of {caches.network_title(network.name)}. Choose one that ships, or "
            "a run of your own: those have some."
        )
    steps = tuple(sorted({*steps, network.checkpoint.step}))
    return History(network, example, order, steps, _traces(network.name, network.version, steps, example, network))


@st.cache_resource(show_spinner="Reading with every snapshot …", max_entries=32, hash_funcs=caches.EXAMPLE_KEYS)
def _traces(name: str, version: int, steps: tuple[int, ...], example: Example, _network: Network) -> list[Trace]:
    """By its snapshots, and at the step where its file stands by the network itself."""
    models = (_network.model if step == _network.checkpoint.step else caches.earlier(_network, step) for step in steps)
    inputs = example.inputs(_network.spec)[None]
    return [trace(model, inputs) for model in models]


def _result(history: History) -> str:
    """How sure of the digit the network is at first and at last, and from which step on it is right."""
    shares, target, steps = history.shares, history.target, history.steps
    answers = [int(seen.probabilities[0, -1].argmax()) for seen in history.traces]
    right = next(
        (number for number in range(len(answers)) if all(answer == target for answer in answers[number:])), None
    )
    when = f"; it is right from step **{steps[right]:,}** on" if right is not None else ""
    first = "Untrained" if steps[0] == 0 else f"After step {steps[0]:,}"
    ends = [f"**{share:.0%}**" if math.isfinite(share) else "no number" for share in (shares[0], shares[-1])]
    answer = verbatim(history.example.classes[target])
    return f"{first} it gives “{answer}” a probability of {ends[0]}, after step {steps[-1]:,} of {ends[1]}{when}."


def _show(history: History) -> None:
    """Two clocks: the steps of the example, and those of training."""
    network, example, steps = history.network, history.example, list(history.steps)
    orders = [unit_order(layer.hidden[0], history.order).tolist() for layer in history.traces[-1].layers]
    title = f"{CELL_NAMES[network.spec.encoder.cell]} reads {example.title}"
    timeline = training_timeline(network.spec, example, steps, history.traces, orders, history.target, title)
    row = recalled_step(timeline.steps)
    asked = recalled("trained", steps[-1] + 1, "Training step")
    nearest = None if asked is None else min(range(len(steps)), key=lambda index: abs(steps[index] - asked))
    player(
        timeline,
        key="time machine",
        start=timeline.steps - 1 if row is None else row,
        moment=nearest,
        on_step=remember_step,
        on_moment=lambda index: remember("trained", steps[index]),
    )
    st.caption(
        "The lower scrubber is training: its button plays it while the reading stands still. Each snapshot has about "
        "three times the steps of the one before. Click a line of the last picture to go there."
    )
    with st.container(horizontal=True):
        page = partial(to_html, timeline, f"{title}, through training")
        st.download_button("Page that plays anywhere", page, "seqviz-training.html", "text/html", on_click="ignore")
        arrays = {
            "training_steps": np.array(steps),
            "probabilities": np.stack([seen.probabilities[0].numpy() for seen in history.traces]),
            **{
                f"layer{index}_hidden": np.stack([seen.layers[index].hidden[0].numpy() for seen in history.traces])
                for index in range(len(orders))
            },
        }
        st.download_button("Numbers (NPZ)", lambda: to_npz(arrays), "seqviz-training.npz", on_click="ignore")
    code(
        snippets.through_training(network, example, history.target),
        "The network as it was after each of its snapshots, and the probability that it gives this class.",
    )


VIEW = View(
    "training",
    "Through training",
    _choose,
    _show,
    result=_result,
    notice=(
        "Untrained, every unit stays near 0; with training more and more of them use their whole range.",
        "Most is learned between a few dozen and a few thousand steps; the first ten change next to nothing.",
    ),
    question="Hold row 14 still and play training. When does the memory of half a digit begin to mean something?",
    notes=notes_of_texts(
        lambda history: history.example,
        notice=(
            "Untrained, every unit stays near 0; with training more and more of them use their whole range.",
            "On planted reviews the rule is found late and at once: most of the change lies between two snapshots.",
        ),
        question="Hold a deciding adjective still and play training. From when on does its column differ from the one "
        "before?",
    ),
)
