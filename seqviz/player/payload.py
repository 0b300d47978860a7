"""A timeline as the browser receives it: a JSON header, and one block of 16-bit numbers."""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from seqviz.player.timeline import (
    Alignment,
    Bars,
    Candidates,
    Characters,
    Fan,
    Heatmap,
    Lines,
    Looking,
    Panel,
    Path,
    Picture,
    Scatter,
    Text,
    Timeline,
)

ARRAYS: dict[type, tuple[str, ...]] = {
    Picture: ("image", "scores", "totals"),
    Heatmap: ("values",),
    Bars: ("values",),
    Lines: ("values",),
    Path: ("points", "others"),
    Scatter: ("points", "values"),
    Text: (),
    Characters: ("values",),
    Candidates: ("before", "after", "kept"),
    Alignment: ("weights",),
    Looking: ("image", "weights"),
    Fan: ("truth", "ahead", "free", "quantiles", "series"),
}
FULL, NOT_FINITE = {16: 32767, 8: 127}, {16: -32768, 8: -128}
"""By the bits of a number: the code of the largest value, and that of what is not finite."""


def encode(timeline: Timeline, **options: Any) -> bytes:
    """One block of bytes: `options` and the header as JSON, each after its length (uint32), then the numbers.

    Each array is int16 times its own scale, so a value is right to 1/65534 of its panel's range; heatmaps of moments
    but the last have 8 bits, right to 1/254. What is not finite is sent as `NOT_FINITE`, which the browser takes for
    NaN. An array that several panels share is sent once.

    >>> payload = encode(Timeline(2, (Picture("digit", [[0.0, 1.0], [0.5, 0.0]]),)), autoplay=True)
    >>> payload[4:19], len(payload) - payload.rindex(b"}") - 1
    (b'{"autoplay":tru', 8)
    """
    block = _Block()
    panels = [dict(_encode_panel(panel, block)) for panel in timeline.panels]
    moments = [
        {
            "number": moment.number,
            "marks": [asdict(mark) for mark in moment.marks],
            "panels": [dict(_encode_panel(panel, block, brief=True)) for panel in moment.panels],
        }
        for moment in timeline.moments[:-1]
    ]
    if timeline.moments:
        moments.append({"number": timeline.moments[-1].number})
    header = {
        "steps": timeline.steps,
        "stepName": timeline.step_name,
        "backwards": timeline.backwards,
        "rate": timeline.rate,
        "groups": list(timeline.groups),
        "marks": [asdict(mark) for mark in timeline.marks],
        "panels": panels,
        "moments": moments,
        "momentName": timeline.moment_name,
        "momentTitle": timeline.moment_title,
    }
    return _text(options) + _text(header) + bytes(block.content)


def _text(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    return len(text).to_bytes(4, "little") + text


def _encode_panel(panel: Panel, block: "_Block", *, brief: bool = False) -> Iterator[tuple[str, Any]]:
    """Name and value of each field; a `brief` panel is one of another moment, whose heatmaps need fewer bits."""
    assert is_dataclass(panel)
    yield "kind", type(panel).__name__.lower()
    for field in fields(panel):
        value = getattr(panel, field.name)
        if field.name in ARRAYS[type(panel)] and value is not None:
            yield field.name, block.append(value, 8 if brief and isinstance(panel, Heatmap) else 16)
        else:
            yield field.name, list(value) if isinstance(value, tuple | list) else value


class _Block:
    """The numbers of all panels, one array behind another."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._sent: dict[tuple[int, int], tuple[ArrayLike, dict[str, Any]]] = {}

    def append(self, values: ArrayLike, bits: int) -> dict[str, Any]:
        """Where the numbers lie, their shape and their scale."""
        key = id(values), bits
        if key not in self._sent:  # with the array itself, or another one could take its id
            self._sent[key] = values, self._append(values, bits)
        return self._sent[key][1]

    def _append(self, values: ArrayLike, bits: int) -> dict[str, Any]:
        array = np.asarray(values, dtype=np.float64)
        finite = np.isfinite(array)
        largest = float(np.abs(array).max(initial=0.0, where=finite)) or 1.0
        descriptor = {"offset": len(self.content), "shape": list(array.shape), "scale": largest / FULL[bits]}
        codes = np.rint(np.where(finite, array, 0.0) / largest * FULL[bits])
        self.content += np.where(finite, codes, NOT_FINITE[bits]).astype(f"<i{bits // 8}").tobytes()
        return descriptor if bits == 16 else descriptor | {"bits": bits}
