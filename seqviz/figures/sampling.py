"""How likely each character is, and what temperature does to it."""

from collections.abc import Mapping, Sequence

from jaxtyping import Bool, Float
from torch import Tensor

from seqviz.figures.chart import Chart
from seqviz.figures.style import plain, styled
from seqviz.palette import INK, Mode

SHOWN = 24  # characters in a distribution


def characters_figure(
    vocabulary: str,
    before: Float[Tensor, " characters"],
    after: Float[Tensor, " characters"],
    kept: Bool[Tensor, " characters"] | None,
    chosen: int | None,
    title: str,
    colour: str,
    mode: Mode,
) -> Chart:
    """The likeliest characters: an outline for the network's own probability, a bar for what is drawn from.

    What top-k or top-p has cut is crossed (`kept` is what they left; None: all); the character that was drawn is bold.
    """
    order = before.argsort(descending=True, stable=True)[:SHOWN].tolist()
    names = [f"<b>▸{plain(vocabulary[i])}</b>" if i == chosen else plain(vocabulary[i]) for i in order]
    own, drawn = before[order].tolist(), after[order].tolist()
    figure = Chart()
    figure.add_bar(
        x=list(range(len(order))),
        y=drawn,
        name="drawn from (after temperature and cuts)",
        marker={"color": colour},
        customdata=names,
        hovertemplate="%{customdata}: %{y:.2%} drawn from<extra></extra>",
    )
    figure.add_bar(
        x=list(range(len(order))),
        y=own,
        name="by the network alone (T = 1)",
        marker={"color": "rgba(0,0,0,0)", "line": {"color": INK[mode], "width": 1.5}},
        customdata=names,
        hovertemplate="%{customdata}: %{y:.2%} by the network<extra></extra>",
    )
    cut = [] if kept is None else [place for place, i in enumerate(order) if not kept[i]]
    if cut:
        figure.add_scatter(
            x=cut,
            y=[own[place] for place in cut],
            mode="markers",
            name="cut",
            cliponaxis=False,
            marker={"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": INK[mode]}},
            hoverinfo="skip",
        )
    figure.update_layout(barmode="overlay", bargap=0.25)
    figure.update_xaxes(tickmode="array", tickvals=list(range(len(order))), ticktext=names, tickangle=0)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return styled(
        figure, title, f"the {len(order)} likeliest of {len(vocabulary)} characters", "probability", mode, 380
    )


def heat_figure(
    temperatures: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    at: float,
    title: str,
    y: str,
    mode: Mode,
    *,
    percent: bool = False,
) -> Chart:
    """Curves against temperature, and a line where it stands."""
    figure = Chart()
    dashes = ("solid", "dash", "dot", "dashdot", "longdash")
    for (name, values), dash in zip(curves.items(), dashes, strict=False):
        figure.add_scatter(
            x=list(temperatures),
            y=[None if value != value else value for value in values],
            mode="lines",
            name=plain(name),
            line={"width": 3, "dash": dash},
            hovertemplate=f"{plain(name)}<br>T = %{{x}}: %{{y:{'.1%' if percent else '.2f'}}}<extra></extra>",
        )
    figure.add_vline(at, line={"dash": "dot", "color": INK[mode], "width": 1.5})
    figure.update_yaxes(rangemode="tozero", tickformat=".0%" if percent else None)
    figure.update_layout(colorway=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"], showlegend=len(curves) > 1)
    return styled(figure, title, "temperature T", y, mode, 380 if len(curves) > 1 else 265)
