"""The network on padded batches, beside PyTorch's own packed layers; and what it costs to import the package."""

import subprocess
import sys

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.report import Figure
from benchmarks.timing import in_turns
from seqviz.data.batch import Batch
from seqviz.networks.build import build_model
from seqviz.networks.objectives import OBJECTIVES
from seqviz.specs import EmbeddingInput, HeadSpec, ModelSpec, RecurrentSpec

BATCH, TIME, WORDS = 64, 60, 2000
IMPORTS = 5


def padded_batches_against_packed() -> list[Figure]:
    """A training step on 64 sentences of 5 to 60 words, against the same written with packing by hand."""
    return [_padded_step(kind) for kind in ("last", "mean", "max", "attention", "each_step")]


def _padded_step(kind: str) -> Figure:
    generator = torch.Generator().manual_seed(0)
    words = tuple(f"word{number}" for number in range(WORDS))
    encoder = RecurrentSpec("lstm", 128, bidirectional=kind != "each_step")
    model = build_model(ModelSpec(EmbeddingInput(words, 64), encoder, HeadSpec(kind, 2)))
    lengths = torch.randint(5, TIME + 1, (BATCH,), generator=generator)
    inputs = torch.randint(WORDS, (BATCH, TIME), generator=generator)
    targets = torch.randint(2, (BATCH, TIME) if kind == "each_step" else (BATCH,), generator=generator)
    batch = Batch(inputs, targets, lengths)
    objective = OBJECTIVES["step_cross_entropy" if kind == "each_step" else "cross_entropy"]
    assert model.embedding is not None
    embedding, rnn, linear = model.embedding, model.encoder, nn.Linear(model.spec.features, 2)
    query = torch.zeros(model.spec.features, requires_grad=True)

    def ours() -> None:
        objective.loss(model(batch.inputs, batch.lengths), batch).backward()

    def by_hand() -> None:
        packed = pack_padded_sequence(embedding(inputs), lengths, batch_first=True, enforce_sorted=False)
        outputs, (hidden, _) = rnn(packed)
        if kind == "last":
            F.cross_entropy(linear(torch.cat([hidden[0], hidden[1]], dim=1)), targets).backward()
            return
        unpacked, _ = pad_packed_sequence(outputs, batch_first=True, total_length=TIME)
        mask = torch.arange(TIME) < lengths[:, None]
        match kind:
            case "each_step":
                F.cross_entropy(linear(unpacked)[mask], targets[mask]).backward()
            case "mean":
                F.cross_entropy(linear(unpacked.sum(dim=1) / lengths[:, None]), targets).backward()
            case "max":
                read = unpacked.masked_fill(~mask[..., None], -torch.inf).amax(dim=1)
                F.cross_entropy(linear(read), targets).backward()
            case _:
                share = (unpacked @ query).masked_fill(~mask, -torch.inf).softmax(dim=1)
                F.cross_entropy(linear(torch.einsum("bt,bto->bo", share, unpacked)), targets).backward()

    spent, reference = in_turns(ours, by_hand, rounds=40)
    text = f"packed by hand: {reference * 1e3:.1f} ms, ours {spent * 1e3:.1f} ms"
    return Figure(f"a padded LSTM batch, {kind} head", spent / reference, "× packed", text, 1.15, at_least=False)


def imports_against_torch() -> list[Figure]:
    """`import seqviz`, and what a program takes out of it, in fresh processes beside `import torch`."""

    def run(program: str) -> None:
        subprocess.run([sys.executable, "-c", program], check=True)

    alone, torch_alone = in_turns(lambda: run("import seqviz"), lambda: run("import torch"), IMPORTS)
    names = "from seqviz import ModelSpec, build_model, load_checkpoint, trace, train"
    used, again = in_turns(lambda: run(names), lambda: run("import torch"), IMPORTS)
    return [
        Figure("import seqviz", alone / torch_alone, "× torch", f"import torch {torch_alone:.2f} s", 1.2, False),
        Figure("import what a first program uses", used / again, "× torch", f"import torch {again:.2f} s", 1.2, False),
    ]
