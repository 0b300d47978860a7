"""A character model writes: distributions, sampling with shared noise, and beam search.

Sampling is by the Gumbel-max trick (Gumbel 1954; Maddison, Tarlow and Minka 2014, arXiv 1411.0030): with independent
noise G_i = -log(-log U_i), argmax_i (log p_i + G_i) is distributed as p. The noise hangs on the seed and the place in
the text alone, so that two temperatures differ in nothing but the temperature.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqviz.errors import InputError
from seqviz.networks import CharLanguageModel, Memory

Distribution = Float[Tensor, "*batch characters"]


def next_token_distribution(
    logits: Distribution, temperature: float | Tensor = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Distribution:
    """softmax(z / T), cut to the `top_k` likeliest, then to the smallest set that holds `top_p`; sums to 1.

    Temperature 0 is the limit: all on the largest logit. Among equals the earlier character comes first. Nucleus
    sampling (`top_p`) is of Holtzman et al. 2020 (arXiv 1904.09751). `temperature` may be a tensor that broadcasts.

    Raises:
        InputError: a temperature below 0 or no number, `top_k` below 1, or `top_p` outside (0, 1].

    >>> next_token_distribution(torch.tensor([2.0, 1.0, 0.0]).log(), top_p=0.5).tolist()
    [1.0, 0.0, 0.0]
    """
    _check(temperature, top_k, top_p)
    logits = logits.double()
    heat = torch.as_tensor(temperature, dtype=torch.float64, device=logits.device)
    best = torch.zeros_like(logits).scatter_(-1, logits.argmax(dim=-1, keepdim=True), 1.0)
    warm = (logits / heat.clamp(min=1e-300)).nan_to_num(nan=0.0).softmax(dim=-1)
    shares = torch.where(heat < COLD, best, warm)
    if top_k is None and top_p is None:
        return shares
    ordered, order = shares.sort(dim=-1, descending=True, stable=True)
    if top_k is not None:
        ordered[..., top_k:] = 0
        ordered /= ordered.sum(dim=-1, keepdim=True)
    if top_p is not None and top_p < 1:
        before = ordered.cumsum(dim=-1) - ordered
        ordered[before >= top_p] = 0
        ordered /= ordered.sum(dim=-1, keepdim=True)
    return torch.zeros_like(shares).scatter(-1, order, ordered)


COLD = 1e-6
"""Below this temperature only the largest logit counts: the quotients would overflow."""


def entropy(distribution: Distribution) -> Float[Tensor, "*batch"]:
    """-Σ p log2 p, in bits."""
    return torch.special.entr(distribution).sum(dim=-1) / math.log(2)


@dataclass(frozen=True)
class Candidate:
    """A character that might have come: its probability by the network alone, and after temperature and cuts."""

    character: str
    before: float
    after: float


@dataclass(frozen=True)
class SampleStep:
    """One character as it was chosen; `step` counts from 0, behind the prompt.

    `logits` and `distribution` (after temperature and cuts) are over the whole vocabulary; `hidden` `(layers, hidden)`
    is the state that they were read from, after everything up to the character before.
    """

    step: int
    token: int
    vocabulary: str
    logits: Float[Tensor, " characters"]
    distribution: Float[Tensor, " characters"]
    hidden: Float[Tensor, "layers hidden"]

    @property
    def character(self) -> str:
        return self.vocabulary[self.token]

    @cached_property
    def plain(self) -> Float[Tensor, " characters"]:
        """The network's own distribution: temperature 1, nothing cut."""
        return self.logits.double().softmax(dim=-1)

    @property
    def before(self) -> float:
        """The character's probability by the network alone."""
        return float(self.plain[self.token])

    @property
    def after(self) -> float:
        """Its probability after temperature and cuts; 0 for one that was put in by hand and had been cut."""
        return float(self.distribution[self.token])

    @property
    def surprise(self) -> float:
        """-log2 of its probability by the network alone, in bits."""
        return -math.log2(max(self.before, 1e-300))

    @property
    def entropy(self) -> float:
        """Of the distribution that it was drawn from, in bits."""
        return float(entropy(self.distribution))

    @property
    def rank(self) -> int:
        """How many characters the network held for likelier, plus 1."""
        return int((self.logits > self.logits[self.token]).sum()) + 1

    def candidates(self, count: int = 8) -> tuple[Candidate, ...]:
        """The likeliest characters, likeliest first."""
        shares, tokens = self.plain.topk(min(count, len(self.vocabulary)))
        return tuple(
            Candidate(self.vocabulary[token], share, float(self.distribution[token]))
            for share, token in zip(shares.tolist(), tokens.tolist(), strict=True)
        )


def sample(
    model: CharLanguageModel,
    prompt: str,
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    forced: Mapping[int, str] | None = None,
) -> Iterator[SampleStep]:
    """Write `length` characters behind a prompt, one after another.

    `forced` puts characters in by hand, by step: all later ones are drawn with the noise that they would have had.
    An empty prompt is taken for a line break.

    Raises:
        InputError: the prompt holds characters that the network does not know, or a setting is out of range.
    """
    _check(temperature, top_k, top_p)
    put_in = {step: int(model.vocabulary.encode(character)[0]) for step, character in (forced or {}).items()}
    tokens = _opening(model, prompt)[None]  # (1, time)
    generator, memory = torch.Generator().manual_seed(seed), None
    for step in range(length):
        logits, memory = _read(model, tokens, memory)
        distribution = next_token_distribution(logits[0], temperature, top_k, top_p)
        chosen = int((distribution.log() + _noise(len(distribution), generator)).argmax())
        token = put_in.get(step, chosen)
        hidden = memory[0] if isinstance(memory, tuple) else memory  # (layers, 1, hidden)
        yield SampleStep(step, token, model.spec.vocabulary, logits[0], distribution, hidden[:, 0])
        tokens = torch.tensor([[token]])


@dataclass(frozen=True)
class Writing:
    """A text as it was written at one temperature, and the mean entropy of its choices in bits."""

    temperature: float
    seed: int
    text: str
    entropy: float


def sample_side_by_side(
    model: CharLanguageModel, prompt: str, length: int, temperatures: Sequence[float], seeds: Sequence[int]
) -> Iterator[float | tuple[Writing, ...]]:
    """One text for every temperature and seed, written together; yields the share done and at last the texts.

    Each is what `sample` writes with that temperature and seed.
    """
    pairs = [(temperature, seed) for temperature in temperatures for seed in seeds]
    heat = torch.tensor([[temperature] for temperature, _ in pairs], dtype=torch.float64)  # (texts, 1)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    tokens, memory = _opening(model, prompt).expand(len(pairs), -1), None
    written: list[Tensor] = []
    bits = torch.zeros(len(pairs), dtype=torch.float64)
    for step in range(length):
        logits, memory = _read(model, tokens, memory)
        distribution = next_token_distribution(logits, heat)
        noise = torch.stack([_noise(logits.shape[-1], generator) for generator in generators])  # (seeds, characters)
        tokens = (distribution.log() + noise.repeat(len(temperatures), 1)).argmax(dim=-1, keepdim=True)
        written.append(tokens)
        bits += entropy(distribution) / length
        yield (step + 1) / length
    texts = [model.vocabulary.decode(row) for row in torch.cat(written, dim=1).tolist()]
    yield tuple(
        Writing(temperature, seed, text, mean)
        for (temperature, seed), text, mean in zip(pairs, texts, bits.tolist(), strict=True)
    )


@dataclass(frozen=True)
class Beam:
    """A continuation that beam search has kept, and its log-probability in nats."""

    text: str
    log_probability: float


def beam_search(model: CharLanguageModel, prompt: str, length: int, beams: int = 4) -> tuple[Beam, ...]:
    """The likeliest continuations that a search with `beams` hypotheses finds, likeliest first; nothing is drawn.

    Raises:
        InputError: the prompt holds characters that the network does not know.
    """
    logits, memory = _read(model, _opening(model, prompt)[None], None)
    totals = torch.zeros(1, dtype=torch.float64)
    texts: Int[Tensor, "beams time"] = torch.zeros(1, 0, dtype=torch.int64)
    for step in range(length):
        scores = totals[:, None] + logits.double().log_softmax(dim=-1)  # (beams, characters)
        totals, flat = scores.flatten().topk(min(beams, scores.numel()))
        parents, tokens = flat // scores.shape[1], flat % scores.shape[1]
        texts = torch.cat([texts[parents], tokens[:, None]], dim=1)
        if step + 1 < length:
            logits, memory = _read(model, tokens[:, None], _of(memory, parents))
    return tuple(
        Beam(model.vocabulary.decode(row), total) for row, total in zip(texts.tolist(), totals.tolist(), strict=True)
    )


def _opening(model: CharLanguageModel, prompt: str) -> Int[Tensor, " time"]:
    """The prompt's tokens; without one, a line break or else the vocabulary's first character."""
    if not prompt:
        prompt = "\n" if "\n" in model.spec.vocabulary else model.spec.vocabulary[0]
    return model.vocabulary.encode(prompt)


def _read(model: CharLanguageModel, tokens: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
    """The logits `(batch, characters)` after the last of `tokens` `(batch, time)`, without a graph, on the CPU."""
    assert not model.training
    with torch.no_grad():
        outputs, memory = model.rnn(model.embedding(tokens), memory)
        return model.head(outputs[:, -1]), memory


def _of(memory: Memory, rows: Tensor) -> Memory:
    """What some rows of a batch carry."""
    return (memory[0][:, rows], memory[1][:, rows]) if isinstance(memory, tuple) else memory[:, rows]


def _noise(count: int, generator: torch.Generator) -> Float[Tensor, " count"]:
    return -(-torch.rand(count, dtype=torch.float64, generator=generator).log()).log()


def _check(temperature: float | Tensor, top_k: int | None, top_p: float | None) -> None:
    if isinstance(temperature, float | int) and not 0 <= temperature < math.inf:
        raise InputError(f"The temperature is {temperature}; it must be a number from 0 up.")
    if top_k is not None and top_k < 1:
        raise InputError(f"top-k is {top_k}; it must be at least 1.")
    if top_p is not None and not 0 < top_p <= 1:
        raise InputError(f"top-p is {top_p}; it must be above 0 and at most 1.")
