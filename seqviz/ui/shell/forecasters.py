"""The controls of pages that look into forecasting networks: which network, and from which origin."""

from seqviz.instruments.forecasting import WatchedForecast, watch_forecast
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Forecaster
from seqviz.timelines.forecast import forecast_timeline, unit_orders
from seqviz.ui.shell import caches
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.player import player
from seqviz.ui.shell.url import choose, recalled, recalled_step, remember, remember_step, to_link

ORIGINS = 9
"""Places of the window that a timeline moves through."""
USUAL = "forecast-co2"


def choose_forecaster(parameter: str, default: str = USUAL) -> Forecaster:
    """A shipped network that forecasts, or one trained here.

    Raises:
        DataError: the series that it learned from has been deleted.
    """
    caches.say_if_private(parameter)
    names = list(caches.forecaster_series())
    return caches.forecaster(
        choose("Network", names, parameter, names=caches.network_title, default=default, width=260)
    )


def shown_horizon(one: Forecaster) -> int:
    """Steps ahead that are shown."""
    return one.windows.horizon if one.spec.recursive else one.spec.horizon


def origins_of(one: Forecaster, count: int = ORIGINS) -> tuple[int, ...]:
    """Evenly spaced origins from the first whole window to the last forecast whose truth is known."""
    low, high = one.windows.window, len(one.series) - shown_horizon(one)
    return tuple(dict.fromkeys(low + (high - low) * place // max(1, count - 1) for place in range(count)))


def chosen_origin(one: Forecaster) -> int:
    """The origin of the link, as near as there is one; at first the last but one, which nobody learned from."""
    origins = origins_of(one)
    asked = recalled("origin", len(one.series) + 1, "Origin")
    if asked is None:
        return origins[-2] if len(origins) > 1 else origins[0]
    nearest = min(origins, key=lambda origin: abs(origin - asked))
    if nearest != asked:
        to_link("origin", nearest)
    return nearest


@remembered(32)
def watched_origins(name: str, version: int, origins: tuple[int, ...], _one: Forecaster) -> list[WatchedForecast]:
    """The network at each of these origins."""
    return [watch_forecast(_one.model, _one.windows, origin, shown_horizon(_one)) for origin in origins]


@remembered(32)
def orders_of(name: str, version: int, _one: Forecaster) -> list[list[int]]:
    """The units of each layer in the order drawn, the same for all origins."""
    return unit_orders(watched_origins(name, version, origins_of(_one), _one)[-1].states)


@remembered(16)
def origins_timeline(name: str, version: int, signals: tuple[str, ...], _one: Forecaster) -> Timeline:
    """The network at all its origins, which are the timeline's second time."""
    every = watched_origins(name, version, origins_of(_one), _one)
    return forecast_timeline(_one.spec, _one.series, every, orders_of(name, version, _one), signals)


def play_forecast(timeline: Timeline, key: str, one: Forecaster, origin: int) -> None:
    """The player at the link's step and origin; it plays from the start where the link names no step."""
    start, origins = recalled_step(timeline.steps), origins_of(one)
    player(
        timeline,
        key,
        start=start,
        autoplay=start is None,
        moment=origins.index(origin) if timeline.moments else None,
        on_step=remember_step,
        on_moment=lambda index: remember("origin", origins[index]),
    )
