"""What a network says of the time behind an origin: at once, or step by step from its own answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.data.windows import Windows
from seqviz.errors import InputError
from seqviz.networks.network import HiddenState, SequenceNetwork
from seqviz.networks.scoring import eval_mode
from seqviz.networks.unroll import LayerTrace
from seqviz.specs import QUANTILES

PATHS = 200
"""Futures that a recursive network with quantiles draws for its intervals."""
AT_ONCE = 64
"""Origins that are forecast together."""
LONGEST = 500
"""Steps that a recursive network runs ahead at most."""


@dataclass(frozen=True)
class Forecast:
    """The next `horizon` values after each origin, in the series' unit, and their `QUANTILES` where the model has any.

    >>> import torch
    >>> Forecast(torch.zeros(3, 8), None).values.shape
    torch.Size([3, 8])
    """

    values: Float[Tensor, "origins horizon"]
    quantiles: Float[Tensor, "origins horizon levels"] | None


def forecast(
    model: SequenceNetwork,
    windows: Windows,
    origins: Int[Tensor, " origins"] | Sequence[int],
    horizon: int | None = None,
    seed: int = 0,
    *,
    intervals: bool = True,
) -> Forecast:
    """The network's forecast from each origin (the number of values that are known); nothing behind it is read.

    A direct network answers all steps at once. A recursive one reads its own answer (of quantiles: its median) as the
    next value; its `intervals` are those of `PATHS` futures in which every answer is drawn from its quantiles, with
    straight lines between them. `AT_ONCE` origins are computed together, so that memory has a bound.

    Raises:
        InputError: the horizon is longer than the network's, or an origin has no whole window before it.
    """
    windows = windows.for_network(model.spec)
    places = torch.as_tensor(origins)
    if len(places) and not windows.window <= int(places.min()) <= int(places.max()) <= len(windows.series):
        raise InputError(
            f"The origins go from {int(places.min())} to {int(places.max())}; with a window of {windows.window} and "
            f"{len(windows.series)} values they must be from {windows.window} to {len(windows.series)}."
        )
    most = LONGEST if model.spec.recursive else model.spec.horizon
    horizon = min(most, windows.horizon) if horizon is None else horizon
    if not 1 <= horizon <= most:
        raise InputError(f"The horizon is {horizon}; this network forecasts 1 to {most} steps.")
    generator = torch.Generator().manual_seed(seed) if intervals and model.spec.head.quantiles else None
    parts = []
    with eval_mode(model), torch.no_grad():
        for part in places.split(AT_ONCE):
            x = windows.inputs(part).to(model.head.weight)
            if model.spec.recursive:
                parts.append(_recursive(model, windows, part, x, horizon, generator))
            else:
                parts.append(_direct(model, windows, part, x, horizon))
    quantiles = [one.quantiles for one in parts if one.quantiles is not None]
    return Forecast(torch.cat([one.values for one in parts]), torch.cat(quantiles) if quantiles else None)


def _direct(model: SequenceNetwork, windows: Windows, origins: Tensor, x: Tensor, horizon: int) -> Forecast:
    answers = model(x).unflatten(1, (model.spec.horizon, -1))[:, :horizon]  # (origins, horizon, levels)
    scaled = _in_unit(windows, _start(windows, origins)[..., None], answers)
    if not model.spec.head.quantiles:
        return Forecast(scaled[..., 0], None)
    ordered = scaled.sort(dim=-1).values  # quantiles that cross are put in order (Chernozhukov et al. 2010)
    return Forecast(ordered[..., len(QUANTILES) // 2], ordered)


def _recursive(
    model: SequenceNetwork,
    windows: Windows,
    origins: Tensor,
    x: Tensor,
    horizon: int,
    generator: torch.Generator | None,
) -> Forecast:
    """Each window is read once; only the state that it ends in is taken to every future."""
    answers, state = model.forward_from(x, None)
    start = _start(windows, origins)
    values = _runs_free(model, windows, x[:, -1, 0], answers[:, -1], state, horizon)
    if generator is None:
        return Forecast(_in_unit(windows, start, values), None)
    value, answer = (one.repeat_interleave(PATHS, dim=0) for one in (x[:, -1, 0], answers[:, -1]))
    states = tuple(one.repeat_interleave(PATHS, dim=1) for one in (state if isinstance(state, tuple) else (state,)))
    many: HiddenState = (states[0], states[1]) if len(states) == 2 else states[0]
    futures = _runs_free(model, windows, value, answer, many, horizon, generator)
    spread = futures.unflatten(0, (-1, PATHS)).quantile(futures.new_tensor(QUANTILES), dim=1).permute(1, 2, 0)
    return Forecast(_in_unit(windows, start, values), _in_unit(windows, start[..., None], spread))


def _runs_free(
    model: SequenceNetwork,
    windows: Windows,
    value: Float[Tensor, " batch"],
    answer: Float[Tensor, "batch levels"],
    state: HiddenState,
    horizon: int,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "batch horizon"]:
    """From the last value read and the answer to it, the values ahead as the network reads them."""
    found = []
    for step in range(horizon):
        value = following(windows, value, answer, generator)
        found.append(value)
        if step < horizon - 1:
            answers, state = model.forward_from(value[:, None, None], state)
            answer = answers[:, 0]
    return torch.stack(found, dim=1)


def following(
    windows: Windows,
    value: Float[Tensor, " batch"],
    answer: Float[Tensor, "batch levels"],
    generator: torch.Generator | None = None,
) -> Float[Tensor, " batch"]:
    """The next value, as the network reads it, from the last one and the answer: its median, or a draw."""
    if generator is None:
        chosen = answer[:, answer.shape[1] // 2]
    else:
        chosen = _drawn(answer, torch.rand(len(answer), generator=generator).to(answer))
    return chosen + value if windows.scaling == "change" else chosen


def _drawn(quantiles: Float[Tensor, "batch levels"], u: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
    """The inverse of the distribution that is linear between its quantiles, and goes on so beyond the outer ones."""
    levels, ordered = quantiles.new_tensor(QUANTILES), quantiles.sort(dim=1).values
    place = torch.searchsorted(levels, u).clamp(1, len(QUANTILES) - 1)
    low, high = (ordered.gather(1, at[:, None])[:, 0] for at in (place - 1, place))
    return low + (high - low) * (u - levels[place - 1]) / (levels[place] - levels[place - 1])


def _start(windows: Windows, origins: Tensor) -> Float[Tensor, "origins 1"]:
    """The value, scaled, that answers are distances from."""
    if windows.scaling == "level":
        return torch.zeros(len(origins), 1, dtype=torch.float64)
    at = origins - (windows.window if windows.recursive else 1)
    scale = windows.scale
    return ((windows.series.values[at] - scale.mean) / scale.size)[:, None]


def _in_unit(windows: Windows, start: Tensor, scaled: Tensor) -> Tensor:
    """Scaled distances from the start, as values of the series."""
    return windows.scale.mean + windows.scale.size * (start + scaled.cpu().double())


@dataclass(frozen=True)
class WatchedForecast:
    """One origin on a clock of `window` + `horizon` steps.

    `truth` is NaN where the series has ended, `ahead` (forecasts from one step before, always from true values) where
    there is no window. `states` are those of a network that goes on reading true values; of a direct one, which answers
    at the origin, the last ones stand. `free_states` are those of a recursive one that reads its own.
    """

    origin: int
    window: int
    truth: Float[Tensor, " steps"]
    ahead: Float[Tensor, " steps"]
    free: Forecast
    states: tuple[LayerTrace, ...]
    free_states: tuple[LayerTrace, ...] | None

    @property
    def horizon(self) -> int:
        return self.free.values.shape[1]


def watch_forecast(
    model: SequenceNetwork, windows: Windows, origin: int, horizon: int | None = None
) -> WatchedForecast:
    """The network reads the window before the origin, then one step ahead of the truth, and free of it.

    Raises:
        InputError: as `forecast`.
    """
    windows = windows.for_network(model.spec)
    free = forecast(model, windows, [origin], horizon)
    steps, series = free.values.shape[1], windows.series
    first = origin - windows.window
    truth = torch.full((windows.window + steps,), torch.nan, dtype=torch.float64)
    known = series.values[first : origin + steps]
    truth[: len(known)] = known
    at = torch.arange(max(first, windows.window), min(origin + steps, len(series) + 1))
    ahead = torch.full_like(truth, torch.nan)
    ahead[at - first] = forecast(model, windows, at, 1, intervals=False).values[:, 0]
    with eval_mode(model), torch.no_grad():
        x = windows.inputs(torch.tensor([origin])).to(model.head.weight)
        if not model.spec.recursive:
            layers = tuple(_standing(trace, steps) for trace in model.unroll(x).stacks["encoder"])
            return WatchedForecast(origin, windows.window, truth, ahead, free, layers, None)
        start, scale = _start(windows, torch.tensor([origin])), windows.scale
        later = ((series.values[None, origin : origin + steps] - scale.mean) / scale.size - start).to(x)
        own = ((free.values - scale.mean) / scale.size - start).to(x)
        if windows.scaling == "level":
            assert not start.any()
        truths = torch.cat([x, later[..., None]], dim=1)
        missing = windows.window + steps - truths.shape[1]
        reading = tuple(_standing(trace, missing) for trace in model.unroll(truths).stacks["encoder"])
        alone = model.unroll(torch.cat([x, own[..., None]], dim=1)).stacks["encoder"]
        return WatchedForecast(origin, windows.window, truth, ahead, free, reading, alone)


def _standing(trace: LayerTrace, more: int) -> LayerTrace:
    """A trace whose last step stands for so many more."""
    if not more:
        return trace
    return trace.each(lambda signal: torch.cat([signal, signal[:, -1:].expand(-1, more, -1)], dim=1))
