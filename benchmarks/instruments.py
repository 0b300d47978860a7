"""Instruments beside the fused layers they explain."""

import subprocess
import sys

import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.report import Figure
from benchmarks.timing import in_turns, seconds
from seqviz.data.batch import Batch
from seqviz.instruments.gradients import gradient_flow
from seqviz.instruments.jacobians import state_jacobians
from seqviz.instruments.trace import trace
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec


def trace_against_fused() -> list[Figure]:
    """Every signal of one digit through a 2×256 LSTM, against the fused forward pass."""
    model = build_model(ModelSpec.classifier("lstm", 256, num_layers=2)).eval()
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


def gradients_against_backward() -> list[Figure]:
    """One digit's gradient flow and Jacobians beside a plain forward and backward of the same unrolled network."""
    return [figure for hidden in (128, 256) for figure in _gradients(hidden)]


def _gradients(hidden: int) -> list[Figure]:
    model = build_model(ModelSpec.classifier("lstm", hidden)).eval()
    batch = Batch(torch.rand(1, 28, 28), torch.tensor([3]))

    def plain() -> None:
        model.zero_grad()
        F.cross_entropy(model.head(model.unroll(batch.inputs).outputs), batch.targets).backward()

    flow, backward = in_turns(lambda: gradient_flow(model, batch), plain, rounds=30)
    jacobians = seconds(lambda: state_jacobians(model, batch))
    memory, flow_memory = (peak_mebibytes(name, hidden) for name in ("state_jacobians", "gradient_flow"))
    name = f"LSTM of {hidden} units"
    reference = f"plain forward and backward {backward * 1e3:.1f} ms"
    return [
        Figure(f"gradient_flow, {name}", flow / backward, "× plain", reference, 1.5, at_least=False),
        Figure(
            f"gradient_flow, {name}: memory above torch's own", flow_memory, "MiB", reference, 200.0, at_least=False
        ),
        Figure(f"state_jacobians, {name}", jacobians, "s", reference, 10.0, at_least=False),
        Figure(f"state_jacobians, {name}: memory above torch's own", memory, "MiB", reference, 500.0, at_least=False),
    ]


def peak_mebibytes(instrument: str, hidden: int) -> float:
    """How much one call adds to the memory of a fresh process at its peak, imports left out (Linux)."""
    program = f"""import torch
from seqviz import Batch, ModelSpec, build_model, {instrument}
batch = Batch(torch.rand(1, 28, 28), torch.tensor([3]))
model = build_model(ModelSpec.classifier("lstm", {hidden}))
def mebibytes(name):
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024
open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew
before = mebibytes("VmRSS")
{instrument}(model, batch)
print(mebibytes("VmHWM") - before)"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(printed.stdout)
