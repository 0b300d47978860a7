"""Back through time: the gradient of one weight as a ledger, in which every factor is a number."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.instruments.layer_shapes import Ledger, Term, gradient_ledger
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.parameters import options_of
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import pick, slide

INPUTS, TARGETS, INPUT_WEIGHT = (0.5, -1.0, 0.2), (0.0, 0.0, 1.0), 1.0
CUTS = {"whole": "No cut", "2": "After 2 steps", "1": "After each step"}


@dataclass(frozen=True)
class Chosen:
    """The recurrent weight and where the gradient is cut."""

    u: float
    truncate: int | None
    ledger: Ledger


def _choose() -> Chosen:
    u = float(slide("Recurrent weight u", "ledger_weight", options_of("ledger_weight")))
    cut = pick("Truncation", list(CUTS), "ledger_truncate", names=CUTS)
    truncate = None if cut == "whole" else int(cut)
    return Chosen(u, truncate, gradient_ledger(INPUT_WEIGHT, u, INPUTS, TARGETS, truncate=truncate))


def _result(chosen: Chosen) -> str:
    found = chosen.ledger
    counted = sum(not term.cut for term in found.terms)
    return (
        f"The {counted} ways {'that are left ' if counted < 6 else ''}sum up to **{_number(found.total)}**; autograd "
        f"says **{_number(found.autograd)}**, {_difference(found)}."
    )


def _difference(found: Ledger) -> str:
    gap = abs(found.total - found.autograd)
    return "the same to the last digit" if gap == 0 else f"the same to {gap:.0e}"


def _show(chosen: Chosen) -> None:
    found = chosen.ledger
    st.latex(
        r"h_t = \tanh(w x_t + u h_{t-1}),\quad L = \sum_t \tfrac12 (h_t - y_t)^2,\quad"
        r"\frac{\partial L}{\partial u} = \sum_t \sum_{k \le t} \frac{\partial L_t}{\partial h_t}"
        r"\Big(\prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}}\Big)"
        r"\frac{\partial h_k}{\partial a_k} \frac{\partial a_k}{\partial u}"
    )
    for t, column in enumerate(st.columns(len(INPUTS)), 1):
        with column:
            st.markdown(
                f"**Loss of step {t}**: h = {_number(found.states[t])}, y = {TARGETS[t - 1]:g}, "
                f"L = {_number(found.losses[t - 1])}"
            )
            for term in (term for term in found.terms if term.loss_step == t):
                _open(term)
    rows = [
        {
            "from the loss of step": term.loss_step,
            "to the use of u in step": term.step,
            "factors": " · ".join(_number(value) for _, _, value in term.factors),
            "product": term.value,
            "cut": term.cut,
        }
        for term in found.terms
    ]
    csv = pd.DataFrame(rows).to_csv(index=False)
    st.download_button("Ledger (CSV)", csv, "seqviz-ledger.csv", "text/csv", on_click="ignore")
    code(
        snippets.ledger(INPUT_WEIGHT, chosen.u, INPUTS, TARGETS, chosen.truncate),
        "The same gradient by autograd, and way by way.",
    )


def _open(term: Term) -> None:
    """One way back, with all its factors."""
    cut = ", cut" if term.cut else ""
    with st.expander(f"back to step {term.step}: {_number(term.value)}{cut}", expanded=term.step == 1 and not term.cut):
        for name, formula, value in term.factors:
            st.latex(rf"{name} = {formula} = {_number(value)}")
        st.latex(rf"\text{{product}} = {_number(term.value)}")
        if term.cut:
            st.caption("Truncation lets no gradient cross this border, so the way does not count.")


def _number(value: float) -> str:
    return f"{value:.4f}".replace("-", "−") if abs(value) >= 5e-5 or value == 0 else f"{value:.1e}".replace("-", "−")


VIEW = View(
    "ledger",
    "Back through time",
    _choose,
    _show,
    result=_result,
    notice=(
        "Every loss sends its gradient back to every earlier use of u: three steps have six ways.",
        "A way that is longer by a step has one factor u (1 − h²) more; below 1 in size, long ways fade.",
        "Truncation leaves out ways; the gradient is then another number, not a slower one.",
    ),
    question="Make u 2. The factor u alone is above 1: why do long ways fade all the same?",
)
