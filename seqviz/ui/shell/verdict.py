"""A measured difference of two heads, in a sentence."""

from seqviz.experiments.statistics import Difference


def verdict(one: str, other: str, difference: Difference) -> str:
    """Which of the two is better, by how much, and whether that is more than chance."""
    chance = "p below 0.001" if difference.p < 0.001 else f"p = {difference.p:.2g}"
    if difference.mean == 0:
        return f"Both are right equally often on this test split ({chance})."
    better, worse = (one, other) if difference.mean > 0 else (other, one)
    ends = sorted((abs(difference.low) * 100, abs(difference.high) * 100))
    if difference.low < 0 < difference.high:
        ends = [-ends[0], ends[1]]
    points = f"**{abs(difference.mean) * 100:.2f} points** above {worse} (95 %: {ends[0]:.2f} to {ends[1]:.2f})"
    sure = "hardly by chance" if difference.clear else "this cannot tell which is better"
    return f"{better[0].upper()}{better[1:]} is {points}; {sure} ({chance})."
