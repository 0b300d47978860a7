"""Attention taken into one's own hands: blurred, moved or frozen."""

from dataclasses import dataclass
from typing import Literal

from seqviz.networks.attention import Weights
from seqviz.networks.encoder_decoder import Redirect

AttentionChange = Literal["none", "blur", "move", "freeze"]
CHANGES: tuple[AttentionChange, ...] = ("none", "blur", "move", "freeze")


@dataclass(frozen=True)
class AttentionEdit:
    """One change of every step's attention from `start` on; each step stays a distribution over the places.

    - "blur": mixed with equal weights for all places; `amount` percent of these.
    - "move": `amount` places further (less than 0: back); what would leave at one side enters at the other.
    - "freeze": as it was at the step before `start`; if that is the first, as it is there.
    """

    change: AttentionChange
    amount: int = 0
    start: int = 0

    def __post_init__(self) -> None:
        assert self.change in CHANGES, self.change

    def redirect(self) -> Redirect:
        """What `EncoderDecoder.write` calls at every step of one sequence, in order."""
        kept: list[Weights] = []

        def changed(step: int, weights: Weights) -> Weights:
            if self.change == "freeze":
                if step <= max(0, self.start - 1):
                    kept[:] = [weights]
                return kept[0]
            if step < self.start or self.change == "none":
                return weights
            if self.change == "move":
                return weights.roll(self.amount, dims=-1)
            share = self.amount / 100
            return (1 - share) * weights + share / weights.shape[-1]

        return changed
