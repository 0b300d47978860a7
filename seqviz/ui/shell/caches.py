"""What is computed once and shared by all sessions: data, networks, and what is read off them."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.data.datasets import SequenceData, load_dataset
from seqviz.data.examples import Digit, Example, Sentence
from seqviz.data.labelled_table import PREFIX, read_labelled
from seqviz.data.labelled_texts import LabelledTexts, load_reviews
from seqviz.data.load_series import load_series
from seqviz.data.names import REVIEWS, SERIES
from seqviz.data.pair_table import PREFIX as OWN_PAIRS
from seqviz.data.pair_table import read_pairs
from seqviz.data.pairs import Pairs
from seqviz.data.series import Series
from seqviz.data.series_table import PREFIX as OWN_SERIES
from seqviz.data.series_table import read_series
from seqviz.data.tasks import Task, is_task, load_task
from seqviz.errors import CheckpointError, DataError, DataMissing, PrivateRun
from seqviz.instruments.profiles import class_profiles
from seqviz.instruments.sequence_trace import ReferencePaths, reference_paths
from seqviz.instruments.trace import at_once
from seqviz.jobs import history
from seqviz.jobs.history import Run, list_runs, runs_folder, titles
from seqviz.jobs.kinds import RunKind, run_kind
from seqviz.jobs.queue import JobQueue
from seqviz.jobs.settings import Limits
from seqviz.jobs.texts import text_file
from seqviz.networks.answers import class_count, class_scores
from seqviz.networks.network import SequenceNetwork
from seqviz.palette import HEAD_NAMES
from seqviz.snippets.subjects import PROJECT, Forecaster, Network, Translator
from seqviz.specs import CLASSIFIER_HEADS, ModelSpec
from seqviz.training.checkpoints import load_checkpoint, read_description
from seqviz.training.recipes import series_windows
from seqviz.training.snapshots import Snapshots, load_snapshots
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.sessions import is_shared, visitor
from seqviz.ui.shell.url import from_text, to_link
from seqviz.workers.server import workers

MODELS = PROJECT / "models"
SHIPPED: dict[str, str] = {
    "gru": "GRU (shipped)",
    "lstm": "LSTM (shipped)",
    "rnn": "RNN (shipped)",
    "lstm-concat": "LSTM, all rows (shipped)",
}
WRITERS: dict[str, str] = {
    "shakespeare": "Shakespeare (shipped)",
    "python": "Python (shipped)",
    "python-rnn": "Python, RNN 128 (shipped)",
    "python-gru": "Python, GRU 128 (shipped)",
    "python-lstm": "Python, LSTM 128 (shipped)",
}
READERS: dict[str, str] = {
    "words-planted-lstm": "Words: LSTM (shipped)",
    "words-planted-rnn": "Words: RNN (shipped)",
    "words": "Words: LSTM, real reviews (shipped)",
}
TASK_NETWORKS: dict[RunKind, dict[str, str]] = {
    "pairs": {
        "numbers": "Numbers de → en (shipped)",
        "numbers-additive": "Additive attention (shipped)",
        "numbers-plain": "No attention (shipped)",
        "dates": "Dates en → ISO (shipped)",
    },
    "captions": {"captions": "One digit (shipped)", "captions-two": "Two digits (shipped)"},
    "tags": {"tags": "Both directions (shipped)", "tags-forward": "One direction (shipped)"},
}
"""Networks of the Translation page, by the kind of their task."""
SHIPPED_TASKS = {name: title for names in TASK_NETWORKS.values() for name, title in names.items()}
FORECASTERS: dict[str, str] = {
    "forecast-co2": "CO₂: GRU (shipped)",
    "forecast-co2-lstm": "CO₂: LSTM (shipped)",
    "forecast-co2-rnn": "CO₂: RNN (shipped)",
    "forecast-co2-recursive": "CO₂: GRU, fed back (shipped)",
    "forecast-sunspots": "Sunspots: GRU, fed back (shipped)",
    "forecast-sunspots-lstm": "Sunspots: LSTM, fed back (shipped)",
    "forecast-sunspots-rnn": "Sunspots: RNN, fed back (shipped)",
    "forecast-sunspots-direct": "Sunspots: GRU, all at once (shipped)",
    "forecast-random-walk": "Random walk: GRU (shipped)",
    "forecast-prices": "Invented prices: GRU (shipped)",
    "forecast-sine": "A sine: GRU (shipped)",
}
_TITLES = SHIPPED | WRITERS | READERS | SHIPPED_TASKS | FORECASTERS
SHIPPED_NAMES = frozenset(_TITLES)
DATA = {
    "planted": "planted reviews",
    "reviews": "reviews that people wrote",
    "imdb": "IMDB",
    "digits": "embedded digits",
    "mnist": "MNIST",
    "shakespeare": "Tiny Shakespeare",
    "python": "Python's own source",
    "captions": "pictures of one digit",
    "captions-two": "pictures of two digits",
    "tags": "Python's own source, tagged",
    "co2": "CO₂ at Mauna Loa",
    "sunspots": "sunspots",
    "nile": "the Nile",
    "macro": "US unemployment",
    "sine": "a sine",
    "sines": "two sines with noise",
    "chirp": "a chirp",
    "mackey-glass": "Mackey–Glass",
    "random-walk": "a random walk",
    "prices": "invented prices",
}
_RUN = re.compile(
    r"\d{4}(?P<month>\d\d)(?P<day>\d\d)-(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)-(?P<cell>\w+)-(?P<head>\w+)-"
)
PROFILED = 600  # test examples in a class average


@st.cache_resource(show_spinner="Reading the digits …")
def dataset(name: str) -> SequenceData:
    return load_dataset(name)


def reviews(name: str) -> LabelledTexts:
    """Texts with their classes, by name: reviews, or what somebody brought to this machine.

    Raises:
        DataError: they are not on this machine.
    """
    return _reviews(name) if name in REVIEWS else _brought(name, text_file(runs_folder(), name))


@st.cache_resource(show_spinner="Reading the reviews …")
def _reviews(name: str) -> LabelledTexts:
    return load_reviews(name)


@st.cache_resource(show_spinner="Reading the texts …", max_entries=8)
def _brought(name: str, _path: Path) -> LabelledTexts:
    return read_labelled(_path.read_bytes(), name)


@st.cache_resource(show_spinner=False)
def jobs() -> JobQueue:
    """The one queue of the server, within the limits that its settings give."""
    return JobQueue(runs_folder(), Limits.of_server(is_shared()), workers=workers())


def checkpoint_path(name: str) -> Path:
    return (MODELS if name in _TITLES else runs_folder()) / f"{name}.safetensors"


def check_visible(name: str) -> None:
    """Whether this visitor may see a network.

    Raises:
        PrivateRun: it learned from what another visitor brought.
    """
    if name not in _TITLES:
        history.check_visible(runs_folder(), name, visitor())


def say_if_private(parameter: str) -> None:
    """Where a link asks for a network that this visitor may not see: say so, and take it out of the link."""
    asked = from_text(parameter)
    if asked is None:
        return
    try:
        check_visible(asked)
    except PrivateRun as error:
        st.toast(str(error))
        to_link(parameter, None)
    except CheckpointError:
        return  # choosing it says so


def runs_here() -> list[Run]:
    """The runs on this machine that this visitor may see, newest first."""
    return list_runs(runs_folder(), visitor=visitor())[0]


def network(name: str) -> Network:
    """The network of a shipped checkpoint or of a run.

    Raises:
        CheckpointError: the file is missing or damaged.
        PrivateRun: it learned from what another visitor brought.
    """
    check_visible(name)
    path = checkpoint_path(name)
    return _network(name, path.stat().st_mtime_ns if path.exists() else 0, path)


@remembered(16)
def _network(name: str, version: int, path: Path) -> Network:
    checkpoint = load_checkpoint(path)
    if checkpoint.objective == "step_cross_entropy":
        raise CheckpointError(f"The network {name} writes text; look at it on the Sampling page.")
    return Network.of(name, version, path, checkpoint)


def earlier(network: Network, step: int) -> SequenceNetwork:
    """The network as it was after so many training steps, one of its snapshots' steps."""
    kept = snapshots(network.name)
    assert kept is not None
    model = kept.build(step)
    assert isinstance(model, SequenceNetwork)
    return model


def snapshots(name: str) -> Snapshots | None:
    """The weights of a shipped network or a run at a few training steps; None where none were kept.

    Raises:
        CheckpointError: the file is damaged.
        PrivateRun: the run learned from what another visitor brought.
    """
    check_visible(name)
    path = checkpoint_path(name).parent / "snapshots" / f"{name}.safetensors"
    return _snapshots(str(path), path.stat().st_mtime_ns) if path.exists() else None


@remembered(8)
def _snapshots(path: str, version: int) -> Snapshots | None:
    return load_snapshots(Path(path))


def texts_for(network: Network) -> LabelledTexts:
    """Texts whose classes a network of words names: the planted reviews, which are always there, or its own texts.

    Raises:
        DataError: its own texts are not on this machine any more.
    """
    return _texts_of_network(texts_beside(network.checkpoint.dataset))


def _texts_of_network(name: str) -> LabelledTexts:
    try:
        return reviews(name)
    except DataMissing as error:
        raise DataMissing(
            "The texts that this network learned from have been deleted, so there are none to compare with. Let it "
            "read "
            "words of your own, or choose another network."
        ) from error


def class_names(network: Network) -> tuple[str, ...]:
    """What a network of words may answer."""
    try:
        return texts_for(network).classes
    except DataError:
        count = class_count(network.spec.head.outputs)
        return network.checkpoint.classes or tuple(f"class {number}" for number in range(count))


def own_pairs(name: str) -> Pairs:
    """Pairs of texts that somebody brought to this machine.

    Raises:
        DataError: they are not there.
    """
    return _own_pairs(name, text_file(runs_folder(), name))


@st.cache_resource(show_spinner="Reading the pairs …", max_entries=4)
def _own_pairs(name: str, _path: Path) -> Pairs:
    return read_pairs(_path.read_bytes(), name)


def task_data(name: str) -> Task:
    """What a network of the Translation page learns from.

    Raises:
        DataError: it is not on this machine.
    """
    return load_task(name) if is_task(name) else own_pairs(name)


def translator(name: str) -> Translator:
    """The network of a shipped checkpoint or of a run that reads one sequence and writes another.

    Raises:
        CheckpointError: the file is missing, damaged or of another kind.
        PrivateRun: it learned from what another visitor brought.
    """
    check_visible(name)
    path = checkpoint_path(name)
    return _translator(name, path.stat().st_mtime_ns if path.exists() else 0, path)


@remembered(16)
def _translator(name: str, version: int, path: Path) -> Translator:
    return Translator.of(name, version, path, load_checkpoint(path))


def series(name: str) -> Series:
    """A series by name: one that ships, or one that somebody brought to this machine.

    Raises:
        DataError: it is not there.
    """
    return _shipped_series(name) if name in SERIES else _own_series(name, text_file(runs_folder(), name))


@remembered(16)
def _shipped_series(name: str) -> Series:
    return load_series(name)


@st.cache_resource(show_spinner="Reading the series …", max_entries=4)
def _own_series(name: str, _path: Path) -> Series:
    return read_series(_path.read_bytes(), name)


def series_title(name: str) -> str:
    """What a series is called; one's own by the name that it came with."""
    if name in SERIES:
        return data_title(name)
    try:
        return series(name).title
    except DataError:
        return f"{data_title(name)} that has been deleted"


def forecaster(name: str) -> Forecaster:
    """The network of a shipped checkpoint or of a run that forecasts.

    Raises:
        CheckpointError: the file is missing, damaged or of another kind.
        DataError: the series that it learned from has been deleted.
        PrivateRun: it learned from what another visitor brought.
    """
    check_visible(name)
    path = checkpoint_path(name)
    return _forecaster(name, path.stat().st_mtime_ns if path.exists() else 0, path)


@remembered(24)
def _forecaster(name: str, version: int, path: Path) -> Forecaster:
    checkpoint = load_checkpoint(path)
    if run_kind(checkpoint.model, checkpoint.objective) != "series":
        raise CheckpointError(f"The network {name} does not forecast; choose one that does.")
    learned = checkpoint.dataset
    file = None if learned in SERIES else text_file(runs_folder(), learned)
    return Forecaster.of(name, version, path, checkpoint, series_windows(series(learned)), file)


def forecaster_series() -> dict[str, str]:
    """The shipped networks that forecast, then the runs on this machine, each with the name of its series."""
    own = {
        run.name: run.description.dataset
        for run in runs_here()
        if run.description.step and run_kind(run.description.model, run.description.objective) == "series"
    }
    return {name: read_description(checkpoint_path(name)).dataset for name in FORECASTERS} | own


def tagger(name: str) -> Network:
    """The network of a shipped checkpoint or of a run that tags every character.

    Raises:
        CheckpointError: the file is missing, damaged or of another kind.
        PrivateRun: it learned from what another visitor brought.
    """
    check_visible(name)
    path = checkpoint_path(name)
    return _tagger(name, path.stat().st_mtime_ns if path.exists() else 0, path)


@remembered(8)
def _tagger(name: str, version: int, path: Path) -> Network:
    checkpoint = load_checkpoint(path)
    if run_kind(checkpoint.model, checkpoint.objective) != "tags":
        raise CheckpointError(f"The network {name} gives no tags; choose one that has learned them.")
    return Network.of(name, version, path, checkpoint)


def task_network_names(kind: RunKind) -> list[str]:
    """The shipped networks of one kind of task, then the runs on this machine."""
    return list(task_datasets(kind))


def task_datasets(kind: RunKind) -> dict[str, str]:
    """The same networks, each with the name of what it learned from."""
    own = {
        run.name: run.description.dataset
        for run in runs_here()
        if run.description.step and run_kind(run.description.model, run.description.objective) == kind
    }
    return {name: read_description(checkpoint_path(name)).dataset for name in TASK_NETWORKS[kind]} | own


def texts_beside(dataset: str) -> str:
    """The name of the texts that networks are shown which learned from this data set."""
    return "planted" if dataset in REVIEWS else dataset


def test_split(network: Network, data: str) -> Batch:
    """The test examples of a data set, as this network reads them."""
    if network.spec.words is None:
        return dataset(data).test
    return _encoded(network.name, network.version, data, network)


@remembered(8)
def _encoded(name: str, version: int, data: str, _network: Network) -> Batch:
    return _texts_of_network(data).for_network(_network.spec).test


def of_equal_length(network: Network, example: Example, count: int) -> Batch | None:
    """The first test examples that have as many steps as this one; None where there is no such text (any more)."""
    try:
        test = test_split(network, example.data)
    except DataMissing:
        return None
    if test.lengths is None:
        return test[:count]
    rows = (test.lengths == len(example)).nonzero()[:count, 0]
    return test[rows] if len(rows) else None


def label_of(model: SequenceNetwork, example: Example) -> int:
    """The example's class; where nobody knows it, what the network takes it for."""
    if example.label is not None:
        return example.label
    with torch.no_grad():
        return int(class_scores(model(example.inputs(model.spec)[None])).argmax())


EXAMPLE_KEYS: dict[str | type, Callable[[Any], Any]] = {Digit: lambda one: one.key, Sentence: lambda one: one.key}
"""How Streamlit's caches tell examples apart (`hash_funcs`)."""


def reader_names(texts: str | None = None, here: Sequence[Run] | None = None) -> list[str]:
    """Shipped networks that read words, then the runs on this machine that do: all, or those for texts of this name.

    `here` are the runs, where they have been listed already: with hundreds of them that takes a while.
    """
    own = [
        run.name
        for run in (runs_here() if here is None else here)
        if run.description.step
        and isinstance(run.description.model, ModelSpec)
        and run.description.model.words
        and run.description.model.head.kind in CLASSIFIER_HEADS
        and texts in (None, texts_beside(run.description.dataset))
    ]
    return [*(READERS if texts in (None, "planted") else ()), *own]


def any_network_names() -> list[str]:
    """The networks that read digits, then those that read words."""
    here = runs_here()
    return [*network_specs(here), *reader_names(here=here)]


def network_names() -> list[str]:
    """Shipped checkpoints first, then the runs on this machine that read digits."""
    return list(network_specs())


def network_specs(here: Sequence[Run] | None = None) -> dict[str, ModelSpec]:
    """What those networks are, from their descriptions: no weight is read."""
    own = {
        run.name: run.description.model
        for run in (runs_here() if here is None else here)
        if run.description.step
        and isinstance(run.description.model, ModelSpec)
        and _reads_digits(run.description.model)
    }
    return {name: network(name).spec for name in SHIPPED} | own


def _reads_digits(spec: ModelSpec) -> bool:
    """Whether it reads 28 rows of 28 pixels and names one of ten classes."""
    one_answer = spec.head.kind in CLASSIFIER_HEADS and spec.head.sequence_length in (None, 28)
    return one_answer and (spec.input.kind, spec.input.size, spec.head.outputs) == ("dense", 28, 10)


def network_title(name: str) -> str:
    """The shipped name, or the title that a run was given; else its cell, head, time and day, or the file's name."""
    if name in _TITLES:
        return _TITLES[name]
    run = _RUN.match(name)
    if not run or name in titles(runs_folder()):
        return title_alone(name)
    cell, head = run.group("cell", "head")
    reads = next((name for kind, name in HEAD_NAMES.items() if kind == head), head)
    return f"{cell.upper()}, {reads}, {title_alone(name)}"


def title_alone(name: str) -> str:
    """The title that a run was given, else when it began, else the file's name: where its settings stand beside it."""
    if title := titles(runs_folder()).get(name):
        return title
    run = _RUN.match(name)
    return f"{run['hour']}:{run['minute']}:{run['second']} on {run['day']}.{run['month']}." if run else name


def data_title(name: str) -> str:
    """What a run learned from, as a person says it."""
    if name.startswith(("numbers-", "dates-")):
        return name.replace("-", " ", 1).replace("-", " → ")
    own = {"own-": "an own text", PREFIX: "own texts", OWN_PAIRS: "own pairs", OWN_SERIES: "an own series"}
    return DATA.get(name) or next((title for prefix, title in own.items() if name.startswith(prefix)), name)


@remembered(256)
def drawn(about: tuple[object, ...], _draw: Callable[[], Any]) -> Any:
    """A figure that is drawn once for all that it is about."""
    return _draw()


@remembered(32)
def paths_behind(name: str, version: int, data: str, _network: Network) -> ReferencePaths:
    return reference_paths(_network.model, test_split(_network, data))


@st.cache_resource(show_spinner="Averaging over the classes …", max_entries=16)
def profiles(name: str, version: int, data: str, _network: Network) -> tuple[Tensor, ...]:
    """Mean hidden state `(classes, time, hidden)` of each layer over the first test examples."""
    test, classes = test_split(_network, data), class_count(_network.spec.head.outputs)
    model = _network.model
    return class_profiles(model, test[: at_once(model, test, PROFILED)], classes)


def snapshot_steps_of(network: Network) -> tuple[int, ...]:
    found = snapshots(network.name)
    return found.steps if found else ()
