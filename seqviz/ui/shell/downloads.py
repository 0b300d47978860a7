"""A button that fetches data, with a bar while it comes and a sentence where it does not."""

from collections.abc import Callable

import streamlit as st

from seqviz.errors import SeqVizError
from seqviz.ui.shell.frame import show_error

Fetch = Callable[[Callable[[int, int], None]], object]
"""Called with what wants to know the progress: bytes so far, and in all."""


def offer(name: str, size: str, instead: str, fetch: Fetch) -> None:
    """Offer to fetch what is not on this machine; `instead` says what needs no download."""
    st.caption(f"Not on this machine: {name}. {instead}")
    if not st.button(f"Download {name} ({size})", icon=":material/download:"):
        return
    bar = st.progress(0.0, f"Downloading {name} …")

    def advance(done: int, total: int) -> None:
        bar.progress(done / max(1, total), f"Downloading {name}: {done / 1e6:.1f} of {total / 1e6:.1f} MB")

    try:
        fetch(advance)
    except SeqVizError as error:
        bar.empty()
        show_error(error)
        return
    st.rerun()
