"""Jobs: steered by their owner, queued in order, stopped between two steps, found again after a crash."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqviz.data.datasets import SequenceData
from seqviz.errors import JobError, NotYourJob, QueueFull
from seqviz.jobs.history import list_runs
from seqviz.jobs.housekeeping import Housekeeping
from seqviz.jobs.jobs import Job, JobRequest
from seqviz.jobs.queue import JobQueue
from seqviz.jobs.settings import DAY, GB, Limits
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import load_checkpoint, read_description
from seqviz.training.snapshots import load_snapshots, snapshot_steps
from tests.waiting import wait_until

MODEL = ModelSpec.classifier("gru", 8)
ROOMY = Limits(memory=8 * GB, run_memory=8 * GB, run_seconds=DAY, each=10, turn=60.0)
LONG = TrainSpec(epochs=1000, batch_size=16, device="cpu", eval_every=50)
SHORT = TrainSpec(epochs=2, batch_size=16, device="cpu")


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[JobQueue]:
    queue = JobQueue(tmp_path, ROOMY, most=3)
    yield queue
    queue.shutdown()


@pytest.fixture
def submit(queue: JobQueue, few: SequenceData) -> Callable[..., Job]:
    def submit(training: TrainSpec = LONG, owner: str = "me", **more: object) -> Job:
        return queue.submit(JobRequest(MODEL, training, few, owner, **more))

    return submit


def test_a_run_from_start_to_finish(submit, tmp_path):
    job = submit(SHORT)
    wait_until(lambda: job.state == "finished")
    view = job.view()
    assert (view.step, view.total, view.message) == (10, 10, "All 10 steps are done.")
    assert view.curve["step"] == [float(step) for step in range(1, 11)]
    assert view.evaluation is not None
    saved = load_checkpoint(tmp_path / f"{job.run}.safetensors", with_optimizer=True)
    assert (saved.status, saved.step) == ("finished", 10)
    assert saved.metrics["accuracy"] == view.evaluation.accuracy


def test_a_run_keeps_its_snapshots(submit, tmp_path):
    job = submit(SHORT)
    wait_until(lambda: job.state == "finished")
    snapshots = load_snapshots(tmp_path / "snapshots" / f"{job.run}.safetensors")
    assert snapshots.steps == snapshot_steps(10)
    untrained, trained = build_model(MODEL, SHORT.seed), load_checkpoint(tmp_path / f"{job.run}.safetensors").build()
    for step, expected in ((0, untrained), (10, trained)):
        for name, tensor in snapshots.build(step).state_dict().items():
            torch.testing.assert_close(tensor, expected.state_dict()[name], atol=1e-6, rtol=2**-10)


def test_pause_step_resume_stop(submit, queue, tmp_path):
    job = submit()
    wait_until(lambda: job.view().step > 3)
    queue.steer(job.run, "me", "pause")
    wait_until(lambda: job.state == "paused")
    step = job.view().step
    for more in (1, 2):
        queue.steer(job.run, "me", "step")
        wait_until(lambda more=more: job.state == "paused" and job.view().step == step + more)
        saved = load_checkpoint(tmp_path / f"{job.run}.safetensors")
        assert saved.step == step + more, "watchers see the weights of every single step"
    queue.steer(job.run, "me", "resume")
    wait_until(lambda: job.view().step > step + 5)
    queue.steer(job.run, "me", "stop")
    wait_until(lambda: job.state == "stopped")
    assert job.view().message.startswith(f"Stopped after step {job.view().step}")
    assert job.view().step < job.view().total


def test_a_second_stop_while_the_result_is_written_does_not_take_back_what_was_said(submit, monkeypatch):
    job = submit()
    save = job._autosave.save

    def stop_again(checkpoint):
        if checkpoint.status == "stopped":
            job.steer("stop")
        save(checkpoint)

    monkeypatch.setattr(job._autosave, "save", stop_again)
    wait_until(lambda: job.view().step > 0)
    job.steer("stop")
    wait_until(lambda: job.state == "stopped")
    assert job.view().message.startswith("Stopped after step")


def test_a_paused_run_that_is_stopped_makes_no_further_step(submit):
    job = submit()
    wait_until(lambda: job.view().step > 0)
    job.steer("pause")
    wait_until(lambda: job.state == "paused")
    step = job.view().step
    job.steer("stop")
    wait_until(lambda: job.state == "stopped")
    assert job.view().step == step


def test_only_its_owner_steers(submit, queue):
    job = submit()
    with pytest.raises(NotYourJob, match="you can watch it, or start your own"):
        queue.steer(job.run, "somebody else", "stop")
    with pytest.raises(JobError, match="no run 2020 on this server"):
        queue.steer("2020", "me", "stop")


def test_one_runs_at_a_time_in_order_of_arrival(submit):
    first, second, third = submit(), submit(SHORT), submit(SHORT)
    wait_until(lambda: first.view().step > 0)
    assert [job.view().position for job in (first, second, third)] == [0, 0, 1]
    assert (second.view().state, second.view().step) == ("queued", 0)
    first.steer("pause")  # a paused job gives its place up
    wait_until(lambda: third.state == "finished")
    assert second.state == "finished"
    first.steer("resume")
    wait_until(lambda: first.state == "running")


def test_the_queue_is_bounded_and_lets_go_of_abandoned_jobs(submit, queue):
    jobs = [submit() for _ in range(3)]
    with pytest.raises(QueueFull, match="3 runs are under way or waiting"):
        submit()
    jobs[0].steer("pause")
    wait_until(lambda: jobs[0].state == "paused")
    jobs[0].watched -= 2 * queue.unwatched_after
    submit()
    wait_until(lambda: jobs[0].state == "stopped")


def test_a_queued_job_can_be_stopped_before_it_begins(submit):
    submit()
    waiting = submit()
    waiting.steer("stop")
    wait_until(lambda: waiting.state == "stopped")
    assert waiting.view().message == "Stopped before it began."


def test_a_job_that_nobody_watches_pauses(queue, submit):
    queue.unwatched_after = 0.2
    job = submit()
    wait_until(lambda: job.state == "paused")
    assert job.view().message == "Paused: nobody has watched for 0 minutes."
    queue.unwatched_after = 3600
    job.steer("resume")
    wait_until(lambda: job.state == "running")


def test_shutdown_stops_and_joins(submit, queue, tmp_path):
    jobs = [submit(), submit()]
    wait_until(lambda: jobs[0].view().step > 0)
    queue.shutdown()
    assert [job.state for job in jobs] == ["stopped", "stopped"]
    assert load_checkpoint(tmp_path / f"{jobs[0].run}.safetensors").status == "stopped"


def test_a_result_that_cannot_be_written_stays_until_it_can(few, tmp_path):
    """On the commit before, the page said "finished" and the disk "step 0", and the result was lost."""
    folder = tmp_path / "runs"
    folder.write_text("in the way")
    queue = JobQueue(folder, replace(ROOMY, each=1))
    job = queue.submit(JobRequest(MODEL, SHORT, few, "me"))
    wait_until(lambda: job.state == "finished")
    assert "could not be written" in job.view().unsaved
    kept = job.checkpoint()
    assert (kept.step, kept.status) == (10, "finished")
    with pytest.raises(QueueFull, match=f"{job.run} \\(not saved\\)"):
        queue.submit(JobRequest(MODEL, SHORT, few, "me"))
    queue.save_again(job.run, "me")
    assert job.view().unsaved, "nothing has changed, so nothing is claimed"
    folder.unlink()
    queue.save_again(job.run, "me")
    assert job.view().unsaved == ""
    saved = load_checkpoint(folder / f"{job.run}.safetensors", with_optimizer=True)
    assert (saved.step, saved.status) == (10, "finished")
    for name, tensor in saved.weights.items():
        assert torch.equal(tensor, kept.weights[name])
    assert job.checkpoint() is None, "the disk has it"


def test_the_housekeeping_saves_what_could_not_be_written(few, tmp_path):
    """Where nobody presses the button, a result neither is lost nor keeps its owner's place for ever."""
    folder = tmp_path / "runs"
    folder.write_text("in the way")
    queue = JobQueue(folder, replace(ROOMY, each=1))
    job = queue.submit(JobRequest(MODEL, SHORT, few, "me"))
    wait_until(lambda: job.state == "finished")
    housekeeping = Housekeeping(lambda: queue, folder.unlink, lambda: None)
    housekeeping.start()
    wait_until(lambda: not job.alive)
    housekeeping.stop()
    assert load_checkpoint(folder / f"{job.run}.safetensors").status == "finished"


def test_a_run_whose_folder_cannot_be_written_is_paused_and_goes_on(few, tmp_path):
    folder = tmp_path / "runs"
    folder.write_text("in the way")
    queue = JobQueue(folder, ROOMY)
    job = queue.submit(JobRequest(MODEL, SHORT, few, "me"))
    queue.steer(job.run, "me", "pause")
    wait_until(lambda: job.state == "paused")
    queue.steer(job.run, "me", "resume")
    wait_until(lambda: job.state == "finished")
    assert job.view().step == 10
    queue.shutdown()


def test_what_a_killed_process_left_is_listed_and_goes_on(few, tmp_path, queue):
    """A real process, killed without warning between two evaluations."""
    script = f"""
from pathlib import Path
from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.data.batch import Batch
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.jobs.jobs import JobRequest
from seqviz.jobs.queue import JobQueue
import time
digits = load_dataset("digits")
few = SequenceData("digits", Batch(digits.train.inputs[:80], digits.train.targets[:80]),
                   Batch(digits.test.inputs[:40], digits.test.targets[:40]))
training = TrainSpec(epochs=1000, batch_size=16, device="cpu", eval_every=50)
request = JobRequest(ModelSpec.classifier("gru", 8), training, few, "me")
job = JobQueue(Path({str(tmp_path)!r})).submit(request)
while True:
    print(job.view().step, flush=True)
    time.sleep(0.01)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            saved = [read_description(path).step for path in tmp_path.glob("2*.safetensors")]
            if int(line) > 120 and saved[0] >= 100:
                break
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    runs, complaints = list_runs(tmp_path)
    assert not complaints
    assert [run.status for run in runs] == ["interrupted"]
    saved = load_checkpoint(runs[0].path, with_optimizer=True)
    assert saved.step >= 100
    assert saved.step % 50 == 0
    job = queue.submit(JobRequest(saved.model, saved.training, few, "me", run=runs[0].name, resume=saved))
    wait_until(lambda: job.view().step > saved.step + 10)
    assert job.view().curve["step"][0] < 20, "the curve goes on from where it was"
    with pytest.raises(JobError, match="is running already"):
        queue.submit(JobRequest(saved.model, saved.training, few, "me", run=runs[0].name, resume=saved))
