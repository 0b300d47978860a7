"""What the page Forecast reaches live beside the baselines, and training and forecasting beside plain loops."""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.report import Figure
from benchmarks.timing import in_turns
from seqviz.data.batch import shuffled
from seqviz.data.load_series import load_series
from seqviz.data.windows import Windows
from seqviz.experiments.forecast_scores import RollingOrigin
from seqviz.experiments.rolling_origin import rolling_origin
from seqviz.instruments.forecasting import forecast
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import QUANTILES, ModelSpec, TrainSpec
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import series_recipe, series_windows

STEPS, ROUNDS = 60, 4


def forecasts() -> list[Figure]:
    """Live runs beside the best baseline, training beside a bare loop, a forecast beside cells."""
    torch.set_num_threads(cores())
    return [_training(), _feeding_back(), *_live("co2"), *_live("sunspots"), *_live("random-walk")]


def _live(name: str) -> list[Figure]:
    """Seconds of the recipe's run, and the network's MASE beside the baselines'."""
    series = load_series(name)
    spec, training = series_recipe(series)
    windows = series_windows(series).for_network(spec)
    model, started = build_model(spec, training.seed), time.perf_counter()
    for _ in train(model, windows, training):
        pass
    seconds = time.perf_counter() - started
    work = rolling_origin({"network": model}, {"network": windows}, windows.horizon)
    found = [one for one in work if isinstance(one, RollingOrigin)][-1]
    others = [other for other in found.forecasts if other != "network"]
    best = found.best(others)
    share = found.coverage("network") or 0.0
    said = ", ".join(f"{other} {found.mase(other):.3f}" for other in others)
    text = f"network {found.mase('network'):.3f} ({share:.0%} in 90 %), {said}; {len(found.origins)} origins"
    ratio = found.mase("network") / found.mase(best)
    return [
        Figure(f"{name}: live run", seconds, "s", f"{seconds:.1f} s", 20, at_least=False),
        Figure(f"{name}: MASE beside {best}", ratio, "× baseline", text, 1.25, at_least=False),
    ]


def _training() -> Figure:
    """Steps a second on CO₂, beside a loop that is written out."""
    series = load_series("co2")
    spec, training = series_recipe(series)
    windows = series_windows(series).for_network(spec)
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_steps_a_second(lambda: _bare_steps(windows, spec, training)))
        ours.append(_steps_a_second(lambda: _our_steps(windows, spec, training)))
    share = max(ours) / max(bare)
    text = f"bare loop {max(bare):.1f} steps/s, train {max(ours):.1f}"
    return Figure("training on CO₂", share, "of bare loop", text, 0.9, at_least=True)


def _steps_a_second(steps: Callable[[], None]) -> float:
    started = time.perf_counter()
    steps()
    return STEPS / (time.perf_counter() - started)


def _our_steps(windows: Windows, spec: ModelSpec, run: TrainSpec) -> None:
    done = 0
    for event in train(build_model(spec), windows, run):
        done += isinstance(event, StepCompleted)
        if done == STEPS:
            return


def _bare_steps(windows: Windows, spec: ModelSpec, run: TrainSpec) -> None:
    """All windows in one tensor beforehand, as one would write it."""
    origins = windows.drawn[0]
    whole = windows.batch(origins)
    layer = {"gru": nn.GRU, "lstm": nn.LSTM}[spec.cell](1, spec.encoder.hidden_size, batch_first=True)
    head = nn.Linear(spec.encoder.hidden_size, spec.head.outputs)
    weights, levels = [*layer.parameters(), *head.parameters()], torch.tensor(QUANTILES)
    optimizer = torch.optim.Adam(weights, lr=run.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, run.learning_rate, total_steps=STEPS * 10)
    order, done = torch.Generator().manual_seed(run.seed), 0
    while True:
        for rows in shuffled(len(origins), run.batch_size, order):
            states, _ = layer(whole.inputs[rows])
            answers = head(states[:, -1]).unflatten(1, (-1, len(QUANTILES)))
            errors = whole.targets[rows][..., None] - answers
            loss = torch.maximum(levels * errors, (levels - 1) * errors).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            if done == STEPS:
                return


def _feeding_back() -> Figure:
    """Eleven years of sunspots from 26 origins, beside a loop over `nn.GRUCell`."""
    series = load_series("sunspots")
    spec, _ = series_recipe(series)
    spec = ModelSpec.forecaster(spec.cell, 32, window=44, recursive=True, quantiles=False)
    windows, model = series_windows(series).for_network(spec), build_model(spec).eval()
    origins = windows.origins("asked")[::2]
    torch.set_num_threads(1)
    ours, bare = in_turns(
        lambda: forecast(model, windows, origins, 11), lambda: _with_cells(model, windows, origins), rounds=20
    )
    torch.set_num_threads(cores())
    text = f"nn.GRUCell {bare * 1e3:.1f} ms, ours {ours * 1e3:.1f} ms"
    return Figure("a forecast that is fed back", ours / bare, "× cells", text, 1.2, at_least=False)


@torch.no_grad()
def _with_cells(model: SequenceNetwork, windows: Windows, origins: Tensor) -> Tensor:
    cell, inputs = nn.GRUCell(1, 32), windows.inputs(origins)
    h = torch.zeros(len(origins), 32)
    for x in inputs.unbind(dim=1):
        h = cell(x, h)
    value, found = inputs[:, -1], []
    for _ in range(11):
        value = value + model.head(h[:, None])[:, 0]
        found.append(value)
        h = cell(value, h)
    return torch.cat(found, dim=1)
