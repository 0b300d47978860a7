"""What a forecasting network remembers of its window: gradients back through it, and units that follow the season."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.windows import Windows
from seqviz.errors import InputError
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.scoring import eval_mode

MEASURED = 32
"""Origins over which norms are averaged."""


@dataclass(frozen=True)
class WindowGradients:
    """How much the forecast depends on the window: norms by the step of the window, the last is the origin.

    `states[t]` is ‖∂ŷ/∂h_t‖ of the last layer, `inputs[t]` |∂ŷ/∂y_t|, both in the mean over origins. ŷ is the median
    ahead and y_t a value of the series, both scaled: that a network reads changes from one value, and answers changes,
    is part of the way.
    """

    states: Float[Tensor, " window"]
    inputs: Float[Tensor, " window"]


def window_gradients(model: SequenceNetwork, windows: Windows, ahead: int = 1) -> WindowGradients:
    """Follow the forecast `ahead` steps behind the origin back through the window, at origins of the last part.

    Of a recursive network only the first step ahead is followed.

    Raises:
        InputError: the network does not forecast so far.
    """
    windows = windows.for_network(model.spec)
    most = 1 if model.spec.recursive else model.spec.horizon
    if not 1 <= ahead <= most:
        raise InputError(f"Step {ahead} ahead was asked for; this network forecasts 1 to {most} at once.")
    origins = windows.origins("asked")
    origins = origins[torch.linspace(0, len(origins) - 1, min(MEASURED, len(origins))).long()]
    with eval_mode(model):
        values = windows.scaled_windows(origins).to(model.head.weight).requires_grad_()
        x = windows.moved(values)
        kept: dict[int, Tensor] = {}

        def remember(step: int, signal: str, value: Tensor) -> Tensor:
            if signal == "hidden":
                kept[step] = value
            return value

        before = [None] * (model.spec.encoder.num_layers - 1)
        unrolled = model.unroll(x, interventions={"encoder": [*before, remember]})
        answers = model.head(unrolled.outputs, None)
        if model.spec.recursive:
            answers = answers[:, -1]
        levels = answers.shape[1] // (1 if model.spec.recursive else model.spec.horizon)
        median = answers[:, (ahead - 1) * levels + levels // 2]
        if windows.scaling == "change":
            median = median + values[:, -1, 0]
        *states, inputs = torch.autograd.grad(median.sum(), [*(kept[step] for step in sorted(kept)), values])
    norms = torch.stack([state.norm(dim=1).mean() for state in states])
    return WindowGradients(norms.cpu(), inputs[..., 0].abs().mean(dim=0).cpu())


def autocorrelation(values: Float[Tensor, " time"], lags: int) -> Float[Tensor, " lags"]:
    """The correlation of a series with itself, 1 to `lags` steps earlier: Σ (y_t − ȳ)(y_{t−k} − ȳ) / Σ (y_t − ȳ)²."""
    centred = values - values.mean()
    whole = centred.square().sum()
    if not float(whole) > 0:
        raise InputError("The series is constant: there is nothing in it that could go along with anything.")
    return torch.stack([centred[lag:] @ centred[: len(values) - lag] / whole for lag in range(1, lags + 1)])


@dataclass(frozen=True)
class SeasonalUnits:
    """How far each unit of the last layer follows the season: `share` of its variance, and the `phase` of its peak.

    `states` are the units' values after each step of the stretch that was read.
    """

    share: Float[Tensor, " units"]
    phase: Float[Tensor, " units"]
    states: Float[Tensor, "time units"]
    first: int

    def strongest(self, count: int) -> list[int]:
        """The units that follow it most."""
        return self.share.topk(min(count, len(self.share))).indices.tolist()


def seasonal_units(model: SequenceNetwork, windows: Windows, cycles: int = 6) -> SeasonalUnits:
    """Regress each unit on sin and cos of the season's phase, over the last cycles that are long enough to be read.

    At every step the network has read the window that ends there, as it does when it is asked.

    Raises:
        InputError: the series has no season.
    """
    windows, series = windows.for_network(model.spec), windows.series
    if series.period < 3:
        raise InputError(f"{series.title} has no season that units could follow: its period is {series.period}.")
    count = min(cycles * series.period, len(series) - windows.window)
    origins = torch.arange(len(series) - count + 1, len(series) + 1)
    with eval_mode(model), torch.no_grad():
        x = windows.inputs(origins).to(model.head.weight)
        states = torch.cat([model.encode(part)[0][:, -1] for part in x.split(256)]).cpu().double()
    angle = (origins - 1).double() * (2 * math.pi / series.period)
    waves = torch.stack([torch.ones_like(angle), angle.cos(), angle.sin()], dim=1)
    weights = torch.linalg.lstsq(waves, states).solution  # (3, units)
    left = (states - waves @ weights).square().sum(dim=0)
    whole = (states - states.mean(dim=0)).square().sum(dim=0)
    share = torch.where(whole > 1e-12, 1 - left / whole.clamp(min=1e-12), torch.zeros_like(whole))
    phase = torch.atan2(weights[2], weights[1]) / (2 * math.pi) % 1
    return SeasonalUnits(share, phase, states, int(origins[0]) - 1)
