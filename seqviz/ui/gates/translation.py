"""Reads and writes: every gate and state of a translator, of the layers that read or of those that write."""

from functools import partial

import streamlit as st

from seqviz import snippets
from seqviz.instruments.arrays import layer_arrays, to_npz
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.specs import SIGNALS
from seqviz.timelines.translation import stack_timeline
from seqviz.ui.shell.frame import code, mode, verbatim
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.translators import StackLook, choose_stack


def _result(look: StackLook) -> str:
    written = verbatim(look.translator.model.target.text(look.translation.tokens))
    return f"It reads {len(look.tokens)} letters or words, one after another, and writes “**{written}**”."


def _show(look: StackLook) -> None:
    one = look.translator
    timeline = stack_timeline(look.tokens, look.translation, one.model.target, look.stack, SIGNALS[one.spec.cell])
    play(timeline, key=f"gates of the {look.stack}")
    name = f"seqviz-gates-{one.name}-{look.stack}"
    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("GIF for slides", partial(to_gif, timeline, mode()), f"{name}.gif", "image/gif"),
            ("Page that plays anywhere", partial(to_html, timeline, look.stack), f"{name}.html", "text/html"),
            ("Numbers (NPZ)", lambda: to_npz(layer_arrays(look.layers)), f"{name}.npz", "application/octet-stream"),
        ):
            st.download_button(label, content, file, mime, on_click="ignore")
    code(snippets.stack_signals(one, look.text, look.stack), "Every signal of these layers, by the one unrolling.")


VIEW = View(
    "writes",
    "Reads and writes",
    choose_stack,
    _show,
    result=_result,
    notice=(
        "In the encoder gates follow the letters: many of them turn where one part of a number ends.",
        "In the decoder a gate changes once a word; where little is left to say, it can forget.",
    ),
    question="At which letter of a number do most gates of the encoder turn, and what begins there?",
)
