"""What is kept and for how long, what a kill leaves behind, and what the server's keeper can do about it."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from seqviz.__main__ import main
from seqviz.data.labelled_table import labelled_table, read_labelled
from seqviz.data.tables import Table
from seqviz.data.text import load_text
from seqviz.errors import DataMissing, JobError
from seqviz.jobs.history import delete_run, list_runs
from seqviz.jobs.jobs import JobRequest
from seqviz.jobs.notes import notes, write_note
from seqviz.jobs.queue import JobQueue
from seqviz.jobs.retention import clean_up, prune, stored
from seqviz.jobs.settings import DAY
from seqviz.jobs.texts import delete_text, keep_text, rename_text, text_file, texts_of
from seqviz.jobs.visitors import Visitor
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from tests.jobs.test_jobs import ROOMY
from tests.waiting import wait_until

ANN, BEN = Visitor("ann"), Visitor("ben")
RUNS = [f"20260101-12000{number}-gru-last-beef" for number in range(3)]


def save(folder: Path, run: str, *, days_ago: float = 0.0, **changes: object) -> Path:
    path = folder / f"{run}.safetensors"
    model = build_model(ModelSpec.classifier("gru", 4))
    save_checkpoint(replace(Checkpoint(model.spec, model.state_dict(), "digits", TrainSpec()), **changes), path)
    then = time.time() - days_ago * DAY
    os.utime(path, (then, then))
    return path


def names(folder: Path) -> list[str]:
    return [run.name for run in list_runs(folder)[0]]


def test_runs_have_an_age(tmp_path):
    for days, run in enumerate(RUNS):
        save(tmp_path, run, days_ago=10 * days)
    limits = replace(ROOMY, kept_seconds=15 * DAY)
    assert [one.name for one in prune(tmp_path, limits, delete=False)] == [RUNS[2]]
    assert len(names(tmp_path)) == 3, "only said"
    assert not prune(tmp_path, limits, alive=[RUNS[2]]), "a run that is under way stays"
    prune(tmp_path, limits)
    assert names(tmp_path) == [RUNS[1], RUNS[0]]


def test_runs_and_texts_have_a_total_bound(tmp_path):
    """The oldest go first; a text is as young as the newest run on it."""
    text = load_text("to be or not to be " * 100, name="own-0123456789ab")
    keep_text(tmp_path, text, "ann")
    then = time.time() - 50 * DAY
    os.utime(tmp_path / "texts" / "own-0123456789ab.txt", (then, then))
    save(tmp_path, RUNS[0], days_ago=30)
    save(tmp_path, RUNS[1], days_ago=1, dataset="own-0123456789ab")
    assert [one.name for one in stored(tmp_path)] == [RUNS[0], RUNS[1], "own-0123456789ab"]
    total = sum(one.bytes for one in stored(tmp_path))
    gone = prune(tmp_path, replace(ROOMY, kept_bytes=total - 1))
    assert [one.name for one in gone] == [RUNS[0]]


def test_what_a_kill_left_half_written_is_cleaned_up(tmp_path):
    """On the commit before, a partial file stayed for ever."""
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    (tmp_path / "snapshots").mkdir()
    killed = [tmp_path / f".a.safetensors.{int(dead.stdout)}.partial", tmp_path / "snapshots" / ".b.1-2.partial"]
    killed[1] = killed[1].with_name(f".b.{int(dead.stdout)}-77.partial")
    for path in killed:
        path.write_text("half")
    busy = tmp_path / f".c.safetensors.{os.getpid()}.partial"
    busy.write_text("being written")
    run = save(tmp_path, RUNS[0])
    clean_up(tmp_path)
    assert not any(path.exists() for path in killed)
    assert busy.exists()
    assert run.exists()
    clean_up(tmp_path, now=time.time() + 2 * DAY)
    assert not busy.exists(), "nobody writes for two days"


def test_snapshots_go_with_their_run_and_a_deleted_run_goes_for_good(tmp_path):
    path = save(tmp_path, RUNS[0])
    snapshots = tmp_path / "snapshots" / path.name
    snapshots.parent.mkdir()
    snapshots.write_bytes(b"x" * 100)
    (one,) = stored(tmp_path)
    assert one.bytes == path.stat().st_size + 100
    delete_run(tmp_path, RUNS[0])
    aside = tmp_path / ".deleted" / RUNS[0]
    os.utime(aside, (0, 0))
    prune(tmp_path, ROOMY)
    assert not aside.exists()


def test_the_text_of_a_run_that_has_no_file_yet_stays(tmp_path, few):
    queue = JobQueue(tmp_path, replace(ROOMY, kept_seconds=15 * DAY))
    text = load_text("to be or not to be " * 100, name="own-0123456789ab")
    keep_text(tmp_path, text, "ann")
    path = tmp_path / "texts" / "own-0123456789ab.txt"
    os.utime(path, (0, 0))
    endless = queue.begin("endless", "ben", lambda: (0.5 for _ in count()))
    wait_until(lambda: endless.state == "running")
    spec = ModelSpec.language_model(text.vocabulary.characters, hidden_size=4)
    queue.submit(JobRequest(spec, TrainSpec(batch_size=4), text, "ann")).steer("pause")
    prune(tmp_path, queue.limits, queue.in_use())
    assert path.exists()
    prune(tmp_path, queue.limits)
    assert not path.exists(), "as it would have been"
    keep_text(tmp_path, text, "ann")
    assert time.time() - path.stat().st_mtime < DAY, "brought again, it is new"
    queue.shutdown()


def test_notes_that_cannot_be_read_are_not_written_over(tmp_path):
    path = tmp_path / "titles.json"
    write_note(path, "one", "a title")
    path.write_text("{damaged")
    with pytest.raises(JobError, match=r"titles\.json is damaged"):
        write_note(path, "two", "another")
    assert path.read_text() == "{damaged"
    assert notes(path) == {}


def test_a_text_belongs_to_those_who_brought_it(tmp_path):
    text = load_text("to be or not to be " * 100, name="own-0123456789ab")
    for visitor in (ANN, BEN):
        keep_text(tmp_path, text, visitor.badge)
    rename_text(tmp_path, text.name, ANN, "Hamlet")
    assert [kept.title for kept in texts_of(tmp_path, ANN)] == ["Hamlet"]
    assert [kept.title for kept in texts_of(tmp_path, BEN)] == [""]
    assert not texts_of(tmp_path, Visitor("eve"))
    delete_text(tmp_path, text.name, ANN)
    assert not texts_of(tmp_path, ANN)
    assert len(texts_of(tmp_path, BEN)) == 1
    delete_text(tmp_path, text.name, BEN)
    assert not (tmp_path / "texts" / f"{text.name}.txt").exists()


def test_the_keeper_lists_deletes_and_prunes(tmp_path, capsys):
    for number, run in enumerate(RUNS):
        save(tmp_path, run, days_ago=40 * number, owner="ann", dataset="own-0123456789ab" if number else "digits")
    where = ("--folder", str(tmp_path))
    assert main(["runs", "list", *where]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert all(run in line for run, line in zip(RUNS, listed, strict=False))
    assert "seen by everybody" in listed[0]
    assert "seen by its owner alone" in listed[1]
    assert main(["runs", "delete", RUNS[0], *where]) == 0
    assert main(["runs", "prune", "--days", "60", *where]) == 0
    assert names(tmp_path) == [RUNS[1]]
    capsys.readouterr()
    assert main(["runs", "delete", "nonsense", *where]) == 1
    assert "There is no run or text nonsense" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["runs", "prune", "--days", "-1", *where])
    assert "'-1' is no number above 0" in capsys.readouterr().err


def test_a_table_is_kept_found_and_deleted_as_a_text_is(tmp_path):
    rows = tuple((f"film {number}", str(number % 2)) for number in range(20))
    texts = labelled_table(Table(("text", "label"), rows, True, 0), "text", "label").texts
    assert keep_text(tmp_path, texts, "ann")
    assert not keep_text(tmp_path, texts, "ann"), "it is there"
    assert read_labelled(text_file(tmp_path, texts.name).read_bytes(), texts.name) == texts
    assert [kept.name for kept in texts_of(tmp_path, ANN, "table")] == [texts.name]
    assert not texts_of(tmp_path, ANN, "own")
    assert not texts_of(tmp_path, BEN, "table")
    assert [(one.kind, one.name) for one in stored(tmp_path)] == [("text", texts.name)]
    delete_text(tmp_path, texts.name, ANN)
    with pytest.raises(DataMissing, match="bring it again"):
        text_file(tmp_path, texts.name)
    for name in ("table-../../x", "own-0", "table-00000000000g"):
        with pytest.raises(DataMissing):
            text_file(tmp_path, name)
