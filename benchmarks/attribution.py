"""Each method of attribution on one digit, beside one forward pass of the same network."""

import torch

from benchmarks.report import Figure
from benchmarks.timing import in_turns
from seqviz.data.datasets import load_dataset
from seqviz.instruments.attribution import METHODS, attribute
from seqviz.instruments.layer_attribution import layer_attribution
from seqviz.training.checkpoints import load_checkpoint
from seqviz.ui.shell.caches import MODELS


def methods_beside_forward() -> list[Figure]:
    """One digit, LSTM with 128 units; a method answers within half a second."""
    model = load_checkpoint(MODELS / "lstm.safetensors").build()
    test = load_dataset("digits").test
    x, label = test.inputs[7:8], int(test.targets[7])

    def forward() -> None:
        with torch.no_grad():
            model(x)

    figures = []
    for method in METHODS:
        spent, once = in_turns(lambda method=method: attribute(model, x, label, method), forward, rounds=8)
        figures.append(_figure(method, spent, once))
    spent, once = in_turns(lambda: list(layer_attribution(model, x, label)), forward, rounds=4)
    return [*figures, _figure("conductance of every unit at every row", spent, once)]


def _figure(name: str, spent: float, once: float) -> Figure:
    reference = f"one forward pass {once * 1e3:.2f} ms: {spent / once:,.0f} ×"
    return Figure(name, spent * 1e3, "ms", reference, 500.0, at_least=False)
