"""How good forecasts are: MASE, RMSE, sMAPE, the coverage of intervals, and whether a difference may be chance."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from seqviz.errors import InputError
from seqviz.experiments.statistics import Difference, diebold_mariano
from seqviz.instruments.forecasting import Forecast
from seqviz.specs import QUANTILES

INTERVALS = {0.5: (QUANTILES.index(0.25), QUANTILES.index(0.75)), 0.9: (0, len(QUANTILES) - 1)}
"""The places of an interval's borders among the quantiles, by the share of values that should lie between them."""


def mase(
    truth: Float[Tensor, "*shape"], values: Float[Tensor, "*shape"], learned: Float[Tensor, " time"], period: int = 1
) -> float:
    """Mean absolute error over that of the seasonal naive forecast on the part that was learned from.

    mean |y − ŷ| / mean |y_t − y_{t−m}| (Hyndman and Koehler 2006, doi 10.1016/j.ijforecast.2006.03.001). Below 1 it is
    better than the season before was, one step ahead, on the learned part. NaN where that error is 0.

    >>> learned = torch.tensor([5, 0.5, 4, 6, 3, 5, 2])
    >>> truth, values = torch.tensor([3, -0.5, 2, 7, 2]), torch.tensor([2.5, 0.0, 2, 8, 1.25])
    >>> round(mase(truth, values, learned), 4)
    0.1833
    """
    if len(learned) <= period:
        raise InputError(f"There are {len(learned)} values to learn from; with a period of {period} it takes more.")
    scale = float((learned[period:] - learned[:-period]).abs().mean())
    error = float((truth - values).abs().mean())
    return error / scale if scale > 0 else math.nan


def rmse(truth: Float[Tensor, "*shape"], values: Float[Tensor, "*shape"]) -> float:
    """The root of the mean squared error, in the series' unit."""
    return math.sqrt(float((truth - values).square().mean()))


def smape(truth: Float[Tensor, "*shape"], values: Float[Tensor, "*shape"]) -> float:
    """mean 2|y − ŷ| / (|y| + |ŷ|), a share in [0, 2] (Makridakis 1993).

    It breaks where values are near 0 and punishes forecasts that are too low more than those that are too high.
    """
    size = truth.abs() + values.abs()
    return float(torch.where(size > 0, 2 * (truth - values).abs() / size, torch.zeros_like(size)).mean())


def coverage(truth: Float[Tensor, "*shape"], quantiles: Float[Tensor, "*shape levels"], share: float = 0.9) -> float:
    """The share of true values between the borders of an interval that should hold `share` of them (0.5 or 0.9)."""
    low, high = INTERVALS[share]
    inside = (truth >= quantiles[..., low]) & (truth <= quantiles[..., high])
    return float(inside.double().mean())


@dataclass(frozen=True)
class RollingOrigin:
    """What several models said from the same origins, beside what came.

    `scale` is the error of the seasonal naive forecast on the learned part (0: MASE is not defined).
    """

    series: str
    origins: tuple[int, ...]
    truth: Float[Tensor, "origins horizon"]
    forecasts: Mapping[str, Forecast]
    scale: float

    @property
    def horizon(self) -> int:
        return self.truth.shape[1]

    def errors(self, name: str) -> Float[Tensor, "origins horizon"]:
        """Forecast minus truth."""
        return self.forecasts[name].values - self.truth

    def mase(self, name: str) -> float:
        error = float(self.errors(name).abs().mean())
        return error / self.scale if self.scale > 0 else math.nan

    def rmse(self, name: str) -> float:
        return rmse(self.truth, self.forecasts[name].values)

    def smape(self, name: str) -> float:
        return smape(self.truth, self.forecasts[name].values)

    def coverage(self, name: str, share: float = 0.9) -> float | None:
        """None of a model without intervals."""
        quantiles = self.forecasts[name].quantiles
        return None if quantiles is None else coverage(self.truth, quantiles, share)

    def by_horizon(self, name: str) -> Float[Tensor, " horizon"]:
        """The mean absolute error at each step ahead, as MASE; in the series' unit where that is not defined."""
        return self.errors(name).abs().mean(dim=0) / (self.scale or 1.0)

    def best(self, names: Sequence[str]) -> str:
        return min(names, key=lambda name: float(self.errors(name).abs().mean()))

    def difference(self, one: str, other: str) -> Difference | None:
        """Diebold and Mariano's test on the mean absolute errors of each origin, scaled; negative: `one` is better.

        Forecasts from origins that lie closer than the horizon share what they are asked for: so many are allowed for.
        """
        first, second = (self.errors(name).abs().mean(dim=1) / (self.scale or 1.0) for name in (one, other))
        apart = self.origins[1] - self.origins[0] if len(self.origins) > 1 else self.horizon
        return diebold_mariano(first.tolist(), second.tolist(), lags=math.ceil(self.horizon / apart) - 1)


def save_rolling_origins(found: Mapping[str, RollingOrigin], path: Path) -> None:
    """Several of them in one file: the truth in single precision, deviations from it in half, in terms of the scale."""
    tensors: dict[str, Tensor] = {}
    about = {}
    for series, one in found.items():
        about[series] = {"origins": one.origins, "scale": one.scale, "names": list(one.forecasts)}
        tensors[f"{series}/truth"] = one.truth.float()
        unit, truth = one.scale or 1.0, tensors[f"{series}/truth"].double()
        for name, said in one.forecasts.items():
            tensors[f"{series}/{name}/values"] = ((said.values - truth) / unit).half()
            if said.quantiles is not None:
                tensors[f"{series}/{name}/quantiles"] = ((said.quantiles - truth[..., None]) / unit).half().contiguous()
    save_file(tensors, path, {"about": json.dumps(about)})


def load_rolling_origins(path: Path) -> dict[str, RollingOrigin]:
    """What `save_rolling_origins` wrote."""
    with safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["about"])
        tensors = {name: file.get_tensor(name).double() for name in file.keys()}  # noqa: SIM118
    return {series: _loaded(series, one, tensors) for series, one in about.items()}


def _loaded(series: str, about: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> RollingOrigin:
    truth, unit, forecasts = tensors[f"{series}/truth"], about["scale"] or 1.0, {}
    for name in about["names"]:
        quantiles = tensors.get(f"{series}/{name}/quantiles")
        forecasts[name] = Forecast(
            truth + unit * tensors[f"{series}/{name}/values"],
            None if quantiles is None else truth[..., None] + unit * quantiles,
        )
    return RollingOrigin(series, tuple(about["origins"]), truth, forecasts, about["scale"])
