"""Instruments beside the fused layers they explain."""

import torch

from benchmarks.report import Figure
from benchmarks.timing import in_turns
from seqviz.instruments import trace
from seqviz.networks import build_model
from seqviz.specs import ModelSpec


def trace_against_fused() -> list[Figure]:
    """Every signal of one digit through a 2×256 LSTM, against the fused forward pass."""
    model = build_model(ModelSpec(cell="lstm", hidden_size=256, num_layers=2)).eval()
    x = torch.rand(1, 28, 28)

    def fused() -> None:
        with torch.no_grad():
            model(x)

    traced, plain = in_turns(lambda: trace(model, x), fused, rounds=60)
    reference = f"fused forward {plain * 1e3:.2f} ms, trace {traced * 1e3:.2f} ms"
    return [Figure("trace of one digit, LSTM 2×256", traced / plain, "× fused", reference, 4.0, at_least=False)]
