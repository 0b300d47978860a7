"""A prediction before an answer: what may be said or drawn, and what is measured once it is."""

import streamlit as st

from seqviz.data.lessons import Lesson, Prediction, lesson_names, load_lesson
from seqviz.data.sketch import POINTS, decode_sketch, encode_sketch
from seqviz.figures.predictions import sketch_figure
from seqviz.ui.shell.frame import QUIET, mode
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.sketch import sketch_pad
from seqviz.ui.shell.url import to_link

DRAWN = POINTS // 2
"""Places of a curve that must be drawn, at least."""


def ask(predict: Prediction, key: str) -> bool:
    """The choices or the pad, and after an answer what was measured; whether it has been answered."""
    return _ask_for_curve(predict, key) if predict.sketch else _ask_for_choice(predict, key)


def asked_on(page: str, view: str) -> Prediction | None:
    """The question that shipped lessons ask on this view, where the page ends."""
    return _by_view().get((page, view))


@remembered(1)
def _by_view() -> dict[tuple[str, str], Prediction]:
    lessons: list[Lesson] = [load_lesson(name) for name in lesson_names()]
    found: dict[tuple[str, str], Prediction] = {}
    for lesson in lessons:
        for scene in lesson.scenes:
            if scene.predict is not None:
                found.setdefault((scene.page, scene.link.get("view", "")), scene.predict)
    return found


def _given() -> dict[str, str]:
    """What this visitor has answered, by question."""
    given: dict[str, str] = st.session_state.setdefault("predictions", {})
    return given


def _ask_for_choice(predict: Prediction, key: str) -> bool:
    given = _given()
    answer = given.get(key)
    if answer is None:
        with st.container(horizontal=True):
            for choice, said in predict.choices.items():
                st.button(said, key=f"{key} {choice}", on_click=given.__setitem__, args=(key, choice))
        return False
    if not predict.measured:
        st.markdown(f"You said: *{predict.choices[answer]}*. The page answers below.")
        return True
    from seqviz.ui.shell.reveals import revealed  # with much behind it that other pages do not need

    with st.spinner("Measuring …"):
        found = revealed(predict.measured)
    verdict = "as you said" if answer == found.right else f"you said: *{predict.choices[answer]}*"
    st.markdown(f"**{predict.choices[found.right]}**: {verdict}. {found.sentence} ({found.source})")
    if answer != found.right:
        _often_believed(predict)
    return True


def _often_believed(predict: Prediction) -> None:
    """The misconception that the question looks for, and where it is described."""
    if not predict.misconception:
        return
    source = f" See {predict.source}." if predict.source else ""
    st.caption(f"Often believed: {predict.misconception}{source}")


def _ask_for_curve(predict: Prediction, key: str) -> bool:
    from seqviz.ui.shell.reveals import measured_curve

    given = _given()
    with st.spinner("Measuring …"):
        curve = measured_curve(predict.sketch)
    if key not in given:
        heights = sketch_pad(
            f"pad {key}",
            "predicted_curve",
            predict.question,
            low=curve.low,
            high=curve.high,
            start=curve.start,
            stop=curve.stop,
        )
        drawn = sum(height is not None for height in heights)
        st.button(
            "That is what I expect",
            key=f"{key} drawn",
            disabled=drawn < DRAWN,
            help=None if drawn >= DRAWN else "Draw the curve from left to right first.",
            on_click=_drawn,
            args=(key, encode_sketch(heights)),
        )
        return False
    figure = sketch_figure(
        curve.heights, decode_sketch(given[key]), curve.start, curve.stop, curve.low, curve.high, mode()
    )
    st.plotly_chart(figure, key=f"revealed {key}", theme=None, config=QUIET)
    st.markdown(f"{curve.sentence} ({curve.source})")
    _often_believed(predict)
    return True


def _drawn(key: str, text: str) -> None:
    """From a callback: the curve is the answer, and the next pad is empty."""
    _given()[key] = text
    st.session_state.get("kept", {}).pop("predicted_curve", None)
    to_link("predicted_curve", None)
