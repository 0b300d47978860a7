"""Inside two heads: whose votes made the answer, when it was there, where the signal enters, what the weights are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from seqviz import snippets
from seqviz.data.batch import Batch
from seqviz.data.examples import Digit
from seqviz.figures.gradients import Course, decay_figure
from seqviz.figures.heads import by_row_figure, confident_figure, weights_figure
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.contributions import (
    EXACT,
    AnswerByRow,
    LogitContributions,
    accuracy_by_rows_kept,
    answer_by_row,
    logit_contributions,
)
from seqviz.instruments.gradients import gradient_flow, summed_cross_entropy
from seqviz.instruments.trace import trace
from seqviz.palette import CELL_COLOURS, CELL_NAMES, HEAD_NAMES
from seqviz.player.page import to_html
from seqviz.snippets.subjects import Network
from seqviz.specs import HeadKind
from seqviz.timelines.contributions import contributions_timeline
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import choose_digit, choose_network, choose_source
from seqviz.ui.shell.frame import code, mode, plain_errors, say_overflow, verbatim
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View, on_demand
from seqviz.ui.shell.url import pick, whole

DASHES = ("solid", "dash")
MOMENTS = {"before": "Before training", "after": "After training"}
FORMULAS: dict[HeadKind, str] = {
    "concat": r"z = b + \sum_t W_t h_t \text{ (all rows)}",
    "mean": r"z = b + \sum_t W h_t / T \text{ (mean)}",
}
SCORED = 1000
AVERAGED = 64


@dataclass(frozen=True)
class Inside:
    """Two networks that read one digit."""

    pair: tuple[Network, Network]
    digit: Digit


def _choose() -> Inside:
    one = choose_network("One network", "inside1", "lstm-concat")
    other = choose_network("The other", "inside2", "lstm")
    return Inside((one, other), choose_digit(choose_source(), "sample"))


def _inside(inside: Inside) -> None:
    """Whose votes made the answer, when it was there, where the signal enters, what the weights are."""
    pair, digit = inside.pair, inside.digit
    _votes(pair, digit)
    on_demand("The answer after each row", partial(_answers, pair, digit.data))
    on_demand("Where the learning signal enters", partial(_signal, pair, digit), ["moment"])
    for number, network in enumerate(pair):
        if network.spec.head.kind in EXACT and network not in pair[:number]:
            title = f"{CELL_NAMES[network.spec.encoder.cell]}, {HEAD_NAMES[network.spec.head.kind]}"
            linear = partial(_linear, network, digit, number)
            on_demand(f"The linear layer of {title}", linear, [f"class{number + 1}"])


def _names(pair: Sequence[Network]) -> list[str]:
    """Cell and head; where that does not tell them apart, the networks' titles, and their places."""
    short = [f"{CELL_NAMES[one.spec.encoder.cell]}, {HEAD_NAMES[one.spec.head.kind]}" for one in pair]
    if short[0] != short[1]:
        return short
    titles = [caches.network_title(one.name) for one in pair]
    return titles if titles[0] != titles[1] else [f"{title} ({place})" for place, title in enumerate(titles, start=1)]


def _votes(pair: Sequence[Network], digit: Digit) -> None:
    x = digit.image[None]
    timelines = []
    names = _names(pair)
    found = [logit_contributions(network.model, x) for network in pair]
    for network, name, votes in zip(pair, names, found, strict=True):
        seen = trace(network.model, x)
        say_overflow(name, seen)
        title = f"{name}: {digit.title}"
        timelines.append(contributions_timeline(network.spec, digit.image, seen, votes, title, found))
    timeline = timelines[0].beside(timelines[1])
    play(timeline, key="votes")
    for name, votes in zip(names, found, strict=True):
        st.markdown(f"- **{verbatim(name)}.** {_sum(votes)}")
    for head, formula in FORMULAS.items():
        if any(network.spec.head.kind == head for network in pair):
            st.markdown(f"${formula}$")
    arrays = {f"network{number}_votes": votes.values.numpy() for number, votes in enumerate(found, start=1)}
    arrays |= {f"network{number}_logits": votes.logits.numpy() for number, votes in enumerate(found, start=1)}
    with st.container(horizontal=True):
        st.download_button("Numbers (NPZ)", lambda: to_npz(arrays), "seqviz-votes.npz", on_click="ignore")
        page = partial(to_html, timeline, f"Votes on {digit.title}")
        st.download_button("Page that plays anywhere", page, "seqviz-votes.html", "text/html", on_click="ignore")
    for network, name in zip(pair, names, strict=True):
        if (
            network.spec.head.kind == "concat"
            and network.spec.encoder.num_layers == 1
            and not network.spec.encoder.bidirectional
        ):
            code(snippets.contributions(network, digit), f"The votes of {verbatim(name)}, in plain PyTorch.")
            break


def _sum(votes: LogitContributions) -> str:
    answer = int(votes.logits.argmax())
    total = float(votes.values[:, answer].sum())
    bias, logit = float(votes.bias[answer]), float(votes.logits[answer])
    if votes.exact:
        return (
            f"Class {answer}: the votes sum to {total:.4f}; with the bias {bias:.4f} that is {total + bias:.4f}, "
            f"and the logit is {logit:.4f}. Exact: each row's vote is a number, not an estimate."
        )
    owed = logit - float(votes.blank[answer])
    return (
        f"Class {answer}: this head's logit {logit:.4f} is no sum over rows, so gradient × input stands in: how the "
        f"logit would change if each row's ink grew a little. It adds up to {total:.2f}, where the digit raised the "
        f"logit by {owed:.2f} over a blank image: a sensitivity, and no account of the answer."
    )


@st.cache_data(show_spinner="Reading the test set row by row …", max_entries=32)
def _by_row(name: str, version: int, data: str, _network: Network) -> AnswerByRow:
    return answer_by_row(_network.model, _first(data))


def _first(data: str) -> Batch:
    test = caches.dataset(data).test
    return test[:SCORED]


def _answers(pair: Sequence[Network], data: str) -> None:
    left, right = st.columns(2)
    curves, rows = {}, {}
    never = []
    about = (*((one.name, one.version) for one in pair), data, mode())
    for network, name, dash, symbol in zip(pair, _names(pair), DASHES, ("square", "circle"), strict=True):
        with plain_errors():
            found = _by_row(network.name, network.version, data, network)
            colour = CELL_COLOURS[network.spec.encoder.cell]
            curves[name] = (colour, dash, found.accuracy)
            rows[name] = (colour, symbol, found.confident)
            never.append(f"{verbatim(name)} {float(found.never.nanmean()):.1%}")
    if not curves:
        return
    with left:
        draw = partial(by_row_figure, curves, "Accuracy if the digit ended there", "rows read", mode())
        st.plotly_chart(caches.drawn(("by row", *about), draw), key="by row", theme=None)
    with right:
        figure = caches.drawn(("confident", *about), partial(confident_figure, rows, mode()))
        st.plotly_chart(figure, key="confident", theme=None)
    st.caption(
        f"Over the first {len(_first(data)):,} test digits; never confident for good, and left out at the right: "
        f"{', '.join(never)}. An all-rows head is asked before its time here: the votes "
        "of rows to come are missing, so its early answers are those of a sum that is not complete."
    )


def _signal(pair: Sequence[Network], digit: Digit) -> None:
    untrained = pick("When", list(MOMENTS), "moment", names=MOMENTS) == "before"
    courses = []
    for network, name, dash in zip(pair, _names(pair), DASHES, strict=True):
        if untrained and not caches.snapshot_steps_of(network):
            st.caption(f"{verbatim(name)}: its untrained weights were not kept.")
            continue
        total, direct = _flow(network.name, network.version, digit.data, untrained, network)
        colour = CELL_COLOURS[network.spec.encoder.cell]
        courses.append(Course(f"{name}: all of ∂L/∂h_t", total, colour, dash))
        courses.append(Course(f"{name}: direct part", direct, colour, dash, dots=True))
    if not courses:
        return
    title = f"Gradient norm at every row, mean of {AVERAGED} digits"
    about = ("signal", *((one.name, one.version) for one in pair), digit.data, untrained, mode())
    figure = caches.drawn(about, partial(decay_figure, courses, title, "row", "‖∂L/∂h_t‖", mode()))
    st.plotly_chart(figure, key="signal", theme=None)
    st.caption(
        "The direct part comes from the head at that row; the rest came back through time. A last-row head has one "
        "entrance, an all-rows head one at every row. Before training, when the way back is closed, that is the whole "
        "difference: this is why the all-rows head learns faster at first. Both directions of a network are added up."
    )


@st.cache_data(show_spinner=False, max_entries=32)
def _flow(
    name: str, version: int, data: str, untrained: bool, _network: Network
) -> tuple[Float[Tensor, " time"], Float[Tensor, " time"]]:
    snapshots = caches.snapshots(name) if untrained else None
    model = caches.earlier(_network, snapshots.steps[0]) if snapshots else _network.model
    flow = gradient_flow(model, caches.dataset(data).test[:AVERAGED], summed_cross_entropy)
    last = flow.layers[-_network.spec.encoder.directions :]
    whole = torch.cat([layer.hidden_grad for layer in last], dim=-1).double()
    direct = torch.cat([layer.direct for layer in last], dim=-1).double()
    return whole.norm(dim=-1).mean(dim=0), direct.norm(dim=-1).mean(dim=0)


def _linear(network: Network, digit: Digit, number: int) -> None:
    left, right = st.columns(2)
    spec = network.spec
    with left:
        label = whole("Class", f"class{number + 1}", high=spec.head.outputs - 1, width=150)
        if spec.head.kind == "concat":
            weights = network.model.head.weight.detach().unflatten(1, (spec.head.sequence_length or 1, -1))[label]
            of_class = ("weights", network.name, network.version, label, mode())
            figure = caches.drawn(of_class, partial(weights_figure, weights, label, mode()))
            st.plotly_chart(figure, key=f"weights {number}", theme=None)
        else:
            st.caption("A mean head has the same weights for every row.")
    with right:
        kept = _kept(network.name, network.version, digit.data, network)
        dashes = ("solid", "dash", "dot")
        curves = {
            name: (CELL_COLOURS[spec.encoder.cell], dash, values)
            for (name, values), dash in zip(kept.items(), dashes, strict=True)
        }
        title = "Accuracy when only some rows may vote"
        about = ("kept", network.name, network.version, digit.data, mode())
        figure = caches.drawn(about, partial(by_row_figure, curves, title, "rows kept", mode(), start=0))
        st.plotly_chart(figure, key=f"kept {number}", theme=None)


@st.cache_data(show_spinner=False, max_entries=32)
def _kept(name: str, version: int, data: str, _network: Network) -> dict[str, Float[Tensor, " kept"]]:
    return accuracy_by_rows_kept(_network.model, _first(data))


VIEW = View(
    "inside",
    "Votes",
    _choose,
    _inside,
    notice=(
        "With all rows, each row's vote is a number and the votes sum to the logit. Blank rows vote, too.",
        "Before training the last-row head's early rows get next to no signal; the all-rows head's get theirs at once.",
    ),
    question="Find a digit where a single row turns the answer. What is drawn there?",
)
