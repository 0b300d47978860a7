"""Races: the same batches for all, numbers that repeat, a verdict, and tasks in the queue."""

import threading
import time

import pytest
import torch

from seqviz.experiments.race import Race, race, repeat_race
from seqviz.experiments.row_orders import race_on_row_orders
from seqviz.experiments.statistics import paired_t_test, sign_test
from seqviz.jobs.queue import JobQueue
from seqviz.networks.baselines import build_baseline
from seqviz.networks.build import build_model
from seqviz.networks.scoring import evaluate
from seqviz.specs import BaselineSpec, ModelSpec, TrainSpec
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from tests.waiting import wait_until

HEADS = {head: ModelSpec.classifier("gru", 6, head=head) for head in ("concat", "last")}
SHORT = TrainSpec(epochs=2, batch_size=16, learning_rate=1e-2, seed=3)


def test_all_racers_see_the_same_batches_in_the_same_order(few):
    seen = []

    def record(x, generator):
        seen.append(x.clone())
        return x

    *_, last = race(HEADS, few, SHORT, augment=record)
    assert isinstance(last, Race)
    assert len(seen) == 2 * 10
    for one, other in zip(seen[::2], seen[1::2], strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(seen[0], seen[2])


def test_racers_begin_alike_but_for_the_head():
    one, other = (build_model(spec, 3).encoder.state_dict() for spec in HEADS.values())
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_racer_is_the_same_network_trained_alone(few):
    *_, last = race(HEADS, few, SHORT)
    for name, spec in HEADS.items():
        model = build_model(spec, SHORT.seed)
        losses = [event.loss for event in train(model, few, SHORT) if isinstance(event, StepCompleted)]
        assert last.racers[name].curve["loss"] == losses
        assert last.racers[name].accuracy == pytest.approx(evaluate(model, few).accuracy)
        for key, tensor in model.state_dict().items():
            assert torch.equal(last.racers[name].weights[key], tensor)


def test_the_same_seeds_give_the_same_table(few):
    *_, one = repeat_race(HEADS, few, SHORT, (0, 1))
    *_, again = repeat_race(HEADS, few, SHORT, (0, 1))
    assert one == again
    assert [len(values) for values in one.values()] == [2, 2]


def test_a_difference_on_the_same_examples():
    right, wrong = torch.ones(400, dtype=torch.bool), torch.ones(400, dtype=torch.bool)
    wrong[:20] = False
    found = sign_test(right, wrong)
    assert found.mean == pytest.approx(0.05)
    assert found.p == pytest.approx(2 * 0.5**20)  # all twenty one way: the sign test by hand
    assert 0.02 < found.low < found.mean <= found.high  # twenty to nothing: no upper end above all of them
    assert sign_test(right, right).p == 1
    few_of_them = torch.ones(360, dtype=torch.bool)
    few_of_them[:5] = False
    unclear = sign_test(torch.ones(360, dtype=torch.bool), few_of_them)
    assert unclear.clear == (unclear.low > 0) == False  # noqa: E712


def test_a_difference_over_seeds():
    assert paired_t_test([0.9], [0.8]) is None
    assert paired_t_test([345 / 360, 346 / 360, 350 / 360], [343 / 360, 344 / 360, 348 / 360]) is None  # all equal
    nan = float("nan")
    assert paired_t_test([0.9, nan, 0.8, 0.7], [0.8, 0.7, nan, 0.6]) is None
    clear = paired_t_test([0.90, 0.91, 0.92, 0.93], [0.80, 0.82, 0.82, 0.83])
    assert clear.clear
    assert clear.mean == pytest.approx(0.0975)
    assert not paired_t_test([0.90, 0.80, 0.95], [0.85, 0.90, 0.91]).clear


def test_a_bag_of_rows_cannot_see_their_order_and_a_cnn_can():
    x = torch.rand(5, 28, 28)
    shuffled = x[:, torch.randperm(28)]
    bag, cnn = (build_baseline(BaselineSpec(kind, 8)).eval() for kind in ("bag", "cnn"))
    torch.testing.assert_close(bag(x), bag(shuffled), atol=1e-6, rtol=0)
    assert not torch.allclose(cnn(x), cnn(shuffled), atol=1e-4)
    assert bag(x[:, :20]).shape == cnn(x[:, :20]).shape == (5, 10)
    before = torch.get_rng_state()
    assert torch.equal(
        build_model(BaselineSpec("cnn", 8), 4).head.weight, build_model(BaselineSpec("cnn", 8), 4).head.weight
    )
    assert torch.equal(torch.get_rng_state(), before)


def test_row_orders_and_who_cannot_read_them(few):
    items = list(race_on_row_orders(few, 0, TrainSpec(epochs=1, batch_size=40)))
    last = items[-1]
    assert set(last["bag of rows"]) == {"plain", "bottom-up", "columns", "permuted", "blank", "short", "scrambled"}
    assert last["LSTM, all rows"]["short"] is None
    assert last["bag of rows"]["scrambled"] == pytest.approx(last["bag of rows"]["plain"], abs=0.026)  # one of forty
    assert all(last[name]["short"] is not None for name in last if name != "LSTM, all rows")
    shares = [item for item in items if isinstance(item, float)]
    assert shares == sorted(shares)


def test_tasks_take_their_turn_and_can_be_stopped(tmp_path):
    queue, go = JobQueue(tmp_path), threading.Event()

    def endless():
        for count in range(10**9):
            go.wait(0.01)
            yield min(1.0, count / 100)
            yield {"count": count}

    def quick():
        yield 0.5
        yield "done"

    first = queue.begin("endless", "ann", endless)
    second = queue.begin("quick", "bob", quick)
    assert queue.begin("endless", "bob", endless) is first
    wait_until(lambda: first.result is not None)
    assert (first.state, second.state, second.position) == ("running", "queued", 0)
    first.stop()
    wait_until(lambda: second.ended)
    assert first.state == "stopped"
    assert first.result["count"] >= 0
    assert (second.state, second.result, second.progress) == ("finished", "done", 0.5)
    third = queue.begin("endless", "ann", endless)
    assert third is not first
    queue.shutdown()
    assert third.state == "stopped"


def test_a_task_that_breaks_says_so_and_leaves_the_place_free(tmp_path):
    queue = JobQueue(tmp_path)

    def broken():
        yield 0.1
        raise RuntimeError("no such thing")

    task = queue.begin("broken", "ann", broken)
    wait_until(lambda: task.ended)
    assert task.state == "failed"
    assert "did not foresee" in task.message
    other = queue.begin("other", "ann", lambda: iter(["fine"]))
    wait_until(lambda: other.ended)
    assert other.result == "fine"


def test_a_task_that_nobody_watches_ends(tmp_path):
    queue = JobQueue(tmp_path, unwatched_after=0.05)

    def endless():
        while True:
            time.sleep(0.01)
            yield 0.0

    task = queue.begin("endless", "ann", endless)
    wait_until(lambda: task.ended)
    assert "nobody has watched" in task.message
