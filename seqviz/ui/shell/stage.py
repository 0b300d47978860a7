"""The stage: what every page is made of, and where each part stands.

The title and the views take one row, the controls stand in the rail beside what they change, the result and the picture
come first, and what there is to read comes last. A page is a name and its views; a new one gets the stage for nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from seqviz.ui.shell.contents import HOME, PAGES
from seqviz.ui.shell.crowd import TURNS
from seqviz.ui.shell.frame import plain_errors
from seqviz.ui.shell.lesson_bar import lesson_bar
from seqviz.ui.shell.predictions import ask, asked_on
from seqviz.ui.shell.url import from_text, open_page, pick

Chosen = TypeVar("Chosen")

STYLE = """<style>
.stMainBlockContainer { padding: 4.3rem 1.75rem 3rem; }
.stMainBlockContainer > [data-testid="stVerticalBlock"] { gap: 0.65rem; }
.stSidebar [data-testid="stSidebarContent"] [data-testid="stVerticalBlock"] { gap: 0.6rem; }
.stSidebar [data-testid="stButtonGroup"] > div { flex-wrap: wrap; }
.st-key-stage-title [data-testid="stButtonGroup"] { max-width: 100%; overflow-x: auto; }
.st-key-stage-title [data-testid="stButtonGroup"] > div { flex-wrap: nowrap; }
.st-key-stage-result p { font-size: 1.25rem; line-height: 1.4; }
@media (max-width: 640px) {
  [data-testid="stExpandSidebarButton"]::after { content: "Menu"; margin-left: 0.3rem; }
  .st-key-stage-result p { font-size: 1.1rem; }
}
</style>"""
"""More of the screen for what is shown (Streamlit's margins are those of an article), and a name for a phone's menu."""


@dataclass(frozen=True)
class Notes:
    """What to notice in what is on screen, and a question."""

    notice: Sequence[str]
    question: str


@dataclass(frozen=True)
class View(Generic[Chosen]):
    """One view of a page.

    `controls` stand in the rail and return what was chosen; `result` is a sentence of it with its number, None where
    the player says it step by step; `show` draws the picture first and the rest below it. `notes` gives other notes
    where what was chosen needs some (a text, where the view is about digits at first).
    """

    key: str
    title: str
    controls: Callable[[], Chosen]
    show: Callable[[Chosen], None]
    notice: Sequence[str]
    question: str
    result: Callable[[Chosen], str] | None = None
    notes: Callable[[Chosen], Notes | None] = lambda _: None


def stage(key: str, views: Sequence[View[Any]]) -> None:
    """The page with this key in `contents.py`, and its views; the sentence that says what one sees is its tooltip."""
    with TURNS.one():
        _stage(key, views)


def _stage(key: str, views: Sequence[View[Any]]) -> None:
    page = PAGES[key]
    open_page(key)
    st.html(STYLE)
    hidden = lesson_bar()
    with st.container(horizontal=True, vertical_alignment="center", key="stage-title"):
        st.title(views[0].title if page == HOME else page.title, anchor=False, help=page.sentence)
        view = _choose_view(views)
    if hidden:
        st.info("What this page shows comes after your answer above.", icon=":material/visibility_off:")
        return
    notes = None
    with plain_errors():
        with st.sidebar:
            chosen = view.controls()
        notes = view.notes(chosen)
        if view.result:
            result(view.result(chosen))
        view.show(chosen)
    st.header("What to notice", anchor=False)
    st.markdown(page.sentence)
    notes = notes or Notes(view.notice, view.question)
    st.markdown("\n".join(f"- {line}" for line in notes.notice))
    st.info(f"**Question.** {notes.question}", icon=":material/help:")
    if from_text("lesson") is None:
        _predict(key, view.key, view is views[0])


def _predict(page: str, view: str, first: bool) -> None:
    """The question of a lesson about this view, to be answered before it is measured."""
    predict = asked_on(page, view) or (asked_on(page, "") if first else None)
    if predict is None or predict.sketch:
        return
    with st.container(border=True):
        st.markdown(f"**Predict.** {predict.question}")
        ask(predict, f"prediction {page} {view}")


@contextmanager
def folded(summary: str) -> Iterator[None]:
    """A form that has done its work, as one line that opens it again."""
    with st.expander(f"{summary} · change"):
        yield


def on_demand(title: str, show: Callable[[], None], parameters: Sequence[str] = ()) -> None:
    """A part of a view that is computed only while it is open: at first where a link names one of its parameters."""
    if any(from_text(name) is not None for name in parameters):
        st.session_state.setdefault(f"open {title}", True)
    part = st.expander(f"**{title}**", key=f"open {title}", on_change="rerun")
    if part.open:
        with part:
            show()


def open_part(title: str) -> None:
    """From a callback: open a part of the view."""
    st.session_state[f"open {title}"] = True


def nothing() -> None:
    """The controls of a view that has none."""


def result(sentence: str) -> None:
    """What the picture says, in letters that are read from the last row."""
    with st.container(key="stage-result"):
        st.markdown(sentence)


def _choose_view(views: Sequence[View[Any]]) -> View[Any]:
    if len(views) == 1:
        return views[0]
    titles = {view.key: view.title for view in views}
    key = pick("View", list(titles), "view", names=titles, label_visibility="collapsed")
    return next(view for view in views if view.key == key)
