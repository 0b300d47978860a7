"""`python -m seqviz` does what the page does."""

import json
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from seqviz.__main__ import main
from seqviz.data.tasks import load_task
from seqviz.specs import ModelSpec
from seqviz.training.checkpoints import load_checkpoint
from tests.waiting import wait_until


def test_train_saves_a_checkpoint_that_opens(tmp_path, capsys):
    out = tmp_path / "gru.safetensors"
    small = ["--cell", "gru", "--head", "last", "--hidden-size", "8", "--epochs", "1", "--batch-size", "200"]
    assert main(["train", *small, "--clip", "0", "--out", str(out)]) == 0
    saved = load_checkpoint(out, with_optimizer=True)
    assert saved.model == ModelSpec.classifier("gru", 8)
    assert (saved.training.clip, saved.training.batch_size, saved.status) == (None, 200, "finished")
    assert len(saved.curve["step"]) == saved.step == 8
    printed = capsys.readouterr().out
    assert "8 steps on" in printed
    assert "All 8 steps are done. Held-out accuracy" in printed
    assert f"saved to {out}" in printed


def test_ctrl_c_keeps_what_was_done_and_resume_goes_on(tmp_path, project):
    out = tmp_path / "run.safetensors"
    command = [sys.executable, "-m", "seqviz", "train", "--hidden-size", "8", "--epochs", "100", "--out", str(out)]
    process = subprocess.Popen(
        command,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    wait_until(lambda: out.exists() and load_checkpoint(out).metrics)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=30)
    assert "Traceback" not in printed
    assert "--resume goes on from step" in printed
    saved = load_checkpoint(out, with_optimizer=True)
    assert saved.status == "stopped"
    assert saved.step > 0
    assert saved.metrics["accuracy"] > 0
    assert main(["train", "--resume", str(out), "--epochs", "3", "--out", str(out)]) == 1, "its settings are kept"


def test_the_result_as_one_line_of_json(tmp_path, capsys):
    out = tmp_path / "rnn.safetensors"
    small = ["--cell", "rnn", "--hidden-size", "4", "--epochs", "1", "--batch-size", "300"]
    assert main(["train", *small, "--out", str(out), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    result, saved = json.loads(line), load_checkpoint(out)
    assert result["metrics"] == dict(saved.metrics)
    assert set(result["metrics"]) == {"accuracy", "loss"}
    assert (result["task"], result["steps"], result["file"]) == ("digits", 5, str(out))
    assert result["parameters"] == sum(parameter.numel() for parameter in saved.build().parameters())
    assert result["seconds"] > 0
    assert result["status"] == "finished"


def test_a_finished_run_that_is_resumed_keeps_its_numbers(tmp_path, capsys):
    out = tmp_path / "run.safetensors"
    main(["train", "--hidden-size", "8", "--epochs", "1", "--batch-size", "300", "--out", str(out)])
    before = load_checkpoint(out).metrics
    assert main(["train", "--resume", str(out), "--out", str(out)]) == 0
    assert load_checkpoint(out).metrics == before


def test_an_out_file_that_cannot_be_written_is_found_out_first(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["train", "--out", str(tmp_path / "file" / "x")]) == 1
    assert "could not be written" in capsys.readouterr().err


def test_what_cannot_be_is_one_sentence(tmp_path, capsys):
    assert main(["train", "--hidden-size", "-1", "--out", str(tmp_path / "x")]) == 1
    assert capsys.readouterr().err.startswith("seqviz: hidden_size is -1")


def test_missing_data_is_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SEQVIZ_DATA", str(tmp_path))
    assert main(["train", "--data", "mnist", "--out", str(tmp_path / "x")]) == 1
    assert "MNIST is not in" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_help(arguments, project):
    command = [sys.executable, "-m", "seqviz", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert "train" in done.stdout


def test_a_checkpoint_without_optimizer_is_not_trained_from_scratch(project, tmp_path, capsys):
    out = tmp_path / "run.safetensors"
    assert main(["train", "--resume", str(project / "models" / "lstm.safetensors"), "--out", str(out)]) == 1
    assert "holds no optimizer state" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("setting", [["--clip", "0"], ["--data", "mnist"]])
def test_a_run_that_goes_on_refuses_every_setting(tmp_path, capsys, setting):
    out = tmp_path / "run.safetensors"
    assert main(["train", "--hidden-size", "4", "--epochs", "1", "--batch-size", "700", "--out", str(out)]) == 0
    assert main(["train", "--resume", str(out), *setting, "--out", str(out)]) == 1
    assert f"leave out {setting[0][2:]}" in capsys.readouterr().err


def test_a_folder_is_named_before_training(tmp_path, capsys):
    assert main(["train", "--hidden-size", "4", "--epochs", "1", "--out", str(tmp_path)]) == 1
    assert "is a folder; name a file in it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "task", "metrics"),
    [
        (["--data", "numbers", "--attention", "additive"], "numbers-de-en", {"exact", "loss"}),
        (["--data", "numbers", "--source", "en", "--target", "fr"], "numbers-en-fr", {"exact", "loss"}),
        (["--data", "dates", "--source", "de", "--teacher-forcing", "0.5"], "dates-de", {"exact", "loss"}),
        (["--data", "captions", "--attention", "none"], "captions", {"exact", "loss"}),
        (["--data", "tags", "--cell", "lstm"], "tags", {"accuracy", "loss"}),
    ],
)
def test_every_task_trains_from_the_terminal(tmp_path, capsys, monkeypatch, options, task, metrics):
    few = load_task(task)
    smaller = {name: getattr(few, name)[:40] for name in ("train", "test")}
    monkeypatch.setattr("seqviz.__main__.load_task", lambda _: replace(few, **smaller))
    out = tmp_path / "task.safetensors"
    small = ["--hidden-size", "8", "--epochs", "2", "--batch-size", "20", "--json"]
    assert main(["train", *options, *small, "--out", str(out)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["task"], result["steps"], set(result["metrics"])) == (task, 4, metrics)
    assert load_checkpoint(out).dataset == task


@pytest.mark.parametrize(
    "options",
    [["--data", "nile"], ["--data", "nile", "--horizon", "3", "--point", "--cell", "lstm"], ["--data", "FILE"]],
)
def test_a_series_trains_from_the_terminal_and_is_held_against_the_baselines(tmp_path, capsys, options):
    file = tmp_path / "own.csv"
    rows = [f"{1900 + n},{(n * 3) % 7 + n / 10}" for n in range(90)]
    file.write_text("\n".join(["year,sold", *rows]), "utf-8")
    options = [str(file) if option == "FILE" else option for option in options]
    out = tmp_path / "series.safetensors"
    assert main(["train", *options, "--hidden-size", "4", "--epochs", "2", "--json", "--out", str(out)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {"error", "loss", "mase"} < set(result["metrics"])
    assert {"last value", "drift", "linear on the window", "ETS", "ARIMA"} <= set(result["baselines"])
    assert result["horizon"] == (3 if "--horizon" in options else result["horizon"])
    assert load_checkpoint(out).model.forecasts


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--data", "co2", "--attention", "dot"], "a network for co2 has no attention"),
        (["--data", "co2", "--window", "1"], "window is 1, it must be a whole number from 2"),
        (["--data", "nile", "--window", "90"], "Shorten the window or the horizon"),
        (["--data", "macro", "--recursive"], "choose a direct network"),
        (["--data", "digits", "--horizon", "3"], "a network for digits has no horizon"),
        (["--data", "numbers", "--source", "xx"], "xx"),
        (["--data", "numbers", "--source", "en", "--target", "en"], "en"),
        (["--data", "digits", "--source", "de"], "digits has no source"),
        (["--data", "digits", "--attention", "dot"], "a network for digits has no attention"),
        (["--data", "captions", "--bidirectional"], "a network for captions has no bidirectional"),
        (["--data", "numbers", "--teacher-forcing", "2"], "teacher_forcing is 2.0"),
    ],
)
def test_a_task_that_cannot_be_is_one_sentence(tmp_path, capsys, options, sentence):
    assert main(["train", *options, "--out", str(tmp_path / "task.safetensors")]) == 1
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed
