"""State that a link carries: widgets whose values stand in the URL, and come back after a switch to another page.

Streamlit's own `bind="query-params"` writes the label on screen into the URL and forgets on a page switch; here links
keep the short names of the code (`?model=gru&step=17`), whatever a page calls them.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

from seqviz.ui.shell.frame import as_code

T = TypeVar("T", int, str, bool, tuple[int, int])
Option = TypeVar("Option", bound=str)
Width = int | Literal["stretch"]


def choose(
    label: str,
    options: Sequence[Option],
    key: str,
    *,
    names: Callable[[Option], str] = str,
    default: Option | None = None,
    width: Width = "stretch",
    resets: Sequence[str] = (),
) -> Option:
    """A select box; an unknown value in the URL falls back to `default`, else to the first option.

    A change takes the widgets named in `resets` to their defaults.
    """
    default = default or options[0]
    widget = _recall(key, default, lambda text: text if text in options else default)
    st.selectbox(
        label, options, key=widget, format_func=names, width=width, filter_mode=None, on_change=forget, args=(resets,)
    )
    return _keep(key, default)


def slide(label: str, options: Sequence[Option], key: str, *, default: Option, width: Width = "stretch") -> Option:
    """A slider over a few named values; an unknown one in the URL falls back to the default."""
    widget = _recall(key, default, lambda text: text if text in options else default)
    st.select_slider(label, options, key=widget, width=width)
    return _keep(key, default)


def pick(
    label: str,
    options: Sequence[Option],
    key: str,
    *,
    names: Callable[[Option], str] = str,
    default: Option | None = None,
    resets: Sequence[str] = (),
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> Option:
    """A row of buttons of which one is always on; a change takes the widgets named in `resets` to their defaults."""
    default = default or options[0]
    widget = _recall(key, default, lambda text: text if text in options else default)
    st.segmented_control(
        label,
        options,
        key=widget,
        format_func=names,
        required=True,
        on_change=forget,
        args=(resets,),
        label_visibility=label_visibility,
    )
    return _keep(key, default)


def whole(
    label: str,
    low: int,
    high: int,
    default: int,
    key: str,
    *,
    help: str | None = None,
    width: Width = "stretch",
    slider: bool = False,
    on_change: Callable[[], None] | None = None,
) -> int:
    """A whole number, typed or on a slider; one that is out of range in the URL falls back to the default."""
    default = max(low, min(high, default))
    widget = _recall(key, default, lambda text: _number(text, low, high, default))
    field = st.slider if slider and low < high else st.number_input
    field(label, low, high, key=widget, help=help, width=width, on_change=on_change)
    return _keep(key, default)


def span(label: str, low: int, high: int, key: str, *, width: Width = "stretch") -> range:
    """A slider with two ends, both included; by default from end to end."""
    if low == high:
        return range(low, high + 1)
    default = (low, high)
    ends = st.session_state.get(f"{key} ends")
    if ends not in (None, default) and st.session_state.get(key) == ends:
        forget([key])  # all of a shorter list stays all of a longer one
    st.session_state[f"{key} ends"] = default

    def parse(text: str) -> tuple[int, int]:
        first, _, last = text.partition("-")
        start = _number(first, low, high, -1)
        stop = _number(last, low, high, -1)
        return (start, stop) if 0 <= start <= stop else default

    _recall(key, default, parse)
    st.slider(label, low, high, key=key, width=width)
    start, stop = _keep(key, default)
    return range(start, stop + 1)


def switch(label: str, key: str, *, default: bool = False) -> bool:
    """On or off."""
    _recall(key, default, lambda text: {"1": True, "0": False}.get(text, default))
    st.toggle(label, key=key)
    return _keep(key, default)


def text(label: str, key: str, default: str, *, width: Width = "stretch") -> str:
    """A line of text."""
    _recall(key, default, str)
    st.text_input(label, key=key, max_chars=400, width=width)
    return _keep(key, default)


def paragraph(label: str, key: str, default: str, *, most: int) -> str:
    """Lines of text, too long for a link; they come back after a switch to another view or page."""
    st.session_state.setdefault(key, st.session_state.get(f"{key} kept", default))
    typed = st.text_area(label, key=key, max_chars=most, height=160)
    st.session_state[f"{key} kept"] = typed
    return typed


def forget(keys: Sequence[str]) -> None:
    """Let widgets fall back to their defaults, in the URL too: for settings that depend on another one."""
    for key in keys:
        st.session_state.pop(_widget_key(key), None)
        st.session_state.get("kept", {}).pop(key, None)
        to_link(key, None)


def recalled(key: str, count: int) -> int | None:
    """A number below `count` that no widget holds: from the URL, else of before a page switch, else None."""
    kept = st.session_state.setdefault("kept", {})
    found = _number(st.query_params.get(key, kept.get(key, "")), 0, count - 1, -1)
    if found < 0:
        return None
    kept[key] = str(found)
    return found


def remember(key: str, number: int) -> None:
    """Put a number that no widget holds into the URL, and keep it over a page switch."""
    st.session_state.setdefault("kept", {})[key] = str(number)
    to_link(key, number)


def assign(key: str, value: int | str) -> None:
    """Give the widget with this key another value, from a callback, whether or not it is on the screen.

    Assigning to `st.session_state` is not enough. The browser sends a widget that has left the screen, with its old
    value, until the run that drops it has ended, and if another click ends that run early, the old value wins. So the
    value goes to a new widget in the place of the old one, of which the browser knows nothing.
    """
    assigned = st.session_state.setdefault("assigned", {})
    assigned[key] = assigned.get(key, 0) + 1
    st.session_state[_widget_key(key)] = value


def recalled_step(steps: int) -> int | None:
    """The time step of the one clock."""
    return recalled("step", steps)


def remember_step(step: int) -> None:
    remember("step", step)


def from_text(name: str) -> str | None:
    """A text that no widget holds, from the URL."""
    return st.query_params.get(name)


def to_link(name: str, value: object) -> None:
    """Write a value into the URL; None takes it out."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def _widget_key(key: str) -> str:
    """The widget that stands for this key now: another one after every `assign`."""
    count = st.session_state.get("assigned", {}).get(key, 0)
    return f"{key} {count}" if count else key


def _recall(key: str, default: T, parse: Callable[[str], T]) -> str:
    """Before a widget is drawn: what the URL says, else what it was before a page switch, else the default.

    Returns the key that Streamlit knows the widget by.
    """
    widget = _widget_key(key)
    if widget in st.session_state:
        still = st.session_state[widget]
        if parse(_written(still)) == still:
            st.session_state[widget] = still  # or another page's widget of this key would begin at Streamlit's default
            return widget
    asked = st.query_params.get(key)
    kept = st.session_state.get("kept", {}).get(key)
    text = kept if asked is None else asked
    value = default if text is None else parse(text)
    if asked not in (None, kept) and _written(value) != asked:
        wanted, taken = as_code(asked[:60]), as_code(_written(value))
        st.toast(f"The link asks for {key} {wanted}, which is not to be had here; this is {taken}.")
    st.session_state[widget] = value
    return widget


def _keep(key: str, default: T) -> Any:
    """After it is drawn: remember the value, and write it into the URL unless it is the default."""
    value = st.session_state[_widget_key(key)]
    st.session_state.setdefault("kept", {})[key] = _written(value)
    to_link(key, None if value == default else _written(value))
    return value


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def _number(text: str, low: int, high: int, default: int) -> int:
    return int(text) if text.isdecimal() and len(text) <= 9 and low <= int(text) <= high else default
