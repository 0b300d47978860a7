"""The texts that a visitor brings to learn from: a new one, or one that is kept; each can be renamed and deleted."""

import streamlit as st

from seqviz.data.text import LARGEST, SHORTEST, TextData
from seqviz.errors import SeqVizError
from seqviz.jobs.history import runs_folder
from seqviz.jobs.notes import LONGEST_TITLE
from seqviz.jobs.settings import duration, size
from seqviz.jobs.texts import KeptText, delete_text, rename_text, texts_of
from seqviz.ui.shell import caches, texts
from seqviz.ui.shell.frame import show_error
from seqviz.ui.shell.sessions import is_shared, visitor
from seqviz.ui.shell.url import paragraph

NEW = "A new one"


def choose_own_text() -> TextData | None:
    """A text of one's own; None while it is still to be brought.

    Raises:
        SeqVizError: it cannot be learned from.
    """
    if refused := st.session_state.pop("texts refused", None):
        show_error(refused)
    kept = {text.name: text for text in texts_of(runs_folder(), visitor())}
    if kept:
        names = {NEW: NEW} | {name: _named(text) for name, text in kept.items()}
        chosen = st.selectbox("Which text", list(names), format_func=names.__getitem__, key="kept text")
        if chosen in kept:
            with st.popover("Rename or delete"):
                _change(kept[chosen])
            return texts.text(chosen)
    file = st.file_uploader(f"A text file (UTF-8, at most {LARGEST / 1e6:.0f} MB)", key="text file", max_upload_size=5)
    typed = paragraph(f"… or paste a text of at least {SHORTEST:,}", "own text", "", most=LARGEST)
    content: str | bytes = file.getvalue() if file else typed
    if not content:
        st.caption("Nothing yet. The last tenth is held out; the rest is what the network learns from.")
        return None
    return texts.own_text(content)


def for_whom() -> str:
    """Who sees a text that is kept, and how long it is."""
    seconds = caches.jobs().limits.kept_seconds
    until = f" It is deleted {duration(seconds)} after its last use at the latest" if seconds else ""
    return (f"where only you see it.{until}" if is_shared() else f"beside your runs.{until}").rstrip(".")


def _named(text: KeptText) -> str:
    return f"{text.title or text.name}, {size(text.bytes)}"


def _change(text: KeptText) -> None:
    key = f"text title {text.name}"
    st.text_input("Name", text.title, key=key, max_chars=LONGEST_TITLE, on_change=_rename, args=(text.name,))
    icon = ":material/delete:"
    st.button("Delete", key=f"delete {text.name}", icon=icon, on_click=_delete, args=(text.name,))
    st.caption("Networks that have learned it stay; a run on it cannot go on.")


def _rename(name: str) -> None:
    try:
        rename_text(runs_folder(), name, visitor(), st.session_state[f"text title {name}"])
    except SeqVizError as error:
        st.session_state["texts refused"] = str(error)


def _delete(name: str) -> None:
    try:
        delete_text(runs_folder(), name, visitor())
    except SeqVizError as error:
        st.session_state["texts refused"] = str(error)
