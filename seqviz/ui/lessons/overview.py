"""Lessons: the ones that ship, and one of one's own."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from seqviz.data.lessons import MOST_BYTES, Lesson, lesson_names, load_lesson
from seqviz.errors import InputError
from seqviz.ui.shell.lesson_bar import OWN, handout, open_lesson, start_button
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.stage import View


@dataclass(frozen=True)
class Shelf:
    """Lessons by name, one's own first."""

    lessons: dict[str, Lesson]


def _choose() -> Shelf:
    with st.expander("A lesson of your own"):
        file = st.file_uploader("A TOML file", key="own lesson file", max_upload_size=1)
        st.caption("`python -m seqviz lesson FILE` checks one before the class.")
    if file is not None:
        content = file.getvalue()
        if len(content) > MOST_BYTES:
            raise InputError(f"The lesson has {len(content):,} bytes; at most {MOST_BYTES:,} are read. Cut it.")
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise InputError("The lesson is no text in UTF-8. Save it so.") from error
        st.session_state[OWN] = open_lesson(text, file.name)
    own = st.session_state.get(OWN)
    return Shelf(({OWN: own} if own else {}) | {name: _shipped(name) for name in lesson_names()})


@remembered(32)
def _shipped(name: str) -> Lesson:
    return load_lesson(name)


def _result(shelf: Shelf) -> str:
    asked = sum(scene.predict is not None for lesson in shelf.lessons.values() for scene in lesson.scenes)
    return f"**{len(shelf.lessons)} lessons** on the real pages, with {asked} questions to answer before you look."


def _show(shelf: Shelf) -> None:
    for name, lesson in shelf.lessons.items():
        with st.container(border=True):
            st.markdown(f"**{lesson.title}** · {len(lesson.scenes)} scenes, about {lesson.minutes} minutes")
            st.caption(lesson.about)
            with st.container(horizontal=True):
                start_button(name)
                st.download_button(
                    "Handout",
                    partial(handout, lesson),
                    f"seqviz-{name}.html",
                    "text/html",
                    key=f"handout {name}",
                    on_click="ignore",
                )


VIEW = View(
    "lessons",
    "Lessons",
    _choose,
    _show,
    result=_result,
    notice=(
        "A lesson walks through the pages themselves: whatever it shows, you may change.",
        "Where a question comes first, the page waits for your answer; then it measures.",
    ),
    question="Which of your predictions was wrong, and what did you believe before?",
)
