"""What a network has to beat: yesterday, last year, a straight line, and statistics of before there were networks.

All learn from the learned part alone; the part that runs are watched by tells how wide their intervals are, and whether
a season is taken out. From then on they take in new values without a new fit.
"""

import warnings
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqviz.data.series import Series
from seqviz.instruments.forecasting import Forecast
from seqviz.specs import QUANTILES

Values = NDArray[np.float64]
MOST_FITTED = 2500
"""The last values of the learned part that exponential smoothing and ARIMA are fitted to and look back to."""
MOST_ERRORS, FEWEST_ERRORS = 400, 30
"""Origins by whose errors intervals are measured: of the part that runs are watched by, and where those are few, of the
end of the learned part, too."""
LONGEST_WINDOW, MOST_NUMBERS = 512, 10**7
"""What the linear model reads at most: values before an origin, and numbers in all."""
JUDGED = 10
"""Origins by which it is decided whether a season is taken out."""
ORDERS = ((1, 0, 0), (2, 0, 0), (3, 0, 0), (1, 0, 1), (2, 0, 2), (9, 0, 0))
CHANGING_ORDERS = ((0, 1, 1), (1, 1, 0), (1, 1, 1), (2, 1, 2))
"""Orders (p, d, q) of which Akaike's criterion chooses: for series that keep their level, and for those that do not."""


class Baseline(ABC):
    """A way to forecast; `fit` learns from values, `point` answers from all that is known."""

    name: str
    needs = 1
    """Values that it must know."""

    @abstractmethod
    def fit(self, learned: Values) -> None:
        """Learn from the learned part."""

    @abstractmethod
    def point(self, known: Values, horizon: int) -> Values:
        """The next `horizon` values."""

    def forecast(self, known: Values, horizon: int) -> tuple[Values, Values | None]:
        """The next values, and their quantiles `(horizon, levels)` by the errors that it made before."""
        values = self.point(known, horizon)
        return values, values[:, None] + self.spread[:horizon]

    def measure(self, known: Values, learned: int, horizon: int) -> None:
        """The quantiles of the errors by the step ahead; `known` values end with those that runs are watched by."""
        last = len(known) - horizon
        first = max(self.needs, min(learned, last - FEWEST_ERRORS))
        origins = np.unique(np.linspace(min(first, last), last, MOST_ERRORS).astype(int))
        errors = [known[origin : origin + horizon] - self.point(known[:origin], horizon) for origin in origins]
        self.spread = np.quantile(np.stack(errors), QUANTILES, axis=0).T


class LastValue(Baseline):
    """ŷ_{t+h} = y_t: of a random walk, nothing can do better."""

    name = "last value"

    def fit(self, learned: Values) -> None:
        pass

    def point(self, known: Values, horizon: int) -> Values:
        return np.full(horizon, known[-1])


class SeasonalNaive(Baseline):
    """ŷ_{t+h} is the value of the last season at the same place."""

    name = "seasonal naive"

    def __init__(self, period: int) -> None:
        self.period = self.needs = period

    def fit(self, learned: Values) -> None:
        pass

    def point(self, known: Values, horizon: int) -> Values:
        season = known[-self.period :]
        return np.resize(season, horizon)


class Drift(Baseline):
    """ŷ_{t+h} = y_t + h · slope, the slope from the first to the last value that is known."""

    name = "drift"

    def fit(self, learned: Values) -> None:
        pass

    def point(self, known: Values, horizon: int) -> Values:
        slope = (known[-1] - known[0]) / max(1, len(known) - 1)
        return known[-1] + slope * np.arange(1, horizon + 1)


class LinearOnWindow(Baseline):
    """Each step ahead as a linear function of the window: ridge regression, as scikit-learn does it.

    It reads a window as the network does, from its last value on; the penalty is 1 on scaled values.
    """

    name = "linear on the window"

    def __init__(self, window: int, horizon: int) -> None:
        self.window, self.horizon = window, horizon

    def fit(self, learned: Values) -> None:
        from sklearn.linear_model import Ridge

        self.window = max(1, min(self.window, LONGEST_WINDOW, (len(learned) - self.horizon) // 2))
        origins = np.arange(self.window, len(learned) - self.horizon + 1)
        origins = origins[np.unique(np.linspace(0, len(origins) - 1, MOST_NUMBERS // self.window).astype(int))]
        x = learned[origins[:, None] + np.arange(-self.window, 0)]
        y = learned[origins[:, None] + np.arange(self.horizon)]
        last = x[:, -1:]
        self.needs = self.window
        self.scale = float(np.std(np.diff(learned))) or 1.0
        self.model = Ridge(alpha=1.0).fit((x - last) / self.scale, (y - last) / self.scale)

    def point(self, known: Values, horizon: int) -> Values:
        window = known[-self.window :]
        answer = self.model.predict((window - window[-1])[None] / self.scale).reshape(-1)
        return (window[-1] + self.scale * answer)[:horizon]


class Season:
    """The season of the end of the learned part by STL (Cleveland et al. 1990); its last cycle goes on for ever."""

    def __init__(self, learned: Values, period: int) -> None:
        from statsmodels.tsa.seasonal import STL

        self.period, self.learned = period, len(learned)
        self.season = np.zeros(len(learned))
        last = max(MOST_FITTED, 10 * period)
        if period > 1 and len(learned) >= 2 * period:
            season = np.asarray(STL(learned[-last:], period, robust=True).fit().seasonal)
            self.season[-len(season) :] = season  # nobody asks for what lies before

    def at(self, start: int, stop: int) -> Values:
        """The season at steps of the series."""
        steps = np.arange(start, stop)
        last = self.learned - self.period + (steps - self.learned) % self.period
        return self.season[np.where(steps < self.learned, np.clip(steps, 0, self.learned - 1), last)]


class _StateSpace(Baseline):
    """What statsmodels fits as a state-space model, to a series less its season; intervals are the model's own."""

    def __init__(self, season: Season) -> None:
        self.season = season

    @abstractmethod
    def fitted(self, values: Values) -> Any:
        """The results of a fit."""

    def fit(self, learned: Values) -> None:
        self.offset = float(learned[-1])
        rest = (learned - self.season.at(0, len(learned)))[-MOST_FITTED:] - self.offset
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # statsmodels warns of start values and of steps that did not converge
            self.results = self.fitted(rest)

    def measure(self, known: Values, learned: int, horizon: int) -> None:
        pass

    def point(self, known: Values, horizon: int) -> Values:
        return self.forecast(known, horizon)[0]

    def forecast(self, known: Values, horizon: int) -> tuple[Values, Values | None]:
        from scipy.stats import norm

        start = max(0, len(known) - MOST_FITTED)
        rest = known[start:] - self.season.at(start, len(known)) - self.offset
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ahead = self.results.apply(rest).get_forecast(horizon)
        values = np.asarray(ahead.predicted_mean) + self.offset + self.season.at(len(known), len(known) + horizon)
        deviations = np.sqrt(np.maximum(0.0, np.asarray(ahead.var_pred_mean)))
        return values, values[:, None] + deviations[:, None] * norm.ppf(QUANTILES)


class ExponentialSmoothing(_StateSpace):
    """ETS with additive errors and a damped additive trend (Hyndman et al. 2002)."""

    name = "ETS"

    def fitted(self, values: Values) -> Any:
        from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing as Model

        return Model(values, trend=True, damped_trend=True, initialization_method="estimated").fit(disp=False)


class Arima(_StateSpace):
    """ARIMA (Box and Jenkins 1970): differences where the KPSS test refuses a constant level, the order by AIC."""

    name = "ARIMA"

    def fitted(self, values: Values) -> Any:
        from statsmodels.tsa.statespace.sarimax import SARIMAX
        from statsmodels.tsa.stattools import kpss

        changing = float(np.ptp(values)) > 0 and float(kpss(values, nlags="auto")[1]) < 0.05
        constant = None if changing else "c"
        fits = [
            SARIMAX(values, order=order, trend=constant).fit(disp=False, maxiter=60)
            for order in (CHANGING_ORDERS if changing else ORDERS)
            if len(values) > 10 * (order[0] + order[2])
        ]
        return min(fits, key=lambda one: one.aic)


def baselines(series: Series, window: int, horizon: int) -> list[list[Baseline]]:
    """All of them, not fitted yet, each with the ways to take it: of a series with a season, with and without it."""
    learned = series.learned.numpy()
    seasons = [Season(learned, period) for period in dict.fromkeys((series.period, 1))]
    naive: list[Baseline] = [LastValue()] if series.period == 1 else [LastValue(), SeasonalNaive(series.period)]
    return [
        *([one] for one in (*naive, Drift(), LinearOnWindow(window, horizon))),
        [ExponentialSmoothing(season) for season in seasons],
        [Arima(season) for season in seasons],
    ]


def fitted_baseline(ways: list[Baseline], series: Series, horizon: int) -> Baseline:
    """Fitted to the learned part; of several ways the one that is better on the part by which runs are watched."""
    learned = series.learned.numpy()
    for way in ways:
        way.fit(learned)
    if len(ways) > 1:
        low, high = series.ends
        steps = min(horizon, high - low)
        origins = np.unique(np.linspace(low, high - steps, JUDGED).astype(int)).tolist()
        truth = np.stack([series.values[origin : origin + steps].numpy() for origin in origins])
        ways = sorted(
            ways,
            key=lambda way: float(np.abs(baseline_forecast(way, series, origins, steps).values.numpy() - truth).mean()),
        )
    ways[0].measure(series.values[: series.ends[1]].numpy(), len(learned), horizon)
    return ways[0]


def baseline_forecast(model: Baseline, series: Series, origins: list[int], horizon: int) -> Forecast:
    """What a fitted baseline says from each origin."""
    values = series.values.numpy()
    found = [model.forecast(values[:origin], horizon) for origin in origins]
    spreads = [spread for _, spread in found if spread is not None]
    return Forecast(
        torch.from_numpy(np.stack([value for value, _ in found])),
        torch.from_numpy(np.stack(spreads)) if len(spreads) == len(found) else None,
    )
