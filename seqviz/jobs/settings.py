"""The settings of a server: what one run may need, what one visitor may have, how long things are kept.

This file imports nothing heavy: a wrong setting is said before the server has loaded PyTorch.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from seqviz import machine
from seqviz.errors import SpecError

GB, HOUR, DAY = 1e9, 3600.0, 86_400.0
SETTINGS = {
    "SEQVIZ_RUN_GB": "memory of one run, in GB",
    "SEQVIZ_RUN_HOURS": "hours that one run may take",
    "SEQVIZ_RUNS_EACH": "runs of one visitor that may be under way",
    "SEQVIZ_KEEP_DAYS": "days for which runs and texts are kept",
    "SEQVIZ_KEEP_GB": "GB that runs and texts may fill",
    "SEQVIZ_JOBS": "runs that compute at a time",  # else one for each GPU, or one
    "SEQVIZ_NICE": "how much workers give way to pages, 1 to 19",
}
"""The environment's names of the bounds, and what each bounds."""


@dataclass(frozen=True)
class Limits:
    """The bounds of a server, in bytes and seconds; None is no bound.

    `memory` is what all runs in memory may need together, `run_memory` and `run_seconds` what one may, `each` how many
    runs one visitor may have under way. A run computes for a `turn` while others wait, by a worker whose priority is
    lower by `niceness` than that of the server. What is older than
    `kept_seconds` is deleted, then the oldest, until what is left fits into `kept_bytes`.
    """

    memory: float
    run_memory: float
    run_seconds: float
    each: int = 2
    running: int = 1
    turn: float = 15.0
    niceness: int = 10
    kept_seconds: float | None = None
    kept_bytes: float | None = None

    @classmethod
    def of_server(cls, shared: bool, environment: Mapping[str, str] = os.environ) -> "Limits":
        """Those of this machine: generous where it is one person's; the environment's settings go before.

        Raises:
            SpecError: a setting is no number above 0.
        """
        setting = partial(_setting, environment)
        total = machine.memory() / 2
        usual = min(1.0 * GB, total) if shared else total
        days = setting("SEQVIZ_KEEP_DAYS", 30 if shared else None)
        filled = setting("SEQVIZ_KEEP_GB", 5 if shared else None)
        run_memory = (setting("SEQVIZ_RUN_GB", None) or usual / GB) * GB
        return cls(
            memory=max(total, run_memory),
            run_memory=run_memory,
            run_seconds=(setting("SEQVIZ_RUN_HOURS", 1 if shared else 24) or 1) * HOUR,
            each=max(1, int(setting("SEQVIZ_RUNS_EACH", 2) or 2)),
            running=max(1, int(setting("SEQVIZ_JOBS", None) or machine.gpus())),
            niceness=min(19, int(setting("SEQVIZ_NICE", 10) or 10)),
            kept_seconds=days and days * DAY,
            kept_bytes=filled and filled * GB,
        )


def size(count: float) -> str:
    """Bytes as a person says them.

    >>> size(2_340_000_000), size(45_600_000), size(200_000), size(12_300)
    ('2.3 GB', '46 MB', '0.2 MB', '12 kB')
    """
    if count >= GB:
        return f"{count / GB:.1f} GB"
    if count < 1e5:
        return f"{max(1, round(count / 1e3))} kB"
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(75), duration(400), duration(7000), duration(100_000), duration(2_600_000)
    ('75 s', '7 min', '1.9 hours', '28 hours', '30 days')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    hours, days = seconds / HOUR, seconds / DAY
    if days >= 4:
        return f"{days:,.0f} days"
    return f"{hours:.1f} hours" if hours < 10 else f"{hours:,.0f} hours"


def _setting(environment: Mapping[str, str], name: str, default: float | None) -> float | None:
    written = environment.get(name, "").strip()
    if not written:
        return default
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise SpecError([f"{name} ({SETTINGS[name]}) is {written!r}; set it to a number above 0, or leave it out"])
    return value
