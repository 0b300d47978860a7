"""Race: two heads learn side by side, live, and again over several seeds."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
import streamlit as st
import torch

from seqviz import snippets
from seqviz.data.datasets import SequenceData
from seqviz.data.examples import Digit
from seqviz.errors import InputError
from seqviz.experiments.race import Race, Racer, race, repeat_race
from seqviz.experiments.statistics import paired_t_test, sign_test
from seqviz.figures.heads import seeds_figure
from seqviz.figures.live import Line, live_curve
from seqviz.instruments.trace import trace
from seqviz.networks.build import build_model, matching_parameters, parameter_counts
from seqviz.palette import CELL_COLOURS, CELL_NAMES, HEAD_NAMES, INK
from seqviz.specs import CELLS, CLASSIFIER_HEADS, ModelSpec, TrainSpec
from seqviz.timelines.answers import answers_timeline
from seqviz.training.estimate import Cost, run_cost
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import elsewhere, in_background
from seqviz.ui.shell.choices import choose_data
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.parameters import options_of
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import View, folded, result
from seqviz.ui.shell.url import choose, pick, switch, whole
from seqviz.ui.shell.verdict import verdict

SEEDS = 5
PROBE = 7  # the test digit that both read while they learn
SHIPPED = caches.MODELS / "race.json"


@dataclass(frozen=True)
class Contest:
    """Two networks that differ in their heads, and how both are trained."""

    specs: Mapping[str, ModelSpec]
    training: TrainSpec
    data: SequenceData

    @property
    def cost(self) -> Cost:
        """What both need together."""
        one, other = (run_cost(spec, self.training, self.data) for spec in self.specs.values())
        return one + other

    @property
    def key(self) -> str:
        return f"{self.data.name} {sorted(self.specs.items())} {self.training}"


def _choose() -> Contest:
    """Which heads, which cell, what size, how long; folded into one line once this contest has begun."""
    last: Contest | None = st.session_state.get("contest")
    begun = last is not None and caches.jobs().task(f"race {last.key}") is not None
    with folded(_in_one_line(last)) if last and begun else st.container():
        contest = _choose_contest()
    st.session_state["contest"] = contest
    return contest


def _in_one_line(contest: Contest) -> str:
    one, other = contest.specs.values()
    encoder = one.encoder
    epochs = contest.training.epochs
    return (
        f"{CELL_NAMES[encoder.cell]}, {encoder.hidden_size} units, {HEAD_NAMES[one.head.kind]} against "
        f"{HEAD_NAMES[other.head.kind]}, {epochs} {'epoch' if epochs == 1 else 'epochs'}"
    )


def _choose_contest() -> Contest:
    one = choose("One head reads", CLASSIFIER_HEADS, "head1", names=HEAD_NAMES, width=160)
    other = choose("The other", CLASSIFIER_HEADS, "head2", names=HEAD_NAMES, width=160)
    cell = pick("Cell of both", CELLS, "race_cell", names=CELL_NAMES)
    match = switch("Match parameters", "match")
    data = choose_data()
    with st.expander("Sizes and training"):
        units = whole("Units", "race_units", width=130)
        layers = whole("Layers", "race_layers", width=130)
        epochs = whole("Epochs", f"race_epochs_{data}", width=130)
        batch = whole("Batch size", f"race_batch_{data}", width=130)
        rate = float(choose("Learning rate", options_of("race_rate"), "race_rate", width=140))
        seed = whole("Seed", "race_seed", width=130)
    if one == other:
        raise InputError(f"Both networks have the head {HEAD_NAMES[one]!r}; choose two different ones.")
    specs = [ModelSpec.classifier(cell=cell, hidden_size=units, num_layers=layers, head=head) for head in (one, other)]
    if match:
        most = max(parameter_counts(spec).total for spec in specs)
        specs = [spec if parameter_counts(spec).total == most else matching_parameters(spec, most) for spec in specs]
    training = TrainSpec(epochs=epochs, batch_size=batch, learning_rate=rate, schedule="one-cycle", seed=seed)
    names = {HEAD_NAMES[spec.head.kind]: spec for spec in specs}
    return Contest(names, training, caches.dataset(data))


def _race(contest: Contest) -> None:
    """The race itself, and the same over several seeds."""
    work = partial(race, contest.specs, contest.data, contest.training)
    key = f"race {contest.key}"
    cost = contest.cost
    in_background(key, "Race", "Start the race", work, partial(_draw_race, contest), cost=cost)
    if caches.jobs().task(key) is None:
        _example()
    sizes = "; ".join(
        f"{name}: {spec.encoder.hidden_size} units, {parameter_counts(spec).total:,} parameters, "
        f"{spec.features:,} inputs to the linear layer"
        for name, spec in contest.specs.items()
    )
    st.caption(f"{sizes}. Same recurrent weights to begin with where sizes agree, same batches in the same order.")
    st.header("One run is an anecdote", anchor=False)
    seeds = range(contest.training.seed, contest.training.seed + SEEDS)
    again = partial(repeat_race, contest.specs, contest.data, contest.training, seeds)
    cost = replace(cost, seconds=SEEDS * cost.seconds)
    label = f"Repeat over {SEEDS} seeds"
    in_background(f"seeds {contest.key}", "Race over seeds", label, again, partial(_draw_seeds, contest), cost=cost)
    elsewhere((key, f"seeds {contest.key}"))
    code(snippets.race(contest.specs, contest.training, contest.data.name), "The race, from Python.")


def _draw_race(contest: Contest, found: Race) -> None:
    """Who leads, both accuracies in one chart that grows in place, and a digit that both read as they are now."""
    result(_standing(found))
    reading = all(racer.weights is not None for racer in found.racers.values())
    left, right = st.columns([3, 2]) if reading else (st.container(), st.container())
    with left:
        colours = (CELL_COLOURS[next(iter(contest.specs.values())).encoder.cell], INK[mode()])
        lines = []
        for (name, racer), colour in zip(found.racers.items(), colours, strict=True):
            curve = racer.curve
            lines.append(Line(f"{name}, batches", curve["step"], curve.get("accuracy", ()), colour, faint=True))
            lines.append(Line(name, curve["eval_step"], curve.get("eval_accuracy", ()), colour, dots=True))
        title = "Accuracy: test split (dots), batches (faint)"
        epoch = found.total / contest.training.epochs
        data, spec = live_curve(title, lines, found.total, "accuracy", percent=True, epoch=epoch)
        st.vega_lite_chart(data, spec, width="stretch", key="race curve")
    with right:
        _read_now(contest, found)
    _numbers(found)


def _standing(found: Race) -> str:
    """Who is ahead, and once both have ended, whether that is more than chance."""
    (one, first), (other, second) = found.racers.items()
    if first.correct is not None and second.correct is not None:
        return f"{verdict(one, other, sign_test(first.correct, second.correct))}{_at_first(found)} One run of each."
    for name, racer in found.racers.items():
        if racer.message and racer.correct is None:
            return f"{name}: {racer.message}"
    step = min(first.step, second.step)
    scores = [racer.curve.get("eval_accuracy", [])[-1:] for racer in (first, second)]
    if not all(scores):
        return f"Step {step:,} of {found.total:,}: neither has been scored yet."
    (a,), (b,) = scores
    if a == b:
        return f"Step {step:,} of {found.total:,}: both at **{a:.1%}** of the test split."
    ahead, behind = (one, other) if a > b else (other, one)
    return (
        f"Step {step:,} of {found.total:,}: **{ahead}** leads with {max(a, b):.1%} against {min(a, b):.1%} ({behind})."
    )


def _at_first(found: Race) -> str:
    """Who was ahead when both were scored for the first time."""
    scores = {name: racer.curve["eval_accuracy"][0] for name, racer in found.racers.items() if racer.curve["eval_step"]}
    if len(scores) < 2 or len(set(scores.values())) == 1:
        return ""
    ahead, behind = sorted(scores, key=scores.__getitem__, reverse=True)
    step = next(iter(found.racers.values())).curve["eval_step"][0]
    return f" After {step:,.0f} steps {ahead} led with {scores[ahead]:.0%} against {scores[behind]:.0%}."


def _read_now(contest: Contest, found: Race) -> None:
    """One digit and what each row adds to the answer, by the networks of this moment."""
    image = contest.data.test.inputs[PROBE]
    timeline = None
    for name, racer in found.racers.items():
        if racer.weights is None or not isinstance(racer.spec, ModelSpec):
            return
        model = build_model(racer.spec).eval()
        model.load_state_dict(dict(racer.weights))
        answers = answers_timeline(racer.spec, Digit(image), trace(model, image[None]), name)
        timeline = timeline.beside(answers) if timeline else answers
    if timeline:
        player(timeline, key="race reading", start=timeline.steps - 1)


def _numbers(found: Race) -> None:
    rows = {
        name: {
            "steps": f"{racer.step:,} of {found.total:,}",
            "examples/s": f"{racer.examples_per_second:,.0f}",
            "seconds": f"{racer.seconds:.1f}",
            "accuracy": "…" if racer.accuracy is None else f"{racer.accuracy:.2%}",
        }
        for name, racer in found.racers.items()
    }
    st.dataframe(pd.DataFrame(rows).T.rename_axis("network"), width="content")  # every column has a name
    if all(racer.correct is not None for racer in found.racers.values()):
        st.caption("The verdict is an exact sign test over the test digits.")
        columns = {
            f"{name}, {field}": pd.Series(racer.curve[field])
            for name, racer in found.racers.items()
            for field in ("step", "loss", "accuracy", "eval_step", "eval_accuracy")
        }
        csv = pd.DataFrame(columns).to_csv(index=False)
        st.download_button("Numbers (CSV)", csv, "seqviz-race.csv", key="race csv", on_click="ignore")


def _example() -> None:
    """A race that ships, with the settings that the page opens with."""
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    specs = {name: ModelSpec.from_dict(one["spec"]) for name, one in shipped["racers"].items()}
    racers = {
        name: Racer(
            specs[name],
            one["curve"],
            shipped["total"],
            one["seconds"],
            one["speed"],
            correct=torch.tensor([answer == "1" for answer in one["correct"]]),
        )
        for name, one in shipped["racers"].items()
    }
    st.caption("A race that ships with SeqViz. Start your own and it takes its place.")
    contest = Contest(specs, TrainSpec.from_dict(shipped["training"]), caches.dataset("digits"))
    _draw_race(contest, Race(racers, shipped["total"]))


def _draw_seeds(contest: Contest, found: Mapping[str, Sequence[float]]) -> None:
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
        told = verdict(one, other, difference)
        st.markdown(f"**Over {len(first)} seeds.** {told} Paired t-test, same seeds for both.")
    csv = pd.DataFrame(found).to_csv(index_label="seed")
    st.download_button("Numbers (CSV)", csv, "seqviz-seeds.csv", key="seeds csv", on_click="ignore")


VIEW = View(
    "race",
    "Race",
    _choose,
    _race,
    notice=(
        "Both networks see the same batches in the same order; only what the linear layer reads is different.",
        "360 test digits leave an uncertainty of one to three points. MNIST's 10,000 leave a fifth of that.",
    ),
    question="Match the parameters. Does the difference stay, and which network became larger?",
)
