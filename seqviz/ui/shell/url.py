"""State that a link carries: widgets whose values stand in the URL, and come back after a switch to another page.

Streamlit's own `bind="query-params"` writes the label on screen into the URL and forgets on a page switch; here links
keep the short names of `parameters.py` (`?model=gru&step=17`), whatever a page calls them. A value that a link asks for
and cannot have is said.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

from seqviz.errors import InputError
from seqviz.ui.shell.frame import as_code
from seqviz.ui.shell.parameters import PARAMETERS, Choice, Parameter, Span, Text, Value, Whole

T = TypeVar("T", int, str, bool, tuple[int, int])
Option = TypeVar("Option", bound=str)
Names = Mapping[Option, str] | Callable[[Option], str]
Width = int | Literal["stretch"]
MOST_SAID = 4  # sentences about one link


def open_page(page: str) -> None:
    """Before anything is drawn: older links' names become today's, and what a link cannot have is said and dropped."""
    st.session_state["page"] = page
    here = [parameter for parameter in PARAMETERS.values() if page in parameter.pages]
    names = {parameter.name for parameter in here}
    for parameter in here:
        found = None
        for name in (parameter.name, *parameter.was):
            text = st.query_params.get(name)
            if text is not None and (name not in parameter.within or found in (None, parameter.within[name])):
                found = text
            if text is not None and name not in names:
                to_link(name, None)
        if found is not None:
            to_link(parameter.name, parameter.renamed.get(found, found))
    complaints = []
    for name, text in st.query_params.to_dict().items():
        known = PARAMETERS.get(name)
        if known is None or page not in known.pages:
            complaints.append(f"{_quoted(name)} means nothing on this page.")
        elif known.type.read(text) is None:
            complaints.append(f"{_quoted(name)} cannot be {_quoted(text)}.")
        else:
            continue
        to_link(name, None)
    if complaints:
        more = len(complaints) - MOST_SAID
        said = " ".join(complaints[:MOST_SAID]) + (f" And {more} more." if more > 0 else "")
        st.toast(f"Part of this link could not be used; the rest was. {said}")


def choose(
    label: str,
    options: Sequence[Option],
    name: str,
    *,
    names: Names[Option] = str,
    default: Option | None = None,
    width: Width = "stretch",
    resets: Sequence[str] = (),
) -> Option:
    """A select box; a change takes the widgets named in `resets` to their defaults.

    The default is this one, else the parameter's, else the first option.
    """
    widget, default = _option(label, name, options, default)
    st.selectbox(
        label,
        options,
        key=widget,
        format_func=_named(names),
        width=width,
        filter_mode=None,
        on_change=forget,
        args=(resets,),
    )
    return _keep(name, default)


def slide(
    label: str, name: str, options: Sequence[str] = (), *, default: str | None = None, width: Width = "stretch"
) -> str:
    """A slider over a few named values, by default the parameter's."""
    kind = PARAMETERS[name].type
    assert isinstance(kind, Choice | Whole)
    options = options or (kind.options if isinstance(kind, Choice) else ())
    widget, default = _option(label, name, options, default)
    st.select_slider(label, options, key=widget, width=width)
    return _keep(name, default)


def pick(
    label: str,
    options: Sequence[Option],
    name: str,
    *,
    names: Names[Option] = str,
    default: Option | None = None,
    resets: Sequence[str] = (),
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> Option:
    """A row of buttons of which one is always on; a change takes the widgets named in `resets` to their defaults."""
    widget, default = _option(label, name, options, default)
    st.segmented_control(
        label,
        options,
        key=widget,
        format_func=_named(names),
        required=True,
        on_change=forget,
        args=(resets,),
        label_visibility=label_visibility,
    )
    return _keep(name, default)


def whole(
    label: str,
    name: str,
    *,
    low: int | None = None,
    high: int | None = None,
    default: int | None = None,
    help: str | None = None,
    width: Width = "stretch",
    slider: bool = False,
    on_change: Callable[[], None] | None = None,
) -> int:
    """A whole number, typed or on a slider, between `low` and `high`: by default the ends of the parameter's range."""
    parameter = PARAMETERS[name]
    assert isinstance(parameter.type, Whole)
    low = parameter.type.low if low is None else low
    high = parameter.type.high if high is None else high
    usual = parameter.default if default is None else default
    assert isinstance(usual, int), name
    default = max(low, min(high, usual))
    widget = _recall(label, name, default, Whole(low, high).read)
    field = st.slider if slider and low < high else st.number_input
    field(label, low, high, key=widget, help=help, width=width, on_change=on_change)
    return _keep(name, default)


def span(label: str, name: str, low: int, high: int, *, width: Width = "stretch") -> range:
    """A slider with two ends, both included; by default from end to end."""
    if low == high:
        return range(low, high + 1)
    default = (low, high)
    ends = st.session_state.get(f"{name} ends")
    if ends not in (None, default) and st.session_state.get(name) == ends:
        forget([name])  # all of a shorter list stays all of a longer one
    st.session_state[f"{name} ends"] = default
    widget = _recall(label, name, default, Span(low, high).read)
    st.slider(label, low, high, key=widget, width=width)
    start, stop = _keep(name, default)
    return range(start, stop + 1)


def switch(label: str, name: str) -> bool:
    """On or off."""
    parameter = PARAMETERS[name]
    assert isinstance(parameter.default, bool)
    st.toggle(label, key=_recall(label, name, parameter.default, {"1": True, "0": False}.get))
    return _keep(name, parameter.default)


def text(label: str, name: str, default: str, *, width: Width = "stretch") -> str:
    """A line of text."""
    kind = PARAMETERS[name].type
    assert isinstance(kind, Text)
    st.text_input(label, key=_recall(label, name, default, kind.read), max_chars=kind.most, width=width)
    return _keep(name, default)


def paragraph(label: str, key: str, default: str, *, most: int) -> str:
    """Lines of text, too long for a link; they come back after a switch to another view or page.

    Nothing is cut: a text that is too long gets a sentence, whichever way it came.

    Raises:
        InputError: it has more than `most` characters.
    """
    st.session_state.setdefault(key, st.session_state.get(f"{key} kept", default))
    typed = st.text_area(f"{label} (at most {most:,} characters)", key=key, height=160)
    if len(typed) > most:
        raise InputError(f"The text has {len(typed):,} characters; at most {most:,} are taken. Cut it.")
    st.session_state[f"{key} kept"] = typed
    return typed


def forget(names: Sequence[str]) -> None:
    """Let widgets fall back to their defaults, in the URL too: for settings that depend on another one."""
    for name in names:
        st.session_state.pop(_widget(name), None)
        _kept().pop(_own(name), None)
        to_link(name, None)


def recalled(name: str, count: int, label: str = "") -> int | None:
    """A number below `count` that no widget holds: from the URL, else of before a page switch, else None."""
    asked, kept = st.query_params.get(name), _kept().get(_own(name))
    text = kept if asked is None else asked
    found = None if text is None else Whole(0, count - 1).read(text)
    if found is None:
        if asked not in (None, kept):
            _say(label or name, asked, f"there are {count}, counted from 0")
            to_link(name, None)
        return None
    _kept()[_own(name)] = str(found)
    return found


def remember(name: str, number: int) -> None:
    """Put a number that no widget holds into the URL, and keep it over a page switch."""
    _kept()[_own(name)] = str(number)
    to_link(name, number)


def assign(name: str, value: int | str) -> None:
    """Give the widget of this parameter another value, from a callback, whether or not it is on the screen.

    Assigning to `st.session_state` is not enough. The browser sends a widget that has left the screen, with its old
    value, until the run that drops it has ended, and if another click ends that run early, the old value wins. So the
    value goes to a new widget in the place of the old one, of which the browser knows nothing.
    """
    assigned = st.session_state.setdefault("assigned", {})
    assigned[_own(name)] = assigned.get(_own(name), 0) + 1
    st.session_state[_widget(name)] = value


def value_of(name: str) -> Any:
    """What the widget of this parameter holds, which stands on this page."""
    return st.session_state[_widget(name)]


def recalled_step(steps: int) -> int | None:
    """The time step of the one clock."""
    return recalled("step", steps, "step")


def remember_step(step: int) -> None:
    remember("step", step)


def asked_for(name: str) -> str | None:
    """What a widget that is still to be drawn will be asked to show: what it holds, else what the link says."""
    held = st.session_state.get(_widget(name))
    return st.query_params.get(name) if held is None else str(held)


def from_text(name: str) -> str | None:
    """A text that no widget holds, from the URL."""
    return st.query_params.get(name)


def to_link(name: str, value: object) -> None:
    """Write a value into the URL; None takes it out."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def _option(label: str, name: str, options: Sequence[Option], default: Option | None) -> tuple[str, Option]:
    """Before one of several options is offered: the widget's key, and the option that needs no place in the link."""
    parameter = PARAMETERS[name]
    if isinstance(parameter.type, Choice) and parameter.type.options:
        assert set(options) <= set(parameter.type.options), (name, options)
    if default is None:
        default = next((option for option in options if option == parameter.default), options[0])
    return _recall(label, name, default, lambda text: text if text in options else None), default


def _named(names: Names[Option]) -> Callable[[Option], str]:
    return names.__getitem__ if isinstance(names, Mapping) else names


def _own(name: str) -> str:
    """The name that a value is kept by: a page's own parameter is another one on every page."""
    parameter: Parameter | None = PARAMETERS.get(name)
    return f"{st.session_state.get('page', '')} {name}" if parameter and parameter.own else name


def _widget(name: str) -> str:
    """The widget that stands for this parameter now: another one after every `assign`."""
    count = st.session_state.get("assigned", {}).get(_own(name), 0)
    return f"{_own(name)} {count}" if count else _own(name)


def _kept() -> dict[str, str]:
    return st.session_state.setdefault("kept", {})


def _recall(label: str, name: str, default: T, parse: Callable[[str], T | None]) -> str:
    """Before a widget is drawn: what the URL says, else what it was before a page switch, else the default.

    Returns the key that Streamlit knows the widget by.
    """
    page = st.session_state.get("page")
    assert page is None or page in PARAMETERS[name].pages, f"{name} is not declared for {page}"
    widget = _widget(name)
    if widget in st.session_state:
        still = st.session_state[widget]
        if parse(_written(still)) == still:
            st.session_state[widget] = still  # or another page's widget of this name would begin at Streamlit's default
            return widget
    asked, kept = st.query_params.get(name), _kept().get(_own(name))
    text = kept if asked is None else asked
    read = None if text is None else parse(text)
    value = default if read is None else read
    if asked not in (None, kept) and read is None:
        _say(label, asked, f"this is {_quoted(_written(value))}")
    st.session_state[widget] = value
    return widget


def _keep(name: str, default: Value) -> Any:
    """After it is drawn: remember the value, and write it into the URL unless it is the default."""
    value = st.session_state[_widget(name)]
    _kept()[_own(name)] = _written(value)
    to_link(name, None if value == default else _written(value))
    return value


def _say(label: str, asked: str, instead: str) -> None:
    st.toast(f"{label}: the link asks for {_quoted(asked)}, which does not exist here; {instead}.")


def _quoted(text: str) -> str:
    return as_code(text[:60])


def _written(value: Value) -> str:
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    return str(int(value)) if isinstance(value, bool) else str(value)
