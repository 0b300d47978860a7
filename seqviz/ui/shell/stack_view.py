"""One stack of a translator on the clock, with what to take along: what two pages show of it."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from seqviz import snippets
from seqviz.instruments.arrays import layer_arrays, to_npz
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.timelines.translation import stack_timeline
from seqviz.ui.shell.frame import code, mode, verbatim
from seqviz.ui.shell.player import play
from seqviz.ui.shell.translators import StackLook


def what_it_writes(look: StackLook) -> str:
    """The result in a sentence."""
    model = look.translator.model
    written = verbatim(model.target.text(look.translation.tokens))
    return f"It reads {len(look.tokens)} {model.source.units}, one after another, and writes “**{written}**”."


def show_stack(look: StackLook, signals: Sequence[str], key: str) -> None:
    """A heatmap for each layer, direction and signal; `key` tells the players and the files of pages apart."""
    one = look.translator
    timeline = stack_timeline(look.tokens, look.translation, one.model.target, look.stack, signals)
    play(timeline, key=f"{key} of the {look.stack}")
    name = f"seqviz-{key}-{one.name}-{look.stack}"
    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("GIF for slides", partial(to_gif, timeline, mode()), f"{name}.gif", "image/gif"),
            ("Page that plays anywhere", partial(to_html, timeline, look.stack), f"{name}.html", "text/html"),
            ("Numbers (NPZ)", lambda: to_npz(layer_arrays(look.layers)), f"{name}.npz", "application/octet-stream"),
        ):
            st.download_button(label, content, file, mime, on_click="ignore")
    code(snippets.stack_signals(one, look.text, look.stack), "Every signal of these layers, by the one unrolling.")
