"""How often a network is right by the length of what it writes, and the gradient on its way back through both parts."""

import math
from collections.abc import Mapping, Sequence

from seqviz.experiments.translation_lengths import Exactness
from seqviz.figures.chart import Chart
from seqviz.figures.style import plain, styled
from seqviz.instruments.translation_gradients import WayBack
from seqviz.palette import INK, Mode

DECADES = 7
FEWEST = 5  # texts of one length, of which a share is drawn
WITH, WITHOUT = "#0072B2", "#D55E00"


def exactness_figure(found: Mapping[str, Sequence[Exactness]], mode: Mode) -> Chart:
    """One curve a network: the share of exact answers against how many tokens the right answer has.

    Lengths that fewer than `FEWEST` texts have are left out.
    """
    figure = Chart()
    for (name, every), colour, dash in zip(found.items(), (WITH, WITHOUT), ("solid", "dash"), strict=False):
        lengths = [one for one in every if one.count >= FEWEST]
        figure.add_scatter(
            x=[one.length for one in lengths],
            y=[one.share for one in lengths],
            customdata=[one.count for one in lengths],
            mode="lines+markers",
            name=plain(name),
            line={"color": colour, "width": 3, "dash": dash},
            marker={"size": 9, "symbol": "circle" if dash == "solid" else "diamond-open"},
            hovertemplate=f"{plain(name)}<br>%{{x}} tokens: %{{y:.1%}} of %{{customdata}} texts<extra></extra>",
        )
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%")
    return styled(figure, "Exact answers by the length of the right one", "tokens to write", "exact answers", mode, 400)


def way_back_figure(found: Mapping[str, WayBack], source: Sequence[str], written: Sequence[str], mode: Mode) -> Chart:
    """Norms from a written token on the right back to the first token read on the left, one curve a network.

    Each is divided by what it is where the gradient enters, so that networks of different losses can be compared.
    """
    figure = Chart()
    read, steps = len(source), len(next(iter(found.values())).decoder)
    names, high = [*source, *written[:steps]], 1.0
    for (name, way), colour, dash in zip(found.items(), (WITH, WITHOUT), ("solid", "dash"), strict=False):
        enters = max(1e-30, float(way.decoder[-1]))
        both = [value / enters for value in (*way.encoder.tolist(), *way.decoder.tolist())]
        high = max(high, *both)
        figure.add_scatter(
            x=list(range(1, len(both) + 1)),
            y=[value if value > 0 else None for value in both],
            customdata=names,
            mode="lines+markers",
            name=plain(name),
            line={"color": colour, "width": 3, "dash": dash},
            marker={"size": 6},
            hovertemplate=f"{plain(name)}<br>at “%{{customdata}}”: %{{y:.3g}}<extra></extra>",
        )
        if bool((way.direct > 0).any()):
            figure.add_scatter(
                x=list(range(1, read + 1)),
                y=[value / enters if value > 0 else None for value in way.direct.tolist()],
                customdata=list(source),
                mode="lines",
                name=f"{plain(name)}: by the short cut alone",
                line={"color": colour, "width": 1.5, "dash": "dot"},
                hovertemplate="by the short cut<br>at “%{customdata}”: %{y:.3g}<extra></extra>",
            )
    figure.add_vline(read + 0.5, {"color": INK[mode], "width": 1, "dash": "dash"}, "writes")
    figure.update_xaxes(range=[0.5, len(names) + 0.5], tickvals=list(range(1, len(names) + 1)), ticktext=names)
    top = math.log10(high) + 0.5
    figure.update_yaxes(type="log", exponentformat="power", range=[top - DECADES, top])
    title = f"The gradient of “{written[steps - 1]}” on its way back, norm by norm"
    return styled(figure, title, "read, then written", "‖∂L/∂h‖, compared with where it enters", mode, 420)
