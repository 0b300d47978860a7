"""When a run's checkpoint is written: often enough to lose little, seldom enough to cost little."""

import time
from pathlib import Path

from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from seqviz.training.events import RunEnded, SnapshotTaken, TrainEvent


class Autosave:
    """Writes a checkpoint with a run's first snapshot, after evaluations, after `every` seconds, and at the end.

    Evaluations that come so close to each other that writing would take more than `share` of the time are passed over;
    so does a checkpoint that takes longer than `share * every` to write wait longer than that.
    """

    def __init__(self, path: Path, every: float = 30.0, share: float = 0.02) -> None:
        self._path, self._every, self._share = path, every, share
        self._written: float | None = None  # when
        self._least = 0.0  # seconds between two checkpoints that keep their share of the time
        self.seconds = 0.0  # that all have taken

    def due(self) -> bool:
        """Whether it is time for a snapshot: what `train(snapshot=…)` asks after every step."""
        return self._written is not None and time.monotonic() - self._written >= max(self._every, self._least)

    def wants(self, event: TrainEvent) -> bool:
        """Whether a checkpoint should be written after this event."""
        if isinstance(event, RunEnded):
            return True
        if not isinstance(event, SnapshotTaken):
            return False
        if self._written is None:
            return True
        gone = time.monotonic() - self._written
        return gone >= self._least and (gone >= self._every or bool(event.settings["evaluated"]))

    def save(self, checkpoint: Checkpoint) -> None:
        """Write it.

        Raises:
            CheckpointError: it cannot be written; the next attempt is made as if it had been.
        """
        started = time.monotonic()
        try:
            save_checkpoint(checkpoint, self._path)
        finally:
            self._written = time.monotonic()
            self._least = (self._written - started) / self._share
            self.seconds += self._written - started
