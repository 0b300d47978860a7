"""`python -m seqviz runs`: what lies on a server, for the person who keeps it."""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from seqviz.errors import JobError
from seqviz.jobs.history import list_runs, runs_folder, shared_runs, titles
from seqviz.jobs.retention import Stored, prune, stored
from seqviz.jobs.settings import DAY, GB, Limits, duration, size
from seqviz.jobs.visitors import is_public

Command = Callable[[argparse.Namespace], int]


def add_runs_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `runs list`, `runs delete` and `runs prune` to a parser; each sets `run` to what does it."""
    runs = commands.add_parser("runs", help="list, delete or prune what visitors have trained and brought")
    actions = runs.add_subparsers(required=True, metavar="ACTION")
    _action(actions, "list", _list, "every run and text: when it was last used, its size, its owner, what it is")
    delete = _action(actions, "delete", _delete, "delete runs and texts by name")
    delete.add_argument("names", nargs="+", metavar="NAME")
    pruned = _action(actions, "prune", _prune, "delete what is too old, then the oldest until the rest is small enough")
    pruned.add_argument("--days", type=_positive, metavar="N", help="days that are kept (or SEQVIZ_KEEP_DAYS)")
    pruned.add_argument("--gb", type=_positive, metavar="N", help="GB that may be filled (or SEQVIZ_KEEP_GB)")
    pruned.add_argument("--dry-run", action="store_true", help="only say what would be deleted")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, command: Command, says: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")
    parser.add_argument("--folder", type=Path, default=None, help="where they lie (default: SEQVIZ_RUNS, else runs/)")
    parser.set_defaults(run=command)
    return parser


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def _folder(options: argparse.Namespace) -> Path:
    folder: Path = options.folder or runs_folder()
    if not folder.is_dir():
        raise JobError(f"There is no folder {folder}; name it with --folder, or set SEQVIZ_RUNS.")
    return folder


def _list(options: argparse.Namespace) -> int:
    folder = _folder(options)
    runs, complaints = list_runs(folder)
    described = {run.name: run for run in runs}
    names, shared = titles(folder), shared_runs(folder)
    everything = stored(folder)
    for one in reversed(everything):
        parts = [f"{duration(time.time() - one.used):>10} ago", f"{size(one.bytes):>8}", one.kind, one.name]
        if run := described.get(one.name):
            about = run.description
            seen = "everybody" if is_public(about.dataset) or one.name in shared else "its owner alone"
            parts += [f"{run.status} after step {about.step:,}", f"on {about.dataset}", f"seen by {seen}"]
            parts += [f"owner {about.owner or 'unknown'}", names.get(one.name, "")]
        print("  ".join(part for part in parts if part))
    for complaint in complaints:
        print(complaint)
    print(f"{len(everything)} in {folder}, {size(sum(one.bytes for one in everything))}")
    return 0


def _delete(options: argparse.Namespace) -> int:
    there = {one.name: one for one in stored(_folder(options))}
    if missing := [name for name in options.names if name not in there]:
        raise JobError(f"There is no run or text {', '.join(missing)}; `runs list` shows what there is.")
    for name in options.names:
        there[name].delete()
    return _say([there[name] for name in options.names], "deleted")


def _prune(options: argparse.Namespace) -> int:
    limits = Limits.of_server(shared=False)  # which keeps everything, unless the environment says otherwise
    if options.days:
        limits = replace(limits, kept_seconds=options.days * DAY)
    if options.gb:
        limits = replace(limits, kept_bytes=options.gb * GB)
    if limits.kept_seconds is None and limits.kept_bytes is None:
        raise JobError("Say what is to be kept: --days N or --gb N (or SEQVIZ_KEEP_DAYS, SEQVIZ_KEEP_GB).")
    gone = prune(_folder(options), limits, delete=not options.dry_run)
    return _say(gone, "would be deleted" if options.dry_run else "deleted")


def _say(gone: Sequence[Stored], done: str) -> int:
    for one in gone:
        print(f"{one.kind} {one.name}, {size(one.bytes)}")
    print(f"{len(gone)} {done}, {size(sum(one.bytes for one in gone))}")
    return 0
