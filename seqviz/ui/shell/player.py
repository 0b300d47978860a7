"""The timeline player as a Streamlit component."""

from collections.abc import Callable

import streamlit as st

from seqviz.player.bundle import bundle, stylesheet
from seqviz.player.payload import encode
from seqviz.player.timeline import Timeline
from seqviz.ui.shell.url import recalled_step, remember_step

_MOUNT = st.components.v2.component(
    "seqviz_player", html='<div class="host"></div>\n', css=stylesheet(), js=bundle("component.js")
)


Pin = dict[str, int | None]
"""A row of a heatmap: its group, its layer and its unit; group None means in every group."""


def player(
    timeline: Timeline,
    key: str,
    *,
    start: int | None = None,
    autoplay: bool = False,
    pinned: Pin | None = None,
    on_step: Callable[[int], None] | None = None,
    on_pin: Callable[[Pin], None] | None = None,
    on_mark: Callable[[tuple[int, int]], None] | None = None,
    on_pick: Callable[[int], None] | None = None,
    on_moment: Callable[[int], None] | None = None,
    moment: int | None = None,
    below: int = 0,
) -> None:
    """Play a timeline in place, on the first screen but for the last `below` pixels.

    `start` is the step to open at; while the player stays on the page only the first value counts, so that
    playback is never disturbed; `seek` moves the cursor afterwards.
    `on_step` is told where the reader let go of the scrubber, `on_pin` which row was clicked, `on_mark` which stretch
    of a text was marked, `on_pick` which of its words was picked, `on_moment` which of the timeline's moments is shown;
    it opens at `moment`.
    """
    if key not in st.session_state:  # it is new on the page
        st.session_state[f"{key} opened"] = {"start": start, "autoplay": autoplay, "moment": moment}
        st.session_state.pop(f"{key} sought", None)
    opened, sought = st.session_state[f"{key} opened"], st.session_state.get(f"{key} sought")

    def told(name: str, callback: Callable[..., None] | None) -> Callable[[], None]:
        return lambda: callback(st.session_state[key].get(name)) if callback else None

    _MOUNT(
        key=key,
        data=encode(timeline, **opened, pinned=pinned, seek=sought, below=below),
        on_step_change=told("step", on_step),
        on_pinned_change=told("pinned", on_pin),
        on_marked_change=told("marked", on_mark),
        on_picked_change=told("picked", on_pick),
        on_moment_change=told("moment", on_moment),
    )


def play(
    timeline: Timeline,
    key: str,
    *,
    pinned: Pin | None = None,
    on_pin: Callable[[Pin], None] | None = None,
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """The player on the page's clock: it opens at the link's step, else plays from the start, and keeps the step."""
    start = recalled_step(timeline.steps)
    player(
        timeline,
        key,
        start=start,
        autoplay=start is None,
        pinned=pinned,
        on_step=remember_step,
        on_pin=on_pin,
        on_pick=on_pick,
    )


def seek(key: str, step: int, *, play: bool = False) -> None:
    """Move the cursor of the player with this key, once, and let it play on from there."""
    number = st.session_state.get(f"{key} sought", (0,))[0] + 1
    st.session_state[f"{key} sought"] = (number, step, play)
