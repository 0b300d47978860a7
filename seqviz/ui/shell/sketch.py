"""The sketch pad: a curve drawn by hand, and the same curve in the URL."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from seqviz.data.sketch import POINTS, decode_sketch
from seqviz.errors import InputError
from seqviz.ui.shell.url import from_text, to_link

_JS = Path(__file__).parent / "js"
_MOUNT = st.components.v2.component(
    "seqviz_sketch",
    html='<div class="host"></div>\n',
    css="".join((_JS / name).read_text(encoding="utf-8") for name in ("pad.css", "sketch.css")),
    js=(_JS / "sketch.js").read_text(encoding="utf-8"),
)
NOTHING = "." * POINTS


def sketch_pad(
    key: str,
    parameter: str,
    name: str,
    *,
    low: str = "",
    high: str = "",
    start: str = "",
    stop: str = "",
    base: Sequence[float | None] = (),
) -> tuple[float | None, ...]:
    """The pad and the heights in [0, 1] that are drawn on it, None where nothing is; in the URL from then on.

    `name` is read out for those who do not see it; `low`, `high`, `start` and `stop` stand at the axes' ends, and
    `base` is drawn faintly behind.
    """
    kept = st.session_state.setdefault("kept", {})
    drawn = st.session_state.get(key, {}).get("curve")
    value = drawn if drawn is not None else from_text(parameter) or kept.get(parameter, NOTHING)
    try:
        heights = decode_sketch(value)
    except InputError as error:
        st.toast(str(error), icon=":material/error:")
        value, heights = NOTHING, decode_sketch(NOTHING)
    kept[parameter] = value
    to_link(parameter, None if value == NOTHING else value)
    labels = {"name": name, "low": low, "high": high, "start": start, "stop": stop, "base": list(base)}
    _MOUNT(key=key, data={"curve": value, "labels": labels}, on_curve_change=lambda: None)
    return heights
