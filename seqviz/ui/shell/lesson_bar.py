"""The bar that stays on top of the pages while a lesson runs: where one is, what to do, what one expects."""

import base64
from html import escape

import streamlit as st

from seqviz.data.lessons import PICTURES, Lesson, Scene, lesson_names, load_lesson, read_lesson
from seqviz.errors import InputError, SeqVizError
from seqviz.ui.shell.contents import PAGES
from seqviz.ui.shell.frame import verbatim
from seqviz.ui.shell.parameters import PARAMETERS, Choice
from seqviz.ui.shell.predictions import ask
from seqviz.ui.shell.url import forget, from_text, to_link

OWN = "own-lesson"
"""What an uploaded lesson is called in links: only this visitor has it."""
_GOING = "scene to go to"


def scene_problems(lesson: Lesson) -> list[str]:
    """What no page can show, and what nothing measures; a sentence each."""
    found = []
    for number, scene in enumerate(lesson.scenes, 1):
        found += [f"Scene {number}: {problem}" for problem in _problems_of(scene)]
    return found


def _problems_of(scene: Scene) -> list[str]:
    from seqviz.ui.shell.reveals import CURVES, MEASUREMENTS  # with much behind it that other pages do not need

    if scene.page not in PAGES:
        return [f"there is no page {scene.page[:40]!r}; choose one of {', '.join(PAGES)}."]
    found = []
    for name, value in scene.link.items():
        parameter = PARAMETERS.get(name)
        if parameter is None or scene.page not in parameter.pages:
            found.append(f"{name[:40]!r} means nothing on the page {scene.page}.")
        elif parameter.type.read(value) is None:
            known = f"; choose one of {', '.join(parameter.type.options)}" if isinstance(parameter.type, Choice) else ""
            found.append(f"{name} cannot be {value[:40]!r}{known}.")
    predict = scene.predict
    if predict is not None and predict.sketch and predict.sketch not in CURVES:
        found.append(f"no curve is called {predict.sketch[:40]!r}; choose one of {', '.join(CURVES)}.")
    if predict is not None and predict.measured:
        measurement = MEASUREMENTS.get(predict.measured)
        if measurement is None:
            found.append(f"nothing measures {predict.measured[:40]!r}; choose one of {', '.join(MEASUREMENTS)}.")
        elif set(predict.choices) != set(measurement.keys):
            found.append(f"the choices of {predict.measured} must have the keys {', '.join(measurement.keys)}.")
    return found


def open_lesson(text: str, name: str) -> Lesson:
    """A lesson that somebody brings, checked as a whole.

    Raises:
        InputError: it cannot be read, or a scene cannot be shown.
    """
    lesson = read_lesson(text, name)
    if problems := scene_problems(lesson):
        raise InputError(f"The lesson {name} cannot be shown. " + " ".join(problems))
    return lesson


def lesson_named(name: str) -> Lesson:
    """A lesson that ships, or the one that this visitor opened.

    Raises:
        SeqVizError: there is none, or it cannot be read.
    """
    own: Lesson | None = st.session_state.get(OWN)
    return own if name == OWN and own is not None else load_lesson(name)


def lesson_bar() -> bool:
    """Draw the bar where a lesson runs; whether the page must not be seen before the prediction is given."""
    _go()
    name = from_text("lesson")
    if name is None:
        return False
    try:
        lesson = lesson_named(name)
    except SeqVizError as error:
        st.toast(str(error))
        to_link("lesson", None)
        to_link("scene", None)
        return False
    number = max(1, min(len(lesson.scenes), int(from_text("scene") or 1)))
    scene = lesson.scenes[number - 1]
    with st.container(border=True, key="lesson"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{verbatim(lesson.title)}** · {number} of {len(lesson.scenes)}", width="content")
            st.progress(number / len(lesson.scenes), width=120)
            _button("Back", "arrow_back", name, number - 1, disabled=number == 1)
            _button("On", "arrow_forward", name, number + 1, disabled=number == len(lesson.scenes))
            st.button("Leave", icon=":material/close:", key="leave lesson", on_click=_ask, args=("", 0))
        st.markdown(scene.text)
        if scene.do:
            st.markdown(f":material/touch_app: **{scene.do}**")
        return scene.predict is not None and not _predict(name, number, scene)


def _predict(lesson: str, number: int, scene: Scene) -> bool:
    """The question, and what is measured once it is answered; whether it is."""
    assert scene.predict is not None
    st.markdown(f"**Before you look:** {scene.predict.question}")
    return ask(scene.predict, f"prediction {lesson} {number}")


def start_button(name: str) -> None:
    """From the list of lessons: go to the first scene."""
    st.button("Start", icon=":material/play_arrow:", key=f"start lesson {name}", on_click=_ask, args=(name, 1))


def _button(label: str, icon: str, lesson: str, number: int, *, disabled: bool) -> None:
    st.button(
        label, icon=f":material/{icon}:", key=f"lesson {label}", disabled=disabled, on_click=_ask, args=(lesson, number)
    )


def _ask(lesson: str, number: int) -> None:
    """From a callback: a page can be left only outside of one."""
    st.session_state[_GOING] = (lesson, number)


def _go() -> None:
    """Open the scene that was asked for, with every widget of its page as the scene says; or leave the lesson."""
    going = st.session_state.pop(_GOING, None)
    if going is None:
        return
    name, number = going
    if not name:
        to_link("lesson", None)
        to_link("scene", None)
        st.rerun()
    lesson = lesson_named(name)
    scene = lesson.scenes[number - 1]
    forget([parameter.name for parameter in PARAMETERS.values() if scene.page in parameter.pages])
    link = {**scene.link, "lesson": name, "scene": str(number)}
    st.switch_page(PAGES[scene.page].file, query_params=link)


def handout(lesson: Lesson) -> str:
    """The lesson as a page to print: its scenes, what to do, and its questions, without the answers."""
    parts = [f"<h1>{escape(lesson.title)}</h1><p>{escape(lesson.about)}</p>"]
    for number, scene in enumerate(lesson.scenes, 1):
        parts.append(f"<h2>{number}. {escape(PAGES[scene.page].title)}</h2><p>{escape(scene.text)}</p>")
        picture = PICTURES / f"{lesson.name}-{number}.webp"
        if lesson.name in lesson_names() and picture.is_file():
            data = base64.b64encode(picture.read_bytes()).decode()
            parts.append(f'<img alt="{escape(PAGES[scene.page].title)}" src="data:image/webp;base64,{data}">')
        if scene.do:
            parts.append(f"<p><b>{escape(scene.do)}</b></p>")
        if scene.predict is not None:
            choices = "".join(f"<li>☐ {escape(one)}</li>" for one in scene.predict.choices.values())
            answer = f"<ul>{choices}</ul>" if choices else '<div class="frame"></div>'
            parts.append(f"<p>{escape(scene.predict.question)}</p>{answer}<p>What was measured: ________</p>")
    style = (
        "body{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto}ul{list-style:none}"
        ".frame{height:9rem;border:1px solid}h2{break-after:avoid}img{max-width:100%;border:1px solid}"
    )
    head = f'<meta charset="utf-8"><title>{escape(lesson.title)}</title><style>{style}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'
