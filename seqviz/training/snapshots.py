"""Snapshots of a run: the weights at a few training steps, close together at first, in half precision in one file."""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from seqviz.errors import CheckpointError, SpecError
from seqviz.networks.build import LearnedNetwork, build_model, shapes
from seqviz.specs import LearnedSpec, spec_from_dict
from seqviz.training.checkpoints import write_tensors
from seqviz.training.formats import upgrade_spec, upgrade_weights

FORMAT, FORMAT_1 = "seqviz-snapshots-2", "seqviz-snapshots-1"
COUNT = 10


def snapshot_steps(total: int, count: int = COUNT) -> tuple[int, ...]:
    """At most `count` steps from 0 to `total`, 0 and 1 included, each about the same factor after the one before.

    >>> snapshot_steps(9000)
    (0, 1, 3, 10, 30, 95, 296, 924, 2884, 9000)
    """
    factors = [(index - 1) / (count - 2) for index in range(1, count)]
    return tuple(sorted({0, *(round(total**factor) for factor in factors)}))


@dataclass(frozen=True)
class Snapshots:
    """The weights of one run by training step."""

    model: LearnedSpec
    weights: Mapping[int, Mapping[str, Tensor]]

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(sorted(self.weights))

    def build(self, step: int) -> LearnedNetwork:
        """The network as it was after `step` updates, to half precision; in eval mode on the CPU."""
        model = build_model(self.model)
        model.load_state_dict({name: tensor.float() for name, tensor in self.weights[step].items()})
        return model.eval()


def half_precision_weights(model: LearnedNetwork) -> dict[str, Tensor]:
    """Copies of a network's weights in half precision, on the CPU."""
    return {name: tensor.detach().to("cpu", torch.half, copy=True) for name, tensor in model.state_dict().items()}


def save_snapshots(snapshots: Snapshots, path: Path) -> None:
    """Write the file whole or not at all.

    Raises:
        CheckpointError: the disk is full or the folder cannot be written.
    """
    tensors = {
        f"{step}.{name}": tensor for step, weights in snapshots.weights.items() for name, tensor in weights.items()
    }
    write_tensors(path, tensors, {"format": FORMAT, "model": json.dumps(snapshots.model.to_dict())})


def load_snapshots(path: Path | str) -> Snapshots | None:
    """The snapshots of a run; None where it has none.

    Raises:
        CheckpointError: the file is foreign or damaged.
    """
    path = Path(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") not in (FORMAT, FORMAT_1):
                raise CheckpointError(f"{path.name} holds no snapshots of SeqViz; delete it.")
            weights: dict[int, dict[str, Tensor]] = {}
            for key in file.keys():  # noqa: SIM118
                step, _, name = key.partition(".")
                weights.setdefault(int(step), {})[name] = file.get_tensor(key)
            model = json.loads(metadata["model"])
            if metadata["format"] == FORMAT_1:
                weights = {step: upgrade_weights(named) for step, named in weights.items()}
                snapshots = Snapshots(upgrade_spec(model), weights)
            else:
                snapshots = Snapshots(spec_from_dict(model), weights)
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError, SpecError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"The snapshots {path.name} are damaged ({error}). Delete the file.") from error
    expected = shapes(snapshots.model)
    for step, tensors in list(weights.items()):
        if not all(tensor.isfinite().all() for tensor in tensors.values()):
            del weights[step]  # a run that diverged has weights that half precision cannot hold
        elif {name: tuple(tensor.shape) for name, tensor in tensors.items()} != expected:
            raise CheckpointError(f"The snapshots {path.name} do not fit their own description. Delete the file.")
    return snapshots


class SnapshotRecorder:
    """Keeps the snapshots of a run that is under way: in memory at the `wanted` steps, on disk after each of them.

    A run that is resumed adds to the snapshots on disk. Where the file cannot be read or written, the run goes on
    without it.
    """

    def __init__(self, model: LearnedSpec, wanted: Collection[int], path: Path) -> None:
        self._model, self._wanted, self._path = model, wanted, path
        self._weights: dict[int, Mapping[str, Tensor]] = {}
        with suppress(CheckpointError):
            if (earlier := load_snapshots(path)) and earlier.model == model:
                self._weights.update(earlier.weights)

    @property
    def missing(self) -> frozenset[int]:
        """The steps that are wanted and not there."""
        return frozenset(self._wanted) - set(self._weights)

    def keep(self, step: int, weights: Mapping[str, Tensor]) -> None:
        """The weights after this step, in half precision."""
        self._weights[step] = weights
        with suppress(CheckpointError):
            save_snapshots(Snapshots(self._model, self._weights), self._path)
