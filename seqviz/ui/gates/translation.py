"""Reads and writes: every gate and state of a translator, of the layers that read or of those that write."""

from seqviz.specs import SIGNALS
from seqviz.ui.shell.stack_view import show_stack, what_it_writes
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.translators import choose_stack

VIEW = View(
    "writes",
    "Reads and writes",
    choose_stack,
    lambda look: show_stack(look, SIGNALS[look.translator.spec.cell], "gates"),
    result=what_it_writes,
    notice=(
        "In the encoder gates follow the letters: many of them turn where one part of a number ends.",
        "In the decoder a gate changes once a word; where little is left to say, it can forget.",
    ),
    question="At which letter of a number do most gates of the encoder turn, and what begins there?",
)
