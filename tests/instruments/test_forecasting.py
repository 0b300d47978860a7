"""Forecasts: nothing of the future enters, plain loops give the same values, and what echoes and remembers is found."""

from dataclasses import replace

import pytest
import torch
from statsmodels.tsa.stattools import acf
from torch import nn

from seqviz.data.generated_series import random_walk, sine, sines
from seqviz.data.load_series import load_series
from seqviz.data.series import Series
from seqviz.data.windows import Windows
from seqviz.errors import InputError
from seqviz.instruments.echo import echo
from seqviz.instruments.forecasting import forecast, watch_forecast
from seqviz.instruments.window_memory import autocorrelation, seasonal_units, window_gradients
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import CELLS, ModelSpec

KINDS = [
    {"recursive": recursive, "quantiles": quantiles, "scaling": scaling}
    for recursive in (False, True)
    for quantiles in (False, True)
    for scaling in ("level", "change")
]


def network(series: Series, cell: str = "gru", **kind: object) -> tuple[SequenceNetwork, Windows]:
    columns = 1 if series.others is None else 1 + series.others.shape[1]
    spec = ModelSpec.forecaster(cell, 6, window=20, horizon=9, columns=columns, num_layers=2, **kind)
    return build_model(spec, seed=3), Windows(series, 20, 9).for_network(spec)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_future_does_not_change_a_forecast_by_one_bit(kind):
    series = random_walk()
    model, windows = network(series, **kind)
    for origin in (series.ends[0], 1000, len(series) - 9):
        changed = series.values.clone()
        changed[origin:] = torch.linspace(-1e5, 1e5, len(series) - origin)
        other = replace(windows, series=replace(series, values=changed))
        one, two = (forecast(model, each, [origin]) for each in (windows, other))
        assert torch.equal(one.values, two.values)
        assert one.quantiles is None or torch.equal(one.quantiles, two.quantiles)


def test_nor_do_other_columns_behind_the_origin():
    series = load_series("macro")
    model, windows = network(series)
    changed = series.others.clone()
    changed[170:] = -50.0
    other = replace(windows, series=replace(series, others=changed))
    assert torch.equal(forecast(model, windows, [170]).values, forecast(model, other, [170]).values)
    changed = changed.clone()
    changed[160] += 1.0
    other = replace(windows, series=replace(series, others=changed))
    assert not torch.equal(forecast(model, windows, [170]).values, forecast(model, other, [170]).values)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("scaling", ["level", "change"])
def test_a_recursive_network_is_a_loop_over_pytorchs_cells_that_reads_its_own_medians(cell, scaling):
    series = sines()
    model, windows = network(series, cell, recursive=True, scaling=scaling)
    model.double()
    origin, steps = 900, 9
    cells = []
    for layer in range(2):
        made = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}[cell](1 if layer == 0 else 6, 6).double()
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(made, name).data = getattr(model.encoder, f"{name}_l{layer}").data
        cells.append(made)
    states = [None, None]

    def step(value: torch.Tensor) -> torch.Tensor:
        x = value.view(1, 1)
        for place, one in enumerate(cells):
            states[place] = one(x, states[place])
            x = states[place][0] if cell == "lstm" else states[place]
        return (model.head.weight @ x[0] + model.head.bias)[2]

    scale = windows.scale
    read = (series.values[origin - 20 : origin] - scale.mean) / scale.size
    read = read.float().double()  # as windows hand it on
    start = read[0].clone() if scaling == "change" else torch.zeros(())
    with torch.no_grad():
        for value in read - start:
            answer = step(value)
        found, value = [], read[-1] - start
        for _ in range(steps):
            value = value + answer if scaling == "change" else answer
            found.append(value)
            answer = step(value)
    expected = scale.mean + scale.size * (torch.stack(found) + start)
    torch.testing.assert_close(forecast(model, windows, [origin]).values[0], expected, atol=1e-5, rtol=1e-6)


def test_a_direct_network_answers_all_steps_with_ordered_quantiles():
    model, windows = network(random_walk())
    found = forecast(model, windows, [500, 700])
    assert found.values.shape == (2, 9)
    assert found.quantiles.shape == (2, 9, 5)
    assert bool((found.quantiles.diff(dim=2) >= 0).all())
    assert torch.equal(found.values, found.quantiles[..., 2])
    x = windows.inputs(torch.tensor([500]))
    torch.testing.assert_close(forecast(model, windows, [500], 4).values, found.values[:1, :4])
    answers = model(x).detach().view(9, 5).double().sort(dim=1).values
    expected = windows.series.values[499] + windows.scale.size * answers
    torch.testing.assert_close(found.quantiles[0], expected, atol=1e-4, rtol=0)


def test_intervals_of_a_recursive_network_come_from_its_own_draws_and_a_seed():
    model, windows = network(random_walk(), recursive=True)
    one, again, other = (forecast(model, windows, [900], seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one.quantiles, again.quantiles)
    assert not torch.equal(one.quantiles, other.quantiles)
    assert torch.equal(one.values, other.values)
    spread = one.quantiles[0, :, 4] - one.quantiles[0, :, 0]
    assert float(spread[-1]) > float(spread[0]) > 0


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_is_watched_is_what_is_forecast(kind):
    series = sine()
    model, windows = network(series, **kind)
    seen = watch_forecast(model, windows, 600)
    assert seen.truth.shape == (29,) == seen.ahead.shape
    assert torch.equal(seen.truth, series.values[580:609])
    torch.testing.assert_close(seen.free.values, forecast(model, windows, [600]).values)
    torch.testing.assert_close(seen.ahead[20:21], seen.free.values[0, :1])
    fused, _ = model.encode(windows.inputs(torch.tensor([600])))
    torch.testing.assert_close(seen.states[-1].hidden[:, :20], fused, atol=1e-5, rtol=0)
    assert (seen.free_states is None) == (not model.spec.recursive)
    if seen.free_states is not None:
        torch.testing.assert_close(seen.free_states[-1].hidden[:, :20], fused, atol=1e-5, rtol=0)


def test_behind_the_last_value_nobody_knows_the_truth():
    model, windows = network(sine(), recursive=True)
    seen = watch_forecast(model, windows, 800)
    assert bool(seen.truth[:20].isfinite().all())
    assert not bool(seen.truth[20:].isfinite().any())
    assert int(seen.ahead.isfinite().sum()) == 21  # the value that comes next, too


def test_a_drawn_past_is_read_at_the_same_scale():
    series = random_walk()
    model, windows = network(series)
    values = series.values.clone()
    values[100:120] += 1000.0  # in the part that the scale was learned from
    assert windows.redrawn(values).scale is windows.scale
    assert not torch.equal(
        forecast(model, windows.redrawn(values), [120]).values, forecast(model, windows, [120]).values
    )


def test_many_origins_are_the_same_as_a_few_and_intervals_can_be_left_out():
    model, windows = network(random_walk(), recursive=True)
    many = forecast(model, windows, range(900, 1030), intervals=False)
    assert many.quantiles is None
    torch.testing.assert_close(many.values[100:101], forecast(model, windows, [1000]).values, atol=1e-5, rtol=0)


def test_white_noise_is_no_echo():
    noise = torch.randn(200, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert not echo(torch.zeros(200, dtype=torch.float64), noise).repeats


def test_what_cannot_be_asked_is_refused():
    model, windows = network(random_walk())
    with pytest.raises(InputError, match="The horizon is 10; this network forecasts 1 to 9 steps"):
        forecast(model, windows, [500], 10)
    with pytest.raises(InputError, match="they must be from 20 to 1200"):
        forecast(model, windows, [19])


def test_a_forecast_that_repeats_is_an_echo_and_one_that_knows_is_none():
    walk, wave = random_walk().values, sine().values
    assert (echo(walk.roll(1), walk).lag, echo(walk.roll(1), walk).repeats) == (1, True)
    assert echo(walk.roll(3), walk).lag == 3
    assert not echo(wave + 0.01, wave).repeats
    with pytest.raises(InputError, match="it takes 20 of both"):
        echo(walk[:15], walk[:15])


@pytest.mark.parametrize("kind", [{"recursive": False}, {"recursive": True}], ids=str)
def test_gradients_through_the_window_equal_finite_differences(kind):
    model, windows = network(sine(), quantiles=True, **kind)
    model.double()
    found = window_gradients(model, windows, 1)
    origins = windows.origins("asked")
    origins = origins[torch.linspace(0, len(origins) - 1, 32).long()]
    values, small = windows.scaled_windows(origins).double(), 1e-5

    def median(values: torch.Tensor) -> torch.Tensor:
        answers = model(windows.moved(values))
        return values[:, -1, 0] + (answers[:, -1, 2] if model.spec.recursive else answers[:, 2])

    for place in (0, 11, 19):
        up, down = values.clone(), values.clone()
        up[:, place] += small
        down[:, place] -= small
        slope = ((median(up) - median(down)) / (2 * small)).abs().mean()
        torch.testing.assert_close(found.inputs[place], slope.detach(), atol=1e-8, rtol=1e-5)
    assert bool((found.states > 0).all())


def test_the_autocorrelation_is_statsmodels_own():
    values = load_series("sunspots").values
    expected = torch.from_numpy(acf(values.numpy(), nlags=30, fft=False)[1:])
    torch.testing.assert_close(autocorrelation(values, 30), expected)
    with pytest.raises(InputError, match="The series is constant"):
        autocorrelation(torch.ones(30), 3)


def test_units_that_are_the_season_are_found():
    series = sine()
    model, windows = network(series)
    with torch.no_grad():  # a unit that shows the last value: a sine of 25 steps
        for weight in model.encoder.parameters():
            weight.zero_()
    with pytest.raises(InputError, match="no season that units could follow"):
        seasonal_units(*network(random_walk()))
    found = seasonal_units(model, windows)
    assert not found.share.any()
    spec = ModelSpec.forecaster("rnn", 2, window=20, horizon=9, scaling="level")
    follower = build_model(spec)
    with torch.no_grad():
        for weight in follower.encoder.parameters():
            weight.zero_()
        follower.encoder.weight_ih_l0[1] = 0.05
    shares = seasonal_units(follower, Windows(series, 20, 9).for_network(spec)).share
    assert float(shares[1]) > 0.98
    assert float(shares[0]) == 0
