"""Long work in the server's queue, seen from a page: a button, its place, a bar, a stop, and what is known so far."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from seqviz.errors import SeqVizError
from seqviz.jobs.queue import NOTHING
from seqviz.jobs.settings import duration
from seqviz.jobs.tasks import Task, Work
from seqviz.training.estimate import Cost
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import plain_errors, show_error
from seqviz.ui.shell.sessions import badge

T = TypeVar("T")
POLL = 0.5  # seconds between two looks


def in_background(
    key: str,
    title: str,
    label: str,
    work: Work,
    draw: Callable[[T], None],
    *,
    cost: Cost = NOTHING,
    once: bool = False,
    begins: bool = False,
) -> None:
    """`key` says what the work is about: every session that asks for the same watches the same task.

    Args:
        title: what the work is called, in lists of what is under way.
        label: what stands on the button that starts it.
        draw: shows what is known so far; what a stopped task had found stays.
        cost: what the work will need, where that is known.
        once: the same work again would give the same: no button, once it is done.
        begins: the work begins by itself, in place of what this visitor has begun so under the same title.
    """
    task = caches.jobs().task(key)
    if begins and task is None and st.session_state.get(f"begun {title}") != key:
        st.session_state[f"begun {title}"] = key  # once: another window of this visitor may begin another
        _begin(key, title, work, cost, instead=f"{title} ")
        task = caches.jobs().task(key)
    if task is None or task.ended:
        if task is None or not once or task.state != "finished":
            _start_button(key, title, f"{label} again" if task else label, work, cost)
        if task is not None:
            _show(task, draw)
        return
    st.fragment(_watch, run_every=POLL)(key, draw)


def _start_button(key: str, title: str, label: str, work: Work, cost: Cost) -> None:
    order = (key, title, work, cost)
    st.button(label, key=f"start {key}", icon=":material/play_arrow:", on_click=_begin, args=order)
    if refused := st.session_state.pop(f"refused {key}", None):
        show_error(refused)


def _watch(key: str, draw: Callable[[T], None]) -> None:
    task = caches.jobs().task(key)
    if task is None or task.ended:
        st.rerun()
    task.look()
    with st.container(horizontal=True, vertical_alignment="center"):
        queued = task.state == "queued" and not task.progress
        st.progress(task.progress, waiting(task.position, task.wait) if queued else f"{task.progress:.0%}")
        if task.owner == badge():
            st.button("Stop", key=f"stop {key}", icon=":material/stop:", on_click=task.stop)
        else:
            st.caption("Another visitor started this: you are watching it.")
    _show(task, draw)


def waiting(position: int, seconds: float) -> str:
    """The place in the queue, and how long that will be.

    >>> waiting(0, 4.2), waiting(3, 61)
    ('Waiting: it is next, in about 5 s', 'Waiting: 3 before it, about 62 s')
    """
    wait = duration(max(1.0, seconds + 0.5))
    return f"Waiting: {position} before it, about {wait}" if position else f"Waiting: it is next, in about {wait}"


def _show(task: Task, draw: Callable[[T], None]) -> None:
    if task.message:
        st.text(task.message)
    if task.result is not None:
        with plain_errors():
            draw(task.result)


def elsewhere(keys: Sequence[str]) -> None:
    """What this visitor started with other settings and is still under way: it can be stopped from here."""
    for key, task in caches.jobs().tasks_of(badge()).items():
        if key not in keys:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"Still under way with other settings: {task.title}, {task.progress:.0%}.")
                st.button("Stop it", key=f"stop other {key}", icon=":material/stop:", on_click=task.stop)


def _begin(key: str, title: str, work: Work, cost: Cost, instead: str = "") -> None:
    try:
        caches.jobs().begin(key, badge(), work, title=title, cost=cost, instead=instead)
    except SeqVizError as error:
        st.session_state[f"refused {key}"] = error
