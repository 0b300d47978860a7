"""Whose a run is, and who may see it."""

from dataclasses import dataclass

from seqviz.data.names import DATASETS, REVIEWS, SERIES, TASKS, TEXTS

PUBLIC = frozenset((*DATASETS, *REVIEWS, *TEXTS, *TASKS, *SERIES))


def is_public(dataset: str) -> bool:
    """Whether data ships, is fetched, or is made on this machine; any other is what somebody brought.

    >>> is_public("digits"), is_public("numbers-de-en"), is_public("pairs-0123456789ab")
    (True, True, False)
    """
    return dataset in PUBLIC or dataset.startswith(("numbers-", "dates-"))


@dataclass(frozen=True)
class Visitor:
    """Who asks: `badge` tells visitors of a `shared` server apart; on one person's own server everything is theirs."""

    badge: str
    shared: bool = True

    def owns(self, owner: str) -> bool:
        """Whether what this owner started may be steered, renamed and deleted."""
        return not self.shared or owner == self.badge

    def may_see(self, owner: str, dataset: str, *, shared: bool) -> bool:
        """Whether a run on this data may be seen: what a visitor brought to learn from is that visitor's alone.

        >>> Visitor("ann").may_see("ben", "own-1f", shared=False), Visitor("ann").may_see("ben", "digits", shared=False)
        (False, True)
        """
        return shared or is_public(dataset) or self.owns(owner)


EVERYBODY = Visitor("", shared=False)
"""The server's own view, which sees everything."""
