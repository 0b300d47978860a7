"""`python -m seqviz`: training from a terminal, and what lies on a server."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import torch
from tqdm import tqdm

from seqviz.data.datasets import Dataset, load_dataset
from seqviz.data.labelled_texts import load_reviews
from seqviz.data.load_series import is_series_file, load_series
from seqviz.data.names import DATASETS, REVIEWS, SERIES, TASKS, TEXTS
from seqviz.data.tasks import is_task, load_task
from seqviz.data.text import load_text
from seqviz.data.windows import Windows
from seqviz.errors import CheckpointError, DataError, SeqVizError, SpecError
from seqviz.experiments.forecast_scores import RollingOrigin
from seqviz.experiments.rolling_origin import rolling_origin
from seqviz.jobs.administration import add_runs_command
from seqviz.machine import cores
from seqviz.networks.build import LearnedNetwork, build_model, parameter_count
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.objectives import OBJECTIVES
from seqviz.specs import (
    ATTENTIONS,
    CELLS,
    CLASSIFIER_HEADS,
    NONLINEARITIES,
    SCHEDULES,
    DenseInput,
    Device,
    EmbeddingInput,
    EncoderDecoderSpec,
    LearnedSpec,
    ModelSpec,
    TrainSpec,
    WindowInput,
)
from seqviz.training.autosave import Autosave
from seqviz.training.checkpoints import Checkpoint, load_resumable, save_checkpoint
from seqviz.training.devices import pick_device
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import recipe_for, series_windows
from seqviz.training.summary import RunSummary

ENCODER = ("cell", "hidden_size", "num_layers", "bidirectional", "nonlinearity", "dropout")
"""Options that are fields of `RecurrentSpec`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 if it went well, 1 after a sentence that says what did not."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except SeqVizError as error:
        print(f"seqviz: {error}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seqviz", description="SeqViz from a terminal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_runs_command(commands)
    lesson = commands.add_parser("lesson", help="check a lesson", description="Check that every scene can be shown.")
    lesson.add_argument("file", type=Path, metavar="FILE")
    lesson.set_defaults(run=_check_lesson)
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
        help=f"{', '.join(DATASETS)} for a classifier of digits; {', '.join(REVIEWS)} for one of reviews, read word by "
        f"word; {', '.join(TEXTS)}, or a text file, for a character model; numbers or dates for a translator, captions "
        "or captions-two for a network that spells pictures out, tags for one that tags Python; "
        f"{', '.join(SERIES)}, or a CSV file, for one that forecasts "
        "(default: digits, which are embedded)",
    )
    command.add_argument("--source", metavar="LANGUAGE", help="that numbers (default: de) or dates (en) are read in")
    command.add_argument("--target", metavar="LANGUAGE", help="that numbers are written in (default: en)")
    command.add_argument("--download", action="store_true", help="fetch the data if it is not on this machine")
    command.set_defaults(run=_train)
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the checkpoint goes")
    command.add_argument("--json", action="store_true", help="end with the result as one line of JSON")
    command.add_argument("--resume", type=Path, metavar="FILE", help="go on from a checkpoint that --out wrote")
    model = command.add_argument_group("network")
    model.add_argument("--cell", choices=CELLS)
    model.add_argument("--head", choices=CLASSIFIER_HEADS, help="what of the hidden states is read (classifiers)")
    model.add_argument("--hidden-size", type=int, metavar="N", help="units a layer")
    model.add_argument("--num-layers", type=int, metavar="N")
    model.add_argument("--bidirectional", action="store_true", default=None)
    model.add_argument("--nonlinearity", choices=NONLINEARITIES, help="of an rnn")
    model.add_argument("--embedding-size", type=int, metavar="N", help="of a model of characters or words")
    model.add_argument("--tied", action="store_true", default=None, help="one matrix embeds and answers (characters)")
    model.add_argument("--attention", choices=ATTENTIONS, help="of a translator, or of a network that spells out")
    model.add_argument("--window", type=int, metavar="N", help="values that a forecaster reads")
    model.add_argument("--horizon", type=int, metavar="N", help="steps ahead that it forecasts")
    way = model.add_mutually_exclusive_group()
    way.add_argument("--recursive", action="store_true", default=None, help="one step ahead, fed back")
    way.add_argument("--direct", dest="recursive", action="store_false", help="all steps ahead at once")
    model.add_argument("--point", action="store_true", default=None, help="a forecast without intervals")
    model.add_argument("--dropout", type=float, metavar="P", help="between layers")
    training = command.add_argument_group("training")
    training.add_argument("--epochs", type=int, metavar="N")
    training.add_argument("--batch-size", type=int, metavar="N")
    training.add_argument("--truncate", type=int, metavar="N", help="characters a step; the gradient goes no further")
    training.add_argument("--word-dropout", type=float, metavar="P", help="words read as unknown ones (reviews)")
    training.add_argument("--weight-decay", type=float, metavar="D", help="of AdamW (texts and reviews)")
    training.add_argument(
        "--patience", type=int, metavar="N", help="end after N evaluations without a lower loss; the last weights stay"
    )
    training.add_argument(
        "--teacher-forcing", type=float, metavar="P", help="share of right answers that a decoder reads in the end"
    )
    training.add_argument("--learning-rate", type=float, metavar="RATE")
    training.add_argument("--schedule", choices=SCHEDULES)
    training.add_argument("--clip", type=float, metavar="NORM", help="bound on the gradient norm; 0 turns it off")
    training.add_argument("--seed", type=int, metavar="N")
    training.add_argument("--device", choices=get_args(Device))
    return parser


def _check_lesson(options: argparse.Namespace) -> int:
    from seqviz.ui.shell.lesson_bar import open_lesson

    try:
        text = options.file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The lesson {options.file} cannot be read ({error}).") from error
    lesson = open_lesson(text, options.file.name)
    asked = sum(scene.predict is not None for scene in lesson.scenes)
    print(f"{lesson.title}: {len(lesson.scenes)} scenes with {asked} predictions, all of which can be shown.")
    return 0


def _train(options: argparse.Namespace) -> int:
    started = time.perf_counter()
    resumed = load_resumable(options.resume) if options.resume else None
    data = _load(resumed.dataset if resumed else _data_name(options), options.download)
    if resumed:
        spec, training = resumed.model, resumed.training
        _refuse(options, training)
    else:
        spec, training = _asked_for(options, data)
    if isinstance(data, Windows):
        data = replace(data, horizon=data.horizon if options.horizon is None else options.horizon).for_network(spec)
    model = build_model(spec, training.seed)
    run = RunSummary(data, training, resumed)
    first = resumed or Checkpoint(spec, model.state_dict(), data.name, training, total=run.total, status="running")
    save_checkpoint(first, options.out)  # a file that cannot be written is found out now, not in the end
    say = partial(print, file=sys.stderr if options.json else sys.stdout)
    say(f"{parameter_count(spec):,} parameters, {run.total:,} steps on {pick_device(training.device)}")
    _run(model, data, training, run, first, options.out)
    say(f"{run.reason} {_scores(run, data)}, saved to {options.out}")
    compared = _compared(model, data) if isinstance(model, SequenceNetwork) and isinstance(data, Windows) else None
    if compared is not None:
        say(_mases(compared))
    if options.json:
        result = _result(run, data, spec, time.perf_counter() - started, options.out)
        if compared is not None:
            mases = {name: compared.mase(name) if compared.scale else None for name in compared.forecasts}
            result["metrics"] |= {"mase": mases.pop(NETWORK), "coverage of 90 %": compared.coverage(NETWORK)}
            result |= {"origins": len(compared.origins), "horizon": compared.horizon, "baselines": mases}
        print(json.dumps(result))
    return 0 if run.status == "finished" else 1


NETWORK = "this network"


def _compared(model: SequenceNetwork, windows: Windows) -> RollingOrigin:
    """The network and every baseline, asked at the same origins of the last part."""
    found = [
        one
        for one in rolling_origin({NETWORK: model}, {NETWORK: windows}, windows.horizon)
        if isinstance(one, RollingOrigin)
    ]
    return found[-1]


def _mases(compared: RollingOrigin) -> str:
    """What all models come to, the best first."""
    names = sorted(compared.forecasts, key=lambda name: float(compared.errors(name).abs().mean()))
    if not compared.scale:
        return "The seasonal naive forecast is exact on the learned part, so MASE is not defined for this series."
    scores = ", ".join(f"{name} {compared.mase(name):.3f}" for name in names)
    return f"MASE, {compared.horizon} steps ahead from {len(compared.origins)} origins of the last part: {scores}"


def _result(run: RunSummary, data: Dataset, spec: LearnedSpec, seconds: float, out: Path) -> dict[str, Any]:
    """What the run came to, for other programs."""
    return {
        "task": data.name,
        "status": run.status,
        "metrics": dict(run.metrics),
        "steps": run.step,
        "seconds": round(seconds, 3),
        "parameters": parameter_count(spec),
        "file": str(out),
    }


def _scores(run: RunSummary, data: Dataset) -> str:
    """The metrics of the last evaluation, as a sentence has them."""
    if not run.metrics:
        return "It was not evaluated"
    metrics = OBJECTIVES[data.objective].metrics
    scores = [f"{metric.title} {metric.shown(run.metrics[metric.name])}" for metric in metrics]
    return f"Held-out {', '.join(scores)}"


def _asked_for(options: argparse.Namespace, data: Dataset) -> tuple[LearnedSpec, TrainSpec]:
    """The recipe for the data, with what was named on the command line in its place."""
    spec, training = recipe_for(data)
    if unfit := sorted(_given(options, _foreign(spec, training))):
        raise SpecError([f"a network for {data.name} has no {', '.join(unfit)}; leave it out"])
    chosen = _given(options, training.to_dict())
    if options.clip == 0:
        chosen["clip"] = None
    training = replace(training, **chosen)
    if isinstance(spec, EncoderDecoderSpec):
        return _encoder_decoder(options, spec), training
    if isinstance(data, Windows):
        return _forecaster(options, spec, data), training
    head = replace(spec.head, **_given(options, ("tied",)))
    if options.head:
        steps = head.sequence_length if options.head == "concat" else None
        head = replace(head, kind=options.head, sequence_length=steps)
    size = spec.input.size if options.embedding_size is None else options.embedding_size
    encoder = replace(spec.encoder, **_given(options, ENCODER))
    return ModelSpec(replace(spec.input, size=size), encoder, head), training


def _foreign(spec: LearnedSpec, training: TrainSpec) -> list[str]:
    """Options that do not fit such a network."""
    foreign = [] if training.optimizer == "adamw" else ["weight_decay"]
    if isinstance(spec, ModelSpec) and spec.forecasts:
        foreign += ["head", "tied", "truncate", "word_dropout", "nonlinearity", "dropout", "bidirectional"]
        return [*foreign, "attention", "teacher_forcing", "embedding_size"]
    foreign += ["window", "horizon", "recursive", "point"]
    if isinstance(spec, EncoderDecoderSpec):
        foreign += ["head", "tied", "truncate", "word_dropout", "nonlinearity", "dropout", "bidirectional"]
        return foreign + ([] if spec.encoder else ["num_layers"])
    foreign += ["attention", "teacher_forcing"]
    foreign += ["head"] if spec.head.kind == "each_step" else ["tied", "truncate"]
    if spec.writes:
        foreign.append("bidirectional")
    elif spec.head.kind == "each_step":
        foreign += ["tied", "truncate"]
    if isinstance(spec.input, DenseInput):
        foreign.append("embedding_size")
    if spec.words is None:
        foreign.append("word_dropout")
    return foreign


def _forecaster(options: argparse.Namespace, spec: ModelSpec, data: Windows) -> ModelSpec:
    """With what was named on the command line."""
    assert isinstance(spec.input, WindowInput)
    return ModelSpec.forecaster(
        options.cell or spec.cell,
        spec.encoder.hidden_size if options.hidden_size is None else options.hidden_size,
        window=spec.input.window if options.window is None else options.window,
        horizon=data.horizon if options.horizon is None else options.horizon,
        columns=spec.input.size,
        scaling=spec.input.scaling,
        recursive=spec.recursive if options.recursive is None else options.recursive,
        quantiles=not options.point,
        num_layers=spec.encoder.num_layers if options.num_layers is None else options.num_layers,
    )


def _encoder_decoder(options: argparse.Namespace, spec: EncoderDecoderSpec) -> EncoderDecoderSpec:
    """With what was named on the command line; both directions of the encoder have as many units as the decoder."""
    given = _given(options, ("cell", "hidden_size", "num_layers", "embedding_size", "attention"))
    decoder = replace(spec.decoder, **given)
    if not isinstance(spec.input, EmbeddingInput):
        return replace(spec, decoder=decoder)
    return EncoderDecoderSpec.translator(
        spec.input.vocabulary,
        decoder.vocabulary,
        decoder.cell,
        decoder.hidden_size,
        attention=decoder.attention,
        embedding_size=decoder.embedding_size,
        num_layers=decoder.num_layers,
    )


def _run(
    model: LearnedNetwork, data: Dataset, training: TrainSpec, run: RunSummary, first: Checkpoint, out: Path
) -> None:
    """Train with a progress bar, saved by `Autosave`; Ctrl+C ends it with the last snapshot."""
    autosave = Autosave(out)
    torch.set_num_threads(cores())
    with tqdm(total=run.total, unit="step", initial=run.step) as bar:
        try:
            for event in train(model, data, training, resume=first.snapshot, snapshot=autosave.due):
                run.add(event)
                if isinstance(event, StepCompleted):
                    bar.update()
                    shown = {"batch loss": event.loss, **{f"test {name}": score for name, score in run.metrics.items()}}
                    bar.set_postfix({name: f"{value:.3f}" for name, value in shown.items()}, refresh=False)
                if autosave.wants(event) and (checkpoint := run.checkpoint(model.spec, data, training, first.owner)):
                    try:
                        autosave.save(checkpoint)
                    except CheckpointError as error:
                        if run.status != "running":
                            raise
                        tqdm.write(f"seqviz: {error} Training itself goes on.", file=sys.stderr)
        except KeyboardInterrupt:
            step = run.snapshot.step if run.snapshot else run.step
            run.end("stopped", f"Interrupted; --resume goes on from step {step} of {run.total}.")
            if checkpoint := run.checkpoint(model.spec, data, training, first.owner):
                save_checkpoint(checkpoint, out)


def _data_name(options: argparse.Namespace) -> str:
    """The name of the data, that of a translation with its languages.

    Raises:
        SpecError: languages were given to other data.
    """
    name: str = options.data or "digits"
    languages = _given(options, ("source", "target"))
    if name == "numbers":
        return f"numbers-{languages.get('source', 'de')}-{languages.get('target', 'en')}"
    if name == "dates" and "target" not in languages:
        return f"dates-{languages.get('source', 'en')}"
    if languages:
        raise SpecError([f"{name} has no {', '.join(languages)}; only numbers and the source of dates have languages"])
    return name


def _load(name: str, download: bool) -> Dataset:
    load: Callable[..., Dataset]
    if name in DATASETS:
        load = partial(load_dataset, name)
    elif name in REVIEWS:
        load = partial(load_reviews, name)
    elif name in TEXTS or (Path(name).is_file() and not is_series_file(name)):
        load = partial(load_text, name if name in TEXTS else Path(name), name=name)
    elif is_task(name):
        return load_task(name)
    elif name in SERIES or is_series_file(name):
        return series_windows(load_series(name))
    else:
        known = ", ".join((*DATASETS, *REVIEWS, *TEXTS, *TASKS, *SERIES))
        raise DataError(f"There is no dataset and no file {name!r}; choose {known}, or a text file.")
    if not download:
        return load()
    with tqdm(unit="B", unit_scale=True, desc=name) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return load(download=True, progress=advance)


def _refuse(options: argparse.Namespace, training: TrainSpec) -> None:
    """A run that goes on keeps its settings."""
    settings = (
        "data",
        "source",
        "target",
        "attention",
        *ENCODER,
        "head",
        "embedding_size",
        "tied",
        "window",
        "horizon",
        "recursive",
        "point",
        *training.to_dict(),
    )
    if given := sorted(_given(options, settings)):
        raise SpecError([f"--resume keeps the run's own settings; leave out {', '.join(given)}"])


def _given(options: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """The fields of a spec that were named on the command line."""
    values = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in values.items() if value is not None}


if __name__ == "__main__":
    sys.exit(main())
