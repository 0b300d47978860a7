"""Gradient flow: the learning signal on its way back, dying, exploding or arriving."""

from seqviz.ui.gradient_flow import clip, distance, flow, theory
from seqviz.ui.gradient_flow.levers import choose_networks, choose_setting, warnings
from seqviz.ui.shell.choices import choose_digit, choose_layer, choose_source
from seqviz.ui.shell.frame import plain_errors
from seqviz.ui.shell.stage import closing, controls, opening_with_views

VIEWS = {
    "flow": "Watch it flow back",
    "theory": "Theory beside measurement",
    "clip": "Explode and clip",
    "distance": "Learn over a distance",
}
NOTICE = {
    "flow": [
        "On its way back the gradient is multiplied at every row, in an RNN by W_hh and by the slope of tanh, which is "
        "at most 1. Twenty-eight factors that shrink it leave almost nothing; twenty-eight that stretch it explode.",
        "Before training the gradient fades in every cell. Move the slider over training: it learns to arrive.",
        "Before training, set the bias to 3: the LSTM's and the GRU's gradients arrive. The RNN has no gate to set.",
    ],
    "theory": [
        "In a plain RNN nothing lies above the bound. Where it lies far below, tanh is saturated and its slope small.",
        "The bound can rise while the gradient fades: λ allows for the worst direction at every single row.",
        "ρ^(T−t) describes a network near zero, where tanh is a straight line: it fits before training, not after.",
    ],
    "clip": [
        "One or two steps along an exploded gradient throw the weights so far that nothing can be computed any more.",
        "Clipping keeps the direction and bounds the length. It cannot lengthen what has faded on the way.",
    ],
    "distance": [
        "All cells have as many parameters, the same start and the same rate; at the shortest distance all learn.",
        "With distance the RNN falls to chance first. A gated cell can fail too: look how the LSTM's seeds differ.",
    ],
}
QUESTION = {
    "flow": "Before training, with bias 3 and 50 blank rows: which cell can learn from the ink, and by which path?",
    "theory": "At which spectral radius does the RNN's gradient neither fade nor explode? Does tanh let it stay there?",
    "clip": "Why does clipping rescue the exploding network, and what would the fading one need instead?",
    "distance": "Train the delayed digit with the keeping gate's bias at 0. Why does the reach shrink so much?",
}

SENTENCE = (
    "After the last row the loss sends its gradient back, row by row, to everything that caused it: watch how much "
    "arrives, and what makes it fade or explode."
)

view = opening_with_views("Gradient flow", SENTENCE, VIEWS, "part")
with plain_errors():
    if view == "clip":
        clip.clip()
    elif view == "distance":
        distance.learn()
    else:
        with controls():
            networks = choose_networks()
            digit = choose_digit(choose_source(), "sample")
            layer = choose_layer(networks[0]) if len(networks) == 1 else 0
        setting = choose_setting(networks)
        warnings(networks, setting)
        if view == "flow":
            flow.flow(networks, setting, digit, layer)
            flow.over_training(networks, layer)
        else:
            theory.compare(networks, setting, digit, layer)
closing(SENTENCE, NOTICE[view], QUESTION[view])
