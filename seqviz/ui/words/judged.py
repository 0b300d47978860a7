"""How far a network's answers can be trusted: a threshold, ROC, calibration, and the most confident mistakes."""

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from seqviz.data.labelled_texts import LabelledTexts
from seqviz.figures.judgement import calibration_figure, roc_figure
from seqviz.instruments.judgement import Judgement
from seqviz.jobs.jobs import JobView
from seqviz.networks.build import build_model
from seqviz.networks.scoring import predict
from seqviz.palette import CELL_COLOURS
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import QUIET, mode
from seqviz.ui.shell.url import whole

MISTAKES = 12


def show(view: JobView, data: LabelledTexts) -> None:
    """The held-out texts, answered by the network as it is now."""
    judgement = Judgement(_shares(view.run, view.step, view, data), torch.tensor(data.test_labels))
    positive = data.classes[1]
    st.header(f"{len(data.test):,} held-out texts", anchor=False)
    percent = whole(f"Say “{positive}” from … % on", "threshold", slider=True)
    found = judgement.at(percent / 100)
    precision = "nothing is" if found.precision != found.precision else f"**{found.precision:.1%}** of it is"
    st.markdown(
        f"From {percent} % on it says “{positive}”: {precision} right (precision), and **{found.recall:.1%}** of what "
        f"is {positive} is found (recall); {found.false_alarms} false alarms, {found.missed} missed. In all, "
        f"{found.accuracy:.1%} are right."
    )
    left, right = st.columns(2)
    colour = CELL_COLOURS[view.model.encoder.cell]
    with left:
        figure = roc_figure(judgement, percent / 100, colour, mode())
        st.plotly_chart(figure, key="roc", theme=None, config=QUIET)
    with right:
        st.plotly_chart(calibration_figure(judgement, colour, mode()), key="calibration", theme=None, config=QUIET)
    answers = _table(judgement, data)
    _mistakes(judgement, answers)
    st.download_button(
        "Answers (CSV)", lambda: answers.to_csv(index=False), f"seqviz-{view.run}-answers.csv", on_click="ignore"
    )


def _table(judgement: Judgement, data: LabelledTexts) -> pd.DataFrame:
    """Each held-out text, what it is, and how likely the network holds it to be the second class."""
    classes = [data.classes[label] for label in data.test_labels]
    rows = zip(map(" ".join, data.test), classes, judgement.shares.tolist(), strict=True)
    return pd.DataFrame(rows, columns=["text", "is", f"{data.classes[1]} with"])


def _mistakes(judgement: Judgement, answers: pd.DataFrame) -> None:
    st.markdown("**The most confident mistakes**")
    worst = judgement.mistakes(MISTAKES)
    if not worst:
        st.caption("None: every held-out text was read rightly.")
        return
    percent = st.column_config.NumberColumn(format="percent")
    text = st.column_config.TextColumn(width="large")
    st.dataframe(answers.iloc[worst], hide_index=True, column_config={"text": text, answers.columns[2]: percent})


@st.cache_resource(show_spinner="Reading the held-out texts …", max_entries=16)
def _shares(run: str, step: int, _view: JobView, _data: LabelledTexts) -> Tensor:
    if _view.snapshot is None:  # one that ships, and is not trained on
        model = caches.network(run).model
    else:
        model = build_model(_view.model)
        model.load_state_dict(dict(_view.snapshot.weights))
    batches = _data.for_network(model.spec).test_batches()
    return torch.cat([predict(model, batch)[0][:, 0] for batch in batches]).sigmoid()
