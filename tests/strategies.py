"""Hypothesis strategies: networks of every kind, and batches that they read."""

from collections.abc import Callable

import torch
from hypothesis import strategies as st

from seqviz.data.batch import Batch
from seqviz.networks.build import build_model
from seqviz.networks.heads import AttentionHead
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.objectives import OBJECTIVES
from seqviz.specs import CELLS, HEADS, DenseInput, EmbeddingInput, HeadSpec, ModelSpec, RecurrentSpec

TIME = 12
"""Steps of the longest sequences, and those that a concat head reads."""

inputs = st.one_of(
    st.builds(DenseInput, size=st.integers(1, 7)),
    st.builds(EmbeddingInput, vocabulary=st.just("abcdef"), size=st.integers(1, 7)),
)
encoders = st.builds(
    RecurrentSpec,
    cell=st.sampled_from(CELLS),
    hidden_size=st.integers(1, 9),
    num_layers=st.integers(1, 3),
    bidirectional=st.booleans(),
)


@st.composite
def specs(draw: st.DrawFn, heads: tuple[str, ...] = HEADS) -> ModelSpec:
    kind = draw(st.sampled_from(heads))
    head = HeadSpec(kind, draw(st.integers(2, 5)), TIME if kind == "concat" else None)
    return ModelSpec(draw(inputs), draw(encoders), head)


def network_for(spec: ModelSpec, seed: int, dtype: torch.dtype = torch.float64) -> SequenceNetwork:
    """A network whose attention, if it has any, is not the same for all steps."""
    model = build_model(spec, seed)
    if isinstance(model.head, AttentionHead):
        torch.nn.init.normal_(model.head.query, generator=torch.Generator().manual_seed(seed))
    return model.to(dtype)


def batch_for(spec: ModelSpec, lengths: list[int], seed: int, dtype: torch.dtype = torch.float64) -> Batch:
    """Sequences of these lengths in a tensor of `TIME` steps; behind their ends stands something that must not count.

    Sequences of a concat head are all as long as the tensor.
    """
    generator = torch.Generator().manual_seed(seed)
    shape = (len(lengths), TIME)
    if isinstance(spec.input, DenseInput):
        values = torch.randn(*shape, spec.input.size, generator=generator, dtype=dtype)
    else:
        values = torch.randint(len(spec.input.vocabulary), shape, generator=generator)
    wanted = torch.tensor([TIME] * len(lengths) if spec.head.kind == "concat" else lengths)
    steps = (TIME,) if spec.head.kind == "each_step" else ()
    targets = torch.randint(spec.head.outputs, (len(lengths), *steps), generator=generator)
    return Batch(values, targets, wanted)


def loss_of(spec: ModelSpec) -> Callable[[torch.Tensor, Batch], torch.Tensor]:
    """Cross-entropy, at each step where the network answers at each step."""
    return OBJECTIVES["step_cross_entropy" if spec.head.kind == "each_step" else "cross_entropy"].loss


lengths = st.lists(st.integers(1, TIME), min_size=1, max_size=4)
precisions = st.sampled_from([(torch.float32, 1e-5), (torch.float64, 1e-10)])


def assert_close(ours: torch.Tensor, theirs: torch.Tensor, tolerance: float) -> None:
    """Equal in norm, relative to the reference where that is above 1: single numbers near 0 have no relative error."""
    distance, scale = (ours - theirs).norm().item(), max(1.0, theirs.norm().item())
    assert ours.shape == theirs.shape
    assert distance <= tolerance * scale, f"{distance / scale:.1e} apart, {tolerance:.0e} is allowed"
