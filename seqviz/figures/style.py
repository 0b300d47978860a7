"""The look that all Plotly figures share."""

from seqviz.data.vocabulary import named
from seqviz.figures.chart import Chart
from seqviz.palette import INK, NEGATIVE, PAPER, POSITIVE, Mode


def styled(figure: Chart, title: str, x: str, y: str, mode: Mode, height: int = 380) -> Chart:
    """Title, axis names and quiet lines on the page's own background."""
    ink = INK[mode]
    faint = "rgba(128, 128, 128, 0.28)"
    figure.update_layout(
        title={
            "text": title,
            "font": {"size": 17, "color": ink, "weight": 600},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
        },
        paper_bgcolor=PAPER[mode],
        plot_bgcolor=PAPER[mode],
        font={"color": ink, "size": 14, "family": '"Source Sans", "Source Sans Pro", sans-serif'},
        margin={"l": 56, "r": 24, "t": 56, "b": 52},
        height=height,
        hoverlabel={"font": {"size": 14}},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0, "xanchor": "left"},  # clear of the title
    )
    axis = {"gridcolor": faint, "zerolinecolor": faint, "linecolor": faint, "title": {"font": {"size": 14}}}
    figure.update_xaxes(**axis, title_text=x)
    figure.update_yaxes(**axis, title_text=y, automargin=True, title_standoff=8)  # or names lie on numbers
    return figure


def plain(text: str) -> str:
    """A text as Plotly shows it and not as the markup that it could be taken for; a single character by its sign."""
    shown = named(text) if len(text) == 1 else text
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def signed_scale(mode: Mode) -> list[list[float | str]]:
    """The map for signed values, whose zero is the page's background."""
    return [[0.0, NEGATIVE], [0.5, PAPER[mode]], [1.0, POSITIVE]]


def ink_scale(mode: Mode) -> list[list[float | str]]:
    """The map for [0, 1]: from the page's background to its ink."""
    return [[0.0, PAPER[mode]], [1.0, INK[mode]]]
