"""Long work in the server's queue, seen from a page: a button, its place, a bar, a stop, and what is known so far."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from seqviz.errors import SeqVizError
from seqviz.jobs.tasks import Task, Work
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import plain_errors, show_error
from seqviz.ui.shell.sessions import badge

T = TypeVar("T")
POLL = 0.5  # seconds between two looks


def in_background(key: str, label: str, work: Work, draw: Callable[[T], None]) -> None:
    """`key` says what the work is about: every session that asks for the same watches the same task.

    `draw` shows what is known so far; what a stopped task had found stays.
    """
    task = caches.jobs().task(key)
    if task is None or task.ended:
        _start_button(key, label, work, again=task is not None)
        if task is not None:
            _show(task, draw)
        return
    st.fragment(_watch, run_every=POLL)(key, draw)


def _start_button(key: str, label: str, work: Work, *, again: bool) -> None:
    text = f"{label} again" if again else label
    st.button(text, key=f"start {key}", icon=":material/play_arrow:", on_click=_begin, args=(key, work))
    if refused := st.session_state.pop(f"refused {key}", None):
        show_error(refused)


def _watch(key: str, draw: Callable[[T], None]) -> None:
    task = caches.jobs().task(key)
    if task is None or task.ended:
        st.rerun()
    task.look()
    with st.container(horizontal=True, vertical_alignment="center"):
        waits = f"Waiting: {task.position} before this one" if task.position else "Waiting for a place"
        st.progress(task.progress, waits if task.state == "queued" else f"{task.progress:.0%}")
        if task.owner == badge():
            st.button("Stop", key=f"stop {key}", icon=":material/stop:", on_click=task.stop)
        else:
            st.caption("Another session started this: you are watching it.")
    _show(task, draw)


def _show(task: Task, draw: Callable[[T], None]) -> None:
    if task.message:
        st.text(task.message)
    if task.result is not None:
        with plain_errors():
            draw(task.result)


def elsewhere(keys: Sequence[str]) -> None:
    """What this reader started with other settings and is still under way: it can be stopped from here."""
    for key, task in caches.jobs().tasks_of(badge()).items():
        if key not in keys:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"Still under way with other settings: {key.split()[0]}, {task.progress:.0%}.")
                st.button("Stop it", key=f"stop other {key}", icon=":material/stop:", on_click=task.stop)


def _begin(key: str, work: Work) -> None:
    try:
        caches.jobs().begin(key, badge(), work)
    except SeqVizError as error:
        st.session_state[f"refused {key}"] = error
