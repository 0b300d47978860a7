"""The runs on this machine are ticked, opened, renamed, deleted and brought back."""

from dataclasses import replace

import pytest

from seqviz.errors import InputError, JobError
from seqviz.jobs import history
from seqviz.jobs.history import delete_run, list_runs, purge_deleted, rename_run, restore_run, titles
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.training.snapshots import Snapshots, half_precision_weights, load_snapshots, save_snapshots

RUN = "20260101-120000-gru-last-beef"


@pytest.fixture
def runs(tmp_path):
    """A folder with one run of four units, and its snapshots."""
    model = build_model(ModelSpec.classifier("gru", 4))
    curve = {"step": [1.0, 2.0], "loss": [2.0, 1.5], "accuracy": [0.1, 0.4], "gradient_norm": [1.0, 1.0]}
    curve |= {"count": [1.0, 1.0], "eval_step": [2.0], "eval_loss": [1.6], "eval_accuracy": [0.3]}
    run = Checkpoint(model.spec, model.state_dict(), "digits", TrainSpec(epochs=3), step=2, total=2, curve=curve)
    folder = tmp_path / "runs"
    save_checkpoint(run, folder / f"{RUN}.safetensors")
    save_snapshots(
        Snapshots(model.spec, {0: half_precision_weights(model)}), folder / "snapshots" / f"{RUN}.safetensors"
    )
    return folder


def test_a_deleted_run_comes_back_whole_and_later_not_at_all(runs, monkeypatch):
    before = (runs / f"{RUN}.safetensors").read_bytes()
    delete_run(runs, RUN)
    assert list_runs(runs) == ([], [])
    purge_deleted(runs)
    restore_run(runs, RUN)
    assert (runs / f"{RUN}.safetensors").read_bytes() == before
    assert load_snapshots(runs / "snapshots" / f"{RUN}.safetensors").steps == (0,)
    delete_run(runs, RUN)
    monkeypatch.setattr(history, "UNDO", -1.0)
    purge_deleted(runs)
    with pytest.raises(JobError, match="deleted for good"):
        restore_run(runs, RUN)
    assert not list((runs / ".deleted").iterdir())


def test_a_title_is_kept_and_taken_away(runs):
    rename_run(runs, RUN, "  my   first\nrun ")
    assert titles(runs) == {RUN: "my first run"}
    rename_run(runs, RUN, "")
    assert titles(runs) == {}
    with pytest.raises(InputError, match="61 characters"):
        rename_run(runs, RUN, "x" * 61)


@pytest.mark.parametrize("content", ["[", "[]", '{"a": ' * 5000, "\x00"])
def test_titles_that_cannot_be_read_are_none(runs, content):
    (runs / "titles.json").write_text(content)
    assert titles(runs) == {}


def test_on_the_page(runs, open_page):
    app = open_page("train")
    app.checkbox(key=f"tick {RUN}").check().run()
    assert app.query_params["behind"] == RUN
    gone = open_page("train", behind=f"{RUN},gone")
    assert "gone" in gone.toast[0].value
    assert gone.query_params["behind"] == RUN
    assert open_page("train", behind=RUN).checkbox(key=f"tick {RUN}").value, "a link reopens what the sender saw"
    assert "run" not in app.query_params, "ticking is not opening"
    app.text_input(key=f"title {RUN}").set_value("<b>mine</b>").run()
    assert any(text.value == "<b>mine</b>" for text in app.text), "a title is text, no markup"
    assert titles(runs) == {RUN: "<b>mine</b>"}
    app.button(key=f"open {RUN}").click().run()
    assert app.query_params["run"] == RUN
    app = open_page("train")
    app.button(key=f"delete {RUN}").click().run()
    assert not (runs / f"{RUN}.safetensors").exists()
    app.button(key=f"undo {RUN}").click().run()
    assert (runs / f"{RUN}.safetensors").exists()
    assert not app.exception


def test_a_title_is_text_wherever_it_is_shown(runs, open_page):
    """Two networks of one cell and head are told apart by their titles, which anybody may have written."""
    rename_run(runs, RUN, "![x](http://evil.example/x.png) <b>$x$")
    app = open_page("heads", inside1=RUN, inside2="gru")
    said = [element.value for kind in (app.markdown, app.caption) for element in kind if "evil" in element.value]
    assert said
    assert not [text for text in said if "![x](" in text]


def test_only_its_owner_may_delete_a_run(runs, open_page, monkeypatch):
    monkeypatch.setenv("SEQVIZ_SHARED", "1")
    path = runs / f"{RUN}.safetensors"
    save_checkpoint(replace(load_checkpoint(path), owner="somebody else"), path)
    app = open_page("train")
    assert not [button for button in app.button if button.key == f"delete {RUN}"]
