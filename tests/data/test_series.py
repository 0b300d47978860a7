"""Series and windows: what ships, what is read and asked, and that the scale comes from the past alone."""

import math
from dataclasses import replace

import pytest
import torch

from seqviz.data.bundled_series import BUNDLED
from seqviz.data.gaps import filled
from seqviz.data.generated_series import mackey_glass, random_walk, sine
from seqviz.data.load_series import load_series
from seqviz.data.names import SERIES
from seqviz.data.series import Series
from seqviz.data.windows import MOST_WINDOWS, Windows
from seqviz.errors import DataError, InputError
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.recipes import series_recipe, series_windows


def counted(count: int = 100, **changes: object) -> Series:
    return replace(Series("counted", "Counted", "", torch.arange(count, dtype=torch.float64)), **changes)


@pytest.mark.parametrize(
    ("name", "count", "first", "last", "period"),
    [
        ("co2", 2284, "1958-03-29", "2001-12-29", 52),
        ("sunspots", 309, "1700", "2008", 11),
        ("nile", 100, "1871", "1970", 1),
        ("macro", 203, "1959-01-01", "2009-07-01", 1),
    ],
)
def test_bundled_series_have_their_calendar(name, count, first, last, period):
    series = load_series(name)
    assert (len(series), series.time(0), series.time(count - 1), series.period) == (count, first, last, period)
    assert bool(torch.isfinite(series.values).all())


def test_the_gaps_of_co2_are_said():
    assert load_series("co2").notes == ("59 weeks without a measurement have the value before them.",)


def test_macro_reads_three_other_columns_beside_unemployment():
    series = load_series("macro")
    assert series.others.shape == (203, 3) == (203, len(series.other_names))


@pytest.mark.parametrize("name", SERIES)
def test_every_series_that_ships_has_a_recipe_that_fits_it(name):
    series = load_series(name)
    spec, training = series_recipe(series)
    windows = series_windows(series).for_network(spec)
    batch = next(windows.training_batches(training, torch.device("cpu")))
    assert batch.inputs.shape[1:] == (windows.window, spec.input.size)
    assert sum(map(len, windows.test_batches())) > 0


def test_gaps_are_filled_by_the_value_before_and_tell_nothing_of_the_future():
    nan = math.nan
    values, count = filled(torch.tensor([nan, 2.0, nan, 4.0, nan]))
    assert values.tolist() == [2.0, 2.0, 2.0, 4.0, 4.0]
    assert count == 3


def test_mackey_glass_swings_within_its_known_bounds_and_never_repeats():
    values = mackey_glass().values
    assert 0.2 < float(values.min()) < 0.6
    assert 1.1 < float(values.max()) < 1.5
    far = torch.stack([(values[200:] - values[200 - lag : -lag]).abs().max() for lag in range(1, 200)])
    assert float(far.min()) > 1e-3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (torch.zeros(5, dtype=torch.float64), "The series has 5 values; from 20 to 1,000,000 can be forecast."),
        (torch.full((30,), math.nan, dtype=torch.float64), "The value at step 1 is no finite number."),
        (torch.full((30,), 1e13, dtype=torch.float64), "A value of 1e\\+13 is too large"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_a_sentence(values, message):
    with pytest.raises(InputError, match=message):
        counted(values=values)


def test_direct_windows_read_what_is_before_and_ask_for_what_is_behind():
    series = counted(100)
    windows = Windows(series, 4, 3, "change")
    batch, size = windows.batch(torch.tensor([10, 50])), windows.scale.size
    torch.testing.assert_close(batch.inputs[..., 0] * size, torch.tensor([[-3.0, -2.0, -1.0, 0.0]] * 2))
    torch.testing.assert_close(batch.targets * size, torch.tensor([[1.0, 2.0, 3.0]] * 2))
    level = replace(windows, scaling="level").batch(torch.tensor([10]))
    scale = replace(windows, scaling="level").scale
    torch.testing.assert_close(
        level.targets.double() * scale.size + scale.mean, torch.tensor([[10.0, 11.0, 12.0]]).double()
    )


def test_recursive_windows_ask_for_the_next_value_at_every_step_and_are_read_from_the_first():
    windows = Windows(counted(100), 4, 3, "change", recursive=True)
    batch, size = windows.batch(torch.tensor([10])), windows.scale.size
    torch.testing.assert_close(batch.inputs[0, :, 0] * size, torch.tensor([0.0, 1.0, 2.0, 3.0]))
    torch.testing.assert_close(batch.targets[0] * size, torch.tensor([1.0, 1.0, 1.0, 1.0]))


def test_the_three_parts_do_not_share_a_target():
    windows = Windows(counted(200), 8, 5)
    learned, watched = windows.series.ends
    targets = {part: (windows.origins(part), windows.origins(part) + 4) for part in ("learned", "watched", "asked")}
    assert int(targets["learned"][1].max()) == learned - 1
    assert (int(targets["watched"][0].min()), int(targets["watched"][1].max())) == (learned, watched - 1)
    assert (int(targets["asked"][0].min()), int(targets["asked"][1].max())) == (watched, 199)


@pytest.mark.parametrize("scaling", ["level", "change"])
def test_nothing_behind_the_learned_part_has_a_say_in_the_scale(scaling):
    series = random_walk()
    changed = series.values.clone()
    changed[series.ends[0] :] = 1e6
    one, other = (Windows(s, 32, 8, scaling).scale for s in (series, replace(series, values=changed)))
    assert one == other
    assert Windows(series, 32, 8, scaling, leak="scaling").scale != one


def test_shuffled_windows_lie_mixed_but_never_in_the_last_part():
    windows = Windows(random_walk(), 32, 8, leak="shuffled")
    learned, watched = windows.drawn
    assert int(learned.max()) > windows.series.ends[0]
    assert max(int(learned.max()), int(watched.max())) + 8 <= windows.series.ends[1]
    assert not set(learned.tolist()) & set(watched.tolist())


def test_a_constant_series_is_read_at_scale_one():
    windows = Windows(counted(values=torch.full((60,), 7.0, dtype=torch.float64)), 8, 4)
    assert windows.scale.size == 1.0
    assert not windows.batch(torch.tensor([20])).targets.any()


def test_of_a_million_values_evenly_spaced_windows_are_learned_from():
    windows = Windows(counted(1_000_000), 64, 16)
    assert len(windows.drawn[0]) == MOST_WINDOWS
    assert windows.steps_per_epoch(TrainSpec(batch_size=100)) == MOST_WINDOWS // 100
    batch = next(windows.training_batches(TrainSpec(batch_size=100), torch.device("cpu")))
    assert batch.inputs.shape == (100, 64, 1)


def test_a_run_that_goes_on_gets_the_batches_that_follow():
    windows, run = Windows(sine(), 50, 10), TrainSpec(epochs=2, batch_size=64)
    whole = list(windows.training_batches(run, torch.device("cpu")))
    rest = list(windows.training_batches(run, torch.device("cpu"), after=7))
    assert len(whole) == 2 * windows.steps_per_epoch(run)
    assert all(torch.equal(one.inputs, other.inputs) for one, other in zip(whole[7:], rest, strict=True))


def test_a_recursive_network_is_watched_by_values_alone_that_it_did_not_learn_from():
    series = counted(300)
    windows = Windows(series, 20, 5, recursive=True)
    asked = torch.cat([batch.targets for batch in windows.test_batches()]).isfinite()
    origins = windows.origins("watched")
    steps = origins[:, None] - 19 + torch.arange(20)
    assert torch.equal(asked, steps >= series.ends[0])
    assert bool(asked.any(dim=1).all())


def test_windows_that_do_not_fit_are_refused_with_what_to_do():
    with pytest.raises(InputError, match="Shorten the window or the horizon"):
        Windows(counted(40), 30, 8)
    with pytest.raises(InputError, match="choose a direct network"):
        Windows(load_series("macro"), 16, 4, recursive=True)
    with pytest.raises(InputError, match="The series has 1 columns; this network reads 3"):
        series_windows(sine()).for_network(ModelSpec.forecaster(columns=3))
    with pytest.raises(InputError, match="does not read windows"):
        series_windows(sine()).for_network(ModelSpec.classifier())
    with pytest.raises(DataError, match="There is no series and no CSV file 'oil'"):
        load_series("oil")


def test_what_is_bundled_is_named():
    assert {*BUNDLED} <= {*SERIES}
