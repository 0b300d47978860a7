"""Padding: the same review in a longer and longer batch, packed and not."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from seqviz.data.words import PAD, WordVocabulary
from seqviz.errors import InputError
from seqviz.experiments.padding_loss import PaddingLoss, count_padding
from seqviz.figures.padding import padding_loss_figure
from seqviz.instruments.arrays import to_csv
from seqviz.instruments.padding import PaddedReading, Way, read_padded, ways_to_read
from seqviz.instruments.padding_cost import PaddingCost, padding_costs
from seqviz.palette import CELL_NAMES
from seqviz.snippets.subjects import Network
from seqviz.snippets.words import last_states
from seqviz.specs import Cell
from seqviz.timelines.words import padding_timeline
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.frame import code, mode, say_overflow, verbatim
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View, on_demand
from seqviz.ui.shell.url import whole
from seqviz.ui.words.subject import Subject, choose_network_and_text, held_out

COST = "What packing saves, and batches of similar length: measured here and now"
TIMED, BATCH = 1600, 64  # reviews
LOSS = "A loss that counts padding: two language models, measured here and now"


@dataclass(frozen=True)
class Padded:
    """A subject with so many steps of padding behind it."""

    subject: Subject
    pads: int

    @property
    def reading(self) -> PaddedReading:
        network = self.subject.network
        return _padded(network.name, network.version, self.subject.words, self.pads, network)

    @property
    def answer(self) -> str:
        return self.subject.class_name(self.reading.answer)


def _choose() -> Padded:
    subject = choose_network_and_text()
    pads = whole("Steps of padding", "pads", slider=True, help="As many as the longest text of the batch has more.")
    return Padded(subject, pads)


def _result(padded: Padded) -> str:
    reading = padded.reading
    unpacked, masked, packed = (float(shares[-1]) for shares in (reading.unpacked, reading.masked, reading.packed))
    return (
        f"With **{padded.pads} steps of padding** this is “{verbatim(padded.answer)}” with **{unpacked:.0%}** if they "
        f"are read, "
        f"{masked:.0%} with a mask over the states, **{packed:.0%}** packed."
    )


def _show(padded: Padded) -> None:
    network, reading = padded.subject.network, padded.reading
    say_overflow("The network", reading.trace)
    last = network.spec.encoder.num_layers - 1
    play(padding_timeline(network.spec, reading, padded.answer, last), key="read padding")
    columns = (reading.packed.tolist(), reading.masked.tolist(), reading.unpacked.tolist())
    words = [*reading.words, *[PAD] * padded.pads]
    table = to_csv(("word", "packed", "masked", "unpacked"), zip(words, *columns, strict=True))
    st.download_button("Numbers (CSV)", table, f"seqviz-{network.name}-padding.csv", "text/csv", on_click="ignore")
    _beside_others(padded)
    on_demand(COST, partial(_cost, network))
    on_demand(LOSS, partial(_counted_loss, network.spec.encoder.cell))
    st.header("Six ways to take the last state from a batch", anchor=False)
    try:
        ways = ways_to_read(network.model, reading.words, padded.pads)
    except InputError as error:
        st.markdown(str(error))
        return
    st.dataframe(
        [_row(way) for way in ways],
        hide_index=True,
        column_config={"share": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)},
    )
    code(
        last_states(network, reading.words, padded.pads),
        "Plain PyTorch, run from SeqViz's folder: the six numbers of the table.",
    )


def _beside_others(padded: Padded) -> None:
    """The same text in batches with one other text: what that is about does not matter, only how long it is."""
    subject, reviews = padded.subject, held_out()
    own = len(subject.words)
    by_length = {len(review.words): number for number, review in enumerate(reviews) if len(review.words) > own}
    mates = [(number, length - own) for length, number in sorted(by_length.items())]
    if not mates:
        return
    mates = [mates[0], mates[len(mates) // 2], mates[-1]] if len(mates) > 2 else mates
    longest = mates[-1][1]
    reading = _padded(subject.network.name, subject.network.version, subject.words, longest, subject.network)
    rows = [
        {
            "in a batch with": " ".join(reviews[number].words),
            "padding": pads,
            "unpacked": float(reading.unpacked[own - 1 + pads]),
            "packed": float(reading.packed[own - 1 + pads]),
        }
        for number, pads in mates
    ]
    st.header("Batch-mates that change an answer", anchor=False)
    share = st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
    st.dataframe(rows, hide_index=True, column_config={"unpacked": share, "packed": share}, key="mates")
    st.caption(f"The share of “{subject.class_name(reading.answer)}” for the same text, beside other reviews.")


def _cost(network: Network) -> None:
    """Four ways to batch the same texts, timed on this machine."""
    vocabulary = WordVocabulary(network.spec.words or ())
    texts = caches.reviews("planted").encoded(vocabulary).train[:TIMED]
    work = partial(padding_costs, network.model, texts, BATCH)
    key = f"padding cost {network.name} {network.version}"
    label = f"Time {TIMED:,} planted reviews, {BATCH} at a time"
    in_background(key, "Padding", label, work, partial(_draw_cost, network.spec.encoder.cell))


def _draw_cost(cell: Cell, found: Sequence[PaddingCost]) -> None:
    rows = [
        {
            "batches": "of similar length" if one.by_length else "by chance",
            "read": "packed" if one.packed else "padded",
            "steps computed": one.steps,
            "of them padding": one.wasted,
            "seconds": round(one.seconds, 3),
            "kept for the backward pass (MB)": round(one.saved_bytes / 1e6, 2),
        }
        for one in found
    ]
    share = st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
    st.dataframe(rows, hide_index=True, column_config={"of them padding": share}, key="padding cost")
    padded, packed, bucketed, _ = found
    fused = " On a CPU, PyTorch's fused LSTM takes padded batches alone." if cell == "lstm" else ""
    st.markdown(
        f"Packing takes **{packed.seconds / padded.seconds:.2f}** of the padded batches' time: fewer steps, but the "
        f"batch shrinks from step to step, so that it can also cost.{fused} Batches of "
        f"similar length take **{bucketed.seconds / padded.seconds:.2f}**. The largest batch keeps "
        f"**{packed.saved_bytes / padded.saved_bytes:.2f}** of the padded one's memory when it is packed."
    )


def _counted_loss(cell: Cell) -> None:
    """The same language model twice: once it is asked for the words alone, once for the padding, too."""
    st.markdown(
        r"In a batch of texts, a language model's targets are padded as well. Asked at every place, "
        r"$\frac{1}{BT}\sum_{b,t} \ell_{b,t}$, it soon answers `<pad>` after `<pad>` and gets each of these right; "
        r"over "
        r"the words alone it is $\sum_b\sum_{t\le T_b} \ell_{b,t} \,/\, \sum_b T_b$."
    )
    work = partial(count_padding, caches.reviews("planted"), cell)
    draw = partial(_draw_counted_loss, cell)
    in_background(f"padding loss {cell}", "Padding", f"Train two {CELL_NAMES[cell]}s of 32 units", work, draw)


def _draw_counted_loss(cell: Cell, found: PaddingLoss) -> None:
    step = max(found.reported)
    reported, on_words, masked = found.reported[step], found.on_words[step], found.masked[step]
    st.markdown(
        f"After {step:,} of {found.total:,} steps the loss that counts padding reports **{reported:.2f} nats**. Over "
        f"the "
        f"words alone the same network has **{on_words:.2f}**, and the one with a mask over its loss "
        f"**{masked:.2f}**: {found.padding:.0%} of all places are padding, and they are easy."
    )
    st.plotly_chart(padding_loss_figure(found, cell, mode()), key="padding loss", theme=None)


def _row(way: Way) -> dict[str, object]:
    return {"right": "✓" if way.right else "✗", "code": way.code, "what it reads": way.reads, "share": way.share}


@remembered(64)
def _padded(name: str, version: int, words: tuple[str, ...], pads: int, _network: Network) -> PaddedReading:
    return read_padded(_network.model, words, pads)


VIEW = View(
    "padding",
    "Padding",
    _choose,
    _show,
    result=_result,
    notice=(
        "A batch is as long as its longest text; the rest is filled with `<pad>`, whose vector was never learned.",
        "Unpacked, the forward reader goes on behind the end, and the backward reader begins in the padding.",
        "A mask over the states mends the forward half alone. `pack_padded_sequence` mends both.",
        "`output[lengths − 1]` looks right, and is in one direction; in two its backward half has read a single word.",
    ),
    question="At how many steps of padding does the RNN's answer turn? And that of the LSTM, whose gates can close?",
)
