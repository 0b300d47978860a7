"""The stage: the title and the views in one row, the controls beside what they change, the rest below."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import streamlit as st

from seqviz.ui.shell.url import pick

STYLE = """<style>
.stMainBlockContainer { padding: 4.3rem 1.75rem 3rem; }
.stSidebar [data-testid="stSidebarContent"] [data-testid="stVerticalBlock"] { gap: 0.6rem; }
.stSidebar [data-testid="stButtonGroup"] > div { flex-wrap: wrap; }
</style>"""
"""More of the screen for what is shown: Streamlit's margins are those of an article."""


def opening(title: str, sentence: str) -> None:
    """The page's name; the sentence that says what will be seen is its tooltip."""
    st.html(STYLE)
    st.title(title, anchor=False, help=sentence)


def opening_with_views(title: str, sentence: str, views: Mapping[str, str], key: str) -> str:
    """The page's name and its views in one row; the key of the view that is on."""
    with st.container(horizontal=True, vertical_alignment="center", key="stage-title"):
        opening(title, sentence)
        return pick("View", list(views), key, names=views.__getitem__, label_visibility="collapsed")


def controls() -> AbstractContextManager[object]:
    """The rail of controls: beside the picture on a projector, folded away on a phone."""
    return st.sidebar


def closing(sentence: str, notice: Sequence[str], question: str) -> None:
    """What the page is about, what to notice, and a question to answer."""
    st.header("What to notice", anchor=False)
    st.markdown(sentence)
    st.markdown("\n".join(f"- {line}" for line in notice))
    st.info(f"**Question.** {question}", icon=":material/help:")
