"""Heads: read only the last hidden state, or all of them?"""

from seqviz.ui.heads import inside, order, race
from seqviz.ui.shell.frame import plain_errors
from seqviz.ui.shell.stage import closing, opening_with_views

VIEWS = {"inside": "Look inside", "race": "Race", "documents": "Seeds on MNIST", "order": "Order and distance"}
NOTICE = {
    "race": [
        "Both networks see the same batches in the same order; only what the linear layer reads is different.",
        "360 test digits leave an uncertainty of one to three points. MNIST's 10,000 leave a fifth of that.",
    ],
    "documents": [
        "Runs that differ in nothing but the seed lie far apart, farthest in the RNN. One run each cannot decide.",
        "A paired test uses that both heads of a seed begin alike and see the same batches.",
    ],
    "inside": [
        "With all rows, each row's vote is a number and the votes sum to the logit. Blank rows vote, too.",
        "Before training the last-row head's early rows get next to no signal; the all-rows head's get theirs at once.",
    ],
    "order": [
        "A network notices only what its weights can tell apart: a bag of rows has none for order.",
        "Being able to read a sequence is not being able to answer about it.",
    ],
}
QUESTION = {
    "race": "Match the parameters. Does the difference stay, and which network became larger?",
    "documents": "How many seeds would you run before you believed a difference of 0.1 points?",
    "inside": "Find a digit where a single row turns the answer. What is drawn there?",
    "order": "Why does the bag of rows recognise any digits at all, although it knows nothing of their order?",
}

SENTENCE = (
    "The same recurrent network with two ways to answer: from its last hidden state alone, or from all 28. Race them, "
    "repeat it until chance is ruled out, and look at every row's vote."
)

view = opening_with_views("Heads", SENTENCE, VIEWS, "heads")
with plain_errors():
    {"race": race.run, "documents": race.repeated_seeds, "inside": inside.inside, "order": order.orders}[view]()
closing(SENTENCE, NOTICE[view], QUESTION[view])
