"""Rebuild the networks in `models/` that forecast, and what they and the baselines come to (`models/forecasts.*`)."""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from tqdm import tqdm

from seqviz.data.load_series import load_series
from seqviz.experiments.forecast_scores import RollingOrigin, save_rolling_origins
from seqviz.experiments.leaks import LeakScores, leak_scores
from seqviz.experiments.rolling_origin import rolling_origin
from seqviz.experiments.window_lengths import WindowErrors, lengths_of, window_lengths
from seqviz.machine import cores
from seqviz.networks.build import build_model, parameter_count
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.scoring import evaluate
from seqviz.palette import CELL_NAMES
from seqviz.specs import Cell, ModelSpec, TrainSpec
from seqviz.training.checkpoints import load_checkpoint, save_checkpoint
from seqviz.training.events import StepCompleted
from seqviz.training.loop import copy_weights, train
from seqviz.training.recipes import series_recipe, series_windows
from seqviz.training.snapshots import half_precision_weights
from seqviz.training.summary import RunSummary

MODELS = Path(__file__).parents[1] / "models"
T = TypeVar("T")


@dataclass(frozen=True)
class Shipped:
    """A network of the recipe for a series, with another cell or another way to answer."""

    series: str
    cell: Cell = "gru"
    recursive: bool | None = None
    epochs: float = 1.0
    half: bool = True
    """Kept in half precision; a sine that is run free for long needs all digits."""

    def recipe(self) -> tuple[ModelSpec, TrainSpec]:
        series = load_series(self.series)
        spec, training = series_recipe(series)
        windows = series_windows(series)
        recursive = spec.recursive if self.recursive is None else self.recursive
        spec = ModelSpec.forecaster(
            self.cell,
            spec.encoder.hidden_size,
            window=windows.window,
            horizon=windows.horizon,
            scaling=windows.scaling,
            recursive=recursive,
        )
        return spec, replace(training, epochs=round(self.epochs * training.epochs))


NETWORKS = {
    "co2": Shipped("co2", epochs=2 / 3),
    "co2-lstm": Shipped("co2", "lstm"),
    "co2-rnn": Shipped("co2", "rnn"),
    "co2-recursive": Shipped("co2", recursive=True, epochs=1 / 3),
    "sunspots": Shipped("sunspots"),
    "sunspots-lstm": Shipped("sunspots", "lstm"),
    "sunspots-rnn": Shipped("sunspots", "rnn"),
    "sunspots-direct": Shipped("sunspots", recursive=False),
    "random-walk": Shipped("random-walk", recursive=True, epochs=1 / 3),
    "prices": Shipped("prices", recursive=True, epochs=1 / 3),
    "sine": Shipped("sine", recursive=True, epochs=8, half=False),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/pretrain_forecasts", description=__doc__)
    parser.add_argument("--only", choices=NETWORKS, help="one network (default: all, and what is measured on them)")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder (default: models/)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(cores())
    for name in NETWORKS if options.only is None else (options.only,):
        _pretrain(name, options.out)
    if options.only is None:
        _measure(options.out)


def _pretrain(name: str, out: Path) -> None:
    shipped = NETWORKS[name]
    spec, training = shipped.recipe()
    data = series_windows(load_series(shipped.series)).for_network(spec)
    model, run = build_model(spec, training.seed), RunSummary(data, training)
    with tqdm(total=run.total, desc=name, unit="step") as bar:
        for event in run.follow(train(model, data, training)):
            if isinstance(event, StepCompleted):
                bar.update()
    whole = run.checkpoint(spec, data, training)
    assert whole is not None
    small = half_precision_weights(model) if shipped.half else copy_weights(model)
    model.load_state_dict(small)
    metrics = evaluate(model, data).metrics
    path = out / f"forecast-{name}.safetensors"
    save_checkpoint(replace(whole, weights=small, metrics=metrics, optimizer={}, settings={}), path)
    how = "one step, fed back" if spec.recursive else f"{spec.horizon} steps at once"
    card = f"""# {data.series.title}: {CELL_NAMES[spec.cell]}, {spec.encoder.hidden_size} units, {how}

| | |
|---|---|
| made for | the page Forecast |
| learned from | the first {data.series.ends[0]:,} of {len(data.series):,} values of `load_series("{data.name}")` |
| reads | {data.window} values, answers with quantiles |
| parameters | {parameter_count(spec):,} |
| recipe | {training.optimizer}, one-cycle to {training.learning_rate:g}, batch {training.batch_size}, \
{training.epochs} epochs, seed {training.seed} |
| rebuilt by | `scripts/pretrain_forecasts --only {name}` |
"""
    (out / f"forecast-{name}.md").write_text(card, encoding="utf-8")


def _measure(out: Path) -> None:
    """Everything that pages show before a visitor has computed anything of their own."""
    found = {}
    for series_name in dict.fromkeys(shipped.series for shipped in NETWORKS.values()):
        windows = series_windows(load_series(series_name))
        names = [name for name, shipped in NETWORKS.items() if shipped.series == series_name]
        models = {f"forecast-{name}": load_checkpoint(out / f"forecast-{name}.safetensors").build() for name in names}
        networks = {name: model for name, model in models.items() if isinstance(model, SequenceNetwork)}
        work = rolling_origin(networks, dict.fromkeys(networks, windows), windows.horizon)
        found[series_name] = _last(work, RollingOrigin)
        print(series_name, {name: round(found[series_name].mase(name), 3) for name in found[series_name].forecasts})
    save_rolling_origins(found, out / "forecasts.safetensors")
    leaks = {name: _last(leak_scores(load_series(name)), LeakScores) for name in ("random-walk", "prices", "sine")}
    lengths = {name: _last(_lengths(name), WindowErrors) for name in ("co2", "sunspots")}
    shipped = {
        "leaks": {name: {"claimed": one.claimed, "honest": one.honest} for name, one in leaks.items()},
        "lengths": {name: {"by_length": one.by_length, "horizon": one.horizon} for name, one in lengths.items()},
    }
    (out / "forecasts.json").write_text(json.dumps(_rounded(shipped), indent=1) + "\n", encoding="utf-8")


def _lengths(name: str) -> Iterator[float | WindowErrors]:
    return window_lengths(load_series(name), lengths_of(load_series(name)))


def _last(work: Iterator[object], kind: type[T]) -> T:
    return [one for one in work if isinstance(one, kind)][-1]


def _rounded(values: object) -> object:
    if isinstance(values, dict):
        return {key: _rounded(value) for key, value in values.items()}
    return round(values, 4) if isinstance(values, float) else values


if __name__ == "__main__":
    main()
