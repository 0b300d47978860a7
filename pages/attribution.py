"""Attribution: which rows and pixels made the answer, and whether the method can be trusted."""

from seqviz.ui.attribution import characters, pixels, trust, units
from seqviz.ui.shell.frame import plain_errors
from seqviz.ui.shell.stage import closing, opening_with_views
from seqviz.ui.shell.url import pick

VIEWS = {
    "pixels": "Rows and pixels",
    "units": "Hidden units",
    "trust": "Can it be trusted?",
    "letters": "Characters",
}
NOTICE = {
    "pixels": [
        "Three methods, three answers: each answers another question about the same network.",
        "Change the baseline: what counts as “nothing there” changes what counts as evidence.",
        "Ask why one digit and not another: the strokes that both share fall away.",
    ],
    "units": [
        "In an RNN or a GRU that answers from its last state, the units of a row carry exactly what the rows so far "
        "contribute. In an LSTM part of it goes past them, through the cell state.",
        "In these networks of 128 units, a dozen or two carry half of what the last row carries, and they change from "
        "row to row.",
    ],
    "planted": [
        "On planted evidence all methods do far better than chance, which is below a fifth; none is right everywhere.",
        "KernelSHAP does worst: its 512 images are few for 56 rows.",
    ],
    "ruin": [
        "Input × gradient and integrated gradients hardly change when the network is randomised: blank pixels are 0 in "
        "any network. Compared on the ink alone they change far more.",
        "Saliency falls apart, as it should, and yet it is among the worst on planted evidence: the two tests do not "
        "agree on a winner.",
    ],
    "votes": [
        "Each row's vote is exact, and still it is no score of that row's pixels: most of it is memory.",
        "The lower the correlation, the more of a vote was decided by earlier rows.",
    ],
    "letters": [
        "The characters just before count most. A bracket or a quote that is still open can count from far away.",
        "A character's effect can be negative: without it the explained character would have been likelier.",
    ],
}
QUESTION = {
    "pixels": "Remove the least important fifth of the pixels. Does the probability stay? For which method not?",
    "units": "Silence the unit that carries most (Gates, Operate). Does the answer change as much as you expected?",
    "planted": "In which cell is a method most often wrong? What could the network be looking at instead?",
    "ruin": "Which method would you use to find a mistake in a network, and which to explain one answer to a doctor?",
    "votes": "Zero the recurrent weights of such a network in thought. What would the correlations become?",
    "letters": "Explain a closing bracket. Does the network look at the bracket that it closes?",
}

SENTENCE = (
    "Which rows and pixels made the answer? Several methods say so, each in its own way: watch them side by side, and "
    "put the methods themselves to the test."
)

view = opening_with_views("Attribution", SENTENCE, VIEWS, "attribution")
with plain_errors():
    if view == "trust":
        view = pick("Test", list(trust.TESTS), "trust", names=trust.TESTS.__getitem__)
        trust.trust(view)
    else:
        {"pixels": pixels.pixels, "units": units.carried, "letters": characters.explain}[view]()
closing(SENTENCE, NOTICE[view], QUESTION[view])
