"""Checkpoints: one safetensors file a run, with everything but the tensors as JSON in its metadata.

Nothing is ever unpickled. A file is written beside its final name and moved there, so a killed process leaves either
the old checkpoint or the new one.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from seqviz.errors import CheckpointError, SpecError
from seqviz.networks.build import LearnedNetwork, build_model, shapes
from seqviz.networks.objectives import OBJECTIVES
from seqviz.specs import LearnedSpec, ObjectiveName, TrainSpec, spec_from_dict
from seqviz.training.curves import EVAL_COLUMNS, STEP_COLUMNS
from seqviz.training.events import SnapshotTaken
from seqviz.training.formats import upgrade_description, upgrade_optimizer, upgrade_spec, upgrade_weights

FORMAT, FORMAT_1 = "seqviz-2", "seqviz-1"
Status = Literal["running", "finished", "stopped", "diverged", "failed"]
MOST_STEPS = 10**12


@dataclass(frozen=True)
class Checkpoint:
    """A network's weights and how they came about.

    `settings`, `optimizer` and `carried` are there only where a run can go on. `metrics` holds the numbers of the last
    evaluation, which was made after step `scored_at`; `curve` is what `Curve.columns` gives. `status` is what the run
    was doing when this was written, `reason` why it ended, `owner` who may go on with it under its name. `classes` are
    the names of what it answers, where its data gives them. Weights may be kept in half precision; they are read in
    single precision.
    """

    model: LearnedSpec
    weights: Mapping[str, Tensor]
    dataset: str
    training: TrainSpec
    objective: ObjectiveName = "cross_entropy"
    step: int = 0
    total: int = 0
    status: Status = "finished"
    reason: str = ""
    owner: str = ""
    classes: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    scored_at: int = 0
    curve: Mapping[str, list[float]] = field(default_factory=dict)
    optimizer: Mapping[str, Tensor] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    carried: Mapping[str, Tensor] = field(default_factory=dict)

    def build(self) -> LearnedNetwork:
        """The network, in eval mode on the CPU."""
        model = build_model(self.model)
        model.load_state_dict(dict(self.weights))
        return model.eval()

    @property
    def snapshot(self) -> SnapshotTaken | None:
        """What `train(resume=…)` goes on from, if this checkpoint holds it."""
        if not self.settings:
            return None
        return SnapshotTaken(self.step, self.weights, self.optimizer, self.settings, self.carried)

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> "Checkpoint":
        description = json.loads(metadata["about"])
        training = TrainSpec.from_dict(description.pop("training"))
        model: LearnedSpec
        weights, optimizer = _named(tensors, "model."), _named(tensors, "optimizer.")
        if metadata["format"] == FORMAT_1:
            upgraded = upgrade_spec(description.pop("model"))
            description = upgrade_description(description, upgraded)
            model = upgraded
            weights, optimizer = upgrade_weights(weights), upgrade_optimizer(optimizer, upgraded)
        else:
            model = spec_from_dict(description.pop("model"))
        description["classes"] = tuple(description.get("classes", ()))
        _check_description(description)
        description["scored_at"] = int(description["scored_at"])
        return cls(
            model=model,
            training=training,
            weights=weights,
            optimizer=optimizer,
            carried=_named(tensors, "carried."),
            **description,
        )

    def metadata(self) -> dict[str, str]:
        tensors = ("weights", "optimizer", "carried")
        description = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in tensors}
        specs = {"model": self.model.to_dict(), "training": self.training.to_dict()}
        try:
            text = json.dumps(description | specs, default=dict, allow_nan=False)
        except ValueError as error:
            raise CheckpointError("The run's numbers are not all finite, so there is no checkpoint of them.") from error
        return {"format": FORMAT, "about": text}


def save_checkpoint(checkpoint: Checkpoint, path: Path | str) -> None:
    """Write the file whole or not at all.

    Raises:
        CheckpointError: the disk is full, the folder cannot be written, or a metric is not finite.
    """
    write_tensors(Path(path), _tensors(checkpoint), checkpoint.metadata())


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """What `save_checkpoint` would write."""
    return save(_tensors(checkpoint), checkpoint.metadata())


def _tensors(checkpoint: Checkpoint) -> dict[str, Tensor]:
    parts = {"model": checkpoint.weights, "optimizer": checkpoint.optimizer, "carried": checkpoint.carried}
    return {
        f"{part}.{name}": tensor.clone(memory_format=torch.contiguous_format)  # tied weights share their memory
        for part, named in parts.items()
        for name, tensor in named.items()
    }


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file beside its final name and move it there.

    Raises:
        CheckpointError: the disk is full or the folder cannot be written.
    """
    if not path.name or path.is_dir():
        raise CheckpointError(f"{path} is a folder; name a file in it.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(save(tensors, metadata))
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"The checkpoint {path.name} could not be written to {path.parent} ({_cause(error)}). "
            "Free some space or choose another folder."
        ) from error
    finally:
        _remove(partial)


def load_checkpoint(path: Path | str, *, with_optimizer: bool = False) -> Checkpoint:
    """Read a checkpoint and hold it to its own spec: names, shapes, finite numbers.

    Without its optimizer a checkpoint shows and answers, but no run can go on from it.

    Raises:
        CheckpointError: the file is missing, foreign or damaged.
    """
    path = Path(path)
    wanted = ("model.", "optimizer.", "carried.") if with_optimizer else ("model.",)
    checkpoint = _read(path, wanted)
    _hold_to_spec(checkpoint, path)
    return checkpoint if with_optimizer else replace(checkpoint, settings={})


def load_resumable(path: Path | str) -> Checkpoint:
    """A checkpoint that a run can go on from.

    Raises:
        CheckpointError: the file is missing, foreign or damaged, or holds no optimizer state.
    """
    checkpoint = load_checkpoint(path, with_optimizer=True)
    if checkpoint.snapshot is None:
        raise CheckpointError(
            f"{Path(path).name} holds no optimizer state, so its run cannot go on; start it anew with the same seed."
        )
    return checkpoint


def read_description(path: Path | str) -> Checkpoint:
    """A checkpoint without its tensors: quick, for lists.

    Raises:
        CheckpointError: the file is missing, foreign or damaged.
    """
    return _read(Path(path), wanted=())


def _read(path: Path, wanted: tuple[str, ...]) -> Checkpoint:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") not in (FORMAT, FORMAT_1):
                raise CheckpointError(f"{path.name} was not written by SeqViz; choose a checkpoint of this project.")
            names = [name for name in file.keys() if name.startswith(wanted)]  # noqa: SIM118
            tensors = {name: _in_full(file.get_tensor(name)) for name in names}
            return Checkpoint.from_metadata(metadata, tensors)
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no checkpoint {path.name} here; it was moved or deleted.") from error
    except SpecError as error:
        raise CheckpointError(f"{path.name} describes a network that cannot be: {error}.") from error
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{path.name} is damaged or no checkpoint at all ({_cause(error)}). Delete it or train the network again."
        ) from error


def _in_full(tensor: Tensor) -> Tensor:
    """What was kept in half precision, in single precision."""
    return tensor.float() if tensor.dtype == torch.half else tensor


def _check_description(description: Mapping[str, Any]) -> None:
    """Hold the description to its types and to finite numbers, so that nobody who reads it meets a surprise."""
    texts = all(isinstance(description[name], str) for name in ("dataset", "reason", "owner"))
    counts = all(_is_count(description[name]) for name in ("step", "total", "scored_at"))
    numbers = all(map(_is_number, description["metrics"].values()))
    texts = texts and all(isinstance(name, str) for name in description["classes"])
    shaped = _is_curve(description["curve"]) and isinstance(description["settings"], dict)
    if not (texts and counts and numbers and shaped):
        raise ValueError("its description is not of the form that SeqViz writes")
    if description["status"] not in get_args(Status):
        raise ValueError(f"its status is {description['status']!r}")
    if description["objective"] not in OBJECTIVES:
        raise ValueError(f"its objective is {description['objective']!r}")


def _is_curve(curve: Any) -> bool:
    """Whether it has the columns that every curve has, those of steps and those of evaluations of one length each."""
    if not all(_is_number(value) for values in curve.values() for value in values):
        return False
    evaluations = {name for name in curve if name.startswith("eval_")}
    lengths = [{len(curve[name]) for name in names} for names in (evaluations, curve.keys() - evaluations)]
    return not curve or (curve.keys() >= {*STEP_COLUMNS, *EVAL_COLUMNS} and all(len(group) == 1 for group in lengths))


def _is_number(value: object) -> bool:
    """Whether it is finite, and no larger than a float can be."""
    return isinstance(value, int | float) and -sys.float_info.max <= value <= sys.float_info.max


def _is_count(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= MOST_STEPS and value == int(value)


def _hold_to_spec(checkpoint: Checkpoint, path: Path) -> None:
    if {name: tuple(tensor.shape) for name, tensor in checkpoint.weights.items()} != shapes(checkpoint.model):
        raise CheckpointError(f"{path.name} is damaged: its tensors do not fit its own description. Train it again.")
    if not all(torch.isfinite(tensor).all() for tensor in checkpoint.weights.values()):
        raise CheckpointError(f"{path.name} holds NaN or infinity among its weights. Train the network again.")


def _named(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _cause(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
