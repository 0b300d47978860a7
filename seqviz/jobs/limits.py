"""What one run may need, and what one visitor may have: bounds that keep a server there for everybody."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from seqviz.data.datasets import Dataset
from seqviz.errors import SpecError, TooLarge
from seqviz.specs import ModelSpec, NetworkSpec, TrainSpec
from seqviz.training.estimate import Cost, run_cost, smaller

GB, HOUR, DAY = 1e9, 3600.0, 86_400.0
SETTINGS = {
    "SEQVIZ_RUN_GB": "memory of one run, in GB",
    "SEQVIZ_RUN_HOURS": "hours that one run may take",
    "SEQVIZ_RUNS_EACH": "runs of one visitor that may be under way",
    "SEQVIZ_KEEP_DAYS": "days for which runs and texts are kept",
    "SEQVIZ_KEEP_GB": "GB that runs and texts may fill",
    "SEQVIZ_JOBS": "runs that compute at a time",
}
"""The environment's names of the bounds, and what each bounds."""


@dataclass(frozen=True)
class Limits:
    """The bounds of a server, in bytes and seconds; None is no bound.

    `memory` is what all runs in memory may need together, `run_memory` and `run_seconds` what one may, `each` how many
    runs one visitor may have under way. A run computes for a `turn` while others wait. What is older than
    `kept_seconds` is deleted, then the oldest, until what is left fits into `kept_bytes`.
    """

    memory: float
    run_memory: float
    run_seconds: float
    each: int = 2
    running: int = 1
    turn: float = 15.0
    kept_seconds: float | None = None
    kept_bytes: float | None = None

    @classmethod
    def of_server(cls, shared: bool, environment: Mapping[str, str] = os.environ) -> "Limits":
        """Those of this machine: generous where it is one person's; the environment's settings go before.

        Raises:
            SpecError: a setting is no number above 0.
        """
        setting = partial(_setting, environment)
        total = memory_of_machine() / 2
        usual = min(1.0 * GB, total) if shared else total
        days = setting("SEQVIZ_KEEP_DAYS", 30 if shared else None)
        filled = setting("SEQVIZ_KEEP_GB", 5 if shared else None)
        run_memory = (setting("SEQVIZ_RUN_GB", None) or usual / GB) * GB
        return cls(
            memory=max(total, run_memory),
            run_memory=run_memory,
            run_seconds=(setting("SEQVIZ_RUN_HOURS", 1 if shared else 24) or 1) * HOUR,
            each=max(1, int(setting("SEQVIZ_RUNS_EACH", 2) or 2)),
            running=max(1, int(setting("SEQVIZ_JOBS", 1) or 1)),
            kept_seconds=days and days * DAY,
            kept_bytes=filled and filled * GB,
        )

    def fit(self, cost: Cost) -> bool:
        """Whether a run may need so much."""
        return cost.memory <= self.run_memory and cost.seconds <= self.run_seconds

    def check(self, spec: NetworkSpec, training: TrainSpec, data: Dataset) -> Cost:
        """What a run needs.

        Raises:
            TooLarge: that is more than a run may; the message says what would fit.
        """
        cost = run_cost(spec, training, data)
        if not self.fit(cost):
            smaller_ones = (
                smaller(spec, training, lambda spec, training: self.fit(run_cost(spec, training, data)))
                if isinstance(spec, ModelSpec)
                else []
            )
            raise TooLarge(f"This run would need {self._too_much(cost)} It would fit with {_or(smaller_ones)}.")
        return cost

    def check_together(self, cost: Cost) -> None:
        """Several runs that are one: a race, an experiment.

        Raises:
            TooLarge: together they need more than a run may.
        """
        if not self.fit(cost):
            raise TooLarge(f"All in all this would need {self._too_much(cost)} Take fewer units, layers or epochs.")

    def _too_much(self, cost: Cost) -> str:
        parts = []
        if cost.memory > self.run_memory:
            parts.append(f"{size(cost.memory)} of memory, and a run may have {size(self.run_memory)} here")
        if cost.seconds > self.run_seconds:
            parts.append(f"about {duration(cost.seconds)}, and a run may take {duration(self.run_seconds)} here")
        return f"{'; and '.join(parts)}."


def memory_of_machine() -> float:
    """Bytes of memory; 8 GB where the system does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return 8 * GB


def size(count: float) -> str:
    """Bytes as a person says them.

    >>> size(2_340_000_000), size(45_600_000), size(200_000)
    ('2.3 GB', '46 MB', '0.2 MB')
    """
    if count >= GB:
        return f"{count / GB:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(75), duration(400), duration(7000), duration(300_000)
    ('75 s', '7 min', '1.9 hours', '83 hours')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    hours = seconds / HOUR
    return f"{hours:.1f} hours" if hours < 10 else f"{hours:,.0f} hours"


def _or(parts: list[str]) -> str:
    return ", or with ".join(parts) if parts else "a much smaller network and smaller batches"


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
