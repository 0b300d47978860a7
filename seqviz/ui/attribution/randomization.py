"""Randomisation: what explains a network must change when the network is randomised."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.figures.attribution import rank_similarity_figure
from seqviz.instruments.attribution import Method
from seqviz.instruments.grading import RankSimilarity, similarity_while_randomized
from seqviz.jobs.tasks import Work
from seqviz.snippets.subjects import Network
from seqviz.ui.attribution import methods
from seqviz.ui.attribution.shipped import EVERY, shipped, test_network
from seqviz.ui.shell import caches
from seqviz.ui.shell.background import in_background
from seqviz.ui.shell.choices import choose_network
from seqviz.ui.shell.frame import QUIET, code, mode
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import choose, switch

RANDOMIZED = 8  # digits of the live test
FALLS_APART = 0.5  # rank correlation below which a picture has changed
TITLE = "Rank similarity to the trained network's scores"


@dataclass(frozen=True)
class Randomized:
    """A shipped network, and whether scores are compared on the ink alone."""

    name: str
    ink: bool

    @property
    def similarity(self) -> dict[str, dict[str, float]]:
        """By method and by how much of the network is randomised."""
        by_method = shipped()["similarity"][f"{self.name} ink" if self.ink else self.name]
        return {methods.name_of(method): by_stage for method, by_stage in by_method.items()}


def _choose() -> Randomized:
    names = [name for name in caches.SHIPPED if name in shipped()["similarity"]]
    name = choose("Network", names, "randomized", names=caches.network_title, width=230)
    return Randomized(name, switch("Compare only where there is ink", "ink"))


def _result(randomized: Randomized) -> str:
    """Which methods give the same picture of a network that knows nothing."""
    similarity = randomized.similarity
    stay = _alike(similarity, _last(similarity))
    count = f"{len(stay)} of {len(similarity)}"
    return f"With all weights drawn anew, **{count}** methods still say much the same (correlation 0.5 or more)."


def _show(randomized: Randomized) -> None:
    """The methods that ship, and any network live."""
    similarity = randomized.similarity
    st.plotly_chart(rank_similarity_figure(similarity, TITLE, mode()), key="similarity", theme=None, config=QUIET)
    st.markdown(
        "A picture that explains a network must change when the network is randomised: when its weights are drawn anew "
        "from the head downwards, or when another network of the same shape, which has learned random labels by heart, "
        "takes its place (Adebayo et al. 2018). What stays near 1 shows the digit and not the network."
    )
    _verdict(similarity)
    _save(similarity, "Rank similarity that ships (CSV)", f"seqviz-similarity-{randomized.name}.csv")
    st.caption(
        "Spearman's rank correlation of |scores|: 1 is the same order, 0 unrelated. Mean over "
        f"{shipped()['randomized']} digits."
    )
    st.header("Randomise another network", anchor=False)
    network = choose_network("Network", "model")
    key = f"randomize {network.name} {network.version} {randomized.ink}"
    work = _randomize(network, randomized.ink)
    label = f"Randomise it in steps, {len(EVERY)} methods on {RANDOMIZED} digits"
    in_background(key, "Randomization of a network", label, work, partial(_randomized, network.name), once=True)
    code(
        snippets.cascading_randomization(network, RANDOMIZED, randomized.ink),
        "One method while the network is randomised: the same correlations.",
    )


def _randomized(name: str, found: Mapping[Method, RankSimilarity]) -> None:
    live = {methods.name_of(method): one.by_stage for method, one in found.items()}
    st.plotly_chart(rank_similarity_figure(live, TITLE, mode()), key="similarity live", theme=None, config=QUIET)
    _verdict(live)
    _save(live, "Rank similarity (CSV)", f"seqviz-similarity-{name}.csv")


def _save(similarity: Mapping[str, Mapping[str, float]], label: str, name: str) -> None:
    content = pd.DataFrame(similarity).T.to_csv(index_label="method")
    st.download_button(label, content, name, "text/csv", on_click="ignore")


def _randomize(network: Network, ink: bool) -> Work:
    """Work for a worker: the network in steps, and beside it the one that has learned random labels."""
    random_labels = test_network("random-labels")
    others = {"random labels": random_labels} if network.spec == random_labels.spec else {}
    digits = caches.dataset("digits").test[:RANDOMIZED]
    return partial(similarity_while_randomized, network.model, others, digits, EVERY, ink_only=ink)


def _verdict(similarity: Mapping[str, Mapping[str, float]]) -> None:
    """Which methods do not fall apart once the whole network is randomised."""
    for stage, words in (
        (_last(similarity), "all weights are drawn anew"),
        ("random labels", "the labels were random"),
    ):
        if stage in next(iter(similarity.values())):
            what = ", ".join(_alike(similarity, stage)) or "none"
            st.markdown(f"Still alike ({FALLS_APART:g} or more) when {words}: **{what}**.")


def _last(similarity: Mapping[str, Mapping[str, float]]) -> str:
    """The stage at which all weights are drawn anew."""
    return [stage for stage in next(iter(similarity.values())) if stage != "random labels"][-1]


def _alike(similarity: Mapping[str, Mapping[str, float]], stage: str) -> list[str]:
    return [name for name, found in similarity.items() if found.get(stage, 0.0) >= FALLS_APART]


VIEW = View(
    "randomization",
    "Randomise",
    _choose,
    _show,
    result=_result,
    notice=(
        "Input × gradient and integrated gradients hardly change when the network is randomised: blank pixels are 0 in "
        "any network. Compared on the ink alone they change far more.",
        "Saliency falls apart, as it should, and yet it is among the worst on planted evidence: the two tests do not "
        "agree on a winner.",
    ),
    question="Which method would you use to find a mistake in a network, and which to explain one answer to a doctor?",
)
