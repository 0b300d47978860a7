"""Whatever changes with time, as one `Timeline`: a number of steps, and panels that share one cursor.

Panels hold real values; how they are drawn is the browser's business (`js/`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scale = Literal["signed", "share"]
"""How values are coloured: signed around a zero that is the page's background, or in [0, 1] from background to ink."""


@dataclass(frozen=True)
class Picture:
    """An image `(steps, width)` in [0, 1] that is read row by row: one row a step.

    `scores`, of the same shape, lie over it in signed colours, full at `limit`; `totals` `(steps)` are bars beside its
    rows, whose longest reaches the edge.
    """

    title: str
    image: ArrayLike
    scores: ArrayLike | None = None
    totals: ArrayLike | None = None
    limit: float = 1.0
    group: int = 0


@dataclass(frozen=True)
class Heatmap:
    """`values` `(steps, rows)`, drawn with time to the right; beside it the current step's values as bars.

    `rows` names each row by number, in the order drawn (a unit's index, say); `row_name` says what a row is.
    `limit` is the value at which the colour is full. A click on a row pins it; `layer` tells which heatmap it was.
    Where the rows are the timeline's moments, one that `picks_moment` turns to the one that is clicked. One that is
    filled `from_end` shows a reader of the other direction on the same clock: it has its last step first.
    """

    title: str
    values: ArrayLike
    rows: Sequence[int]
    row_name: str = "unit"
    symbol: str = "h"
    scale: Scale = "signed"
    limit: float = 1.0
    layer: int = 0
    picks_moment: bool = False
    from_end: bool = False
    group: int = 0


@dataclass(frozen=True)
class Bars:
    """`values` `(steps, bars)` in [0, 1]: one bar a label, at the current step."""

    title: str
    values: ArrayLike
    labels: Sequence[str]
    colour: str
    group: int = 0


@dataclass(frozen=True)
class Lines:
    """`values` `(steps, lines)` in [0, 1] as curves over time, the one that ends highest in `colour`."""

    title: str
    values: ArrayLike
    labels: Sequence[str]
    colour: str
    group: int = 0


@dataclass(frozen=True)
class Path:
    """`points` `(steps, 2)` as a path in a plane, among `others` `(paths, steps, 2)` whose ends carry `labels`."""

    title: str
    points: ArrayLike
    others: ArrayLike
    labels: Sequence[str]
    axes: tuple[str, str]
    colour: str
    group: int = 0


@dataclass(frozen=True)
class Scatter:
    """`points` `(steps, points, 2)` that move through a plane, coloured by `values` `(steps, points)` in [-1, 1].

    All have `labels`; those of the `named` ones stand beside them, that of the `marked` one in bold. `unit` is what the
    values say.
    """

    title: str
    points: ArrayLike
    values: ArrayLike
    labels: Sequence[str]
    named: Sequence[int]
    axes: tuple[str, str]
    unit: str
    marked: int = -1
    group: int = 0


@dataclass(frozen=True)
class Text:
    """One sentence a step; a `verbatim` one keeps its spaces and line breaks, and shows what cannot be seen."""

    title: str
    sentences: Sequence[str]
    verbatim: bool = False
    group: int = 0


@dataclass(frozen=True)
class Characters:
    """A text of one character a step behind a `prompt`; `values` `(steps)`, in `unit`, are the colours behind them.

    A `written` text appears one character after another; a `brief` one is no higher than it needs. Each of the
    `stretches` is marked from its first step to the one before its last, the first stretch most strongly; in a
    `markable` text the reader marks one by dragging, in a `pickable` one picks a word or a character with a click.
    """

    title: str
    characters: Sequence[str]
    values: ArrayLike
    prompt: str = ""
    scale: Scale = "share"
    limit: float = 1.0
    unit: str = "bits"
    written: bool = True
    brief: bool = False
    stretches: Sequence[tuple[int, int]] = ()
    markable: bool = False
    pickable: bool = False
    group: int = 0


@dataclass(frozen=True)
class Candidates:
    """The likeliest characters `labels[step]`: the network's shares `(steps, characters)`, and those drawn from.

    `kept` is 0 for a character that was cut and 1 for the others; `chosen` is the place of the one that was drawn, -1
    where it is none of these. A label without characters is no candidate. Of `plain` ones, which are not drawn from a
    changed distribution, one share is written.
    """

    title: str
    labels: Sequence[Sequence[str]]
    before: ArrayLike
    after: ArrayLike
    kept: ArrayLike
    chosen: Sequence[int]
    colour: str
    plain: bool = False
    group: int = 0


@dataclass(frozen=True)
class Alignment:
    """What is read, what is written, and how much each written token looks at each place of what was read.

    The first `reading` steps read, the others write; `weights` `(steps, places)` are in [0, 1], None without attention.
    As lines between the two, or as a `matrix` with a row a token that is written.
    """

    title: str
    source: Sequence[str]
    target: Sequence[str]
    reading: int
    weights: ArrayLike | None
    matrix: bool = False
    group: int = 0


@dataclass(frozen=True)
class Looking:
    """A picture `(rows, columns)` in [0, 1] that stands still for `steps` steps, and where each of them looks.

    `weights` `(steps, places)` are shares of a `grid` × `grid` of places; without them there is the picture alone.
    """

    title: str
    image: ArrayLike
    steps: int
    weights: ArrayLike | None = None
    grid: int = 1
    group: int = 0


@dataclass(frozen=True)
class Fan:
    """A series over the steps of the timeline: `truth` `(steps)`, NaN where nobody knows it yet.

    The first `reading` steps are read. `ahead` `(steps)` was forecast one step before each, `free` `(steps)` from the
    last step that is read, with `quantiles` `(steps, levels)` from the lowest to the highest. `series` is the whole
    series, `span` where in it the reading begins, where it ends and where the forecast ends, as shares; `times` names
    each step. All but `series` are sent as distances from `base`, and written with so many `decimals`.
    """

    title: str
    truth: ArrayLike
    ahead: ArrayLike
    free: ArrayLike
    quantiles: ArrayLike | None
    reading: int
    series: ArrayLike
    span: tuple[float, float, float]
    times: Sequence[str]
    unit: str
    colour: str
    base: float = 0.0
    decimals: int = 2
    group: int = 0


Panel = Picture | Heatmap | Bars | Lines | Path | Scatter | Text | Characters | Candidates | Alignment | Looking | Fan


@dataclass(frozen=True)
class Mark:
    """A step worth finding, named on the scrubber and in the panels of its group."""

    step: int
    label: str
    group: int = 0


@dataclass(frozen=True)
class Moment:
    """What a timeline shows at another moment of a second time: the same panels with other values, and their marks.

    `number` is that moment on screen: how many training steps a network had behind it.
    """

    number: int
    panels: tuple[Panel, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """`steps` steps, called `step_name` on screen, and the panels that show them; `rate` of them play in a second.

    One that runs `backwards` begins at its last step; lines and paths cannot.

    Panels of one group belong together (one network reading one digit); groups are drawn side by side.

    `moments`, in order, are a second time, which has a title; the panels of the timeline are those of the last.
    """

    steps: int
    panels: tuple[Panel, ...]
    groups: tuple[str, ...] = ("",)
    marks: tuple[Mark, ...] = ()
    step_name: str = "row"
    rate: float = 5.5
    backwards: bool = False
    moments: tuple[Moment, ...] = ()
    moment_name: str = "training step"
    moment_title: str = "Training"

    def __post_init__(self) -> None:
        for panel in self.panels:
            assert 0 <= panel.group < len(self.groups), panel
            assert steps_of(panel) == self.steps, (panel.title, steps_of(panel), self.steps)
            assert not (self.backwards and isinstance(panel, Lines | Path)), panel.title
        for moment in self.moments:
            assert [panel.title for panel in moment.panels] == [panel.title for panel in self.panels], moment.number
            assert all(steps_of(panel) == self.steps for panel in moment.panels), moment.number

    def beside(self, other: "Timeline") -> "Timeline":
        """Both on one clock."""
        shift = len(self.groups)
        return replace(
            self,
            panels=self.panels + tuple(replace(panel, group=panel.group + shift) for panel in other.panels),
            groups=self.groups + other.groups,
            marks=self.marks + tuple(replace(mark, group=mark.group + shift) for mark in other.marks),
        )

    def held(self, steps: int) -> "Timeline":
        """The same, which stands still after its last step, until the clock has made so many."""
        if steps == self.steps:
            return self
        return replace(self, steps=steps, panels=tuple(_held(panel, steps - self.steps) for panel in self.panels))


def _held(panel: Panel, more: int) -> Panel:
    match panel:
        case Text():
            return replace(panel, sentences=[*panel.sentences, *[panel.sentences[-1]] * more])
        case Characters():
            colours = [*np.asarray(panel.values), *[0.0] * more]
            return replace(panel, characters=[*panel.characters, *[""] * more], values=colours)
        case Alignment():
            weights = None if panel.weights is None else np.pad(np.asarray(panel.weights), ((0, more), (0, 0)))
            return replace(panel, target=[*panel.target, *[""] * more], weights=weights)
        case Candidates():
            shares = (np.pad(np.asarray(one), ((0, more), (0, 0))) for one in (panel.before, panel.after, panel.kept))
            before, after, kept = shares
            labels = [*panel.labels, *[[""] * before.shape[1]] * more]
            chosen = [*panel.chosen, *[-1] * more]
            return replace(panel, labels=labels, before=before, after=after, kept=kept, chosen=chosen)
        case Path():
            return replace(panel, points=_padded(panel.points, (0, more)), others=_padded(panel.others, (0, more), 1))
        case _:
            assert isinstance(panel, Heatmap | Lines | Bars), f"{panel.title}: no page holds such a panel"
            first = isinstance(panel, Heatmap) and panel.from_end  # the step that is drawn last
            return replace(panel, values=_padded(panel.values, (more, 0) if first else (0, more)))


def _padded(values: ArrayLike, around: tuple[int, int], axis: int = 0) -> NDArray[np.float64]:
    """More of the first and of the last along an axis."""
    array = np.asarray(values)
    return np.pad(array, [around if place == axis else (0, 0) for place in range(array.ndim)], mode="edge")


def steps_of(panel: Panel) -> int:
    match panel:
        case Picture():
            return len(np.asarray(panel.image))
        case Path():
            return len(np.asarray(panel.points))
        case Text():
            return len(panel.sentences)
        case Characters():
            return len(panel.characters)
        case Candidates():
            return len(panel.labels)
        case Alignment():
            return panel.reading + len(panel.target)
        case Looking():
            return panel.steps
        case Fan():
            return len(np.asarray(panel.truth))
        case _:
            return len(np.asarray(panel.values))
