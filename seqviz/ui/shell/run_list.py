"""The runs on this machine: each can be drawn behind the one on screen, opened, renamed, deleted and brought back."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial

import pandas as pd
import streamlit as st

from seqviz.errors import NotYourJob, SeqVizError
from seqviz.jobs.history import (
    UNDO,
    Run,
    delete_run,
    purge_deleted,
    rename_run,
    restore_run,
    runs_folder,
    share_run,
    shared_runs,
)
from seqviz.jobs.kinds import RunKind
from seqviz.jobs.visitors import is_public
from seqviz.palette import ATTENTION_NAMES, CELL_NAMES, HEAD_NAMES, TEXT_HEAD_NAMES
from seqviz.specs import EncoderDecoderSpec, LearnedSpec, ModelSpec, RecurrentSpec, TrainSpec
from seqviz.training.checkpoints import read_description
from seqviz.ui.shell import caches, runs
from seqviz.ui.shell.frame import as_code, show_error, verbatim
from seqviz.ui.shell.sessions import is_shared, visitor
from seqviz.ui.shell.stage import folded, on_demand
from seqviz.ui.shell.url import from_text, to_link

SHOWN = 12  # runs in the list; the others are behind one click
A_PAGE = 24  # of these
Open = Callable[[str], None]


def in_one_line(spec: LearnedSpec, training: TrainSpec) -> str:
    """A run's settings as a person says them.

    >>> in_one_line(ModelSpec.classifier("lstm", 64, head="concat"), TrainSpec(epochs=12))
    'LSTM, 64 units, all rows (concat), 12 epochs'
    """
    recurrent = layers_of(spec)
    layers = f"{recurrent.num_layers} × " if recurrent.num_layers > 1 else ""
    head = "" if isinstance(spec, ModelSpec) and spec.head.kind == "each_step" else f", {_head_name(spec)}"
    if isinstance(spec, ModelSpec) and spec.recursive:
        head = ", one step, fed back"
    epochs = f"{training.epochs} {'epoch' if training.epochs == 1 else 'epochs'}"
    return f"{CELL_NAMES[recurrent.cell]}, {layers}{recurrent.hidden_size} units{head}, {epochs}"


def _head_name(spec: LearnedSpec) -> str:
    if isinstance(spec, EncoderDecoderSpec):
        return ATTENTION_NAMES[spec.decoder.attention]
    if spec.forecasts:
        return f"{spec.horizon} steps at once"
    return (TEXT_HEAD_NAMES if spec.words else HEAD_NAMES)[spec.head.kind]


def layers_of(spec: LearnedSpec) -> RecurrentSpec:
    """The recurrent layers by which a run is called: those that write, where some do."""
    return spec.decoder.layers if isinstance(spec, EncoderDecoderSpec) else spec.encoder


def form_of(run: str, kind: RunKind, shipped: str) -> AbstractContextManager[object]:
    """Where the settings of the next run stand: in one line, while a run that does not ship is on screen."""
    if run == shipped:
        return st.container()
    shown = runs.view(run, kind)
    return folded(in_one_line(shown.model, shown.training))


def ticked(known: Sequence[Run]) -> list[Run]:
    """The runs that are to be drawn behind the one on screen."""
    return [run for run in known if run.name in _ticked()]


def _ticked() -> list[str]:
    """Their names on this page: those of the link, until one is ticked here."""
    key = f"{st.session_state.get('page', '')} ticked"
    if key not in st.session_state:
        st.session_state[key] = [name for name in (from_text("behind") or "").split(",") if name]
    ticked: list[str] = st.session_state[key]
    return ticked


def _forget_what_is_gone(known: Sequence[Run]) -> None:
    """A tick is in the link for as long as its run is here; one that is not is said."""
    chosen, there = _ticked(), {run.name for run in known}
    if gone := [name for name in chosen if name not in there]:
        st.toast(f"Not on this machine (any more), so not drawn: {', '.join(as_code(name[:60]) for name in gone[:4])}")
        chosen[:] = [name for name in chosen if name in there]
    to_link("behind", ",".join(chosen) or None)


def run_list(known: Sequence[Run], complaints: Sequence[str], shown: str, open_run: Open) -> None:
    """One line a run, newest first, and a sentence for each file that cannot be read."""
    _forget_what_is_gone(known)
    st.fragment(_undo, run_every=1.0 if "deleted" in st.session_state else None)()
    if refused := st.session_state.pop("list refused", None):
        show_error(refused)
    if known:
        st.header("Runs on this machine", anchor=False)
        for run in known[:SHOWN]:
            _line(run, shown, open_run)
        if known[SHOWN:]:
            on_demand(f"{len(known) - SHOWN} older runs", partial(_older, known[SHOWN:], shown, open_run))
        st.download_button(
            "Table (CSV)",
            lambda: pd.DataFrame([_row(run) for run in known]).to_csv(index=False),
            "seqviz-runs.csv",
            "text/csv",
            on_click="ignore",
        )
    for complaint in complaints:
        st.text(complaint)


def _older(runs: Sequence[Run], shown: str, open_run: Open) -> None:
    """Some of many, so that no page waits for hundreds of buttons."""
    pages = -(-len(runs) // A_PAGE)
    page = int(st.number_input(f"Page of {pages}", 1, pages, key="older page", width=150)) if pages > 1 else 1
    for run in runs[(page - 1) * A_PAGE : page * A_PAGE]:
        _line(run, shown, open_run)


def _line(run: Run, shown: str, open_run: Open) -> None:
    """A tick to draw it behind, what it is, and what can be done with it."""
    description = run.description
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.checkbox(
            "Draw its curves, too",
            run.name in _ticked(),
            key=f"tick {run.name}",
            disabled=run.name == shown,
            on_change=_tick,
            args=(run.name,),
            label_visibility="collapsed",
            width="content",
        )
        st.text(caches.title_alone(run.name), width=170)
        score = description.metrics.get("accuracy", description.metrics.get("exact"))
        parts = [in_one_line(description.model, description.training), verbatim(caches.data_title(description.dataset))]
        parts += [f"{score:.1%}"] if score is not None else []
        st.markdown(" · ".join([*parts, run.status]), width="stretch")
        st.button("Open", key=f"open {run.name}", on_click=open_run, args=(run.name,), disabled=run.name == shown)
        if visitor().owns(description.owner):
            with st.popover("", icon=":material/more_horiz:", help="Rename, share or delete"):
                _change(run)


def _change(run: Run) -> None:
    key = f"title {run.name}"
    st.text_input("Name", caches.title_alone(run.name), key=key, max_chars=60, on_change=_rename, args=(run.name,))
    if is_shared() and not is_public(run.description.dataset):
        help = "Everybody on this server then sees this network, and the text that it learned from."
        shared = run.name in shared_runs(runs_folder())
        st.toggle("Shared", shared, key=f"share {run.name}", help=help, on_change=_share, args=(run.name,))
    alive = run.status in ("running", "queued", "paused")
    help = "Stop it first." if alive else f"It can be brought back for {UNDO:.0f} seconds."
    st.button(
        "Delete",
        key=f"delete {run.name}",
        icon=":material/delete:",
        on_click=_delete,
        args=(run.name,),
        disabled=alive,
        help=help,
    )


def _tick(run: str) -> None:
    chosen = _ticked()
    chosen.remove(run) if run in chosen else chosen.append(run)


def _rename(run: str) -> None:
    try:
        rename_run(runs_folder(), run, st.session_state[f"title {run}"])
    except SeqVizError as error:
        st.session_state["list refused"] = str(error)


def _share(run: str) -> None:
    try:
        share_run(runs_folder(), run, st.session_state[f"share {run}"])
    except SeqVizError as error:
        st.session_state["list refused"] = str(error)


def _delete(run: str) -> None:
    """Only the owner may, and only once it has ended, whatever a page that is out of date still offers."""
    try:
        job = caches.jobs().get(run)
        owner = job.request.owner if job else read_description(caches.checkpoint_path(run)).owner
        if not visitor().owns(owner):
            raise NotYourJob("Another visitor started this run: its owner can delete it.")
        title = caches.title_alone(run)
        caches.jobs().forget(run)
        delete_run(runs_folder(), run)
    except SeqVizError as error:
        st.session_state["list refused"] = str(error)
        return
    for key in runs.CHOSEN.values():
        if st.session_state.get(key) == run:  # it was on screen: the run that ships takes its place
            del st.session_state[key]
            to_link("run", None)
    st.session_state.setdefault("deleted", {})[run] = (title, time.monotonic())


def _undo() -> None:
    """For ten seconds, a button for each deleted run that brings it back."""
    purge_deleted(runs_folder())
    if st.session_state.pop("restored", False):
        st.rerun()  # the list is another one now
    deleted = st.session_state.get("deleted", {})
    for run, (title, when) in list(deleted.items()):
        left = UNDO - (time.monotonic() - when)
        if left <= 0:
            del deleted[run]
            continue
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.text(f"Deleted: {title}", width="content")
            label = f"Undo ({left:.0f} s)"
            st.button(label, key=f"undo {run}", icon=":material/undo:", on_click=_restore, args=(run,))
    if "deleted" in st.session_state and not deleted:
        del st.session_state["deleted"]
        st.rerun()


def _restore(run: str) -> None:
    try:
        restore_run(runs_folder(), run)
    except SeqVizError as error:
        st.session_state["list refused"] = str(error)
    st.session_state.get("deleted", {}).pop(run, None)
    st.session_state["restored"] = True


def _row(run: Run) -> dict[str, object]:
    description = run.description
    layers = layers_of(description.model)
    return {
        "run": run.name,
        "title": caches.network_title(run.name),
        "data": description.dataset,
        "cell": CELL_NAMES[layers.cell],
        "head": _head_name(description.model),
        "layers": layers.num_layers,
        "units": layers.hidden_size,
        "epochs": description.training.epochs,
        "rate": description.training.learning_rate,
        "seed": description.training.seed,
        "steps": description.step,
        "scored at step": description.scored_at or None,
        **description.metrics,
        "state": run.status,
    }
