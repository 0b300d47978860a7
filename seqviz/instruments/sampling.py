"""A character model writes: its distributions, and sampling with noise that texts share.

Sampling is by the Gumbel-max trick (Gumbel 1954; Maddison, Tarlow and Minka 2014, arXiv 1411.0030): with independent
noise G_i = -log(-log U_i), argmax_i (log p_i + G_i) is distributed as p. The noise depends only on the seed and the
place in the text, so that two texts from one seed differ by their temperatures alone.
"""

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqviz.errors import InputError
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.token_reader import TokenReader, each_of

Distribution = Float[Tensor, "*batch characters"]


def next_token_distribution(
    logits: Distribution, temperature: float | Tensor = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Distribution:
    """softmax(z / T), cut to the `top_k` likeliest, then to the smallest set that holds `top_p`; sums to 1.

    Temperature 0 is the limit: all on the largest logit. Among equals the earlier character comes first. Nucleus
    sampling (`top_p`) is of Holtzman et al. 2020 (arXiv 1904.09751). `temperature` may be a tensor that broadcasts.

    Raises:
        InputError: a temperature below 0 or no number, `top_k` below 1, `top_p` outside (0, 1], or NaN in the logits.

    >>> next_token_distribution(torch.tensor([2.0, 1.0, 0.0]).log(), top_p=0.5).tolist()
    [1.0, 0.0, 0.0]
    """
    _check(temperature, top_k, top_p)
    if logits.isnan().any() or logits.isposinf().any():
        raise InputError("The network's logits hold NaN or infinity; train it again with a lower rate.")
    shares = _at_temperature(logits.double(), temperature)
    kept = kept_by_cuts(shares, top_k, top_p)
    if kept is None:
        return shares
    cut = shares.where(kept, 0.0)
    return cut / cut.sum(dim=-1, keepdim=True)


def kept_by_cuts(
    shares: Distribution, top_k: int | None = None, top_p: float | None = None
) -> Bool[Tensor, "*batch characters"] | None:
    """Which characters of softmax(z / T) the cuts leave; None where nothing is cut."""
    if top_k is None and (top_p is None or top_p == 1):
        return None
    ordered, order = shares.sort(dim=-1, descending=True, stable=True)
    kept = torch.ones_like(ordered, dtype=torch.bool)
    if top_k is not None:
        kept[..., top_k:] = False
        ordered = ordered.where(kept, 0.0)
        ordered = ordered / ordered.sum(dim=-1, keepdim=True)
    if top_p is not None:
        kept &= ordered.cumsum(dim=-1) - ordered < top_p
    return torch.zeros_like(kept).scatter(-1, order, kept)


def _at_temperature(logits: Distribution, temperature: float | Tensor) -> Distribution:
    heat = torch.as_tensor(temperature, dtype=torch.float64)
    best = torch.zeros_like(logits).scatter_(-1, logits.argmax(dim=-1, keepdim=True), 1.0)
    warm = (logits / heat.clamp(min=COLD)).softmax(dim=-1)
    return torch.where(heat < COLD, best, warm)


COLD = 1e-6
"""Below this temperature only the largest logit counts: the quotients would overflow."""


def entropy(distribution: Distribution) -> Float[Tensor, "*batch"]:
    """-Σ p log2 p, in bits."""
    return torch.special.entr(distribution).sum(dim=-1) / math.log(2)


@dataclass(frozen=True)
class Candidate:
    """A character that might have come: its probability by the network alone, and after temperature and cuts.

    `kept` is False where top-k or top-p has taken it away.
    """

    character: str
    before: float
    after: float
    kept: bool


@dataclass(frozen=True)
class SampleStep:
    """One character as it was chosen; `step` counts from 0, behind the prompt.

    `logits`, `plain` (the network's own distribution: temperature 1, nothing cut) and `distribution` (after temperature
    and cuts) are over the whole vocabulary, `kept` says what the cuts have left of it (None: all); `hidden`
    `(layers, hidden)` is the state that they were read from, after everything up to the character before.

    `before` and `after` are the character's probability by the network alone and after temperature and cuts, `entropy`
    that of `distribution` in bits, `rank` is 1 plus the number of characters that the network held for likelier. A
    `forced` character was put in by hand and not drawn.
    """

    step: int
    token: int
    vocabulary: str
    logits: Float[Tensor, " characters"]
    plain: Float[Tensor, " characters"]
    distribution: Float[Tensor, " characters"]
    kept: Bool[Tensor, " characters"] | None
    hidden: Float[Tensor, "layers hidden"]
    before: float
    after: float
    entropy: float
    rank: int
    forced: bool = False

    @property
    def character(self) -> str:
        return self.vocabulary[self.token]

    @property
    def surprise(self) -> float:
        """-log2 of its probability by the network alone, in bits."""
        return -math.log2(max(self.before, 1e-300))

    def candidates(self, count: int = 8) -> tuple[Candidate, ...]:
        """The likeliest characters, likeliest first."""
        shares, tokens = self.plain.topk(min(count, len(self.vocabulary)))
        return tuple(
            Candidate(
                self.vocabulary[token],
                share,
                float(self.distribution[token]),
                self.kept is None or bool(self.kept[token]),
            )
            for share, token in zip(shares.tolist(), tokens.tolist(), strict=True)
        )


def sample(
    model: SequenceNetwork,
    prompt: str,
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    forced: Mapping[int, str] | None = None,
    first: int = 0,
) -> Iterator[SampleStep]:
    """Write `length` characters behind a prompt, one after another.

    `forced` puts characters in by hand, by step: all later ones are drawn with the noise that they would have had. A
    text that goes on from its character number `first`, with all before in the prompt, draws that one's noise first.
    An empty prompt is taken for a line break.

    Raises:
        InputError: the network reads no characters, the prompt holds some that it does not know, or a setting is out of
            range.
    """
    drawn = draw(
        model,
        prompt,
        length,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        seed=seed,
        forced=forced,
        first=first,
    )
    return drawn.steps()


def draw(
    model: SequenceNetwork,
    prompt: str,
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    forced: Mapping[int, str] | None = None,
    first: int = 0,
) -> "Drawn":
    """What `sample` reads its steps from; another process can compute it."""
    _check(temperature, top_k, top_p)
    put_in = {step: _token(model, character) for step, character in (forced or {}).items()}
    opening = model.vocabulary.encode(opening_text(model, prompt))[None]
    reader = TokenReader(model)
    scores, states = reader.opening(opening)
    every = torch.arange(len(model.vocabulary))[:, None].unbind()  # the characters, each as a batch of one
    chosen: list[int] = []
    logits, reached = [], []
    for step, noise in enumerate(gumbel((first + length, len(every)), seed)[first:], start=first):
        if chosen:
            scores, states = reader.step(every[chosen[-1]], states)
        drawn = int(choose(scores, noise, temperature, top_k, top_p))
        chosen.append(put_in.get(step, drawn))
        logits.append(scores)
        reached.append(states)
    hidden = [torch.cat([state.hidden for state in states]) for states in reached]
    return Drawn(
        model.vocabulary.characters,
        chosen,
        torch.cat(logits) if chosen else scores[:0],
        torch.stack(hidden).cpu() if chosen else torch.empty(0, len(states), 0),
        temperature,
        top_k,
        top_p,
        frozenset(put_in),
        first,
    )


@dataclass(frozen=True)
class Drawn:
    """A text as it was drawn: characters, and what they were drawn from; `put_in` names the steps that were not."""

    vocabulary: str
    chosen: Sequence[int]
    logits: Float[Tensor, "time characters"]
    hidden: Float[Tensor, "time layers hidden"]
    temperature: float
    top_k: int | None
    top_p: float | None
    put_in: Set[int]
    first: int

    def steps(self) -> Iterator[SampleStep]:
        """Every choice with its distributions, all of which are computed at once."""
        if not self.chosen:
            return
        plain = self.logits.double().softmax(dim=-1)
        distribution = next_token_distribution(self.logits, self.temperature, self.top_k, self.top_p)
        taken = torch.tensor(self.chosen)[:, None]
        before, after = (shares.gather(1, taken)[:, 0].tolist() for shares in (plain, distribution))
        ranks = ((self.logits > self.logits.gather(1, taken)).sum(dim=1) + 1).tolist()
        entropies = entropy(distribution).tolist()
        cut = self._kept(distribution)
        kept = [None] * len(self.chosen) if cut is None else cut.unbind()
        rows = zip(self.logits.unbind(), plain.unbind(), distribution.unbind(), kept, self.hidden.unbind(), strict=True)
        numbers = zip(before, after, entropies, ranks, strict=True)
        for step, (token, row, scores) in enumerate(zip(self.chosen, rows, numbers, strict=True), start=self.first):
            yield SampleStep(step, token, self.vocabulary, *row, *scores, forced=step in self.put_in)

    def _kept(self, distribution: Distribution) -> Bool[Tensor, "*batch characters"] | None:
        if self.top_k is None and self.top_p is None:
            return None
        if self.temperature < COLD:  # where only one is drawn from, the cuts may leave more
            return kept_by_cuts(self.logits.double().softmax(dim=-1), self.top_k, self.top_p)
        return distribution > 0


def continuations(
    model: SequenceNetwork,
    prompt: str,
    characters: Sequence[str],
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    first: int = 0,
) -> list[str]:
    """What follows if the next character were each of these: all texts side by side, with the same noise.

    Each is what `sample` writes behind the prompt and the character; its first character draws the noise of number
    `first`.

    Raises:
        InputError: as `sample`.
    """
    _check(temperature, top_k, top_p)
    opening = model.vocabulary.encode(opening_text(model, prompt))[None]
    tokens = torch.tensor([_token(model, character) for character in characters])
    reader = TokenReader(model)
    _, begun = reader.opening(opening)
    states = each_of(begun, torch.zeros(len(characters), dtype=torch.long))
    written = []
    for noise in gumbel((first + length, len(model.vocabulary)), seed)[first:]:
        logits, states = reader.step(tokens, states)
        tokens = choose(logits, noise, temperature, top_k, top_p)
        written.append(tokens.tolist())
    return ["".join(model.vocabulary.characters[token] for token in text) for text in zip(*written, strict=True)]


def choose(
    logits: Distribution,
    noise: Float[Tensor, " characters"],
    temperature: float,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Int[Tensor, "*batch"]:
    """The character that this noise draws: argmax of log p + G, which without cuts is that of z + T G."""
    if temperature < COLD:
        return logits.argmax(dim=-1)
    if top_k is None and top_p is None:
        return torch.add(logits.double(), noise, alpha=temperature).argmax(dim=-1)
    return (next_token_distribution(logits, temperature, top_k, top_p).log() + noise).argmax(dim=-1)


def _token(model: SequenceNetwork, character: str) -> int:
    if len(character) != 1:
        raise InputError(f"{character[:20]!r} is put in at one step, so it must be one character.")
    return int(model.vocabulary.encode(character)[0])


def opening_text(model: SequenceNetwork, prompt: str) -> str:
    """The prompt; without one, a line break or else the vocabulary's first character."""
    return prompt or ("\n" if "\n" in model.vocabulary.characters else model.vocabulary.characters[0])


def gumbel(shape: tuple[int, int], seed: int) -> Float[Tensor, "time characters"]:
    """Standard Gumbel noise of a text: -log(-log U), a row for each of its characters."""
    generator = torch.Generator().manual_seed(seed)
    return -(-torch.rand(shape, dtype=torch.float64, generator=generator).log()).log()


def _check(temperature: float | Tensor, top_k: int | None, top_p: float | None) -> None:
    heat = torch.as_tensor(temperature)
    if not bool(((heat >= 0) & (heat < math.inf)).all()):
        shown = temperature if isinstance(temperature, float | int) else heat.flatten().tolist()[:5]
        raise InputError(f"The temperature is {shown}; it must be a number from 0 up.")
    if top_k is not None and top_k < 1:
        raise InputError(f"top-k is {top_k}; it must be at least 1.")
    if top_p is not None and not 0 < top_p <= 1:
        raise InputError(f"top-p is {top_p}; it must be above 0 and at most 1.")
