"""Compare: every network and every baseline from the same origins, in one table, with a test of the difference."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.series import Series
from seqviz.errors import SeqVizError
from seqviz.experiments.forecast_scores import RollingOrigin, load_rolling_origins
from seqviz.experiments.rolling_origin import rolling_cost, rolling_origin
from seqviz.figures.forecast import by_horizon_figure
from seqviz.snippets.subjects import Forecaster
from seqviz.training.recipes import series_windows
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.stage import View, result
from seqviz.ui.shell.url import choose

SHIPPED = caches.MODELS / "forecasts.safetensors"
MOST = 8  # networks in one comparison
SEASONAL = "seasonal naive"


@dataclass(frozen=True)
class Compared:
    """A series and the networks that learned it, the newest of one's own first."""

    series: Series
    networks: tuple[Forecaster, ...]

    @property
    def shipped_alone(self) -> bool:
        return all(one.name in caches.SHIPPED_NAMES for one in self.networks)

    @property
    def horizon(self) -> int:
        """The steps ahead that all networks can say."""
        ahead = [one.spec.horizon for one in self.networks if not one.spec.recursive]
        return min([series_windows(self.series).horizon, *ahead])

    @property
    def titles(self) -> dict[str, str]:
        titles = {one.name: caches.network_title(one.name) for one in self.networks}
        return {name: title.removesuffix(" (shipped)") for name, title in titles.items()}


def _choose() -> Compared:
    by_series = caches.forecaster_series()
    names = list(dict.fromkeys(by_series.values()))
    name = choose("Series", names, "compared_series", names=caches.series_title, default="co2")
    series = caches.series(name)
    networks = [one for one, learned in by_series.items() if learned == name]
    own = [one for one in networks if one not in caches.SHIPPED_NAMES]
    shipped = [one for one in networks if one in caches.SHIPPED_NAMES]
    return Compared(series, tuple(_those_that_fit((*own, *shipped)[:MOST])))


def _those_that_fit(names: Sequence[str]) -> Iterator[Forecaster]:
    """A run that cannot be loaded is said and left out."""
    for name in names:
        try:
            yield caches.forecaster(name)
        except SeqVizError as error:
            st.caption(f"{caches.network_title(name)} is left out: {error}")


def _show(compared: Compared) -> None:
    if not compared.networks:
        st.info("No network that learned this series can be asked. Train one on it.")
        return
    names = [f"{one.name} {one.version}" for one in compared.networks]
    key = f"compare {compared.series.name} {compared.horizon} {' '.join(names)}"
    shipped = _shipped().get(compared.series.name)
    draw = partial(_draw, compared)
    if shipped is not None and compared.shipped_alone and caches.jobs().task(key) is None:
        draw(shipped)
        st.caption("Measured before and shipped with SeqViz. Train a network on this series, and it is asked, too.")
    models = {one.name: one.model for one in compared.networks}
    windows = {one.name: one.windows for one in compared.networks}
    work = partial(rolling_origin, models, windows, compared.horizon)
    cost = rolling_cost(compared.series, [one.spec for one in compared.networks], compared.horizon)
    in_background(key, "Forecasts compared", "Ask all models", work, draw, cost=cost, once=True)
    code(
        snippets.compare_forecasts(compared.networks[0], compared.horizon),
        "The first network and every baseline at the same origins.",
    )


@st.cache_resource(show_spinner=False)
def _shipped() -> dict[str, RollingOrigin]:
    return load_rolling_origins(SHIPPED)


def _draw(compared: Compared, found: RollingOrigin) -> None:
    titles = {name: title for name, title in compared.titles.items() if name in found.forecasts}
    result(said(found, titles))
    table, chart = st.columns([5, 4])
    with chart:
        figure = by_horizon_figure(found, titles, compared.series.step, mode())
        st.plotly_chart(figure, key="by horizon", theme=None, config=QUIET)
    ordered = sorted(found.forecasts, key=lambda name: float(found.errors(name).abs().mean()))
    with table:
        against = choose(
            "Tested against",
            ordered,
            "compared_with",
            names=lambda name: titles.get(name, name),
            default=reference(found) if reference(found) in ordered else ordered[0],
        )
        rows = pd.DataFrame([_row(found, name, titles.get(name, name), against) for name in ordered])
        st.dataframe(rows, hide_index=True, key="compared", column_config=_columns(), height=330)
    st.caption(
        f"{len(found.origins)} origins of the last part, {found.horizon} {compared.series.step}s each. MASE: the error "
        "compared with that of the seasonal naive forecast on the learned part. p: Diebold and Mariano's test against "
        "the chosen model, each row by itself. sMAPE breaks where values are near 0."
    )
    csv = rows.to_csv(index=False)
    name = f"seqviz-{compared.series.name}-compared.csv"
    st.download_button("Table (CSV)", csv, name, "text/csv", key="compared csv", on_click="ignore")


def said(found: RollingOrigin, titles: dict[str, str]) -> str:
    """The best network beside the best baseline, and whether it is better than the simplest one by more than chance.

    The test is against a model that was named beforehand: one that was chosen by these very errors would flatter.
    """
    networks = [name for name in found.forecasts if name in titles]
    others = [name for name in found.forecasts if name not in titles]
    unit = "MASE" if found.scale else "mean absolute error"
    if not networks or not others:
        return f"{len(found.forecasts)} models have answered so far."
    network, other, simplest = found.best(networks), found.best(others), reference(found)
    values = [_score(found, name) for name in (network, other)]
    verdict = "beats" if values[0] < values[1] else "does not beat"
    sentence = (
        f"The best network, {titles[network]}, has {unit} **{values[0]:.3f}** and {verdict} the best baseline, "
        f"{other}, with **{values[1]:.3f}**."
    )
    difference = found.difference(network, simplest)
    if difference is None:
        return sentence
    better = "better" if difference.mean < 0 else "worse"
    p = "below 0.001" if difference.p < 0.001 else f"{difference.p:.2g}"
    sure = f"is {better} than the {simplest}" if difference.clear else f"cannot be told from the {simplest}"
    return f"{sentence} It {sure} (p {p})."


def reference(found: RollingOrigin) -> str:
    """The simplest model: last season where there is one, else the last value."""
    return SEASONAL if SEASONAL in found.forecasts else "last value"


def _score(found: RollingOrigin, name: str) -> float:
    return found.mase(name) if found.scale else float(found.errors(name).abs().mean())


def _row(found: RollingOrigin, name: str, title: str, against: str) -> dict[str, object]:
    difference = None if name == against else found.difference(name, against)
    covered = {share: found.coverage(name, share) for share in (0.5, 0.9)}
    mase = found.mase(name)
    return {
        "model": title,
        "MASE": None if math.isnan(mase) else mase,
        "RMSE": found.rmse(name),
        "in 50 %": covered[0.5],
        "in 90 %": covered[0.9],
        "p": None if difference is None else difference.p,
        "sMAPE": found.smape(name),
    }


def _columns() -> dict[str, Any]:
    number = partial(st.column_config.NumberColumn, format="%.3f")
    share = partial(st.column_config.NumberColumn, format="percent")
    return {
        "MASE": number(help="Mean absolute error over that of the seasonal naive forecast on the learned part"),
        "RMSE": st.column_config.NumberColumn(format="%.4g", help="In the unit of the series"),
        "in 50 %": share(help="Share of true values in the interval that should hold half of them"),
        "in 90 %": share(help="Share of true values in the interval that should hold nine of ten"),
        "p": st.column_config.NumberColumn(
            format="%.3f", help="How often so large a difference would be seen if both were equally good"
        ),
        "sMAPE": share(),
    }


VIEW = View(
    "compare",
    "Compare",
    _choose,
    _show,
    notice=(
        "All models are asked at the same origins, none of which any has learned from.",
        "A network that loses to a straight line on the window has not earned its training.",
        "An interval of 90 % that holds 75 % of the values was too sure of itself.",
    ),
    question="On the random walk, is any model clearly better than the last value? What would it mean if one were?",
)
