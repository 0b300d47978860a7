"""What each method of attribution computes, what it assumes, when it misleads, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from seqviz.data.examples import Digit, Example
from seqviz.instruments.attribution import Method


@dataclass(frozen=True)
class About:
    """A method in words; `formula` is KaTeX with F the score, x the input, x' the baseline."""

    name: str
    formula: str
    assumes: str
    misleads: str
    paper: str
    colours: str = "orange speaks for it, blue against it"


OF_PIXELS: tuple[Method, ...] = ("occlusion_patches", "ablation")
ABOUT: Mapping[Method, About] = {
    "integrated_gradients": About(
        "Integrated gradients",
        r"(x_i-x'_i)\int_0^1\partial_i F(x'+\alpha(x-x'))\,d\alpha",
        "that the straight path from the baseline to the input means something; then the scores sum to F(x) − F(x').",
        "What equals the baseline gets 0, however much it matters that it is so.",
        "Sundararajan, Taly & Yan 2017",
    ),
    "saliency": About(
        "Saliency",
        r"|\partial_i F(x)|",
        "that the network is a straight line around this input.",
        "It says where a small change would matter, not what made the answer; in a saturated network it fades.",
        "Simonyan, Vedaldi & Zisserman 2014",
        colours="no sign: where a small change would matter",
    ),
    "input_x_gradient": About(
        "Input × gradient",
        r"x_i\,\partial_i F(x)",
        "that the network is linear from zeros to the input: one step of the path instead of the whole.",
        "Its picture looks like the input even where the network is randomised: what is 0 gets 0 in any network.",
        "Shrikumar, Greenside & Kundaje 2017",
    ),
    "smoothgrad": About(
        "SmoothGrad",
        r"\mathbb{E}_{\varepsilon}\,\partial_i F(x+\varepsilon),\ \varepsilon\sim\mathcal N(0,\sigma^2)",
        "that gradients around the input, averaged, say more than the one at it (32 samples, σ = 15 % of the range).",
        "The average smooths real details away, too, and looks convincing whatever the network does.",
        "Smilkov et al. 2017",
        colours="orange: more there would speak for it, blue: against it",
    ),
    "gradient_shap": About(
        "Gradient SHAP",
        r"\mathbb{E}_{\alpha,\varepsilon}\,(x_i+\varepsilon_i-x'_i)\,\partial_i F(x'+\alpha(x+\varepsilon-x'))",
        "that features are independent and the network is locally linear; an estimate of SHAP values (64 samples).",
        "Its noise gives scores to what is blank, too, and few samples leave a gap in the sum.",
        "Lundberg & Lee 2017",
    ),
    "occlusion_rows": About(
        "Occlusion, by row",
        r"F(x)-F(x_{t\leftarrow x'})",
        "that removing one row or word t at a time shows what it is worth.",
        "Two that say the same cover for each other: both look unimportant.",
        "Zeiler & Fergus 2014",
    ),
    "occlusion_patches": About(
        "Occlusion, by patch",
        r"\text{mean over the }4\times4\text{ patches that hold }i:\ F(x)-F(x_{\text{patch}\leftarrow x'})",
        "that a hole of this size is a fair question; patches overlap by half.",
        "A hole is an image that the network has never seen: it may answer the hole.",
        "Zeiler & Fergus 2014",
    ),
    "ablation": About(
        "Feature ablation, by pixel",
        r"F(x)-F(x_{i\leftarrow x'})",
        "that each pixel can be removed alone.",
        "One pixel hardly ever decides: neighbours cover for it.",
        "Kokhlikyan et al. 2020",
    ),
    "shapley_rows": About(
        "Shapley values, by row",
        r"\mathbb{E}_{\pi}\big[F(x_{\text{those before and with }t})-F(x_{\text{those before }t})\big]",
        "nothing about the network: a row's or word's mean worth in 25 random orders; the scores sum to F(x) − F(x').",
        "Most of these half-blank inputs are nothing that it was trained on.",
        "Shapley 1953; Castro, Gómez & Tejada 2009",
    ),
    "kernel_shap_rows": About(
        "KernelSHAP, by row",
        r"\arg\min_{\phi}\sum_{S}\pi(S)\big(F(x_S)-\phi_0-\textstyle\sum_{t\in S}\phi_t\big)^2",
        "that a linear model fits the network on inputs with some rows or words removed (512 such inputs).",
        "With many steps 512 inputs are few: on the planted sequences, of 56 rows, it is the worst of all.",
        "Lundberg & Lee 2017",
    ),
}


def name_of(method: Method, step_name: str = "row") -> str:
    """A method's name on screen; what goes by row goes by word in a text."""
    return ABOUT[method].name.replace("by row", f"by {step_name}")


def for_example(example: Example) -> list[Method]:
    """The methods that can be asked about an example: there are no patches and no pixels in a text."""
    return [method for method in ABOUT if isinstance(example, Digit) or method not in OF_PIXELS]


def explain(method: Method) -> None:
    """One paragraph: what it computes, what it assumes, when it misleads, the paper."""
    about = ABOUT[method]
    st.markdown(f"**{about.name}.** ${about.formula}$. It assumes {about.assumes} {about.misleads} *({about.paper})*")
