"""Tokens that the reader put into a translation in the place of the likeliest: in the URL as `road=3.17-5.2`.

Each is a step and a token's number. A road at an earlier step drops those behind it.
"""

import streamlit as st

from seqviz.ui.shell.url import from_text, to_link

MOST = 20
_KEY = "road"


def recalled(about: object, tokens: int) -> tuple[tuple[int, int], ...]:
    """The tokens put in; none once `about`, the network and the text that they belong to, has changed."""
    known = st.session_state.get("road about")
    st.session_state["road about"] = about
    if known not in (None, about):
        _put("")
    found = parsed(st.session_state.get(_KEY, from_text(_KEY) or ""))
    fitting = tuple(one for one in found if one[1] < tokens)
    if known is None and len(fitting) < len(found):
        st.toast(f"The link puts in {len(found)} tokens; {len(found) - len(fitting)} are unknown here and left out.")
    _put(_written(fitting))
    return fitting


def take(step: int, token: int) -> None:
    """Go on with this token here."""
    earlier = [one for one in parsed(st.session_state.get(_KEY, "")) if one[0] < step]
    _put(_written([*earlier, (step, token)][-MOST:]))


def undo() -> None:
    """From a callback: take the last one back."""
    _put(_written(parsed(st.session_state.get(_KEY, ""))[:-1]))


def parsed(text: str) -> list[tuple[int, int]]:
    """What a link asks for, as far as it makes sense."""
    found: dict[int, int] = {}
    for part in text.split("-")[:MOST]:
        step, _, token = part.partition(".")
        if step.isdecimal() and token.isdecimal() and len(step) < 4 and len(token) < 6:
            found[int(step)] = int(token)
    return sorted(found.items())


def _put(written: str) -> None:
    st.session_state[_KEY] = written
    to_link(_KEY, written or None)


def _written(found: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> str:
    return "-".join(f"{step}.{token}" for step, token in found)
