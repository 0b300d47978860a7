"""The confusion matrix of an evaluation."""

import plotly.graph_objects as go
from jaxtyping import Int
from torch import Tensor

from seqviz.figures.style import ink_scale, styled
from seqviz.palette import Mode


def confusion_figure(confusion: Int[Tensor, "classes classes"], mode: Mode) -> go.Figure:
    """`confusion[label, answer]` as counts; colour is the share of the class, so rare classes are as readable."""
    share = confusion / confusion.sum(dim=1, keepdim=True).clamp(min=1)
    labels = [str(label) for label in range(len(confusion))]
    figure = go.Figure(
        go.Heatmap(
            z=share.tolist(),
            x=labels,
            y=labels,
            customdata=confusion.tolist(),
            texttemplate="%{customdata}",
            colorscale=ink_scale(mode),
            zmin=0,
            zmax=1,
            showscale=False,
            hovertemplate="%{customdata} digits that are %{y} were read as %{x} (%{z:.1%})<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(type="category")
    return styled(
        figure, "Confusion matrix: how many digits of a class were read as what", "answer", "class", mode, 440
    )
