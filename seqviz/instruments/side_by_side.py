"""Several texts at once: the same noise at many temperatures, and the likeliest texts that a beam search finds."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from seqviz.instruments.sampling import entropy, gumbel, next_token_distribution, opening_text
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.token_reader import TokenReader, each_of


@dataclass(frozen=True)
class SampledText:
    """A text as it was written at one temperature, and the mean entropy of its choices in bits."""

    temperature: float
    seed: int
    text: str
    entropy: float


def sample_side_by_side(
    model: SequenceNetwork, prompt: str, length: int, temperatures: Sequence[float], seeds: Sequence[int]
) -> tuple[SampledText, ...]:
    """One text for every temperature and seed, written together.

    Each is what `sample` writes with that temperature and seed.
    """
    pairs = [(temperature, seed) for temperature in temperatures for seed in seeds]
    heat = torch.tensor([[temperature] for temperature, _ in pairs], dtype=torch.float64)  # (texts, 1)
    noise = torch.stack([gumbel((length, len(model.vocabulary)), seed) for seed in seeds], dim=1)
    opening = model.vocabulary.encode(opening_text(model, prompt)).expand(len(pairs), -1)
    reader = TokenReader(model)
    logits, states = reader.opening(opening)
    written: list[Tensor] = []
    bits = torch.zeros(len(pairs), dtype=torch.float64)
    for drawn in noise.repeat(1, len(temperatures), 1):  # (texts, characters), length times
        if written:
            logits, states = reader.step(written[-1], states)
        distribution = next_token_distribution(logits, heat)
        written.append((distribution.log() + drawn).argmax(dim=-1))
        bits += entropy(distribution) / length
    texts = [model.vocabulary.decode(row) for row in torch.stack(written, dim=1).tolist()]
    return tuple(
        SampledText(temperature, seed, text, mean)
        for (temperature, seed), text, mean in zip(pairs, texts, bits.tolist(), strict=True)
    )


@dataclass(frozen=True)
class Beam:
    """A continuation that beam search has kept, and its log-probability in nats."""

    text: str
    log_probability: float


def beam_search(model: SequenceNetwork, prompt: str, length: int, beams: int = 4) -> tuple[Beam, ...]:
    """The likeliest continuations that a search with `beams` hypotheses finds, likeliest first; nothing is drawn.

    Raises:
        InputError: the prompt holds characters that the network does not know.
    """
    opening = model.vocabulary.encode(opening_text(model, prompt))[None]
    reader = TokenReader(model)
    logits, states = reader.opening(opening)
    totals = torch.zeros(1, dtype=torch.float64)
    texts: Int[Tensor, "beams time"] = torch.zeros(1, 0, dtype=torch.int64)
    for step in range(length):
        scores = totals[:, None] + logits.double().log_softmax(dim=-1)  # (beams, characters)
        totals, flat = scores.flatten().topk(min(beams, scores.numel()))
        parents, tokens = flat // scores.shape[1], flat % scores.shape[1]
        texts = torch.cat([texts[parents], tokens[:, None]], dim=1)
        if step + 1 < length:
            logits, states = reader.step(tokens, each_of(states, parents))
    return tuple(
        Beam(model.vocabulary.decode(row), total) for row, total in zip(texts.tolist(), totals.tolist(), strict=True)
    )
