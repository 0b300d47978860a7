"""What a run will need, said before it starts."""

import streamlit as st

from seqviz.data.datasets import Dataset
from seqviz.errors import TooLarge
from seqviz.jobs.limits import check_run
from seqviz.jobs.settings import duration, size
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.devices import pick_device
from seqviz.training.estimate import run_cost
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import show_error


def say_cost(what: str, spec: ModelSpec, training: TrainSpec, data: Dataset) -> bool:
    """What is trained, its memory and its time; a sentence and False where that is more than a run may have."""
    cost = run_cost(spec, training, data)
    device = pick_device(training.device).type
    st.markdown(f"{what}, about **{duration(max(1.0, cost.seconds))}** and {size(cost.memory)} of memory ({device}).")
    try:
        check_run(caches.jobs().limits, spec, training, data, cost)
    except TooLarge as error:
        show_error(error)
        return False
    return True
