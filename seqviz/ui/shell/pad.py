"""The drawing pad: strokes in, the same strokes in the URL."""

from pathlib import Path

import streamlit as st

from seqviz.data.drawing import EXAMPLE, decode_strokes
from seqviz.errors import InputError
from seqviz.ui.shell.url import from_text, to_link

_JS = Path(__file__).parent / "js"
_MOUNT = st.components.v2.component(
    "seqviz_pad",
    html='<div class="host"></div>\n',
    css=(_JS / "pad.css").read_text(encoding="utf-8"),
    js=(_JS / "pad.js").read_text(encoding="utf-8"),
)

PARAMETER = "drawing"


def drawing_pad(key: str) -> str:
    """The pad, and the encoded strokes on it (`seqviz.data.decode_strokes` reads them); in the URL from then on."""
    kept = st.session_state.setdefault("kept", {})
    link = from_text(PARAMETER)
    value = link if link is not None else kept.get(PARAMETER, EXAMPLE)
    drawn = st.session_state.get(key, {}).get("strokes")
    value = value if drawn is None else drawn
    try:
        decode_strokes(value)
    except InputError as error:
        st.toast(str(error), icon=":material/error:")
        value = ""
    kept[PARAMETER] = value
    to_link(PARAMETER, value)
    _MOUNT(key=key, data={"strokes": value}, on_strokes_change=lambda: None)
    return value
