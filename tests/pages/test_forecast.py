"""Forecast: programs give the numbers shown, sentences are true, a series of one's own is learned and stays private."""

import re
from pathlib import Path

import pytest
import torch

from seqviz import snippets
from seqviz.data.generated_series import sines
from seqviz.data.load_series import load_series
from seqviz.data.series import Series
from seqviz.data.series_table import series_of_table
from seqviz.data.sketch import POINTS, decode_sketch, encode_sketch
from seqviz.data.tables import Table
from seqviz.errors import CheckpointError, DataMissing, InputError, PrivateRun
from seqviz.experiments.forecast_scores import RollingOrigin
from seqviz.instruments.echo import echo
from seqviz.instruments.forecasting import Forecast, forecast, watch_forecast
from seqviz.instruments.window_memory import window_gradients
from seqviz.jobs.history import runs_folder
from seqviz.jobs.texts import delete_text, keep_text, text_file
from seqviz.jobs.visitors import EVERYBODY, is_public
from seqviz.networks.build import build_model
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.player.payload import encode
from seqviz.snippets.subjects import Forecaster
from seqviz.specs import CELLS, ModelSpec, TrainSpec
from seqviz.timelines.forecast import forecast_timeline, unit_orders
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import series_recipe, series_windows
from seqviz.ui.forecast import compare
from seqviz.ui.forecast import echo as echo_page
from seqviz.ui.shell import caches, runs
from seqviz.ui.shell.forecasters import origins_of
from tests.pages.test_code import run_snippet
from tests.pages.test_pages import texts
from tests.waiting import wait_until

KINDS = [
    {"recursive": recursive, "quantiles": quantiles, "scaling": scaling}
    for recursive in (False, True)
    for quantiles in (False, True)
    for scaling in ("level", "change")
]


def saved(folder: Path, series: Series, cell: str = "gru", file: Path | None = None, **kind: object) -> Forecaster:
    columns = 1 if series.others is None else 1 + series.others.shape[1]
    spec = ModelSpec.forecaster(cell, 6, window=24, horizon=7, columns=columns, **kind)
    path = folder / "some.safetensors"
    weights = build_model(spec, seed=4).state_dict()
    save_checkpoint(Checkpoint(spec, weights, series.name, TrainSpec(), "forecast"), path)
    return Forecaster.of("some", 1, path, load_checkpoint(path), series_windows(series), file)


def own_series(count: int = 120) -> Series:
    rows = tuple((f"{2000 + n // 12}-{n % 12 + 1:02}-01", f"{(n * 7) % 12 + n / 10:.2f}") for n in range(count))
    return series_of_table(Table(("month", "sold"), rows, True, 0), title="shop").series


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_code_of_a_forecast_gives_the_pages_values(tmp_path, project, cell, kind):
    one = saved(tmp_path, sines(), cell, **kind)
    found = forecast(one.model, one.windows, [1300], 5)
    scope = run_snippet(snippets.forecasting(one, 1300, 5), project)
    torch.testing.assert_close(scope["forecast"], found.values[0], atol=1e-5, rtol=0)
    if found.quantiles is not None and not one.spec.recursive:
        torch.testing.assert_close(scope["quantiles"], found.quantiles[0], atol=1e-5, rtol=0)


def test_the_code_reads_other_columns_too(tmp_path, project):
    one = saved(tmp_path, load_series("macro"))
    scope = run_snippet(snippets.forecasting(one, 203, 7), project)
    torch.testing.assert_close(scope["forecast"], forecast(one.model, one.windows, [203]).values[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("recursive", [False, True])
def test_the_other_programs_give_the_pages_numbers(tmp_path, project, recursive):
    one = saved(tmp_path, sines(), recursive=recursive)
    origins = list(range(1250, 1330))
    said = forecast(one.model, one.windows, origins, 1).values[:, 0]
    scope = run_snippet(snippets.one_step_echo(one, 1250, 80, 10), project)
    expected = echo(said, one.series.values[origins]).errors
    torch.testing.assert_close(torch.tensor(scope["distances"], dtype=torch.float64), expected, atol=1e-6, rtol=0)
    scope = run_snippet(snippets.forecast_gradients(one, 1), project)
    found = window_gradients(one.model, one.windows, 1).inputs
    torch.testing.assert_close(scope["gradients"][..., 0].abs().mean(dim=0), found, atol=1e-6, rtol=1e-4)
    scope = run_snippet(snippets.forecast_signals(one, 1300), project)
    fused, _ = one.model.encode(one.windows.inputs(torch.tensor([1300])))
    torch.testing.assert_close(scope["layer"].hidden, fused, atol=1e-5, rtol=0)
    scope = run_snippet(snippets.series_split(sines()), project)
    assert [len(part) for part in scope["parts"]] == [1050, 150, 300]


def test_the_code_of_a_comparison_gives_the_tables_numbers(tmp_path, project):
    one = saved(tmp_path, load_series("nile"))
    scope = run_snippet(snippets.compare_forecasts(one, 5), project)
    said = forecast(one.model, one.windows, scope["found"].origins, 5)
    torch.testing.assert_close(scope["found"].forecasts["network"].values, said.values)
    assert "ARIMA" in scope["found"].forecasts


@pytest.mark.parametrize("kind", KINDS[::3], ids=str)
def test_the_code_of_a_run_gives_its_losses(project, kind):
    series = load_series("nile")
    spec = ModelSpec.forecaster("gru", 6, window=12, horizon=4, **kind)
    windows = series_windows(series).for_network(spec)
    _, training = series_recipe(series)
    training = TrainSpec(epochs=2, batch_size=16, learning_rate=training.learning_rate, schedule="one-cycle", seed=3)
    events = train(build_model(spec, 3), windows, training)
    losses = [event.loss for event in events if isinstance(event, StepCompleted)]
    scope = run_snippet(snippets.forecast_training(spec, training, "nile"), project)
    assert scope["losses"] == losses


def test_programs_read_a_series_of_ones_own_from_its_file(tmp_path, project, monkeypatch):
    series = own_series()
    keep_text(tmp_path, series, "me")
    file = text_file(tmp_path, series.name)
    one = saved(tmp_path, series, file=file)
    scope = run_snippet(snippets.forecasting(one, 110, 4), project)
    found = forecast(one.model, one.windows, [110], 4).values[0]
    torch.testing.assert_close(scope["forecast"], found, atol=1e-4, rtol=0)
    program = snippets.forecast_training(one.spec, TrainSpec(batch_size=32), series.name, file)
    assert run_snippet(program, project)["losses"]


@pytest.mark.parametrize("kind", [{"recursive": False}, {"recursive": True}, {"quantiles": False}], ids=str)
def test_what_is_watched_can_be_sent_played_and_drawn(tmp_path, kind):
    one = saved(tmp_path, sines(), **kind)
    origins = (400, 1493, 1500)  # behind the last of them nobody knows the truth
    seen = [watch_forecast(one.model, one.windows, origin, 7) for origin in origins]
    timeline = forecast_timeline(one.spec, one.series, seen, unit_orders(seen[0].states), ("update", "hidden"))
    assert timeline.steps == 31
    assert [moment.number for moment in timeline.moments] == [*origins]
    assert len(encode(timeline)) < 200_000
    assert "fan" in to_html(timeline, "A forecast")
    assert to_gif(timeline, "dark")[:6] == b"GIF89a"


def test_a_sketch_is_one_short_text_and_back():
    heights = [None, 0.0, 1.0, 0.5, *[None] * (POINTS - 4)]
    again = decode_sketch(encode_sketch(heights))
    assert again[:3] == (None, 0.0, 1.0)
    assert again[3] == pytest.approx(0.5, abs=0.01)
    for text in ("", "A" * 47, "<" * 48, "é" * 48):
        with pytest.raises(InputError, match="Draw it again"):
            decode_sketch(text)


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"forecaster": "forecast-sunspots", "origin": "1"},
        {"forecaster": "forecast-random-walk", "past": "drawn", "sketched_past": "A" * 24 + "9" * 24},
        {"view": "ahead", "forecaster": "forecast-sunspots", "steps_ahead": "200"},
        {"view": "echo"},
        {"view": "echo", "one_step_network": "forecast-sine"},
        {"view": "memory", "followed_ahead": "52"},
        {"view": "memory", "forecaster": "forecast-prices"},
        {"view": "compare", "compared_series": "sunspots", "compared_with": "ARIMA"},
        {"view": "compare", "compared_series": "sine"},
        *({"view": "data", "series": name} for name in ("nile", "macro", "mackey-glass", "own")),
        {"view": "learn", "series": "macro", "series_answer": "points"},
    ],
    ids=str,
)
def test_every_view_opens_as_a_link_says(open_page, link):
    app = open_page("forecast", **link)
    assert not app.exception
    assert not app.error
    assert app.header[-1].value == "What to notice"


@pytest.mark.parametrize(
    "link",
    [
        {"forecaster": "../x", "origin": "0", "past": "x", "sketched_past": "<script>", "step": "99999"},
        {"forecaster": "numbers"},
        {"view": "ahead", "steps_ahead": "501"},
        {"view": "learn", "run": "example", "window": "1", "horizon": "9999", "series": "oil"},
        {"view": "learn", "run": "numbers"},
        {"view": "compare", "compared_series": "x", "compared_with": "<b>"},
    ],
    ids=str,
)
def test_nonsense_in_a_link_is_a_sentence(open_page, link):
    app = open_page("forecast", **link)
    assert not app.exception
    assert app.toast or app.error or "of another kind" in texts(app)


def test_the_sentence_of_watch_is_what_the_table_holds(open_page):
    app = open_page("forecast", forecaster="forecast-sunspots")
    one = caches.forecaster("forecast-sunspots")
    origin = origins_of(one)[-2]
    seen = watch_forecast(one.model, one.windows, origin, 11)
    error = float((seen.free.values[0] - one.series.values[origin : origin + 11]).abs().mean())
    last = float((one.series.values[origin - 11 : origin] - one.series.values[origin : origin + 11]).abs().mean())
    assert f"off by **{error:.1f} sunspots** in the mean; the last season again would be by {last:.1f}" in texts(app)


def test_a_drawn_past_moves_the_forecast(open_page):
    app = open_page("forecast", forecaster="forecast-sunspots", past="drawn", sketched_past="9" * POINTS)
    assert "With your past, the forecast of 11 years moves by **" in texts(app)


def test_the_walk_echoes_and_the_sine_does_not():
    for name, lag in (("forecast-random-walk", 1), ("forecast-prices", 1), ("forecast-sine", 0)):
        one = caches.forecaster(name)
        trap = echo_page._trap(one.name, one.version, one)
        assert trap.echo.lag == lag
        if lag:
            assert 0.97 < trap.beside_the_last_value < 1.1


def test_the_verdict_names_the_better_one():
    truth = torch.zeros(12, 3, dtype=torch.float64)
    noise = torch.randn(12, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    said = {"net": Forecast(truth + 0.1 + noise / 50, None), "last value": Forecast(truth + 1.0 + noise, None)}
    found = RollingOrigin("x", tuple(range(0, 36, 3)), truth, said, 1.0)
    assert "beats the best baseline, last value" in compare.said(found, {"net": "GRU"})
    worse = RollingOrigin("x", found.origins, truth, {"net": said["last value"], "last value": said["net"]}, 0.0)
    sentence = compare.said(worse, {"net": "GRU"})
    assert "mean absolute error" in sentence
    assert "does not beat the best baseline" in sentence
    assert "It is worse than the last value (p below 0.001)." in sentence


def test_a_series_of_ones_own_is_learned_looked_at_and_compared(open_page):
    series = own_series()
    keep_text(runs_folder(), series, "")
    assert not is_public(series.name)
    app = open_page("forecast", view="learn", series="own", series_epochs="2")
    assert not app.exception
    spec, _ = series_recipe(series)
    run = runs.start(spec, TrainSpec(epochs=2, batch_size=32), series.name)
    wait_until(lambda: caches.jobs().get(run) is None or caches.jobs().get(run).ended)
    for link in (
        {"view": "learn", "run": run},
        {"forecaster": run},
        {"view": "compare", "compared_series": series.name},
        {"view": "echo", "one_step_network": run},
    ):
        app.query_params.clear()
        app.query_params.update(link)
        app.switch_page("forecast.py").run()
        assert not app.exception
        assert not app.error, link
    delete_text(runs_folder(), series.name, EVERYBODY)
    with pytest.raises(DataMissing, match="is not on this machine"):
        caches.series(series.name)


def test_another_visitors_series_stays_theirs(open_page, monkeypatch):
    open_page("home")
    series = own_series(80)
    keep_text(runs_folder(), series, "ann")
    spec, _ = series_recipe(series)
    path = runs_folder() / "theirs.safetensors"
    state = build_model(spec).state_dict()
    save_checkpoint(Checkpoint(spec, state, series.name, TrainSpec(), "forecast", owner="ann", step=5, total=5), path)
    from seqviz.jobs.visitors import Visitor

    monkeypatch.setattr(caches, "visitor", lambda: Visitor("ben"))
    with pytest.raises(PrivateRun):
        caches.forecaster("theirs")
    assert "theirs" not in caches.forecaster_series()


def test_a_network_that_forecasts_nothing_is_refused():
    with pytest.raises(CheckpointError, match="does not forecast"):
        caches.forecaster("gru")


@pytest.mark.parametrize("view", ["watch", "ahead", "echo", "memory", "compare", "data"])
@pytest.mark.parametrize("values", ["constant", "negative", "huge"])
def test_strange_series_get_an_answer_or_a_sentence(open_page, view, values):
    open_page("home")
    made = {
        "constant": lambda n: 7.0,
        "negative": lambda n: -100.0 - n % 5,
        "huge": lambda n: 1e11 * (1 + n % 7),
    }[values]
    rows = tuple((f"{1900 + n}", f"{made(n):.1f}") for n in range(100))
    series = series_of_table(Table(("year", "value"), rows, True, 0), title=values).series
    keep_text(runs_folder(), series, "")
    spec, _ = series_recipe(series)
    path = runs_folder() / f"{values}.safetensors"
    state = build_model(spec).state_dict()
    save_checkpoint(Checkpoint(spec, state, series.name, TrainSpec(), "forecast", step=5, total=5), path)
    link = {"forecaster": values, "one_step_network": values, "compared_series": series.name}
    app = open_page("forecast", view=view, **({} if view == "data" else link))
    assert not app.exception
    assert not re.search(r"\b(nan|inf)\b", texts(app).lower())
    assert not app.error or "The series is constant" in app.error[0].value
