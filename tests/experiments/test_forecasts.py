"""Scores against published and foreign ones, baselines against their definitions, and what ships against itself."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import mean_pinball_loss
from statsmodels.api import OLS

from seqviz.data.batch import Batch
from seqviz.data.generated_series import random_walk, sine
from seqviz.data.load_series import load_series
from seqviz.data.series import Series
from seqviz.experiments.forecast_baselines import (
    Arima,
    Drift,
    LastValue,
    LinearOnWindow,
    Season,
    SeasonalNaive,
    baseline_forecast,
)
from seqviz.experiments.forecast_scores import (
    RollingOrigin,
    coverage,
    load_rolling_origins,
    mase,
    rmse,
    save_rolling_origins,
    smape,
)
from seqviz.experiments.leaks import LeakScores, leak_scores
from seqviz.experiments.rolling_origin import asked_origins, rolling_origin
from seqviz.experiments.statistics import diebold_mariano
from seqviz.experiments.window_lengths import WindowErrors, lengths_of, window_lengths
from seqviz.instruments.forecasting import Forecast, forecast
from seqviz.networks.build import build_model
from seqviz.networks.objectives import OBJECTIVES
from seqviz.specs import QUANTILES, ModelSpec, RecurrentSpec
from seqviz.training.checkpoints import load_checkpoint
from seqviz.training.recipes import series_windows

MODELS = Path(__file__).parents[2] / "models"


def test_mase_by_hand_with_a_season():
    learned = torch.tensor([1.0, 5.0, 2.0, 7.0, 3.0, 9.0])  # seasonal errors 1, 2, 1, 2
    assert mase(torch.tensor([4.0, 4.0]), torch.tensor([1.0, 4.0]), learned, period=2) == pytest.approx(1.0)
    assert math.isnan(mase(torch.ones(2), torch.zeros(2), torch.ones(6)))


def test_rmse_smape_and_coverage_by_hand():
    truth, values = torch.tensor([3.0, -0.5, 2.0, 7.0]), torch.tensor([2.5, 0.0, 2.0, 8.0])
    assert rmse(truth, values) == pytest.approx(math.sqrt(0.375))
    assert smape(truth, values) == pytest.approx((2 * 0.5 / 5.5 + 2 + 0 + 2 / 15) / 4)
    borders = torch.tensor([[0.0, 1.0, 2.0, 3.0, 4.0]]).expand(4, 5)
    assert (coverage(truth, borders, 0.9), coverage(truth, borders, 0.5)) == (0.5, 0.5)


def test_the_pinball_loss_is_scikit_learns():
    truth, answers = torch.randn(7, 3), torch.randn(7, 15)
    batch = Batch(torch.zeros(7, 2, 1), truth)
    expected = np.mean(
        [
            mean_pinball_loss(truth.flatten(), answers.view(7, 3, 5)[..., place].flatten(), alpha=level)
            for place, level in enumerate(QUANTILES)
        ]
    )
    objective = OBJECTIVES["forecast"]
    assert float(objective.loss(answers, batch)) == pytest.approx(float(expected), abs=1e-6)
    points = torch.randn(7, 3)
    assert float(objective.loss(points, batch)) == pytest.approx(float((points - truth).square().mean()), abs=1e-6)
    evaluation = objective.evaluation(
        [objective.summarize(answers[:4], batch[:4]), objective.summarize(answers[4:], batch[4:])]
    )
    assert evaluation.loss == pytest.approx(float(expected), abs=1e-6)


def test_without_lags_the_test_is_the_paired_t_test():
    one, other = np.random.default_rng(0).normal(size=(2, 30))
    found, expected = diebold_mariano(one.tolist(), other.tolist()), stats.ttest_rel(one, other)
    assert found.p == pytest.approx(float(expected.pvalue))
    low, high = expected.confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_with_lags_its_error_is_newey_and_wests_with_the_correction_for_few():
    noise = np.random.default_rng(1).normal(size=62)
    one = noise[:-2] + noise[1:-1] + noise[2:] + 0.4  # neighbours depend on each other
    count, lags = len(one), 2
    fit = OLS(one, np.ones(count)).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False})
    steps = lags + 1
    correction = (count + 1 - 2 * steps + steps * (steps - 1) / count) / count
    error = float(fit.bse[0]) / math.sqrt(correction)
    expected = 2 * stats.t.sf(abs(one.mean()) / error, count - 1)
    assert diebold_mariano(one.tolist(), [0.0] * count, lags).p == pytest.approx(float(expected))


def test_equal_losses_and_few_origins_have_no_test():
    assert diebold_mariano([1.0] * 20, [1.0] * 20) is None
    assert diebold_mariano([1.0, 2.0], [2.0, 1.0]) is None


def test_simple_baselines_are_what_they_are_called():
    known = np.array([1.0, 2.0, 4.0, 3.0, 5.0, 8.0])
    assert LastValue().point(known, 3).tolist() == [8, 8, 8]
    assert SeasonalNaive(4).point(known, 6).tolist() == [4, 3, 5, 8, 4, 3]
    assert Drift().point(known, 2).tolist() == pytest.approx([9.4, 10.8])
    line = np.arange(200.0)
    linear = LinearOnWindow(5, 3)
    linear.fit(line[:140])
    assert linear.point(line[:150], 3) == pytest.approx([150, 151, 152], abs=0.05)


def test_the_season_goes_on_and_is_learned_from_the_learned_part():
    wave = np.sin(np.arange(120) * 2 * np.pi / 12)
    season = Season(wave[:84], 12)
    assert season.at(84, 120) == pytest.approx(wave[84:], abs=0.02)


def test_arima_takes_in_new_values_without_a_new_fit_and_nothing_of_the_future():
    series = random_walk()
    model = Arima(Season(series.learned.numpy(), 1))
    model.fit(series.learned.numpy())
    before = model.results.params.copy()
    values = series.values.numpy().copy()
    first = baseline_forecast(model, series, [1000], 5)
    values[1000:] = 99.0
    changed = Series("x", "x", "", torch.from_numpy(values))
    second = baseline_forecast(model, changed, [1000], 5)
    assert torch.equal(first.values, second.values)
    assert model.results.params.tolist() == before.tolist()


def test_every_model_is_asked_at_the_same_origins_and_the_share_grows():
    series = load_series("nile")
    spec = ModelSpec.forecaster("gru", 4, window=20, horizon=5)
    model, windows = build_model(spec), series_windows(series).for_network(spec)
    events = list(rolling_origin({"net": model}, {"net": windows}, 5, most=8))
    shares = [one for one in events if isinstance(one, float)]
    found = [one for one in events if isinstance(one, RollingOrigin)][-1]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [*found.forecasts] == ["net", "last value", "drift", "linear on the window", "ETS", "ARIMA"]
    assert all(said.values.shape == found.truth.shape for said in found.forecasts.values())
    assert min(found.origins) >= series.ends[1]
    assert found.mase("last value") == pytest.approx(
        mase(found.truth, found.forecasts["last value"].values, series.learned)
    )
    assert found.by_horizon("net").mean() == pytest.approx(found.mase("net"))


def test_one_step_of_a_short_series_is_asked():
    series = Series("short", "Short", "", torch.arange(20.0).double() % 3)
    spec = ModelSpec.forecaster("gru", 2, window=3, horizon=1)
    windows = series_windows(series).for_network(spec)
    found = [
        one for one in rolling_origin({"net": build_model(spec)}, {"net": windows}, 1) if isinstance(one, RollingOrigin)
    ]
    assert len(found[-1].forecasts) == 6


def test_rolling_origins_are_kept_and_come_back(tmp_path):
    truth = torch.randn(3, 4).double()
    one = RollingOrigin(
        "a", (5, 7, 9), truth, {"x": Forecast(truth + 1, None), "y": Forecast(truth, truth[..., None])}, 2.0
    )
    save_rolling_origins({"a": one}, tmp_path / "kept.safetensors")
    again = load_rolling_origins(tmp_path / "kept.safetensors")["a"]
    assert (again.origins, again.scale, again.mase("x")) == ((5, 7, 9), 2.0, pytest.approx(0.5))
    assert again.forecasts["y"].quantiles.shape == (3, 4, 1)


@pytest.fixture(scope="module")
def shipped() -> dict[str, RollingOrigin]:
    return load_rolling_origins(MODELS / "forecasts.safetensors")


@pytest.mark.parametrize("name", ["co2", "sunspots", "random-walk", "prices", "sine"])
def test_what_ships_is_what_the_shipped_networks_say(shipped, name):
    found, series = shipped[name], load_series(name)
    assert len(found.origins) >= 20
    for network in (one for one in found.forecasts if one.startswith("forecast-")):
        model = load_checkpoint(MODELS / f"{network}.safetensors").build()
        said = forecast(model, series_windows(series), found.origins[:3], found.horizon)
        torch.testing.assert_close(said.values, found.forecasts[network].values[:3], atol=0.01, rtol=0.001)
    truth = series.values[torch.tensor(found.origins)[:, None] + torch.arange(found.horizon)]
    torch.testing.assert_close(found.truth, truth, atol=1e-4, rtol=1e-5)


def test_on_a_random_walk_nothing_is_clearly_better_than_the_last_value(shipped):
    """A clear win would be a leak."""
    found = shipped["random-walk"]
    for name in found.forecasts:
        difference = found.difference(name, "last value")
        assert difference is None or not (difference.clear and difference.mean < 0), name


def test_a_noiseless_sine_is_run_free_over_three_periods_within_one_per_cent():
    series = sine()
    model = load_checkpoint(MODELS / "forecast-sine.safetensors").build()
    origins, steps = asked_origins(series, 100, 76, 20), 76
    said = forecast(model, series_windows(series), origins, steps)
    truth = series.values[origins[:, None] + torch.arange(steps)]
    assert float((said.values - truth).abs().max()) < 0.01


def test_shuffled_windows_promise_more_than_they_are_worth(monkeypatch):
    from seqviz.experiments import leaks

    series = replace(random_walk(), values=random_walk().values[:500])
    recipe = leaks.leaky_recipe

    def small(*about):
        spec, training, windows = recipe(*about)
        return replace(spec, encoder=RecurrentSpec("gru", 32)), replace(training, epochs=50), windows

    monkeypatch.setattr(leaks, "leaky_recipe", small)
    found = [one for one in leak_scores(series) if isinstance(one, LeakScores)][-1]
    assert found.claimed["shuffled"] < found.claimed["split"]
    assert found.honest["shuffled"] > found.claimed["shuffled"] + 0.05


def test_window_lengths_double_up_to_the_recipes():
    series = load_series("nile")
    lengths = lengths_of(series)
    assert lengths == [2, 5, 10, 20]
    found = [one for one in window_lengths(series, lengths[:2]) if isinstance(one, WindowErrors)][-1]
    assert set(found.by_length) == {2, 5}
    assert all(0.3 < error < 3 for error in found.by_length.values())
