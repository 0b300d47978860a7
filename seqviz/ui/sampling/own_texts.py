"""The text that a visitor brings to learn from: a new one, or one that is kept."""

import streamlit as st

from seqviz.data.text import LARGEST, SHORTEST, TextData
from seqviz.ui.shell import texts
from seqviz.ui.shell.kept_texts import choose_kept
from seqviz.ui.shell.url import paragraph


def choose_own_text() -> TextData | None:
    """A text of one's own; None while it is still to be brought.

    Raises:
        SeqVizError: it cannot be learned from.
    """
    if kept := choose_kept("Which text", "own"):
        return texts.text(kept)
    file = st.file_uploader(f"A text file (UTF-8, at most {LARGEST / 1e6:.0f} MB)", key="text file", max_upload_size=5)
    typed = paragraph(f"… or paste a text of at least {SHORTEST:,}", "own text", "", most=LARGEST)
    content: str | bytes = file.getvalue() if file else typed
    if not content:
        st.caption("Nothing yet. The last tenth is held out; the rest is what the network learns from.")
        return None
    return texts.own_text(content)
