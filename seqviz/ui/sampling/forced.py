"""Characters that the reader put into a text in place of what was drawn: kept in the URL as `branch=23.101-57.32`.

Each is a step and the character's number in Unicode. A branch at an earlier character drops those behind it.
"""

import streamlit as st

from seqviz.data.vocabulary import named
from seqviz.ui.shell.url import from_text, to_link

MOST = 30
_KEY = "branch"


def recalled(about: object, length: int, vocabulary: str) -> tuple[tuple[int, str], ...]:
    """The characters put in; none once `about`, whose noise and network they belong to, has changed."""
    known = st.session_state.get("branch about")
    st.session_state["branch about"] = about
    if known not in (None, about):
        _put("")
    found = _parsed(st.session_state.get(_KEY, from_text(_KEY) or ""))
    fitting = tuple((step, character) for step, character in found if step < length and character in vocabulary)
    if known is None and len(fitting) < len(found):
        st.toast(
            f"The link puts in {len(found)} characters by hand, of which {len(found) - len(fitting)} do not fit this "
            "text or this network; they are left out."
        )
    _put(_written(fitting))
    return fitting


def add(step: int, character: str) -> None:
    """Go on with this character here."""
    earlier = [one for one in _parsed(st.session_state.get(_KEY, "")) if one[0] < step]
    _put(_written([*earlier, (step, character)][-MOST:]))


def undo() -> None:
    """A button that takes the last one back, where there is one."""
    found = _parsed(st.session_state.get(_KEY, ""))
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Undo the last branch", icon=":material/undo:", on_click=_take_back)
        words = ", ".join(f"character {step + 1} is “{named(character)}”" for step, character in found)
        st.text(f"Put in by hand: {words}.", width="stretch")


def _take_back() -> None:
    _put(_written(_parsed(st.session_state[_KEY])[:-1]))


def _put(written: str) -> None:
    st.session_state[_KEY] = written
    to_link(_KEY, written or None)


def _written(found: list[tuple[int, str]] | tuple[tuple[int, str], ...]) -> str:
    return "-".join(f"{step}.{ord(character)}" for step, character in found)


def _parsed(text: str) -> list[tuple[int, str]]:
    """What a link asks for, as far as it makes sense."""
    found: dict[int, str] = {}
    for part in text.split("-")[:MOST]:
        step, _, number = part.partition(".")
        if step.isdecimal() and number.isdecimal() and len(step) < 5 and len(number) < 8 and int(number) < 0x110000:
            found[int(step)] = chr(int(number))
    return sorted(found.items())
