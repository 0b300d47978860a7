"""`python -m seqviz`: training from a terminal."""

import argparse
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import torch
from tqdm import tqdm

from seqviz.data.datasets import DATASETS, load_dataset
from seqviz.data.text import TEXTS, TextData, load_text
from seqviz.errors import DataError, SeqVizError, SpecError
from seqviz.networks.build import AnyModel, build_any
from seqviz.specs import CELLS, HEADS, NONLINEARITIES, SCHEDULES, Device, LanguageModelSpec, ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.training.curves import Curve
from seqviz.training.devices import pick_device, training_threads
from seqviz.training.events import EvalCompleted, RunEnded, SnapshotTaken, StepCompleted
from seqviz.training.lessons import AnyData, total_steps
from seqviz.training.loop import train
from seqviz.training.recipes import default_recipe, text_recipe


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 if it went well, 1 after a sentence that says what did not."""
    options = _parser().parse_args(arguments)
    try:
        return _train(options)
    except SeqVizError as error:
        print(f"seqviz: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seqviz", description="SeqViz from a terminal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "train",
        help="train a network and save its checkpoint",
        description="Train a network as the Train page does, and save its checkpoint. "
        "What is not given comes from the recipe for the data.",
        epilog="python -m seqviz train --data mnist --cell gru --head concat --epochs 2 --out gru.safetensors; "
        "python -m seqviz train --data python --cell lstm --out writer.safetensors",
    )
    command.add_argument(
        "--data",
        default="digits",
        help=f"{', '.join(DATASETS)} for a classifier; {', '.join(TEXTS)}, or a text file, for a character model "
        "(default: digits, which are embedded)",
    )
    command.add_argument("--download", action="store_true", help="fetch the data if it is not on this machine")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the checkpoint goes")
    command.add_argument("--resume", type=Path, metavar="FILE", help="go on from a checkpoint that --out wrote")
    model = command.add_argument_group("network")
    model.add_argument("--cell", choices=CELLS)
    model.add_argument("--head", choices=HEADS, help="read the last hidden state, or all of them side by side")
    model.add_argument("--hidden-size", type=int, metavar="N", help="units a layer")
    model.add_argument("--num-layers", type=int, metavar="N")
    model.add_argument("--bidirectional", action="store_true", default=None)
    model.add_argument("--nonlinearity", choices=NONLINEARITIES, help="of an rnn")
    model.add_argument("--embedding-size", type=int, metavar="N", help="of a character model")
    model.add_argument("--tied", action="store_true", default=None, help="one matrix embeds and answers (characters)")
    model.add_argument("--dropout", type=float, metavar="P", help="between layers")
    training = command.add_argument_group("training")
    training.add_argument("--epochs", type=int, metavar="N")
    training.add_argument("--batch-size", type=int, metavar="N")
    training.add_argument("--truncate", type=int, metavar="N", help="characters a step; the gradient goes no further")
    training.add_argument("--learning-rate", type=float, metavar="RATE")
    training.add_argument("--schedule", choices=SCHEDULES)
    training.add_argument("--clip", type=float, metavar="NORM", help="bound on the gradient norm; 0 turns it off")
    training.add_argument("--seed", type=int, metavar="N")
    training.add_argument("--device", choices=get_args(Device))
    return parser


def _train(options: argparse.Namespace) -> int:
    resumed = load_checkpoint(options.resume, with_optimizer=True) if options.resume else None
    if resumed:
        name, model_spec, spec = resumed.dataset, resumed.model, resumed.training
        _refuse(options, {**model_spec.to_dict(), **spec.to_dict()})
    else:
        name = options.data
    data = _load(name, options.download)
    if not resumed:
        recipe = text_recipe(data) if isinstance(data, TextData) else default_recipe(name)
        model_spec, spec = _asked_for(options, *recipe)
    model = build_any(model_spec, spec.seed)
    total, device = total_steps(data, spec), pick_device(spec.device)
    done = resumed or Checkpoint(model_spec, model.state_dict(), name, spec, total=total, status="running")
    save_checkpoint(done, options.out)  # a file that cannot be written is found out now, not in the end
    print(f"{sum(map(torch.Tensor.numel, model.parameters())):,} parameters, {total:,} steps on {device}")
    done = _run(model, data, done, options.out)
    print(f"{done.reason} {_score(done)}, saved to {options.out}")
    return 0 if done.status == "finished" else 1


def _score(done: Checkpoint) -> str:
    if isinstance(done.model, ModelSpec):
        return f"Test accuracy {done.metrics.get('accuracy', 0):.2%}"
    loss = done.metrics.get("loss", math.nan)
    return f"Held-out text: {loss:.3f} nats, {loss / math.log(2):.3f} bits a character"


def _asked_for(
    options: argparse.Namespace, model: ModelSpec | LanguageModelSpec, training: TrainSpec
) -> tuple[ModelSpec | LanguageModelSpec, TrainSpec]:
    """A recipe with what was named on the command line in its place."""
    other = LanguageModelSpec if isinstance(model, ModelSpec) else ModelSpec
    foreign = {field.name for field in fields(other)} - set(model.to_dict())
    if unfit := sorted(_given(options, foreign)):
        raise SpecError([f"a network for {options.data} has no {', '.join(unfit)}; leave it out"])
    training = replace(training, **_given(options, training.to_dict()))
    training = replace(training, clip=None) if options.clip == 0 else training
    return replace(model, **_given(options, model.to_dict())), training


def _run(model: AnyModel, data: AnyData, done: Checkpoint, out: Path) -> Checkpoint:
    """Train with a progress bar, saving at every evaluation and at the end; Ctrl+C ends it with what was saved last."""
    curve = Curve(done.total, done.curve)
    with training_threads(), tqdm(total=done.total, unit="step", initial=done.step) as bar:
        try:
            for event in train(model, data, done.training, resume=done.snapshot):
                match event:
                    case StepCompleted():
                        curve.add_step(event)
                        bar.update()
                        shown = {"batch loss": event.loss, "test accuracy": done.metrics.get("accuracy", 0.0)}
                        bar.set_postfix({name: f"{value:.3f}" for name, value in shown.items()}, refresh=False)
                    case EvalCompleted():
                        curve.add_evaluation(event)
                        scores = {"accuracy": event.evaluation.accuracy, "loss": event.evaluation.loss}
                        done = replace(done, metrics=scores | {"step": float(event.step)})
                    case SnapshotTaken():
                        done = replace(
                            done,
                            weights=event.weights,
                            optimizer=event.optimizer,
                            settings=event.settings,
                            carried=event.carried,
                            step=event.step,
                            curve=curve.thinned(),
                        )
                        save_checkpoint(done, out)
                    case RunEnded():
                        done = replace(done, status=event.outcome, reason=event.reason)
        except KeyboardInterrupt:
            reason = f"Interrupted; --resume goes on from step {done.step} of {done.total}."
            done = replace(done, status="stopped", reason=reason)
    save_checkpoint(done, out)
    return done


def _load(name: str, download: bool) -> AnyData:
    text = name in TEXTS or Path(name).is_file()
    if not text and name not in DATASETS:
        raise DataError(
            f"There is no dataset and no file {name!r}; choose {', '.join((*DATASETS, *TEXTS))}, or a text file."
        )
    load = partial(load_text, name if name in TEXTS else Path(name), name=name) if text else partial(load_dataset, name)
    if not download:
        return load()
    with tqdm(unit="B", unit_scale=True, desc=name) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return load(download=True, progress=advance)


def _refuse(options: argparse.Namespace, kept: Mapping[str, Any]) -> None:
    """A run that goes on keeps its settings."""
    if given := sorted(_given(options, kept)):
        raise SpecError([f"--resume keeps the run's own settings; leave out {', '.join(given)}"])


def _given(options: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """The fields of a spec that were named on the command line."""
    values = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in values.items() if value is not None and not (name == "clip" and value == 0)}


if __name__ == "__main__":
    sys.exit(main())
