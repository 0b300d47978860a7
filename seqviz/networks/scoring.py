"""Score a network on held-out data."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.data.datasets import Dataset
from seqviz.errors import InputError
from seqviz.networks.build import Network
from seqviz.networks.evaluation import Evaluation
from seqviz.networks.network import HiddenState
from seqviz.networks.objectives import OBJECTIVES, Objective


def evaluate(model: Network, data: Dataset) -> Evaluation:
    """The network's scores on a dataset's test split. The model's mode is given back.

    Raises:
        InputError: the network cannot read this kind of data.
    """
    data = data.for_network(model.spec)
    batches = data.test_batches(model.head.weight.device)
    *_, evaluation = evaluate_in_batches(model, batches, OBJECTIVES[data.objective])
    assert isinstance(evaluation, Evaluation)
    return evaluation


def evaluate_in_batches(model: Network, batches: Iterable[Batch], objective: Objective) -> Iterator[int | Evaluation]:
    """The number of targets scored so far, batch by batch, and at the end the evaluation.

    Raises:
        InputError: the network cannot read the batches, or answers another kind of question, or there are none.
    """
    summaries, scored, state = [], 0, None
    for batch in batches:
        model.check(batch.inputs, batch.lengths)
        outputs, state = predict(model, batch, state if batch.continues else None)
        objective.check(outputs, batch)
        summaries.append(objective.summarize(outputs, batch))
        scored += objective.count(batch)
        yield scored
    if not summaries:
        raise InputError("The test split is empty; there is nothing to score.")
    yield objective.evaluation(summaries)


def predict(model: Network, batch: Batch, state: HiddenState | None = None) -> tuple[Tensor, HiddenState | None]:
    """The outputs for a batch in eval mode, without a graph, and the state to go on from."""
    with eval_mode(model), torch.no_grad():
        return model.answers(batch, state)


@contextmanager
def eval_mode(model: Network) -> Iterator[None]:
    """Without dropout for the length of a block; the mode is restored."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
