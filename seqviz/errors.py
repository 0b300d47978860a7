"""The one tree of errors a user can meet. Each message is a plain sentence: what was wrong, the value, what to do.

SeqVizError
├── SpecError            a model or training specification that cannot work
├── InputError           a tensor, drawing or text of the wrong form
├── DataError            a dataset that cannot be read
│   ├── DataMissing      it is not on this machine yet
│   ├── DataCorrupt      a file is truncated or damaged
│   └── DownloadFailed   the network did not deliver it
├── CheckpointError      a file that is not a checkpoint of ours, is damaged, or could not be written
├── DeviceError          a device that this machine does not have
└── JobError             a training job that cannot be started or steered
    ├── TooLarge         it needs more memory or time than a run may have here
    ├── OutOfMemory      it took more memory than it may
    ├── WorkerLost       the process that computed it is gone
    ├── QueueFull        too many runs are under way, of one visitor or of all
    ├── NotYourJob       another visitor started it
    └── PrivateRun       it learned from what another visitor brought
"""

from collections.abc import Sequence


class SeqVizError(Exception):
    """Base of every error whose message is meant for the user."""


class SpecError(SeqVizError, ValueError):
    """A specification that cannot work; `problems` holds every reason at once."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))

    def __reduce__(self) -> tuple[type, tuple[tuple[str, ...]]]:
        return type(self), (self.problems,)


class InputError(SeqVizError, ValueError):
    """A tensor, drawing or text of the wrong form."""


class DataError(SeqVizError):
    """A dataset that cannot be read."""


class DataMissing(DataError):
    """The dataset is not on this machine yet."""


class DataCorrupt(DataError):
    """A file of the dataset is truncated or damaged."""


class DownloadFailed(DataError):
    """The network did not deliver the dataset."""


class CheckpointError(SeqVizError):
    """A file that is not a checkpoint of ours, is damaged, or could not be written."""


class DeviceError(SeqVizError):
    """A device that this machine does not have."""


class JobError(SeqVizError):
    """A training job that cannot be started or steered."""


class TooLarge(JobError):
    """A run needs more memory or time than it may have."""


class OutOfMemory(JobError):
    """It took more memory than it may; `most` is the bound in bytes."""

    def __init__(self, most: float) -> None:
        self.most = most
        super().__init__(
            f"This needed more than {most / 1e9:.1f} GB of memory, which is what it may have here; make it smaller: "
            "fewer units, a smaller batch or shorter sequences."
        )

    def __reduce__(self) -> tuple[type, tuple[float]]:
        return OutOfMemory, (self.most,)


class WorkerLost(JobError):
    """The process that computed it is gone."""


class QueueFull(JobError):
    """Too many runs are under way, of one visitor or of all."""


class NotYourJob(JobError):
    """Another visitor started the run."""


class PrivateRun(JobError):
    """The run learned from what another visitor brought."""
