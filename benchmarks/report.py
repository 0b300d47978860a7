"""Figures beside their references, as a table and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured number, what it is measured against, and the bound on it (at least, or at most)."""

    name: str
    value: float
    unit: str
    reference: str
    bound: float
    at_least: bool

    @property
    def kept(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def table(figures: Sequence[Figure]) -> str:
    rows = [("figure", "measured", "bound", "", "reference in the same run")]
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        value, bound = f"{figure.value:.4g} {figure.unit}", f"{sign} {figure.bound:g} {figure.unit}"
        rows.append((figure.name, value, bound, "kept" if figure.kept else "MISSED", figure.reference))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def write(figures: Sequence[Figure], path: Path) -> None:
    path.write_text(json.dumps([asdict(f) | {"kept": f.kept} for f in figures], indent=2) + "\n", encoding="utf-8")
