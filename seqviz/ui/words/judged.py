"""How far a network's answers can be trusted: a threshold, ROC, calibration, and the most confident mistakes."""

import math

import pandas as pd
import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from seqviz.data.labelled_texts import LabelledTexts
from seqviz.figures.confusion import confusion_figure
from seqviz.figures.judgement import calibration_figure, roc_figure
from seqviz.instruments.judgement import Judgement
from seqviz.jobs.jobs import JobView
from seqviz.networks.answers import class_shares
from seqviz.networks.build import build_model
from seqviz.networks.evaluation import Classification, classification
from seqviz.networks.scoring import predict
from seqviz.palette import CELL_COLOURS
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import QUIET, mode, verbatim
from seqviz.ui.shell.url import choose, whole


def show(view: JobView, data: LabelledTexts) -> None:
    """The held-out texts, answered by the network as it is now."""
    shares, labels = _shares(view.run, view.step, view, data), torch.tensor(data.test_labels)
    scores = classification(shares, labels, math.nan)
    st.header(f"{len(data.test):,} held-out texts", anchor=False)
    if len(data.classes) > 2:
        figure = confusion_figure(scores.confusion, view.step, mode(), data.classes, "texts")
        st.plotly_chart(figure, key="confusion", theme=None, config=QUIET)
    _at_a_threshold(view, data, shares, labels)
    answers = _table(shares, data)
    _mistakes(scores, answers)
    st.download_button(
        "Answers (CSV)", lambda: answers.to_csv(index=False), f"seqviz-{view.run}-answers.csv", on_click="ignore"
    )


def _at_a_threshold(view: JobView, data: LabelledTexts, shares: Tensor, labels: Tensor) -> None:
    """One class against the rest: of two classes, the second."""
    asked = 1
    if len(data.classes) > 2:
        names = {str(number): name for number, name in enumerate(data.classes)}
        asked = int(choose("Class", list(names), "judged_class", names=names, width=230))
    judgement = Judgement(shares[:, asked], (labels == asked).long())
    name = verbatim(data.classes[asked])
    percent = whole(f"Say “{name}” from … % on", "threshold", slider=True)
    found = judgement.at(percent / 100)
    precision = "nothing is" if found.precision != found.precision else f"**{found.precision:.1%}** of it is"
    whole_of = "In all," if len(data.classes) == 2 else f"Whether a text is {name} or not,"
    st.markdown(
        f"From {percent} % on it says “{name}”: {precision} right (precision), and **{found.recall:.1%}** of what "
        f"is {name} is found (recall); {found.false_alarms} false alarms, {found.missed} missed. {whole_of} "
        f"{found.accuracy:.1%} are right."
    )
    left, right = st.columns(2)
    colour = CELL_COLOURS[view.model.cell]
    with left:
        figure = roc_figure(judgement, percent / 100, colour, mode())
        st.plotly_chart(figure, key="roc", theme=None, config=QUIET)
    with right:
        st.plotly_chart(calibration_figure(judgement, colour, mode()), key="calibration", theme=None, config=QUIET)


def _table(shares: Float[Tensor, "texts classes"], data: LabelledTexts) -> pd.DataFrame:
    """Each held-out text, what it is, what the network takes it for, and how likely it holds that to be."""
    certain, answers = shares.max(dim=1)
    classes = [data.classes[label] for label in data.test_labels]
    named = [data.classes[answer] for answer in answers.tolist()]
    rows = zip(map(" ".join, data.test), classes, named, certain.tolist(), strict=True)
    return pd.DataFrame(rows, columns=["text", "is", "answer", "with"])


def _mistakes(scores: Classification, answers: pd.DataFrame) -> None:
    st.markdown("**The most confident mistakes**")
    if not scores.mistakes:
        st.caption("None: every held-out text was read rightly.")
        return
    percent = st.column_config.NumberColumn(format="percent")
    text = st.column_config.TextColumn(width="large")
    worst = answers.iloc[[mistake.index for mistake in scores.mistakes]]
    st.dataframe(worst, hide_index=True, column_config={"text": text, "with": percent}, key="mistakes")


@st.cache_resource(show_spinner="Reading the held-out texts …", max_entries=16)
def _shares(run: str, step: int, _view: JobView, _data: LabelledTexts) -> Float[Tensor, "texts classes"]:
    if _view.snapshot is None:  # one that ships, and is not trained on
        model = caches.network(run).model
    else:
        model = build_model(_view.one_sequence)
        model.load_state_dict(dict(_view.snapshot.weights))
    batches = _data.for_network(model.spec).test_batches()
    return class_shares(torch.cat([predict(model, batch)[0] for batch in batches]))
