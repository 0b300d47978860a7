"""Reads and writes: the hidden states of a translator, of the layers that read or of those that write."""

from seqviz.ui.shell.stack_view import show_stack, what_it_writes
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.translators import choose_stack

VIEW = View(
    "writes",
    "Reads and writes",
    choose_stack,
    lambda look: show_stack(look, ("hidden",), "states"),
    result=what_it_writes,
    notice=(
        "The encoder reads in both directions: one memory fills from the left, the other from the right.",
        "The decoder begins with what both ends have left, and changes its state with every word that it writes.",
    ),
    question="Choose the decoder, with attention and without. In which do more units hold their value, and why?",
)
