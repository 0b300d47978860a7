"""What a run may need: refused before it starts, with what would fit; and the estimate, held to what is needed."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from seqviz.data.text import load_text
from seqviz.errors import SpecError, TooLarge
from seqviz.jobs.jobs import JobRequest
from seqviz.jobs.limits import check_run, check_together
from seqviz.jobs.queue import JobQueue
from seqviz.jobs.settings import GB, HOUR, Limits
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.estimate import Cost, run_cost
from tests.jobs.test_jobs import ROOMY

LARGE = ModelSpec.classifier("lstm", 512, num_layers=4, bidirectional=True, head="concat")
MEASURE = """
import json, resource, sys
import torch
from seqviz import ModelSpec, TrainSpec, build_model, load_dataset, train
from seqviz.training.events import StepCompleted
torch.set_num_threads(1)
def peak():
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open("/proc/self/status") as status:  # getrusage would count the process that this one was forked from
        return 1024 * int(next(line for line in status if line.startswith("VmHWM")).split()[1])
def steps(spec, training, count):
    seen = 0
    for event in train(build_model(spec), load_dataset("digits"), training):
        seen += isinstance(event, StepCompleted)
        if seen == count:
            return
options, batch = json.loads(sys.argv[1]), int(sys.argv[2])
steps(ModelSpec.classifier("gru", 4), TrainSpec(batch_size=512, device="cpu"), 1)
before = peak()
steps(ModelSpec.classifier(**options), TrainSpec(batch_size=batch, device="cpu"), 2)
print(peak() - before)
"""


@pytest.mark.parametrize(
    ("options", "batch"),
    [
        ({"cell": "lstm", "hidden_size": 256}, 512),
        ({"cell": "gru", "hidden_size": 256, "num_layers": 2}, 256),
        ({"cell": "rnn", "hidden_size": 256, "bidirectional": True, "head": "concat"}, 512),
    ],
    ids=str,
)
def test_the_estimate_is_the_memory_that_a_process_needs(digits, options, batch):
    """The kernel's own count of a process that trains; the estimate may be above it by half, or below by a quarter."""
    command = [sys.executable, "-c", MEASURE, json.dumps(options), str(batch)]
    needed = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    estimated = run_cost(ModelSpec.classifier(**options), TrainSpec(batch_size=batch), digits).memory
    assert 0.75 * needed < estimated < 1.5 * needed


def test_a_run_that_is_too_large_is_refused_before_it_starts(tmp_path, digits):
    """On the commit before, a link to this one computed for 100 s and took 4 GB. What is said to fit does."""
    queue = JobQueue(tmp_path, replace(ROOMY, run_memory=2 * GB))
    training = TrainSpec(batch_size=1024)
    with pytest.raises(TooLarge, match=r"would need \d\.\d GB of memory, and a run may have 2\.0 GB") as refused:
        queue.submit(JobRequest(LARGE, training, digits, "me"))
    assert not queue.alive()
    units = int(re.search(r"(\d+) units", str(refused.value))[1])
    batch = int(re.search(r"(\d+) in a batch", str(refused.value))[1])
    fitting = replace(LARGE, encoder=replace(LARGE.encoder, hidden_size=units))
    check_run(queue.limits, fitting, training, digits)
    check_run(queue.limits, LARGE, replace(training, batch_size=batch), digits)
    with pytest.raises(TooLarge):
        check_run(queue.limits, LARGE, replace(training, batch_size=batch + 1), digits)


def test_a_run_that_is_too_long_is_refused_with_the_epochs_that_fit(digits):
    limits = replace(ROOMY, run_seconds=HOUR)
    training = TrainSpec(epochs=200, batch_size=1)
    with pytest.raises(TooLarge, match=r"hours, and a run may take 60 min here\. .*with \d+ epochs"):
        check_run(limits, ModelSpec.classifier("lstm", 512, num_layers=4), training, digits)
    with pytest.raises(TooLarge, match="All in all"):
        check_together(limits, Cost(0.0, 2 * HOUR))


def test_a_tied_network_is_made_smaller_on_both_sides(digits):
    text = load_text("the quick brown fox " * 100)
    spec = ModelSpec.language_model(text.vocabulary.characters, embedding_size=1024, hidden_size=1024, tied=True)
    with pytest.raises(TooLarge, match=r"with \d+ units"):
        check_run(replace(ROOMY, run_memory=0.05 * GB), spec, TrainSpec(batch_size=8), text)


def test_settings_of_the_server():
    own, shared = (Limits.of_server(shared, {}) for shared in (False, True))
    assert own.run_seconds > shared.run_seconds
    assert own.kept_seconds is None
    assert shared.run_memory <= 1 * GB
    assert shared.kept_seconds
    assert shared.kept_bytes
    chosen = Limits.of_server(True, {"SEQVIZ_RUN_GB": "3", "SEQVIZ_RUN_HOURS": "0.5", "SEQVIZ_KEEP_DAYS": "2"})
    assert (chosen.run_memory, chosen.run_seconds) == (3 * GB, HOUR / 2)
    for value in ("many", "-1", "0", "nan", "inf", "1e300"):
        with pytest.raises(SpecError, match=re.escape(f"SEQVIZ_RUN_GB (memory of one run, in GB) is '{value}'")):
            Limits.of_server(True, {"SEQVIZ_RUN_GB": value})
