"""Values from a process beside the server: the same, whatever becomes of the process."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest
import torch

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.instruments.attribution import attribute
from seqviz.instruments.gradients import gradient_flow, summed_cross_entropy
from seqviz.instruments.sampling import draw
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec
from seqviz.workers import offload
from seqviz.workers.local import LocalWorkers
from seqviz.workers.offload import Offload
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def beside() -> Iterator[Offload]:
    beside = Offload(lambda: LocalWorkers(1, 4e8, niceness=0, threads=torch.get_num_threads()))
    beside.value(int)  # the first to ask starts it
    wait_until(beside.ready)
    yield beside
    beside.shutdown()


def test_until_the_process_has_loaded_it_is_computed_here():
    beside = Offload(lambda: LocalWorkers(1, 4e8, niceness=0, threads=1))
    try:
        assert beside.value(os.getpid) == os.getpid()
        wait_until(beside.ready)
        assert beside.value(os.getpid) != os.getpid()
    finally:
        beside.shutdown()


def test_a_reading_is_the_same_from_there(beside):
    writer = build_model(ModelSpec.language_model("abcd", hidden_size=8))
    here, there = draw(writer, "a", 20, seed=3), beside.value(draw, writer, "a", 20, seed=3)
    assert there.chosen == here.chosen
    torch.testing.assert_close(there.logits, here.logits, rtol=0, atol=1e-6)

    model = build_model(ModelSpec.classifier("gru", 8, input_size=4, num_classes=3))
    x = torch.rand(1, 5, 4)
    scores = beside.value(attribute, model, x, 1, "integrated_gradients").scores
    torch.testing.assert_close(scores, attribute(model, x, 1, "integrated_gradients").scores, rtol=0, atol=1e-6)

    batch = Batch(x, torch.tensor([2]))
    layer = beside.value(gradient_flow, model, batch, summed_cross_entropy).layers[0]
    alone = gradient_flow(model, batch, summed_cross_entropy).layers[0]
    torch.testing.assert_close(layer.hidden_grad, alone.hidden_grad, rtol=0, atol=1e-6)


def test_what_is_wrong_is_said_as_it_would_be_here(beside):
    with pytest.raises(InputError, match="temperature"):
        beside.value(draw, build_model(ModelSpec.language_model("ab")), "a", 5, temperature=-1.0)


def test_a_process_that_is_killed_costs_nobody_a_value(beside):
    process = beside.value(os.getpid)
    assert beside.value(killed_unless_in, os.getpid()) == os.getpid(), "it killed its process, and was computed here"
    assert beside.value(os.getpid) not in (process, os.getpid()), "another process has its place"


def test_more_than_may_wait_are_computed_here(beside, monkeypatch):
    monkeypatch.setattr(offload, "WAITING", 0)
    assert beside.value(os.getpid) == os.getpid()


def test_values_asked_for_at_once_each_arrive_where_they_were_asked_for(beside):
    found: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda number=number: found.update({number: beside.value(abs, -number)}))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: number for number in range(20)}


def killed_unless_in(process: int) -> int:
    """The id of the process that computes this, which ends at once unless it is the one that is named."""
    if os.getpid() != process:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()
