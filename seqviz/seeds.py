"""Seeds that are made from other seeds."""


def derive_seed(seed: int, *parts: int) -> int:
    """A seed for one part of a seeded whole, such as a step of a run: different parts get independent numbers.

    >>> derive_seed(1, 5), derive_seed(1, 6)
    (1000008, 1000009)
    """
    for part in parts:
        seed = (seed * 1_000_003 + part) % 2**63
    return seed
