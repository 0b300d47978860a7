"""Beam search over what a decoder may write: the likeliest texts instead of the likeliest next tokens."""

from dataclasses import dataclass

import torch
from torch import Tensor

from seqviz.data.tokens import END
from seqviz.errors import InputError
from seqviz.instruments.translation import LONGEST
from seqviz.networks.encoder_decoder import EncoderDecoder, Reading
from seqviz.networks.network import HiddenState
from seqviz.networks.scoring import eval_mode

WIDEST = 512


@dataclass(frozen=True)
class Hypothesis:
    """A text that was followed: its tokens, with the end if it came to one, and its log-probability in nats."""

    tokens: tuple[int, ...]
    log_probability: float

    @property
    def ended(self) -> bool:
        return self.tokens[-1] == END


def translation_beams(
    model: EncoderDecoder, inputs: Tensor, width: int = 4, longest: int = LONGEST
) -> tuple[Hypothesis, ...]:
    """The `width` likeliest texts that were found, best first.

    At each step, every text that has not ended is continued with every token, and the `width` likeliest of all are
    kept. With a width of 1 this is greedy writing; one that holds every text finds the best. It ends when `width` texts
    have ended that no other can still pass, or after `longest` tokens.

    Raises:
        InputError: the network cannot read it, or the width is not from 1 to `WIDEST`.
    """
    if not 1 <= width <= WIDEST:
        raise InputError(f"The beam has a width of {width}; it must be from 1 to {WIDEST}.")
    one, _ = model.prepare(inputs[None])
    ended: list[Hypothesis] = []
    with eval_mode(model), torch.no_grad():
        reading = model.read(one)
        texts, scores = torch.full((1, 0), END, device=one.device), torch.zeros(1, device=one.device)
        for _ in range(longest):
            ahead = scores[:, None] + _next(model, reading, texts)  # (texts, tokens)
            best, places = ahead.flatten().topk(min(width, ahead.numel()))
            rows, tokens = places // ahead.shape[1], places % ahead.shape[1]
            texts, scores = torch.cat([texts[rows], tokens[:, None]], dim=1), best
            done = tokens == END
            ended += _hypotheses(texts[done], scores[done])
            texts, scores = texts[~done], scores[~done]
            ended = sorted(ended, key=lambda text: -text.log_probability)[:width]
            if not len(texts) or (len(ended) == width and ended[-1].log_probability >= float(scores.max())):
                break
    found = ended or _hypotheses(texts, scores)
    return tuple(sorted(found, key=lambda text: -text.log_probability)[:width])


def _next(model: EncoderDecoder, reading: Reading, texts: Tensor) -> Tensor:
    """The log-probabilities of the token behind each text `(texts, tokens)`."""
    count = len(texts)
    state: HiddenState = reading.state
    many = tuple(part.expand(-1, count, -1).contiguous() for part in (state if isinstance(state, tuple) else (state,)))
    spread = Reading(
        reading.features.expand(count, -1, -1),
        None,
        (many[0], many[1]) if len(many) == 2 else many[0],
    )
    inputs = torch.cat([texts.new_full((count, 1), END), texts], dim=1)
    return model.answer(spread, inputs)[:, -1].log_softmax(dim=-1)


def _hypotheses(texts: Tensor, scores: Tensor) -> list[Hypothesis]:
    return [Hypothesis(tuple(text), score) for text, score in zip(texts.tolist(), scores.tolist(), strict=True)]
