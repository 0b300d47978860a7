"""Every value that a link may carry: its type, its range, its default, and the pages that use it.

A widget that keeps its value in the link (`url.py`) finds its range and its default here. What depends on something
else on the page (the networks on this machine, the units of the one that is chosen) has no default here, or a range
that holds whatever is chosen; the widget narrows it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from seqviz.data.drawing import decode_strokes
from seqviz.data.labelled_table import MOST_CLASSES
from seqviz.data.lessons import MOST_SCENES
from seqviz.data.names import REVIEWS, SERIES, TASKS
from seqviz.data.sketch import decode_sketch
from seqviz.errors import InputError
from seqviz.experiments.row_orders import ROW_ORDERS
from seqviz.instruments.attention_edits import CHANGES
from seqviz.instruments.attribution import METHODS
from seqviz.instruments.baselines import WORD_BASELINES
from seqviz.instruments.edits import KINDS
from seqviz.instruments.text_units import PROPERTIES
from seqviz.instruments.word_attribution import WORD_METHODS
from seqviz.specs import (
    ATTENTIONS,
    CELLS,
    CLASSIFIER_HEADS,
    GATES,
    NONLINEARITIES,
    SCALINGS,
    SCHEDULES,
    SIGNALS,
    TEXT_HEADS,
)

Value = str | int | bool | tuple[int, int]


@dataclass(frozen=True)
class Choice:
    """One of a few options; none are listed where the page knows them: networks, runs, classes of a dataset."""

    options: tuple[str, ...] = ()

    def read(self, text: str) -> str | None:
        return text if text in self.options or not self.options else None


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`."""

    low: int
    high: int

    def read(self, text: str) -> int | None:
        return int(text) if text.isdecimal() and len(text) <= 9 and self.low <= int(text) <= self.high else None


@dataclass(frozen=True)
class Span:
    """Two whole numbers from `low` to `high`, the first not above the second, as `3-17`."""

    low: int
    high: int

    def read(self, text: str) -> tuple[int, int] | None:
        one = Whole(self.low, self.high)
        first, _, last = text.partition("-")
        start, stop = one.read(first), one.read(last)
        return None if start is None or stop is None or start > stop else (start, stop)


@dataclass(frozen=True)
class Switch:
    """1 for on, 0 for off."""

    def read(self, text: str) -> bool | None:
        return {"1": True, "0": False}.get(text)


@dataclass(frozen=True)
class Text:
    """At most so many characters."""

    most: int

    def read(self, text: str) -> str | None:
        return text if len(text) <= self.most else None


@dataclass(frozen=True)
class Strokes:
    """A drawing (`seqviz.data.drawing`)."""

    def read(self, text: str) -> str | None:
        try:
            decode_strokes(text)
        except InputError:
            return None
        return text


@dataclass(frozen=True)
class Branches:
    """Characters put in by hand, each a step and a number in Unicode, as `23.101-57.32`."""

    def read(self, text: str) -> str | None:
        for part in text.split("-"):
            step, _, number = part.partition(".")
            if Whole(0, 9999).read(step) is None or Whole(0, 0x10FFFF).read(number) is None:
                return None
        return text


@dataclass(frozen=True)
class Sketch:
    """A curve drawn by hand (`seqviz.data.sketch`)."""

    def read(self, text: str) -> str | None:
        try:
            decode_sketch(text)
        except InputError:
            return None
        return text


Type = Choice | Whole | Span | Switch | Text | Strokes | Branches | Sketch


@dataclass(frozen=True)
class Parameter:
    """`default` is None where it depends on the page; `was` are its names in older links, `renamed` its values there.

    A name that is `within` a value counted in older links only where an older name had that value, or there was none.

    A parameter that is a page's `own` is not carried to another page.
    """

    name: str
    type: Type
    default: Value | None
    pages: tuple[str, ...]
    was: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    within: Mapping[str, str] = field(default_factory=dict)
    own: bool = False


HIDDEN_STATES, GATES_PAGE, GRADIENT_FLOW, HEADS = "hidden-states", "gates", "gradient-flow", "heads"
ATTRIBUTION, SAMPLING, TRAIN, HOME, WORDS = "attribution", "sampling", "train", "home", "words"
TRANSLATE, FORECAST, SHAPES, LESSONS = "translate", "forecast", "shapes", "lessons"
PAGES = (
    HOME,
    HIDDEN_STATES,
    GATES_PAGE,
    GRADIENT_FLOW,
    HEADS,
    ATTRIBUTION,
    SAMPLING,
    TRAIN,
    WORDS,
    TRANSLATE,
    FORECAST,
    SHAPES,
    LESSONS,
)
DIGITS = (HIDDEN_STATES, GATES_PAGE, GRADIENT_FLOW, HEADS, ATTRIBUTION)
READING = (HIDDEN_STATES, GATES_PAGE, GRADIENT_FLOW, ATTRIBUTION, WORDS)
"""The pages on which a network reads a text."""


AS_IT_IS = "as it is"
AMOUNTS = tuple(f"{tenth / 10:g}" for tenth in range(-20, 21))
HALVES = tuple(f"{half / 2:g}" for half in range(-4, 9))
TENTHS = tuple(f"{tenth / 10:g}" for tenth in range(21))
LEVELS = ("off on input", "0", "0.1", "0.25", "0.5", "0.75", "0.9", "1", "on at input")
SIZES = ("-4", "-2", "-1", "-0.5", "0", "0.5", "1", "2", "4")
MOST_EDITS = 4
SEED = Whole(0, 10**6)
NOISE = Whole(0, 9999)
STEPS = 300  # the most time steps that an example on screen has: words of a text
LARGEST = 9999  # the number of the last test digit, unit or step that any data or network here has


def _every(kinds: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """All names of several lists, each once."""
    return tuple(dict.fromkeys(name for names in kinds for name in names))


OPERATIONS = ("keep", "close", "silence", "transplant", "free")
PRESETS = ("remember", "forget", "latch", "integrate", "oscillate")
RACE_RATES = ("0.0003", "0.001", "0.003", "0.005", "0.008", "0.01", "0.02")
RATES = ("0.0001", "0.0003", "0.001", "0.002", "0.004", "0.008", "0.01", "0.02", "0.05", "0.1", "1", "10")

_VIEWS = (
    Parameter(
        "view",
        Choice(),
        None,
        (HIDDEN_STATES, GATES_PAGE, GRADIENT_FLOW, HEADS, ATTRIBUTION, SAMPLING, WORDS, TRANSLATE, FORECAST, SHAPES),
        was=("part", "heads", "attribution", "sampling", "trust", "show"),
        renamed={
            "crank": "simulate",
            "documents": "seeds",
            "letters": "characters",
            "one": "write",
            "heat": "temperature",
            "trust": "planted",
            "ruin": "randomization",
        },
        within={"trust": "trust", "show": "write"},
        own=True,
    ),
    Parameter("present", Switch(), False, PAGES),
    Parameter("lesson", Text(60), None, PAGES),
    Parameter("scene", Whole(1, MOST_SCENES), None, PAGES),
    Parameter("predicted_curve", Sketch(), None, PAGES),
    Parameter("step", Whole(0, LARGEST), None, (*DIGITS, SAMPLING, WORDS, TRANSLATE, FORECAST)),
)
_SUBJECTS = (
    Parameter("model", Choice(), None, (HIDDEN_STATES, GATES_PAGE, ATTRIBUTION)),
    Parameter("model2", Choice(), None, (HIDDEN_STATES, GATES_PAGE)),
    Parameter("source", Choice(("digits", "mnist", "draw")), "digits", DIGITS),
    Parameter("drawing", Strokes(), None, DIGITS),
    Parameter("sample", Whole(0, LARGEST), 7, DIGITS),
    Parameter("sample2", Whole(0, LARGEST), 12, (HIDDEN_STATES, GATES_PAGE)),
    Parameter("beside", Choice(("nothing", "model", "digit")), "nothing", (HIDDEN_STATES, GATES_PAGE)),
    Parameter("order", Choice(("similarity", "peak", "index")), "similarity", (HIDDEN_STATES, GATES_PAGE)),
    Parameter("layer", Whole(0, 7), 0, (HIDDEN_STATES, GATES_PAGE, GRADIENT_FLOW, ATTRIBUTION)),
    Parameter("unit", Whole(0, LARGEST), 0, (HIDDEN_STATES, GATES_PAGE, ATTRIBUTION)),
    Parameter("of", Whole(0, 1), 0, (HIDDEN_STATES,)),
    Parameter("trained", Whole(0, 10**9), None, (HIDDEN_STATES,)),
)
_GATES = (
    Parameter("gate", Choice(_every(GATES.values())), None, (GATES_PAGE,)),
    Parameter("class", Choice(("all", *map(str, range(MOST_CLASSES)))), "all", (GATES_PAGE,)),
    Parameter("operation", Choice(OPERATIONS), None, (GATES_PAGE,)),
    Parameter("from", Whole(1, STEPS), 10, (GATES_PAGE,)),
    Parameter("transplant", Whole(1, STEPS), 14, (GATES_PAGE,)),
    Parameter("donor", Whole(0, LARGEST), 3, (GATES_PAGE,)),
    Parameter("edits", Whole(1, MOST_EDITS), 1, (GATES_PAGE,)),
    *(
        parameter
        for number in range(1, MOST_EDITS + 1)
        for parameter in (
            Parameter(f"signal{number}", Choice(_every(SIGNALS.values())), None, (GATES_PAGE,)),
            Parameter(f"kind{number}", Choice(KINDS), KINDS[0], (GATES_PAGE,)),
            Parameter(f"layer{number}", Whole(0, 7), 0, (GATES_PAGE,)),
            Parameter(f"value{number}", Choice(AMOUNTS), "1", (GATES_PAGE,)),
            Parameter(f"seed{number}", NOISE, 0, (GATES_PAGE,)),
            Parameter(f"units{number}", Span(0, LARGEST), None, (GATES_PAGE,)),
            Parameter(f"rows{number}", Span(1, STEPS), None, (GATES_PAGE,)),
            Parameter(f"donor{number}", Whole(0, LARGEST), 3, (GATES_PAGE,)),
        )
    ),
    Parameter("simulated", Choice(CELLS), "lstm", (GATES_PAGE,), was=("crank",)),
    Parameter("preset", Choice(PRESETS), None, (GATES_PAGE,)),
    *(
        Parameter(f"held-{gate}", Choice(LEVELS), None, (GATES_PAGE,))
        for gate in ("input", "forget", "output", "reset", "update")
    ),
    Parameter("wx", Choice(SIZES), None, (GATES_PAGE,)),
    Parameter("wh", Choice(SIZES), None, (GATES_PAGE,)),
    Parameter("inputs", Text(400), None, (GATES_PAGE,)),
)
_GRADIENT_FLOW = (
    Parameter("networks", Choice(), None, (GRADIENT_FLOW,)),
    Parameter("init", Choice((AS_IT_IS, "default", "orthogonal", "identity", "xavier")), AS_IT_IS, (GRADIENT_FLOW,)),
    Parameter("radius", Choice((AS_IT_IS, *TENTHS[1:])), AS_IT_IS, (GRADIENT_FLOW,)),
    Parameter("bias", Choice((AS_IT_IS, *HALVES)), AS_IT_IS, (GRADIENT_FLOW,)),
    Parameter("activation", Choice((AS_IT_IS, *NONLINEARITIES)), AS_IT_IS, (GRADIENT_FLOW,)),
    Parameter("new_head", Choice((AS_IT_IS, *CLASSIFIER_HEADS)), AS_IT_IS, (GRADIENT_FLOW,)),
    Parameter("blank", Choice(("0", "5", "10", "20", "50", "100", "150", "200")), "0", (GRADIENT_FLOW,)),
    Parameter("chunk", Choice(("whole", "28", "14", "7", "4", "2", "1")), "whole", (GRADIENT_FLOW,)),
    Parameter("after", Whole(0, 10**9), None, (GRADIENT_FLOW,)),
    Parameter("jacobian", Choice(CELLS), None, (GRADIENT_FLOW,)),
    Parameter("explode", Choice(("1.5", "1.6", "1.8", "2", "2.5")), "1.6", (GRADIENT_FLOW,)),
    Parameter("sgd_rate", Choice(("0.05", "0.1", "0.2", "0.3")), "0.1", (GRADIENT_FLOW,)),
    Parameter("limit", Choice(("0.5", "1", "2", "5")), "1", (GRADIENT_FLOW,)),
    Parameter("delay", Choice(("10", "20", "40", "80")), "40", (GRADIENT_FLOW,)),
    Parameter("task", Choice(("delayed", "adding")), "delayed", (GRADIENT_FLOW,)),
    Parameter("one", Choice(CELLS), "rnn", (GRADIENT_FLOW,)),
    Parameter("two", Choice(CELLS), "gru", (GRADIENT_FLOW,)),
    Parameter("first_units", Choice(("16", "32", "48", "64", "96")), "48", (GRADIENT_FLOW,)),
    Parameter("keep", Choice(("0", "1", "2", "3", "4")), "3", (GRADIENT_FLOW,)),
    Parameter("drawn", NOISE, 0, (GRADIENT_FLOW,)),
)
_HEADS = (
    Parameter("inside1", Choice(), None, (HEADS,)),
    Parameter("inside2", Choice(), None, (HEADS,)),
    Parameter("moment", Choice(("before", "after")), "before", (HEADS,)),
    Parameter("class1", Whole(0, 9), 3, (HEADS,)),
    Parameter("class2", Whole(0, 9), 3, (HEADS,)),
    Parameter("head1", Choice(CLASSIFIER_HEADS), "concat", (HEADS,)),
    Parameter("head2", Choice(CLASSIFIER_HEADS), "last", (HEADS,)),
    Parameter("race_cell", Choice(CELLS), "lstm", (HEADS,)),
    Parameter("match", Switch(), False, (HEADS, WORDS)),
    Parameter("race_units", Whole(1, 512), 64, (HEADS,)),
    Parameter("race_layers", Whole(1, 4), 1, (HEADS,)),
    *(
        parameter
        for data in ("digits", "mnist")
        for parameter in (
            Parameter(f"race_epochs_{data}", Whole(1, 50), 10 if data == "digits" else 1, (HEADS,)),
            Parameter(f"race_batch_{data}", Whole(1, 1024), 32 if data == "digits" else 128, (HEADS,)),
        )
    ),
    Parameter("race_rate", Choice(RACE_RATES), "0.005", (HEADS,)),
    Parameter("race_seed", SEED, 0, (HEADS,)),
    Parameter("orders_seed", SEED, 3, (HEADS,)),
    Parameter("reading", Choice(ROW_ORDERS), None, (HEADS,)),
)
_ATTRIBUTION = (
    Parameter("why", Choice(("answer", *map(str, range(MOST_CLASSES)))), "answer", (ATTRIBUTION,)),
    Parameter("not", Choice(("none", *map(str, range(MOST_CLASSES)))), "none", (ATTRIBUTION,)),
    Parameter("base", Choice(("black", "mean", "blurred", "other")), "black", (ATTRIBUTION,)),
    Parameter("word_base", Choice(WORD_BASELINES), "zeros", (ATTRIBUTION,)),
    Parameter("base_digit", Whole(0, 499), 3, (ATTRIBUTION,)),
    *(Parameter(f"method{number}", Choice((*METHODS, "none")), None, (ATTRIBUTION,)) for number in (1, 2, 3)),
    Parameter("by", Choice(("pixels", "rows")), "pixels", (ATTRIBUTION,)),
    Parameter("first", Choice(("most", "least")), "most", (ATTRIBUTION,)),
    Parameter("insert", Switch(), False, (ATTRIBUTION,)),
    Parameter("share", Choice(tuple(map(str, range(0, 101, 5)))), "20", (ATTRIBUTION,)),
    Parameter("flow_kind", Choice(("conductance", "influence")), "conductance", (ATTRIBUTION,)),
    Parameter(
        "text_method",
        Choice(("integrated_gradients", "occlusion")),
        "integrated_gradients",
        (ATTRIBUTION,),
        was=("letter_method",),
    ),
    Parameter("explained_text", Choice(("given", "own")), "given", (ATTRIBUTION,), was=("letter_text",)),
    Parameter("explained", Whole(2, 2000), None, (ATTRIBUTION,)),
    Parameter("planted_cell", Choice(CELLS), "gru", (ATTRIBUTION,)),
    Parameter("planted_sample", Whole(0, LARGEST), 0, (ATTRIBUTION,)),
    Parameter("planted_method", Choice(METHODS), None, (ATTRIBUTION,)),
    Parameter("ink", Switch(), False, (ATTRIBUTION,)),
    Parameter("randomized", Choice(), None, (ATTRIBUTION,), was=("ruined",)),
    Parameter("voter", Choice(), None, (ATTRIBUTION,)),
)
_SAMPLING = (
    Parameter("writer", Choice(), None, (SAMPLING,)),
    Parameter("reader", Choice(), None, (SAMPLING, ATTRIBUTION)),
    Parameter("prompt", Text(400), None, (SAMPLING,)),
    Parameter("length", Whole(1, 1000), 300, (SAMPLING,), was=("letters",)),
    Parameter("noise", NOISE, 0, (SAMPLING,)),
    Parameter("temperature", Choice(TENTHS), "0.7", (SAMPLING,), was=("heat",)),
    Parameter("k", Choice(("all", "40", "20", "10", "5", "3", "2", "1")), "all", (SAMPLING,)),
    Parameter("p", Choice(("1", "0.99", "0.95", "0.9", "0.8", "0.7", "0.5", "0.3")), "1", (SAMPLING,)),
    Parameter("beams", Whole(1, 32), 4, (SAMPLING,)),
    Parameter("branch", Branches(), None, (SAMPLING,)),
    Parameter("read", Choice(("held-out", "written", "own")), None, (SAMPLING,)),
    Parameter("follows", Choice(tuple(PROPERTIES)), None, (SAMPLING,)),
    Parameter("best", Choice(), None, (SAMPLING,)),
    Parameter("text_part", Whole(1, LARGEST), None, (SAMPLING,)),
    Parameter("text_unit", Whole(0, LARGEST), None, (SAMPLING,)),
    Parameter("stretch_from", Whole(1, 10**6), None, (SAMPLING,)),
    Parameter("stretch_to", Whole(1, 10**6), None, (SAMPLING,)),
    Parameter("learn_from", Choice(("python", "shakespeare", "own")), None, (SAMPLING,)),
    Parameter("text_cell", Choice(CELLS), None, (SAMPLING,)),
    Parameter("text_units", Whole(1, 1024), None, (SAMPLING,)),
    Parameter("text_layers", Whole(1, 4), 1, (SAMPLING,)),
    Parameter("tied", Switch(), False, (SAMPLING,)),
    Parameter("text_epochs", Whole(1, 1000), None, (SAMPLING,)),
    Parameter("text_batch", Whole(1, 512), None, (SAMPLING,)),
    Parameter("truncate", Whole(1, 512), None, (SAMPLING,)),
    Parameter("text_rate", Choice(("0.0005", "0.001", "0.002", "0.004", "0.008", "0.016")), None, (SAMPLING,)),
    Parameter("text_seed", SEED, 0, (SAMPLING,)),
    Parameter("film_prompt", Text(400), "", (SAMPLING,)),
)
_WORDS = (
    Parameter("word_reader", Choice(), None, (WORDS,)),
    Parameter("words_from", Choice(("given", "own")), "given", READING, renamed={"planted": "given"}),
    Parameter("review", Whole(0, LARGEST), 5, READING),
    Parameter("review2", Whole(0, LARGEST), 12, (HIDDEN_STATES, GATES_PAGE)),
    Parameter("donor_review", Whole(0, LARGEST), 3, (GATES_PAGE,)),
    *(Parameter(f"donor_review{number}", Whole(0, LARGEST), 3, (GATES_PAGE,)) for number in range(1, MOST_EDITS + 1)),
    Parameter("pads", Whole(0, 300), 20, (WORDS,)),
    Parameter("read_direction", Choice(("forward", "backward")), "forward", (WORDS,)),
    Parameter("read_unit", Whole(0, LARGEST), 0, (WORDS,)),
    Parameter("words", Text(1500), "", READING),
    Parameter("changed_word", Choice(), None, (WORDS,)),
    Parameter("changed_into", Choice(("opposite", "nearest", "unknown", "nothing")), None, (WORDS,)),
    Parameter("word", Choice(), None, (WORDS,)),
    Parameter("reviews", Choice((*REVIEWS, "own")), None, (WORDS,)),
    Parameter("word_cut", Whole(1, 100), None, (WORDS,)),
    Parameter("word_cell", Choice(CELLS), None, (WORDS,)),
    Parameter("word_head", Choice(TEXT_HEADS), None, (WORDS,)),
    Parameter("word_both", Switch(), True, (WORDS,)),
    Parameter("word_units", Whole(1, 512), None, (WORDS,)),
    Parameter("embedding_size", Whole(1, 512), None, (WORDS,)),
    Parameter("word_epochs", Whole(1, 200), None, (WORDS,)),
    Parameter("word_batch", Whole(1, 1024), None, (WORDS,)),
    Parameter("word_rate", Choice(("0.0005", "0.001", "0.002", "0.004", "0.008", "0.016")), None, (WORDS,)),
    Parameter("word_dropout", Choice(("0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6")), None, (WORDS,)),
    Parameter("weight_decay", Choice(("0", "0.01", "0.1", "0.3", "1", "2", "3")), None, (WORDS,)),
    Parameter("patience", Whole(0, 50), 0, (WORDS,)),
    Parameter("bucketed", Switch(), True, (WORDS,)),
    Parameter("word_seed", SEED, 0, (WORDS,)),
    Parameter("seeds", Whole(3, 20), 5, (WORDS,)),
    Parameter("compared_cell", Choice(CELLS), "lstm", (WORDS,)),
    Parameter("compared_epochs", Whole(1, 200), None, (WORDS,)),
    Parameter("threshold", Whole(1, 99), 50, (WORDS,)),
    Parameter("judged_class", Choice(tuple(map(str, range(MOST_CLASSES)))), None, (WORDS,)),
    Parameter("painted_by", Choice(WORD_METHODS), "left_out", (WORDS,)),
)
_TRANSLATION = (
    Parameter("translator", Choice(), None, (TRANSLATE, HIDDEN_STATES, GATES_PAGE)),
    Parameter("sentence", Text(800), "", (TRANSLATE, HIDDEN_STATES, GATES_PAGE, GRADIENT_FLOW)),
    Parameter("stack", Choice(("encoder", "decoder")), "encoder", (HIDDEN_STATES, GATES_PAGE)),
    Parameter("decoder_reads", Choice(("own", "right", "both")), "own", (TRANSLATE,)),
    Parameter("attention_change", Choice(CHANGES), "none", (TRANSLATE,)),
    Parameter("attention_blur", Whole(0, 100), 80, (TRANSLATE,)),
    Parameter("attention_shift", Whole(1, 20), 3, (TRANSLATE,)),
    Parameter("attention_start", Whole(1, 120), 1, (TRANSLATE,)),
    Parameter("decoder_signal", Choice(), "hidden", (TRANSLATE,)),
    Parameter("road", Text(200), None, (TRANSLATE,), own=True),
    Parameter("translation_beam", Whole(1, 16), 4, (TRANSLATE,)),
    Parameter("with_attention", Choice(), None, (TRANSLATE, GRADIENT_FLOW)),
    Parameter("without_attention", Choice(), None, (TRANSLATE, GRADIENT_FLOW)),
    Parameter("followed_word", Whole(1, 200), None, (GRADIENT_FLOW,)),
    Parameter("captioner", Choice(), None, (TRANSLATE,)),
    Parameter("picture_from", Choice(("given", "own")), "given", (TRANSLATE,)),
    Parameter("picture", Whole(0, LARGEST), 0, (TRANSLATE,)),
    Parameter("picture_digit", Whole(0, LARGEST), 0, (TRANSLATE,)),
    Parameter("picture_place", Choice(tuple(map(str, range(1, 10)))), "1", (TRANSLATE,)),
    Parameter("caption_signal", Choice(), "hidden", (TRANSLATE,)),
    Parameter("tagger", Choice(), None, (TRANSLATE,)),
    Parameter("tagger_beside", Choice(), None, (TRANSLATE,)),
    Parameter("code_from", Choice(("given", "own")), "given", (TRANSLATE,)),
    Parameter("code_piece", Whole(0, LARGEST), 0, (TRANSLATE,)),
    Parameter("learned_task", Choice((*TASKS, "own")), "numbers", (TRANSLATE,)),
    Parameter("language_from", Choice(), "de", (TRANSLATE,)),
    Parameter("language_to", Choice(), "en", (TRANSLATE,)),
    Parameter("date_locale", Choice(), "en", (TRANSLATE,)),
    Parameter("task_cell", Choice(CELLS), None, (TRANSLATE,)),
    Parameter("task_attention", Choice(ATTENTIONS), None, (TRANSLATE,)),
    Parameter("task_both", Switch(), True, (TRANSLATE,)),
    Parameter("task_units", Whole(2, 512), None, (TRANSLATE,)),
    Parameter("task_epochs", Whole(1, 200), None, (TRANSLATE,)),
    Parameter("task_batch", Whole(1, 1024), None, (TRANSLATE,)),
    Parameter(
        "task_rate", Choice(("0.0005", "0.001", "0.002", "0.004", "0.005", "0.008", "0.016")), None, (TRANSLATE,)
    ),
    Parameter("taught_share", Choice(("1", "0.75", "0.5", "0.25", "0")), "1", (TRANSLATE,)),
    Parameter("task_seed", SEED, 0, (TRANSLATE,)),
)
_FORECAST = (
    Parameter("forecaster", Choice(), None, (FORECAST, HIDDEN_STATES, GATES_PAGE, GRADIENT_FLOW)),
    Parameter("origin", Whole(1, 10**6), None, (FORECAST, HIDDEN_STATES, GATES_PAGE)),
    Parameter("past", Choice(("measured", "drawn")), "measured", (FORECAST,)),
    Parameter("sketched_past", Sketch(), None, (FORECAST,)),
    Parameter("steps_ahead", Whole(1, 500), None, (FORECAST,)),
    Parameter("one_step_network", Choice(), None, (FORECAST,)),
    Parameter("followed_ahead", Whole(1, 500), 1, (FORECAST, GRADIENT_FLOW)),
    Parameter("compared_series", Choice(), None, (FORECAST,)),
    Parameter("compared_with", Choice(), None, (FORECAST,)),
    Parameter("series", Choice((*SERIES, "own")), "co2", (FORECAST,)),
    Parameter("series_cell", Choice(CELLS), None, (FORECAST,)),
    Parameter("series_way", Choice(("direct", "recursive")), None, (FORECAST,)),
    Parameter("series_answer", Choice(("quantiles", "points")), None, (FORECAST,)),
    Parameter("series_scaling", Choice(SCALINGS), None, (FORECAST,)),
    Parameter("window", Whole(2, 4096), None, (FORECAST,)),
    Parameter("horizon", Whole(1, 500), None, (FORECAST,)),
    Parameter("series_units", Whole(1, 512), None, (FORECAST,)),
    Parameter("series_epochs", Whole(1, 1000), None, (FORECAST,)),
    Parameter("series_batch", Whole(1, 1024), None, (FORECAST,)),
    Parameter("series_rate", Choice(("0.0005", "0.001", "0.002", "0.005", "0.01", "0.02")), None, (FORECAST,)),
    Parameter("series_patience", Whole(0, 50), 0, (FORECAST,)),
    Parameter("series_seed", SEED, 0, (FORECAST,)),
)
_SHAPES = (
    Parameter("shape_source", Choice(("digit", "sentence", "series")), "digit", (SHAPES,)),
    Parameter("shape_squeeze", Switch(), True, (SHAPES,)),
    Parameter("shape_columns", Switch(), False, (SHAPES,)),
    Parameter("shape_batch_first", Switch(), True, (SHAPES,)),
    Parameter("shape_window", Whole(2, 10), 5, (SHAPES,)),
    Parameter("shape_cell", Choice(CELLS), None, (SHAPES,)),
    Parameter("shape_inputs", Whole(1, 28), 3, (SHAPES,)),
    Parameter("shape_hidden", Whole(1, 64), 2, (SHAPES,)),
    Parameter("shape_layers", Whole(1, 3), 1, (SHAPES,)),
    Parameter("shape_both", Switch(), False, (SHAPES,)),
    Parameter("shape_seed", SEED, 0, (SHAPES,)),
    Parameter("ledger_weight", Choice(("-2", "-1", "-0.5", "0", "0.5", "0.9", "1", "1.5", "2")), "0.9", (SHAPES,)),
    Parameter("ledger_truncate", Choice(("whole", "2", "1")), "whole", (SHAPES,)),
)
_TRAINING = (
    Parameter("run", Text(100), None, (TRAIN, SAMPLING, WORDS, TRANSLATE, FORECAST), own=True),
    Parameter("behind", Text(2000), None, (TRAIN, SAMPLING, WORDS, TRANSLATE, FORECAST), own=True),
    Parameter("data", Choice(("digits", "mnist")), "digits", (TRAIN, HEADS)),
    Parameter("cell", Choice(CELLS), None, (TRAIN,)),
    Parameter("head", Choice(CLASSIFIER_HEADS), None, (TRAIN,)),
    Parameter("units", Whole(1, 512), None, (TRAIN,)),
    Parameter("epochs", Whole(1, 200), None, (TRAIN,)),
    Parameter("nonlinearity", Choice(NONLINEARITIES), None, (TRAIN,)),
    Parameter("layers", Whole(1, 4), None, (TRAIN,)),
    Parameter("batch", Whole(1, 1024), None, (TRAIN,)),
    Parameter("rate", Choice(RATES), None, (TRAIN,)),
    Parameter("schedule", Choice(SCHEDULES), None, (TRAIN,)),
    Parameter("clip", Choice(("1", "0.1", "5", "off")), "1", (TRAIN,)),
    Parameter("device", Choice(), "auto", (TRAIN,)),
    Parameter("bidirectional", Switch(), False, (TRAIN,)),
    Parameter("seed", SEED, None, (TRAIN,)),
)

DECLARED = (
    *_VIEWS,
    *_SUBJECTS,
    *_GATES,
    *_GRADIENT_FLOW,
    *_HEADS,
    *_ATTRIBUTION,
    *_SAMPLING,
    *_WORDS,
    *_TRANSLATION,
    *_FORECAST,
    *_SHAPES,
    *_TRAINING,
)
PARAMETERS: Mapping[str, Parameter] = {parameter.name: parameter for parameter in DECLARED}


def options_of(name: str) -> tuple[str, ...]:
    """The options of a parameter that lists them."""
    kind = PARAMETERS[name].type
    assert isinstance(kind, Choice), name
    return kind.options
