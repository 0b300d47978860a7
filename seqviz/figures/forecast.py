"""Forecasts as charts: fans, parts of a series, errors by model and by the step ahead, echoes, leaks and memories."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from seqviz.data.series import Series
from seqviz.experiments.forecast_scores import RollingOrigin
from seqviz.experiments.leaks import ARMS, LeakScores
from seqviz.experiments.window_lengths import WindowErrors
from seqviz.figures.chart import Chart
from seqviz.figures.style import plain, styled
from seqviz.instruments.echo import Echo
from seqviz.instruments.forecasting import Forecast
from seqviz.instruments.window_memory import SeasonalUnits, WindowGradients
from seqviz.palette import INK, Mode

HEIGHT = 340
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8A8F98"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SHOWN = 2000
"""Points of a long series that a chart draws."""


def _axis_of(series: Series) -> str:
    return "time" if series.start else series.step


def _unit(series: Series) -> str:
    return series.title if series.unit in ("", "1") else f"{series.title} in {series.unit}"


def _times(series: Series, steps: Sequence[int]) -> list[str] | list[int]:
    return [series.time(step) for step in steps] if series.start else [step + 1 for step in steps]


def _legend_lower(figure: Chart) -> Chart:
    """Clear of the axis' name, in a chart that is not high."""
    return figure.update_layout(legend={"y": -0.3})


def _translucent(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def _truth(figure: Chart, series: Series, steps: Sequence[int], name: str, mode: Mode) -> None:
    """What was measured at these steps."""
    values, line = series.values[list(steps)].tolist(), {"color": INK[mode], "width": 2}
    figure.add_scatter(x=_times(series, steps), y=values, mode="lines", name=name, line=line)


def ahead_figure(series: Series, said: Forecast, colour: str, shown: int, mode: Mode) -> Chart:
    """The last `shown` values, and what comes after them with its intervals."""
    figure, end = Chart(), len(series)
    past = list(range(max(0, end - shown), end))
    ahead = list(range(end, end + said.values.shape[1]))
    _fan(figure, series, end, said, 0, colour)
    _truth(figure, series, past, "measured", mode)
    figure.add_scatter(
        x=_times(series, [end - 1, *ahead]),
        y=[float(series.values[-1]), *said.values[0].tolist()],
        mode="lines",
        name="forecast (median)" if said.quantiles is not None else "forecast",
        line={"color": colour, "width": 3},
    )
    title = f"What comes after {series.time(end - 1)}"
    return styled(figure, title, _axis_of(series), _unit(series), mode, 430)


def _fan(
    figure: Chart, series: Series, origin: int, said: Forecast, row: int, colour: str, legend: bool = True
) -> None:
    """The intervals of 90 and of 50 % behind an origin."""
    if said.quantiles is None:
        return
    steps = [origin - 1, *range(origin, origin + said.values.shape[1])]
    last = float(series.values[origin - 1])
    levels = said.quantiles.shape[2]
    for pair, name, opacity in ((0, "90 %", 0.18), (1, "50 %", 0.3)):
        low, high = (said.quantiles[row, :, level].tolist() for level in (pair, levels - 1 - pair))
        figure.add_scatter(
            x=[*_times(series, steps), *_times(series, steps[::-1])],
            y=[last, *low, *high[::-1], last],
            fill="toself",
            fillcolor=_translucent(colour, opacity),
            line={"width": 0},
            mode="lines",
            name=f"interval of {name}",
            hoverinfo="skip",
        )


def split_figure(series: Series, window: int, horizon: int, mode: Mode) -> Chart:
    """A series in three parts, and one window with what follows it."""
    figure = Chart()
    stride = max(1, len(series) // SHOWN)
    learned, watched = series.ends
    for name, low, high, colour in (
        ("learned from", 0, learned, BLUE),
        ("watched while it learns", learned, watched, GREEN),
        ("asked in the end", watched, len(series), ORANGE),
    ):
        steps = list(range(max(0, low - 1), high, stride))
        figure.add_scatter(
            x=_times(series, steps),
            y=series.values[steps].tolist(),
            mode="lines",
            name=name,
            line={"color": colour, "width": 2},
        )
    origin = watched + max(0, (len(series) - watched - horizon) // 2)
    for name, low, high, opacity in (
        ("a window: what it reads", origin - window, origin - 1, 0.22),
        ("what it must say", origin, min(len(series), origin + horizon) - 1, 0.45),
    ):
        ends = _times(series, [max(0, low), high])
        bottom, top = float(series.values.min()), float(series.values.max())
        figure.add_scatter(
            x=[ends[0], ends[1], ends[1], ends[0], ends[0]],
            y=[bottom, bottom, top, top, bottom],
            fill="toself",
            fillcolor=_translucent(GREY, opacity),
            line={"width": 0},
            mode="lines",
            name=name,
            hoverinfo="skip",
        )
    return styled(figure, f"{plain(series.title)}: three parts in time", _axis_of(series), _unit(series), mode, 430)


def one_step_figure(series: Series, origins: Sequence[int], said: Sequence[float], colour: str, mode: Mode) -> Chart:
    """The truth, and what was said one step before."""
    figure = Chart()
    steps = list(origins)
    _truth(figure, series, steps, "true", mode)
    figure.add_scatter(
        x=_times(series, steps),
        y=list(said),
        mode="lines",
        name="said one step before",
        line={"color": colour, "width": 2, "dash": "dot"},
    )
    return _legend_lower(styled(figure, "One step ahead", _axis_of(series), _unit(series), mode, HEIGHT))


def echo_figure(found: Echo, series: Series, mode: Mode) -> Chart:
    """How far the forecasts are from the values before."""
    figure = Chart()
    errors = found.errors.tolist()
    figure.add_bar(
        x=list(range(len(errors))),
        y=errors,
        marker={"color": [ORANGE if lag == found.lag else GREY for lag in range(len(errors))]},
        hovertemplate=f"%{{x}} {series.step}s before: %{{y:.4g}}<extra></extra>",
    )
    figure.update_layout(showlegend=False)
    what = f"compared with the value so many {series.step}s before"
    return styled(figure, "What is the forecast nearest to?", what, "mean distance", mode, HEIGHT)


def free_figure(series: Series, origins: Sequence[int], said: Forecast, colour: str, mode: Mode) -> Chart:
    """Free forecasts from several origins over the truth."""
    figure = Chart()
    steps = list(range(max(0, origins[0] - 30), min(len(series), origins[-1] + said.values.shape[1])))
    _truth(figure, series, steps, "true", mode)
    for row, origin in enumerate(origins):
        ahead = [origin - 1, *range(origin, origin + said.values.shape[1])]
        figure.add_scatter(
            x=_times(series, ahead),
            y=[float(series.values[origin - 1]), *said.values[row].tolist()],
            mode="lines",
            name="runs free",
            showlegend=row == 0,
            line={"color": colour, "width": 2.5},
        )
    return styled(figure, "Running free, from several origins", _axis_of(series), _unit(series), mode, 380)


def leaks_figure(found: LeakScores, mode: Mode) -> Chart:
    """What one would report with each leak, beside what it is worth."""
    figure = Chart()
    there = [arm for arm in ARMS if arm in found.claimed]
    for name, values, colour, shape in (
        ("reported", found.claimed, GREY, ""),
        ("in truth", found.honest, ORANGE, "/"),
    ):
        figure.add_bar(
            x=[ARMS[arm].title for arm in there],
            y=[values[arm] for arm in there],
            name=name,
            marker={"color": colour, "pattern": {"shape": shape}},
            text=[f"{values[arm]:.2f}" for arm in there],
            textposition="outside",
            cliponaxis=False,
        )
    figure.update_layout(barmode="group")
    figure.add_hline(1.0, {"color": INK[mode], "width": 1, "dash": "dash"}, "as good as the last value")
    return styled(figure, "Error, compared with the last value's", "", "times the last value's error", mode, 380)


def by_horizon_figure(found: RollingOrigin, titles: Mapping[str, str], step: str, mode: Mode) -> Chart:
    """The error of every model by the step ahead; networks in colour, baselines grey and dashed."""
    figure = Chart()
    colours = iter((BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9") * 3)
    steps = list(range(1, found.horizon + 1))
    for number, name in enumerate(found.forecasts):
        network = name in titles
        figure.add_scatter(
            x=steps,
            y=found.by_horizon(name).tolist(),
            mode="lines",
            name=plain(titles.get(name, name)),
            line={
                "color": next(colours) if network else GREY,
                "width": 3 if network else 2,
                "dash": "solid" if network else DASHES[1 + number % 5],
            },
        )
    what = "MASE" if found.scale else "mean absolute error"
    styled(figure, "Error by the step ahead", f"{step}s ahead", what, mode, 430)
    return figure.update_layout(legend={"font": {"size": 12}, "y": -0.24})


def lengths_figure(found: WindowErrors, step: str, mode: Mode) -> Chart:
    """The error against the length of the window."""
    figure = Chart()
    lengths = sorted(found.by_length)
    figure.add_scatter(
        x=lengths,
        y=[found.by_length[length] for length in lengths],
        mode="lines+markers",
        line={"color": BLUE, "width": 3},
        marker={"size": 9},
        hovertemplate="%{x} values read: MASE %{y:.3f}<extra></extra>",
    )
    figure.update_xaxes(type="log", tickvals=lengths, ticktext=[str(length) for length in lengths])
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(showlegend=False)
    title = f"Error by what is read, up to {found.horizon} {step}s"
    return styled(figure, title, f"{step}s in the window", "MASE", mode, HEIGHT)


def memory_figure(found: WindowGradients, correlation: Tensor, step: str, mode: Mode) -> Chart:
    """How much the forecast depends on every value of the window, beside the series' autocorrelation."""
    figure = Chart()
    before = list(range(len(found.inputs)))
    inputs = found.inputs.flip(0)
    figure.add_scatter(
        x=[place + 1 for place in before],
        y=(inputs / inputs.max().clamp(min=1e-30)).tolist(),
        mode="lines",
        name="|∂ŷ/∂y|",
        line={"color": BLUE, "width": 3},
    )
    figure.add_scatter(
        x=list(range(1, len(correlation) + 1)),
        y=correlation.tolist(),
        mode="lines",
        name="autocorrelation",
        line={"color": ORANGE, "width": 2, "dash": "dash"},
    )
    title = "How much each value read counts"
    return _legend_lower(
        styled(figure, title, f"{step}s before the forecast", "share of the largest; correlation", mode, HEIGHT)
    )


def seasonal_figure(found: SeasonalUnits, series: Series, mode: Mode) -> Chart:
    """The units that follow the season most, over the last cycles."""
    figure = Chart()
    steps = list(range(found.first, found.first + len(found.states)))
    for unit, colour, dash in zip(found.strongest(4), (BLUE, ORANGE, GREEN, "#CC79A7"), DASHES, strict=False):
        figure.add_scatter(
            x=_times(series, steps),
            y=found.states[:, unit].tolist(),
            mode="lines",
            name=f"unit {unit}: {float(found.share[unit]):.0%} of it is season",
            line={"color": colour, "width": 2, "dash": dash},
        )
    return styled(figure, "Units that follow the season", _axis_of(series), "hidden state h", mode, 380)


def gradients_figure(found: WindowGradients, step: str, colour: str, mode: Mode) -> Chart:
    """Norms of the gradient along the window, the origin at the right."""
    figure = Chart()
    places = list(range(-len(found.states), 0))
    for name, values, dash, width in (
        ("‖∂ŷ/∂h‖, the state", found.states, "solid", 3),
        ("|∂ŷ/∂y|, the value read", found.inputs, "dot", 2),
    ):
        figure.add_scatter(
            x=places,
            y=[value if value > 0 else None for value in values.tolist()],
            mode="lines",
            name=name,
            line={"color": colour, "width": width, "dash": dash},
        )
    figure.update_yaxes(type="log", exponentformat="power")
    title = "The gradient on its way back"
    return styled(figure, title, f"{step}s before the origin", "gradient norm", mode, 430)
