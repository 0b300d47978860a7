"""State that a link carries: widgets bound to the URL, which also survive a switch to another page and back."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

T = TypeVar("T")


def choose(
    label: str,
    options: Sequence[T],
    key: str,
    *,
    names: Callable[[T], str] = str,
    help: str | None = None,
    width: int | Literal["stretch"] = "stretch",
) -> T:
    """A select box whose choice is in the URL; an unknown value there falls back to the first option."""
    _recall(key, valid=lambda value: value in options)
    value = st.selectbox(
        label, options, key=key, format_func=names, bind="query-params", help=help, width=width, filter_mode=None
    )
    _keep(key)
    return value


def pick(label: str, options: Sequence[T], key: str, *, names: Callable[[T], str] = str, help: str | None = None) -> T:
    """A row of buttons of which one is always on; its choice is in the URL."""
    _recall(key, valid=lambda value: value in options)
    value = st.segmented_control(
        label, options, key=key, default=options[0], format_func=names, bind="query-params", required=True, help=help
    )
    _keep(key)
    return options[0] if value is None else value


def whole(
    label: str,
    low: int,
    high: int,
    default: int,
    key: str,
    *,
    help: str | None = None,
    width: int | Literal["stretch"] = "stretch",
) -> int:
    """A whole number in the URL."""
    _recall(key, valid=lambda value: isinstance(value, int) and low <= value <= high)
    value = st.number_input(label, low, high, default, key=key, bind="query-params", help=help, width=width)
    _keep(key)
    return int(value)


def switch(label: str, key: str, *, help: str | None = None) -> bool:
    """On or off, in the URL."""
    _recall(key, valid=lambda value: isinstance(value, bool))
    value = st.toggle(label, key=key, bind="query-params", help=help)
    _keep(key)
    return value


def from_link(name: str, low: int, high: int) -> int | None:
    """A whole number that no widget holds, from the URL; None where it is missing or out of range."""
    text = st.query_params.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 and low <= int(text) <= high else None


def from_text(name: str) -> str | None:
    """A text that no widget holds, from the URL."""
    return st.query_params.get(name)


def to_link(name: str, value: object) -> None:
    """Write a value that no widget holds into the URL; None takes it out."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def _recall(key: str, valid: Callable[[Any], bool]) -> None:
    """Streamlit forgets a bound widget when the page changes: give it back what it had, if that still fits."""
    kept = st.session_state.setdefault("kept", {})
    if key not in st.session_state and key in kept and key not in st.query_params and valid(kept[key]):
        st.session_state[key] = kept[key]


def _keep(key: str) -> None:
    st.session_state["kept"][key] = st.session_state[key]
