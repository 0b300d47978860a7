"""Inside two heads: whose votes made the answer, when it was there, where the signal enters, what the weights are."""

from collections.abc import Sequence

import streamlit as st
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from seqviz.data import Split
from seqviz.figures import (
    Course,
    by_row_figure,
    confident_figure,
    decay_figure,
    weights_figure,
)
from seqviz.instruments import (
    EXACT,
    AnswerByRow,
    RowVotes,
    accuracy_by_rows_kept,
    answer_by_row,
    gradient_flow,
    row_votes,
    trace,
)
from seqviz.palette import CELL_COLOURS, CELL_NAMES, HEAD_NAMES
from seqviz.player import votes_timeline
from seqviz.ui import caches, snippets
from seqviz.ui.choices import Digit, choose_digit, choose_network, choose_source
from seqviz.ui.frame import code, mode, plain_errors
from seqviz.ui.player import player
from seqviz.ui.state import recalled_step, remember_step, whole

DASHES = ("solid", "dash")
SCORED = 1000
AVERAGED = 64


def inside() -> None:
    """Two networks of the same cell, one digit."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choose_network("One network", "inside1", "lstm-concat")
        other = choose_network("The other", "inside2", "lstm")
        digit = choose_digit(choose_source(), "sample")
    pair = (one, other)
    _votes(pair, digit)
    _answers(pair, digit.data)
    _signal(pair, digit)
    for number, network in enumerate(pair):
        if network.spec.head in EXACT and network.spec.head not in [earlier.spec.head for earlier in pair[:number]]:
            _linear(network, digit)


def _name(network: caches.Network) -> str:
    return f"{CELL_NAMES[network.spec.cell]}, {HEAD_NAMES[network.spec.head]}"


def _votes(pair: Sequence[caches.Network], digit: Digit) -> None:
    st.header("Each row's vote", anchor=False)
    x = digit.image[None]
    timelines, found = [], []
    for network in pair:
        votes, seen = row_votes(network.model, x), trace(network.model, x)
        found.append(votes)
        timelines.append(votes_timeline(network.spec, digit.image, seen, votes, f"{_name(network)}: {digit.title}"))
    start = recalled_step(timelines[0].steps)
    timeline = timelines[0].beside(timelines[1])
    player(timeline, key="votes", start=start, autoplay=start is None, on_step=remember_step)
    for network, votes in zip(pair, found, strict=True):
        st.markdown(f"- **{_name(network)}.** {_sum(votes)}")
    st.latex(r"z = b + \textstyle\sum_t W_t h_t \text{ (all rows)},\quad z = b + \sum_t W h_t / T \text{ (mean)}")
    network = pair[0]
    if network.spec.head == "concat" and network.spec.num_layers == 1 and not network.spec.bidirectional:
        code(snippets.votes(network, digit), f"The votes of {_name(network)}, in plain PyTorch.")


def _sum(votes: RowVotes) -> str:
    answer = int(votes.logits.argmax())
    total = float(votes.values[:, answer].sum())
    bias, logit = float(votes.bias[answer]), float(votes.logits[answer])
    if votes.exact:
        return (
            f"Class {answer}: the votes sum to {total:.4f}; with the bias {bias:.4f} that is {total + bias:.4f}, "
            f"and the logit is {logit:.4f}. Exact: each row's vote is a number, not an estimate."
        )
    return (
        f"Class {answer}: this head's logit {logit:.4f} is no sum over rows. Gradient × input shares out {total:.4f}, "
        "as if the network were linear around this digit: an estimate, and it counts a row's pixels, not its state."
    )


@st.cache_data(show_spinner="Reading the test set row by row …", max_entries=32)
def _by_row(name: str, version: int, data: str, _network: caches.Network) -> AnswerByRow:
    return answer_by_row(_network.model, _first(data))


def _first(data: str) -> Split:
    test = caches.dataset(data).test
    return Split(test.sequences[:SCORED], test.labels[:SCORED])


def _answers(pair: Sequence[caches.Network], data: str) -> None:
    st.header("The answer after each row", anchor=False)
    left, right = st.columns(2)
    curves, rows = {}, {}
    for network, dash, symbol in zip(pair, DASHES, ("square", "circle"), strict=True):
        with plain_errors():
            found = _by_row(network.name, network.version, data, network)
            colour = CELL_COLOURS[network.spec.cell]
            curves[_name(network)] = (colour, dash, found.accuracy)
            rows[_name(network)] = (colour, symbol, found.confident)
    with left:
        figure = by_row_figure(curves, "Accuracy if the digit ended there", "rows read", mode())
        st.plotly_chart(figure, key="by row", theme=None)
    with right:
        st.plotly_chart(confident_figure(rows, mode()), key="confident", theme=None)
    st.caption(
        f"Over the first {len(_first(data)):,} test digits. An all-rows head is asked before its time here: the votes "
        "of rows to come are missing, so its early answers are those of a sum that is not complete."
    )


def _signal(pair: Sequence[caches.Network], digit: Digit) -> None:
    st.header("Where the learning signal enters", anchor=False)
    test = caches.dataset(digit.data).test
    x, y = test.sequences[:AVERAGED], test.labels[:AVERAGED]
    courses = []
    for network, dash in zip(pair, DASHES, strict=True):
        total, direct = _flow(network.name, network.version, digit.data, network, x, y)
        colour = CELL_COLOURS[network.spec.cell]
        courses.append(Course(f"{_name(network)}: all of ∂L/∂h_t", total, colour, dash))
        courses.append(Course(f"{_name(network)}: direct part", direct, colour, dash, dots=True))
    title = f"Gradient norm at every row, mean of {len(x)} digits"
    st.plotly_chart(decay_figure(courses, title, "row", "‖∂L/∂h_t‖", mode()), key="signal", theme=None)
    st.caption(
        "The direct part comes from the head at that row; the rest came back through time. A last-row head has one "
        "entrance; an all-rows head has one at every row, so early rows learn without waiting for the way back."
    )


@st.cache_data(show_spinner=False, max_entries=32)
def _flow(
    name: str, version: int, data: str, _network: caches.Network, _x: Tensor, _y: Tensor
) -> tuple[Float[Tensor, " time"], Float[Tensor, " time"]]:
    def summed(logits: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(logits, y, reduction="sum")

    layer = gradient_flow(_network.model, _x, _y, summed).layers[-1]
    return layer.norms.mean(dim=0), layer.direct.norm(dim=-1).mean(dim=0)


def _linear(network: caches.Network, digit: Digit) -> None:
    st.header(f"The linear layer of {_name(network)}", anchor=False)
    left, right = st.columns(2)
    spec = network.spec
    with left:
        label = whole("Class", 0, spec.num_classes - 1, 3, "class_weights", width=150)
        if spec.head == "concat":
            weights = network.model.head.weight.detach().unflatten(1, (spec.sequence_length, -1))[label]
            st.plotly_chart(weights_figure(weights, label, mode()), key="weights", theme=None)
        else:
            st.caption("A mean head has the same weights for every row.")
    with right:
        kept = _kept(network.name, network.version, digit.data, network)
        dashes = ("solid", "dash", "dot")
        curves = {
            name: (CELL_COLOURS[spec.cell], dash, values)
            for (name, values), dash in zip(kept.items(), dashes, strict=True)
        }
        figure = by_row_figure(curves, "Accuracy when only some rows may vote", "rows kept", mode())
        st.plotly_chart(figure, key="kept", theme=None)


@st.cache_data(show_spinner=False, max_entries=32)
def _kept(name: str, version: int, data: str, _network: caches.Network) -> dict[str, Float[Tensor, " kept"]]:
    return accuracy_by_rows_kept(_network.model, _first(data))
