"""Instruments beside the fused layers they explain."""

import torch
from torch import nn

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

    cells = [nn.LSTMCell(28, 256), nn.LSTMCell(256, 256)]

    def by_hand() -> None:
        with torch.no_grad():
            outputs = list(x.unbind(dim=1))
            for cell in cells:
                state = None
                for step, row in enumerate(outputs):
                    state = cell(row, state)
                    outputs[step] = state[0]

    traced, plain = in_turns(lambda: trace(model, x), fused, rounds=60)
    again, looped = in_turns(lambda: trace(model, x), by_hand, rounds=60)
    reference = f"fused forward {plain * 1e3:.2f} ms, trace {traced * 1e3:.2f} ms"
    loop = f"loop over nn.LSTMCell (no gates) {looped * 1e3:.2f} ms, trace {again * 1e3:.2f} ms"
    return [
        Figure("trace of one digit, LSTM 2×256", traced / plain, "× fused", reference, 4.0, at_least=False),
        Figure("all signals against nn.LSTMCell", again / looped, "× loop", loop, 2.0, at_least=False),
    ]
