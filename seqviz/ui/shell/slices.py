"""Work that takes seconds, done on the page itself: a slice at every look, with progress and a stop."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from seqviz.errors import SeqVizError
from seqviz.training.devices import training_threads
from seqviz.ui.shell.frame import show_error

T = TypeVar("T")
SLICE = 0.35  # seconds of work between two drawings of the bar


@dataclass
class Work:
    """An iterator of progress (floats in [0, 1]) and of what is known so far; the last of these is the result.

    It lies in `idle` unless a run of the script advances it: an overlapping rerun finds nothing to take.
    """

    idle: list[Iterator[Any]]
    progress: float = 0.0
    result: Any = None
    ended: bool = False
    error: SeqVizError | None = None


def in_slices(
    key: str,
    about: str,
    label: str,
    make: Callable[[], Iterator[float | T]],
) -> T | None:
    """A button that starts the work, a bar and a stop while it lasts, and its result once it is done.

    `about` says what the work is about: when it changes, an old result is dropped.
    """
    if st.session_state.get(f"{key} about") != about:
        st.session_state[f"{key} about"] = about
        st.session_state.pop(key, None)
    work: Work | None = st.session_state.get(key)
    if work and work.error:
        show_error(work.error)
    if work is None or work.error:
        st.button(label, key=f"{key} start", icon=":material/play_arrow:", on_click=_start, args=(key, make))
        return None
    if work.ended:
        return work.result
    with st.container(horizontal=True, vertical_alignment="center"):
        bar = st.container()
        st.button("Stop", key=f"{key} stop", icon=":material/stop:", on_click=_stop, args=(key,))
    with bar:  # after the button, which is there before the first slice begins
        st.fragment(_advance, run_every=0.05)(key)
    return None


def _start(key: str, make: Callable[[], Iterator[Any]]) -> None:
    st.session_state[key] = Work([make()])


def _advance(key: str) -> None:
    work: Work | None = st.session_state.get(key)
    if work is None:
        return  # it was stopped: the page is about to show its button again
    st.progress(work.progress, f"{work.progress:.0%}")
    _slice(work)
    if work.ended or work.error:
        st.rerun()


def _slice(work: Work) -> None:
    try:
        iterator = work.idle.pop()
    except IndexError:
        return
    try:
        end = time.monotonic() + SLICE
        with training_threads():  # on a busy machine as many threads as cores wait for one another more than they work
            while not work.ended and time.monotonic() < end:
                item = next(iterator, None)
                if isinstance(item, float):
                    work.progress = item
                elif item is None:
                    work.ended = True
                else:
                    work.result = item
    except SeqVizError as error:
        work.error = error
    except Exception:
        logging.getLogger(__name__).exception("work on the page failed")
        work.error = SeqVizError("This broke off for a reason that SeqViz did not foresee; the server's log has it.")
    finally:
        work.idle.append(iterator)


def _stop(key: str) -> None:
    st.session_state.pop(key, None)
