"""The confusion matrix of an evaluation."""

from collections.abc import Sequence

from jaxtyping import Int
from torch import Tensor

from seqviz.data.examples import Digit
from seqviz.figures.chart import Chart
from seqviz.figures.style import ink_scale, styled
from seqviz.palette import Mode


def confusion_figure(
    confusion: Int[Tensor, "classes classes"],
    step: int,
    mode: Mode,
    classes: Sequence[str] = Digit.classes,
    examples: str = "digits",
) -> Chart:
    """How often each class was read as what. Colour is the share of the class, so rare classes are as readable.

    `confusion[label, answer]` counts test examples.
    """
    share = confusion / confusion.sum(dim=1, keepdim=True).clamp(min=1)
    labels = list(classes[: len(confusion)])
    figure = Chart().add_heatmap(
        z=share.tolist(),
        x=labels,
        y=labels,
        text=confusion.tolist(),
        texttemplate="%{text}",
        colorscale=ink_scale(mode),
        zmin=0,
        zmax=1,
        showscale=False,
        hovertemplate=f"%{{text}} {examples} that are %{{y}} were read as %{{x}} (%{{z:.1%}})<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", type="category", automargin=True)
    figure.update_xaxes(type="category")
    return styled(figure, f"Confusion matrix of the test set, after step {step}", "answer", "class", mode, 440)
