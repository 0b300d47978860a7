"""Series that the package statsmodels brings along; all are in the public domain.

Sunspots: yearly means, 1700 to 2008 (National Geophysical Data Center). CO₂: weekly means at Mauna Loa, 1958 to 2001
(Keeling and Whorf 2004). Nile: yearly discharge at Aswan, 1871 to 1970 (Cobb 1978). Macro: quarterly figures of the
United States, 1959 to 2009 (Federal Reserve Bank of St. Louis).
"""

import csv
import io
from importlib.resources import files

import torch
from torch import Tensor

from seqviz.data.gaps import filled
from seqviz.data.series import Series


def sunspots() -> Series:
    """309 yearly means; a cycle takes about 11 years."""
    values = _column("sunspots", "SUNACTIVITY")
    return Series("sunspots", "Sunspots", "sunspots", values, period=11, step="year", start="1700", frequency="YS")


def co2() -> Series:
    """2,284 weekly means; 59 weeks were not measured."""
    values, missing = filled(_column("co2", "co2"))
    return Series(
        "co2",
        "CO₂ at Mauna Loa",
        "ppm",
        values,
        period=52,
        step="week",
        start="1958-03-29",
        frequency="W-SAT",
        notes=(f"{missing} weeks without a measurement have the value before them.",),
    )


def nile() -> Series:
    """100 yearly discharges."""
    values = _column("nile", "volume")
    return Series("nile", "The Nile", "10⁸ m³", values, step="year", start="1871", frequency="YS")


def macro() -> Series:
    """203 quarters of unemployment, with growth, inflation and interest beside it; seasons have been taken out."""
    growth = _column("macrodata", "realgdp").log().diff(prepend=torch.tensor([float("nan")])) * 100
    growth[0] = growth[1]
    others = torch.stack([growth, _column("macrodata", "infl"), _column("macrodata", "tbilrate")], dim=1)
    return Series(
        "macro",
        "US unemployment",
        "%",
        _column("macrodata", "unemp"),
        step="quarter",
        start="1959-01-01",
        frequency="QS",
        others=others,
        other_names=("growth of GDP", "inflation", "interest on treasury bills"),
        notes=("Seasonally adjusted by its source, so its period is 1.", "The first quarter's growth is not known."),
    )


BUNDLED = {"co2": co2, "sunspots": sunspots, "nile": nile, "macro": macro}


def _column(dataset: str, name: str) -> Tensor:
    """One column of a dataset; what is missing is NaN."""
    content = (files("statsmodels") / "datasets" / dataset / f"{dataset}.csv").read_text("utf-8")
    rows = csv.DictReader(io.StringIO(content))
    return torch.tensor([float(row[name] or "nan") for row in rows], dtype=torch.float64)
