"""What a run will need, said before it starts."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from seqviz.data.datasets import Dataset
from seqviz.errors import TooLarge
from seqviz.jobs.limits import check_run
from seqviz.jobs.settings import duration, size
from seqviz.specs import LearnedSpec, TrainSpec
from seqviz.training.devices import pick_device
from seqviz.training.estimate import run_cost
from seqviz.ui.shell import caches


def say_cost(what: str, spec: LearnedSpec, training: TrainSpec, data: Dataset) -> str:
    """What is trained, its memory and its time; a sentence where that is more than a run may have, else nothing."""
    cost = run_cost(spec, training, data)
    device = pick_device(training.device).type
    st.markdown(f"{what}, about **{duration(max(1.0, cost.seconds))}** and {size(cost.memory)} of memory ({device}).")
    try:
        check_run(caches.jobs().limits, spec, training, data, cost)
    except TooLarge as error:
        return str(error)
    return ""


def start_button(key: str, refused: str, begin: Callable[..., None], order: tuple[Any, ...]) -> None:
    """What starts a run; where it is too large, the sentence stands beside it."""
    icon = ":material/play_arrow:"
    st.button("Start training", key=key, icon=icon, on_click=begin, args=order, disabled=bool(refused))
    if refused:
        st.warning(refused, icon=":material/weight:")
