"""The race of two heads: live, over seeds, and what two epochs on MNIST give."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.datasets import SequenceData
from seqviz.errors import InputError
from seqviz.experiments.race import Race, race, repeat_race
from seqviz.experiments.statistics import Difference, paired_t_test, sign_test
from seqviz.figures.heads import seeds_figure
from seqviz.figures.live import Line, live_curve
from seqviz.networks.build import matching_parameters, parameter_counts
from seqviz.palette import CELL_COLOURS, CELL_NAMES, HEAD_NAMES, INK
from seqviz.specs import CELLS, CLASSIFIER_HEADS, Cell, HeadKind, ModelSpec, TrainSpec
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import elsewhere, in_background
from seqviz.ui.shell.choices import choose_data
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.url import choose, pick, switch, whole

SEEDS = 5
RATES = ("0.0003", "0.001", "0.003", "0.005", "0.008", "0.01", "0.02")
SHIPPED = caches.MODELS / "heads.json"
SINGLE_RUNS: dict[tuple[Cell, HeadKind], float] = {
    ("lstm", "concat"): 0.979,
    ("lstm", "last"): 0.984,
    ("gru", "concat"): 0.981,
    ("rnn", "concat"): 0.9728,
}
"""What single runs had given for two layers of 256 units after two epochs, before the seeds were repeated."""


@dataclass(frozen=True)
class Contest:
    """Two networks that differ in their heads, and how both are trained."""

    specs: Mapping[str, ModelSpec]
    training: TrainSpec
    data: SequenceData

    @property
    def key(self) -> str:
        return f"{self.data.name} {sorted(self.specs.items())} {self.training}"


def choose_contest() -> Contest:
    """Which heads, which cell, what size, how long."""
    data = choose_data()
    small = data == "digits"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choose(
            "One head reads", CLASSIFIER_HEADS, "head1", names=HEAD_NAMES.__getitem__, default="concat", width=160
        )
        other = choose("The other", CLASSIFIER_HEADS, "head2", names=HEAD_NAMES.__getitem__, default="last", width=160)
        cell = pick("Cell of both", CELLS, "race_cell", names=CELL_NAMES.__getitem__, default="lstm")
        match = switch("Match parameters", "match")
    with st.expander("Sizes and training"), st.container(horizontal=True, vertical_alignment="bottom"):
        units = whole("Units", 1, 512, 64, "race_units", width=130)
        layers = whole("Layers", 1, 4, 1, "race_layers", width=130)
        epochs = whole("Epochs", 1, 50, 10 if small else 1, f"race_epochs_{data}", width=130)
        batch = whole("Batch size", 1, 1024, 32 if small else 128, f"race_batch_{data}", width=130)
        rate = float(choose("Learning rate", RATES, "race_rate", default="0.005", width=140))
        seed = whole("Seed", 0, 10**6, 0, "race_seed", width=130)
    if one == other:
        raise InputError(f"Both networks have the head {HEAD_NAMES[one]!r}; choose two different ones.")
    specs = [ModelSpec.classifier(cell=cell, hidden_size=units, num_layers=layers, head=head) for head in (one, other)]
    if match:
        most = max(parameter_counts(spec).total for spec in specs)
        specs = [spec if parameter_counts(spec).total == most else matching_parameters(spec, most) for spec in specs]
    training = TrainSpec(epochs=epochs, batch_size=batch, learning_rate=rate, schedule="one-cycle", seed=seed)
    names = {HEAD_NAMES[spec.head.kind]: spec for spec in specs}
    return Contest(names, training, caches.dataset(data))


def run() -> None:
    """The race itself, and the same over several seeds."""
    contest = choose_contest()
    sizes = "; ".join(
        f"{name}: {spec.encoder.hidden_size} units, {parameter_counts(spec).total:,} parameters, "
        f"{spec.features:,} inputs to the linear layer"
        for name, spec in contest.specs.items()
    )
    st.caption(f"{sizes}. Same recurrent weights to begin with where sizes agree, same batches in the same order.")
    work = partial(race, contest.specs, contest.data, contest.training)
    in_background(f"race {contest.key}", "Start the race", work, partial(draw_race, contest))
    st.header("One run is an anecdote", anchor=False)
    seeds = range(contest.training.seed, contest.training.seed + SEEDS)
    again = partial(repeat_race, contest.specs, contest.data, contest.training, seeds)
    in_background(f"seeds {contest.key}", f"Repeat over {SEEDS} seeds", again, partial(draw_seeds, contest))
    elsewhere((f"race {contest.key}", f"seeds {contest.key}"))
    code(snippets.race(contest.specs, contest.training, contest.data.name), "The race, from Python.")


def draw_race(contest: Contest, found: Race) -> None:
    """Both accuracies in one chart that grows in place, the numbers of both, and at the end the verdict."""
    colours = (CELL_COLOURS[next(iter(contest.specs.values())).encoder.cell], INK[mode()])
    lines = []
    for (name, racer), colour in zip(found.racers.items(), colours, strict=True):
        curve = racer.curve
        lines.append(Line(f"{name}, batches", curve["step"], curve.get("accuracy", ()), colour, faint=True))
        lines.append(Line(name, curve["eval_step"], curve.get("eval_accuracy", ()), colour, dots=True))
    data, spec = live_curve(
        "Accuracy: test split (dots), batches (faint)", lines, found.total, "accuracy", percent=True
    )
    st.vega_lite_chart(data, spec, width="stretch")
    rows = {
        name: {
            "steps": f"{racer.step:,} of {found.total:,}",
            "examples/s": f"{racer.examples_per_second:,.0f}",
            "seconds": f"{racer.seconds:.1f}",
            "accuracy": "…" if racer.accuracy is None else f"{racer.accuracy:.2%}",
        }
        for name, racer in found.racers.items()
    }
    st.dataframe(pd.DataFrame(rows).T, width="content")
    one, other = found.racers.values()
    names = list(found.racers)
    if one.correct is not None and other.correct is not None:
        difference = sign_test(one.correct, other.correct)
        verdict = _verdict(names[0], names[1], difference)
        st.markdown(f"**Verdict.** {verdict} Exact sign test over test digits. This is one run of each: see below.")
        columns = {
            f"{name}, {field}": pd.Series(racer.curve[field])
            for name, racer in found.racers.items()
            for field in ("step", "loss", "accuracy", "eval_step", "eval_accuracy")
        }
        csv = pd.DataFrame(columns).to_csv(index=False)
        st.download_button("Numbers (CSV)", csv, "seqviz-race.csv", key="race csv", on_click="ignore")
    for name, racer in found.racers.items():
        if racer.message and racer.correct is None:
            st.text(f"{name}: {racer.message}")


def _verdict(one: str, other: str, difference: Difference) -> str:
    if difference.mean == 0:
        return f"Both are right equally often on this test split (p = {difference.p:.2g})."
    better, worse = (one, other) if difference.mean > 0 else (other, one)
    ends = sorted((abs(difference.low) * 100, abs(difference.high) * 100))
    if difference.low < 0 < difference.high:
        ends = [-ends[0], ends[1]]
    told = f"{better} is {abs(difference.mean) * 100:.2f} points above {worse} (95 %: {ends[0]:.2f} to {ends[1]:.2f})"
    chance = "hardly by chance" if difference.clear else "this cannot tell which is better"
    return f"{told}; {chance} (p = {difference.p:.2g})."


def draw_seeds(contest: Contest, found: Mapping[str, Sequence[float]]) -> None:
    """Every seed's accuracy, mean and range, and a paired test."""
    cell = next(iter(contest.specs.values())).encoder.cell
    heads = {contest.specs[name].head.kind: values for name, values in found.items() if values}
    there = {head: [value for value in values if not math.isnan(value)] for head, values in heads.items()}
    st.plotly_chart(seeds_figure({cell: there}, "Every seed's accuracy", mode()), key="seeds", theme=None)
    (one, first), (other, second) = found.items()
    for name, values in found.items():
        if diverged := sum(map(math.isnan, values)):
            st.caption(f"{name}: {diverged} of {len(values)} runs diverged; their seeds are left out.")
    if len(first) < SEEDS:
        st.caption(f"{len(first)} of {SEEDS} seeds. The test waits for all: looking early finds differences too often.")
        return
    difference = paired_t_test(first, second)
    if difference is None:
        st.caption("Too few different values to test whether this is chance.")
    else:
        verdict = _verdict(one, other, difference)
        st.markdown(f"**Over {len(first)} seeds.** {verdict} Paired t-test, same seeds for both.")
    csv = pd.DataFrame(found).to_csv(index_label="seed")
    st.download_button("Numbers (CSV)", csv, "seqviz-seeds.csv", key="seeds csv", on_click="ignore")


@st.cache_data(show_spinner=False)
def _measured() -> dict[Cell, dict[HeadKind, list[float]]]:
    found: dict[Cell, dict[HeadKind, list[float]]] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found


def repeated_seeds() -> None:
    """Two epochs on MNIST over several seeds, beside a single run."""
    measured = _measured()
    seeds = min(len(runs) for heads in measured.values() for runs in heads.values())
    values = {cell: {head: runs[:seeds] for head, runs in measured[cell].items()} for cell in measured}
    title = f"MNIST, two layers of 256 units, two epochs: {seeds} seeds"
    st.plotly_chart(seeds_figure(values, title, mode()), key="documents", theme=None)
    rows, verdicts = [], []
    for cell, heads in values.items():
        difference = paired_t_test(heads["concat"], heads["last"])
        mean = sum(a - b for a, b in zip(heads["concat"], heads["last"], strict=True)) / seeds
        rows.append(
            {
                "cell": CELL_NAMES[cell],
                **{f"{HEAD_NAMES[head]}, mean": f"{sum(one) / len(one):.2%}" for head, one in heads.items()},
                **{f"{HEAD_NAMES[head]}, one earlier run": _single_run(cell, head) for head in heads},
                "all rows − last row": f"{mean * 100:+.2f} points",
                "p": "too few seeds" if difference is None else f"{difference.p:.2g}",
            }
        )
        if difference is not None:
            verdicts.append(f"- **{CELL_NAMES[cell]}.** {_verdict('all rows', 'last row', difference)}")
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.markdown("\n".join(verdicts))
    st.caption(
        "Adam at a rate of 0.001, batches of 64, no clipping; paired t-test over seeds. One earlier run each had put "
        "the last row above all rows for the LSTM (98.40 against 97.90 %): one run cannot decide. "
        "Two epochs are the start of training: what is measured here is mostly which head learns faster."
    )
    text = SHIPPED.read_text(encoding="utf-8")
    st.download_button("Numbers (JSON)", text, SHIPPED.name, key="documents json", on_click="ignore")


def _single_run(cell: Cell, head: HeadKind) -> str:
    return f"{SINGLE_RUNS[cell, head]:.2%}" if (cell, head) in SINGLE_RUNS else "not given"
