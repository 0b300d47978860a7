"""What every page has in common: its code, how an error looks, and whether it is light or dark."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from seqviz.errors import SeqVizError
from seqviz.instruments.trace import Trace
from seqviz.palette import Mode

QUIET = {"displayModeBar": False}
"""Plotly's toolbar would lie over a chart's title on a phone."""


def code(snippet: str, says: str) -> None:
    """The snippet that reproduces the panel's numbers."""
    with st.expander("Show the code", icon=":material/code:"):
        st.markdown(says)
        st.code(snippet, language="python", wrap_lines=True)


def verbatim(text: str) -> str:
    """A text for a place that takes Markdown: shown as it is written."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def as_code(text: str) -> str:
    """The same for what could be an address, too, which Markdown would make a link of."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence} {text or '(nothing)'} {fence}"


@contextmanager
def plain_errors() -> Iterator[None]:
    """An error of ours becomes one sentence on the page, and the rest of the page goes on."""
    try:
        yield
    except SeqVizError as error:
        show_error(error)


def show_error(error: SeqVizError | str) -> None:
    """The message as it is written: no markup in it is interpreted."""
    with st.container(border=True):
        st.markdown(":material/error: **This did not work.**")
        st.text(str(error))


def say_overflow(title: str, seen: Trace) -> None:
    """A sentence where the states of a network are not finite any more; what is shown ends there."""
    if overflow := seen.overflow:
        show_error(
            f"{title}: {overflow} From there on there is nothing to show. Train it with a lower rate or clipping."
        )


def mode() -> Mode:
    """Whether the reader's page is light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"
