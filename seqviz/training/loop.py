"""The training loop: a generator of events. Pausing, stopping, live curves and tests are all callers of it."""

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property
from itertools import chain, pairwise

import torch
from torch import Tensor, nn

from seqviz.data.batch import Batch
from seqviz.data.datasets import Dataset
from seqviz.data.words import UNKNOWN_TOKEN
from seqviz.errors import CheckpointError
from seqviz.global_state import seeded_global_generators
from seqviz.networks.build import Network
from seqviz.networks.encoder_decoder import EncoderDecoder
from seqviz.networks.evaluation import Evaluation
from seqviz.networks.network import HiddenState, detached
from seqviz.networks.objectives import OBJECTIVES
from seqviz.networks.scoring import evaluate_in_batches
from seqviz.seeds import derive_seed
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.devices import pick_device
from seqviz.training.events import (
    EvalAdvanced,
    EvalCompleted,
    RunEnded,
    SnapshotTaken,
    StepCompleted,
    TrainEvent,
)

Augmentation = Callable[[Tensor, torch.Generator], Tensor]
"""Changes the inputs of a training batch, drawing from the generator that it is given."""


def total_steps(data: Dataset, spec: TrainSpec) -> int:
    """Updates of the weights in a whole run."""
    return spec.epochs * data.steps_per_epoch(spec)


def train(
    model: Network,
    data: Dataset,
    spec: TrainSpec,
    *,
    resume: SnapshotTaken | None = None,
    augment: Augmentation | None = None,
    stop: Callable[[], bool] = lambda: False,
    snapshot: Callable[[], bool] = lambda: False,
) -> Iterator[TrainEvent]:
    """Train `model` in place on the batches of `data`. Nothing runs between two events.

    The first event is a snapshot of the weights that the run starts from; every evaluation is followed by one.
    The same seed on the same device gives the same events, number for number (but for the speed). After a `resume`
    they are those that the unbroken run would have given.

    Args:
        resume: a snapshot of an earlier run of the same specs, to go on from.
        augment: changes the training inputs `(batch, time, input)`.
        stop: asked before every step and within evaluations; once it says yes, the run takes a last snapshot and ends.
        snapshot: asked after every step; a yes takes a snapshot beside those that `spec` asks for.

    Raises:
        InputError: the data does not fit the model or its own objective.
        DeviceError: the device is not there.
        CheckpointError: the snapshot is of another network, or of data of another size.

    >>> from seqviz import ModelSpec, build_model, load_dataset
    >>> events = train(build_model(ModelSpec.classifier("gru", 8)), load_dataset("digits"), TrainSpec(epochs=1))
    >>> [type(event).__name__ for event in events][:2]
    ['SnapshotTaken', 'StepCompleted']
    """
    device = pick_device(spec.device)
    data = data.for_network(model.spec)
    was_training = model.training
    model.to(device).train()
    try:
        run = _Run(model, data, spec, device, augment, stop, snapshot)
        yield from run.events(resume)
    finally:
        model.train(was_training)


class _Run:
    """The parts that the steps of one run share."""

    def __init__(
        self,
        model: Network,
        data: Dataset,
        spec: TrainSpec,
        device: torch.device,
        augment: Augmentation | None,
        stop: Callable[[], bool],
        snapshot: Callable[[], bool],
    ) -> None:
        self.model, self.data, self.spec, self.device = model, data, spec, device
        self.augment, self.stop, self.snapshot_asked = augment, stop, snapshot
        self.objective = OBJECTIVES[data.objective]
        self.total = total_steps(data, spec)
        self.state: HiddenState | None = None  # what the next batch starts from, where it continues the last one
        self.parameters = list(model.parameters())
        self.optimizer = _optimizer(self.parameters, spec)
        self.schedule = (
            torch.optim.lr_scheduler.OneCycleLR(self.optimizer, spec.learning_rate, total_steps=self.total)
            if spec.schedule == "one-cycle" and self.total > 1
            else None
        )
        self.seconds_per_example = 0.0
        self.scored_at = 0  # the last step after which the test split was scored
        self.best, self.waited = math.inf, 0  # the lowest loss there, and how many evaluations have not fallen below

    def events(self, resume: SnapshotTaken | None) -> Iterator[TrainEvent]:
        step = self._restore(resume) if resume else 0
        batches = self.data.training_batches(self.spec, self.device, after=step)
        first = next(batches, None)
        if first is not None:
            self.model.check(first[:1].inputs, first[:1].lengths)
        yield self._snapshot(step)
        ended = None
        if resume and self._due(step) and self.scored_at != step:  # it was stopped while it was evaluated
            ended = yield from self._evaluate(step)
        if ended := ended or self._lost_patience(step):
            yield ended
            return
        for batch, following in pairwise(chain([first], batches, [None])):
            if batch is None:
                break  # a run that was resumed at its end
            if self.stop():
                yield self._snapshot(step)
                yield self._stopped(step)
                return
            completed = self._step(batch, step + 1)
            if following is None or not following.continues:
                self.state = None
            if isinstance(completed, RunEnded):
                yield completed
                return
            step += 1
            yield completed
            if self._due(step):
                if ended := (yield from self._evaluate(step)) or self._lost_patience(step):
                    yield ended
                    return
            elif self._asked(step):
                yield self._snapshot(step)
        yield RunEnded(step, "finished", f"All {self.total} steps are done.")

    def _due(self, step: int) -> bool:
        """Whether the test split is scored after this step: every `eval_every` steps or every epoch, and at the end."""
        every = self.spec.eval_every or self.total // self.spec.epochs
        return step > 0 and (step % every == 0 or step == self.total)

    def _asked(self, step: int) -> bool:
        """Whether a snapshot is taken after this step: every `snapshot_every` steps, and when the caller wants one."""
        every = self.spec.snapshot_every
        return bool(every and step % every == 0) or self.snapshot_asked()

    def _step(self, batch: Batch, step: int) -> StepCompleted | RunEnded:
        started = time.perf_counter()
        if self.augment:
            generator = torch.Generator().manual_seed(derive_seed(self.spec.seed, step))
            batch = replace(batch, inputs=self.augment(batch.inputs, generator))
        if self.spec.word_dropout and isinstance(self.model.spec, ModelSpec) and self.model.spec.words:
            batch = self._with_words_dropped(batch, step)
        with self._dropout(step):
            outputs, state = self._answers(batch, step)
        self.state = None if state is None else detached(state)
        self.objective.check(outputs, batch)
        loss = self.objective.loss(outputs, batch)
        for parameter in self.parameters:
            parameter.grad = None
        loss.backward()
        loss_value = float(loss.detach())
        norm = _clip(self.parameters, self.spec.clip)
        rate = self.optimizer.param_groups[0]["lr"]
        if not (math.isfinite(norm) and math.isfinite(loss_value)):
            return RunEnded(step, "diverged", _why_diverged(self.spec, step, loss_value, norm, batch.inputs))
        self.optimizer.step()
        if self.schedule and step < self.total:
            self.schedule.step()
        metrics = self.objective.measure(outputs.detach(), batch)
        count = self.objective.count(batch)
        spent = (time.perf_counter() - started) / count
        self.seconds_per_example = 0.95 * self.seconds_per_example + 0.05 * spent if self.seconds_per_example else spent
        return StepCompleted(step, loss_value, metrics, norm, rate, count, 1 / self.seconds_per_example)

    def _answers(self, batch: Batch, step: int) -> tuple[Tensor, HiddenState | None]:
        if not isinstance(self.model, EncoderDecoder):
            return self.model.answers(batch, self.state)
        own_share = (1 - self.spec.teacher_forcing) * (step - 1) / max(1, self.total - 1)
        generator = torch.Generator().manual_seed(derive_seed(self.spec.seed, step))
        return self.model.answers(batch, own_share=own_share, generator=generator)

    def _with_words_dropped(self, batch: Batch, step: int) -> Batch:
        generator = torch.Generator().manual_seed(derive_seed(self.spec.seed, step))
        dropped = torch.rand(batch.inputs.shape, generator=generator) < self.spec.word_dropout
        return replace(batch, inputs=batch.inputs.masked_fill(dropped.to(batch.inputs.device), UNKNOWN_TOKEN))

    def _evaluate(self, step: int) -> Generator[TrainEvent, None, RunEnded | None]:
        """Score the test split and take a snapshot; the end of the run, if it ends here."""
        for result in evaluate_in_batches(self.model, self.data.test_batches(self.device), self.objective):
            if not isinstance(result, Evaluation):
                yield EvalAdvanced(step, result, self.test_size)
                if self.stop():
                    yield self._snapshot(step)
                    return self._stopped(step)
            elif not all(map(math.isfinite, result.metrics.values())):
                return RunEnded(step, "diverged", _why_scores_diverged(self.spec, step, result))
            else:
                self.waited = 0 if result.loss < self.best else self.waited + 1
                self.best = min(self.best, result.loss)
                yield EvalCompleted(step, result)
        self.scored_at = step
        yield self._snapshot(step)
        return None

    def _lost_patience(self, step: int) -> RunEnded | None:
        """The end of a run whose loss on the test split does not fall any more, where the spec asks for it."""
        if not self.spec.patience or self.waited < self.spec.patience or step == self.total:
            return None
        times = "once" if self.waited == 1 else f"{self.waited} times"
        reason = f"Ended early, after step {step} of {self.total}: the held-out loss has not fallen {times} in a row."
        return RunEnded(step, "finished", reason)

    @cached_property
    def test_size(self) -> int:
        """Targets in the test split."""
        return sum(self.objective.count(batch) for batch in self.data.test_batches())

    def _stopped(self, step: int) -> RunEnded:
        return RunEnded(step, "stopped", f"Stopped after step {step} of {self.total}.")

    def _snapshot(self, step: int) -> SnapshotTaken:
        state = self.optimizer.state_dict()
        return SnapshotTaken(
            step,
            weights=copy_weights(self.model),
            optimizer={f"{i}.{name}": _copy(v) for i, values in state["state"].items() for name, v in values.items()},
            settings={
                "groups": state["param_groups"],
                "schedule": self.schedule and _plain(self.schedule),
                "evaluated": step > 0 and self.scored_at == step,
                "total": self.total,
                "best": self.best if math.isfinite(self.best) else None,
                "waited": self.waited,
            },
            carried={name: _copy(tensor) for name, tensor in self._carried().items()},
        )

    def _restore(self, snapshot: SnapshotTaken) -> int:
        state: dict[int, dict[str, Tensor]] = {}
        total = snapshot.settings.get("total", self.total)
        if total != self.total:
            raise CheckpointError(
                f"The run was to take {total} steps; with the data as it is now they are {self.total}. "
                "It cannot go on where it stopped; start it anew."
            )
        self.scored_at = snapshot.step if snapshot.settings.get("evaluated") else 0
        best = snapshot.settings.get("best")
        self.best, self.waited = math.inf if best is None else best, snapshot.settings.get("waited", 0)
        try:
            for key, tensor in snapshot.optimizer.items():
                index, name = key.split(".")
                state.setdefault(int(index), {})[name] = tensor.clone()
            self.model.load_state_dict(dict(snapshot.weights))
            self.optimizer.load_state_dict({"state": state, "param_groups": snapshot.settings["groups"]})
            if self.schedule:
                self.schedule.load_state_dict(dict(snapshot.settings["schedule"]))
            self._carry(snapshot.carried)
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise CheckpointError(
                f"The run cannot go on from its checkpoint at step {snapshot.step}: what the optimizer needs is "
                "missing or does not fit. Restart it with the same seed."
            ) from error
        return snapshot.step

    def _carried(self) -> dict[str, Tensor]:
        """The hidden state as named tensors."""
        if self.state is None:
            return {}
        states = self.state if isinstance(self.state, tuple) else (self.state,)
        return dict(zip(("hidden", "cell"), states, strict=False))

    def _carry(self, carried: Mapping[str, Tensor]) -> None:
        states = [carried[name].to(self.device) for name in ("hidden", "cell") if name in carried]
        self.state = None if not states else states[0] if len(states) == 1 else (states[0], states[1])

    def _dropout(self, step: int) -> AbstractContextManager[None]:
        """Fused layers draw their masks from the global generator: it gets a seed for the length of a forward pass."""
        return seeded_global_generators(derive_seed(self.spec.seed, step)) if self.model.dropout else nullcontext()


def _optimizer(parameters: Sequence[nn.Parameter], spec: TrainSpec) -> torch.optim.Optimizer:
    match spec.optimizer:
        case "adam":
            return torch.optim.Adam(parameters, lr=spec.learning_rate)
        case "adamw":
            return torch.optim.AdamW(parameters, lr=spec.learning_rate, weight_decay=spec.weight_decay)
        case "sgd":
            return torch.optim.SGD(parameters, lr=spec.learning_rate)


def _clip(parameters: Sequence[nn.Parameter], limit: float | None) -> float:
    """`clip_grad_norm_`, which would multiply by 1 where nothing is clipped; the norm before."""
    norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
    value = float(norm)
    if limit is not None and value + 1e-6 > 0.99 * limit:  # below, limit / (norm + 1e-6) is more than 1 for certain
        nn.utils.clip_grads_with_norm_(parameters, limit, norm)
    return value


def _why_diverged(spec: TrainSpec, step: int, loss: float, norm: float, x: Tensor) -> str:
    rate = spec.learning_rate
    what = f"At step {step} the loss was {loss:g} and the gradient norm {norm:g}"
    if not torch.isfinite(x).all():
        return f"{what}: the batch contains NaN or infinity. Clean the data."
    if math.isfinite(loss):
        return (
            f"{what}: the gradient exploded on its way back through time. Set clipping to 1 or lower the rate {rate:g}."
        )
    remedy = "lower it tenfold" if spec.clip is not None else "lower it tenfold and set clipping to 1"
    return f"{what}: the weights had grown too far, most likely because the rate {rate:g} is too high; {remedy}."


def _why_scores_diverged(spec: TrainSpec, step: int, evaluation: Evaluation) -> str:
    return (
        f"After step {step} the loss on the test split was {evaluation.loss:g}: the weights had grown too far, most "
        f"likely because the rate {spec.learning_rate:g} is too high; lower it tenfold."
    )


def copy_weights(model: Network) -> dict[str, Tensor]:
    """The weights as they are now, on the CPU."""
    return {name: _copy(tensor) for name, tensor in model.state_dict().items()}


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True)


def _plain(schedule: torch.optim.lr_scheduler.LRScheduler) -> dict[str, object]:
    """The scheduler's numbers, as JSON can hold them."""
    return {k: v for k, v in schedule.state_dict().items() if isinstance(v, int | float | str | list)}
