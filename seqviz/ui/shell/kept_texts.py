"""What a visitor has brought to learn from and is kept: chosen again, renamed, deleted."""

import streamlit as st

from seqviz.errors import SeqVizError
from seqviz.jobs.history import runs_folder
from seqviz.jobs.notes import LONGEST_TITLE
from seqviz.jobs.settings import duration, size
from seqviz.jobs.texts import KeptText, TextKind, delete_text, rename_text, texts_of
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import show_error
from seqviz.ui.shell.sessions import is_shared, visitor

NEW = "A new one"


def choose_kept(label: str, kind: TextKind, default: str = "") -> str | None:
    """The name of one that is kept, at first the `default` if it is; None for a new one."""
    if refused := st.session_state.pop("texts refused", None):
        show_error(refused)
    kept = {text.name: text for text in texts_of(runs_folder(), visitor(), kind)}
    if not kept:
        return None
    names = {NEW: NEW} | {name: _named(text) for name, text in kept.items()}
    # under another key once one is renamed: the browser holds on to the label that it knows
    key = f"kept {kind} {st.session_state.get('renamed texts', 0)}"
    st.session_state.setdefault(key, st.session_state.pop("renamed text", default if default in kept else NEW))
    if st.session_state[key] not in names:
        st.session_state[key] = NEW
    chosen = st.selectbox(label, list(names), format_func=names.__getitem__, key=key)
    if chosen not in kept:
        return None
    with st.popover("Rename or delete"):
        _change(kept[chosen])
    return str(chosen)


def for_whom() -> str:
    """Who sees what is kept, and how long it is."""
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
        st.session_state["renamed texts"] = st.session_state.get("renamed texts", 0) + 1
        st.session_state["renamed text"] = name
    except SeqVizError as error:
        st.session_state["texts refused"] = str(error)


def _delete(name: str) -> None:
    try:
        delete_text(runs_folder(), name, visitor())
    except SeqVizError as error:
        st.session_state["texts refused"] = str(error)
