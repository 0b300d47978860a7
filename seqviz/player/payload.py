"""A timeline as the browser receives it: a JSON header, and one block of 16-bit numbers."""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from seqviz.player.timeline import Bars, Candidates, Characters, Heatmap, Lines, Panel, Path, Picture, Text, Timeline

ARRAYS: dict[type, tuple[str, ...]] = {
    Picture: ("image", "scores", "totals"),
    Heatmap: ("values",),
    Bars: ("values",),
    Lines: ("values",),
    Path: ("points", "others"),
    Text: (),
    Characters: ("values",),
    Candidates: ("before", "after", "kept"),
}
FULL, NOT_FINITE = 32767, -32768


def encode(timeline: Timeline, **options: Any) -> bytes:
    """One block of bytes: `options` and the header as JSON, each after its length (uint32), then the numbers.

    Each array is int16 times its own scale, so a value is right to 1/65534 of its panel's range; what is not finite is
    sent as `NOT_FINITE`, which the browser takes for NaN.

    >>> payload = encode(Timeline(2, (Picture("digit", [[0.0, 1.0], [0.5, 0.0]]),)), autoplay=True)
    >>> payload[4:19], len(payload) - payload.rindex(b"}") - 1
    (b'{"autoplay":tru', 8)
    """
    block = bytearray()
    panels = [dict(_encode_panel(panel, block)) for panel in timeline.panels]
    header = {
        "steps": timeline.steps,
        "stepName": timeline.step_name,
        "backwards": timeline.backwards,
        "rate": timeline.rate,
        "groups": list(timeline.groups),
        "marks": [asdict(mark) for mark in timeline.marks],
        "panels": panels,
    }
    return _text(options) + _text(header) + bytes(block)


def _text(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    return len(text).to_bytes(4, "little") + text


def _encode_panel(panel: Panel, block: bytearray) -> Iterator[tuple[str, Any]]:
    assert is_dataclass(panel)
    yield "kind", type(panel).__name__.lower()
    for field in fields(panel):
        value = getattr(panel, field.name)
        if field.name in ARRAYS[type(panel)] and value is not None:
            yield field.name, _append(block, value)
        else:
            yield field.name, list(value) if isinstance(value, tuple | list) else value


def _append(block: bytearray, values: ArrayLike) -> dict[str, Any]:
    array = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(array)
    largest = float(np.abs(array).max(initial=0.0, where=finite)) or 1.0
    descriptor = {"offset": len(block), "shape": list(array.shape), "scale": largest / FULL}
    codes = np.rint(np.where(finite, array, 0.0) / largest * FULL)
    block += np.where(finite, codes, NOT_FINITE).astype("<i2").tobytes()
    return descriptor
