"""Hidden states: what a network remembers after every row of a digit."""

import streamlit as st

from seqviz import snippets
from seqviz.timelines.memory import memory_timeline
from seqviz.ui.hidden_states import side_by_side
from seqviz.ui.shell.choices import choose_digit, choose_network, choose_order, choose_source
from seqviz.ui.shell.frame import code, plain_errors
from seqviz.ui.shell.stage import closing, controls, opening
from seqviz.ui.shell.url import choose

BESIDE = {"nothing": "Nothing", "model": "Another network", "digit": "Another digit"}

SENTENCE = (
    "A network reads a digit row by row: you see what every unit of its memory holds after each row, and what the "
    "network would answer if it had to stop there."
)

opening("Hidden states", SENTENCE)
with plain_errors():
    with controls():
        network = choose_network("Network", "model")
        source = choose_source()
        order = choose_order()
        beside = choose("Beside it", list(BESIDE), "beside", names=BESIDE.__getitem__, width=170)
        digit = choose_digit(source, "sample")
        looks = [side_by_side.look(network, digit, order)]
        if beside == "model":
            looks.append(side_by_side.look(choose_network("Network beside it", "model2", default="lstm"), digit, order))
        elif beside == "digit":
            second = choose_digit(source if source != "draw" else "digits", "sample2", "Digit beside it", 12)
            looks.append(side_by_side.aligned(side_by_side.look(network, second, order), looks[0]))

    timeline = memory_timeline(looks[0].reading, looks[0].title)
    for other in looks[1:]:
        timeline = timeline.beside(memory_timeline(other.reading, other.title))
    side_by_side.laboratory(looks, timeline)

    st.header("Take it with you", anchor=False)
    side_by_side.downloads(looks, timeline)
    code(
        snippets.hidden_states(network, digit),
        "Plain PyTorch, run from the project's folder: the same hidden states and the same probabilities as above.",
    )
closing(
    SENTENCE,
    [
        "Reading forward, **h** after row *t* depends on row *t* and on **h** after row *t* − 1, and on nothing else.",
        "Some units answer the pen at once and fall back; others move once and then hold their value to the end.",
        "In the plane of the two main components, digits of a class tend to end near each other.",
    ],
    "Draw a 9 and note the answer after each row; undo the stroke that closes it, so that it is a 4. "
    "At which row do the two readings part?",
)
