"""A Plotly figure as the plain dictionary that it comes to.

Plotly checks and copies every part of a `go.Figure`: 17 ms to build one, and 2 ms at each rerun that shows it again.
Thirty visitors share one interpreter, so the pages' figures are dictionaries from the start. The tests let Plotly check
each of them.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Self

from plotly.basedatatypes import BaseFigure

Part = dict[str, Any]


class Chart(BaseFigure):  # type: ignore[misc]  # Plotly is not typed
    """What `go.Figure` offers, as far as the house needs it.

    It derives from Plotly's class because Streamlit would check a dictionary anew.

    >>> chart = Chart().add_scatter(x=[1, 2], y=[3, 4]).update_xaxes(title_text="row")
    >>> chart.to_dict()["layout"]["xaxis"]
    {'title': {'text': 'row'}}
    """

    def __init__(self) -> None:
        self.__dict__["content"] = {"data": [], "layout": {}}

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"A chart has no {name} to set; use its update methods.")

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._copy(deepcopy(self.content))

    def __reduce__(self) -> tuple[Any, ...]:
        return _chart, (self.content,)

    def to_dict(self) -> Part:
        """The figure itself: who takes it may not change it."""
        content: Part = self.content
        return content

    def add_scatter(self, **trace: Any) -> Self:
        return self._add("scatter", trace)

    def add_bar(self, **trace: Any) -> Self:
        return self._add("bar", trace)

    def add_heatmap(self, **trace: Any) -> Self:
        return self._add("heatmap", trace)

    def add_hline(self, y: float, line: Part, annotation_text: str = "") -> Self:
        """A line across the chart at this height, with a text above its right end."""
        across = {"x0": 0, "x1": 1, "xref": "x domain", "y0": y, "y1": y, "yref": "y"}
        right = {"x": 1, "xref": "x domain", "xanchor": "right", "y": y, "yref": "y", "yanchor": "bottom"}
        return self._line(across, line, right, annotation_text)

    def add_vline(self, x: float, line: Part, annotation_text: str = "") -> Self:
        """A line from bottom to top at this place, with a text to the right of its upper end."""
        upright = {"x0": x, "x1": x, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
        top = {"x": x, "xref": "x", "xanchor": "left", "y": 1, "yref": "y domain", "yanchor": "top"}
        return self._line(upright, line, top, annotation_text)

    def update_layout(self, **changes: Any) -> Self:
        _merge(self.content["layout"], changes)
        return self

    def update_xaxes(self, **changes: Any) -> Self:
        _merge(self.content["layout"].setdefault("xaxis", {}), changes)
        return self

    def update_yaxes(self, **changes: Any) -> Self:
        _merge(self.content["layout"].setdefault("yaxis", {}), changes)
        return self

    def _add(self, kind: str, trace: Part) -> Self:
        self.content["data"].append({**trace, "type": kind})
        return self

    def _line(self, ends: Part, line: Part, place: Part, text: str) -> Self:
        layout = self.content["layout"]
        layout.setdefault("shapes", []).append({"type": "line", "line": line, **ends})
        if text:
            layout.setdefault("annotations", []).append({"text": text, "showarrow": False, **place})
        return self

    @classmethod
    def _copy(cls, content: Part) -> Self:
        chart = cls()
        chart.__dict__["content"] = content
        return chart


def _chart(content: Part) -> Chart:
    return Chart._copy(content)


def _merge(part: Part, changes: Mapping[str, Any]) -> None:
    """Put changes into nested dictionaries; None changes nothing, and `title_text` is the `text` of the `title`."""
    for name, value in changes.items():
        if name.startswith("title_"):
            _merge(part.setdefault("title", {}), {name.removeprefix("title_"): value})
        elif isinstance(value, Mapping):
            _merge(part.setdefault(name, {}), value)
        elif value is not None:
            part[name] = value
