"""What predictions are held against: measured on the network in front, or read from a measurement that ships.

Each measurement gives the key of the right choice, a sentence with its number, and where the number comes from.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqviz.data.batch import Batch
from seqviz.data.sketch import POINTS
from seqviz.experiments.forecast_scores import load_rolling_origins
from seqviz.experiments.statistics import paired_t_test
from seqviz.instruments.echo import echo
from seqviz.instruments.forecasting import forecast
from seqviz.instruments.gradients import gradient_flow
from seqviz.instruments.layer_shapes import (
    digit_lines,
    ends_of,
    gradient_ledger,
    make_layer,
    sample_inputs,
    weights_of,
    written_steps,
)
from seqviz.networks.build import parameter_counts
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec, RecurrentSpec
from seqviz.timelines.wording import compared
from seqviz.ui.shell import caches
from seqviz.ui.shell.memo import remembered

ORIGINS = 120  # one-step forecasts that an echo is told by


@dataclass(frozen=True)
class Revealed:
    """The key of the right choice, what was measured in a sentence, and where."""

    right: str
    sentence: str
    source: str


@dataclass(frozen=True)
class Measurement:
    """A way to find out; `keys` are the choices that a prediction must offer."""

    keys: tuple[str, ...]
    measure: Callable[[], Revealed]


BY_HAND = "computed from these numbers"
LIVE, ON_ALL = "measured just now", "measured just now, on all embedded test digits"


def _squeeze() -> Revealed:
    last = digit_lines(torch.zeros(2, 1, 28, 28), 8, squeeze=False)[-1]
    return Revealed("reads" if last.tensor is not None else "refuses", last.error or "It reads them.", LIVE)


def _weights_of_steps() -> Revealed:
    layer = make_layer(RecurrentSpec("gru", 8), 28)
    count = sum(weight.value.numel() for weight in weights_of(layer, "gru"))
    x = sample_inputs(1, 28, 28)
    short, long = (written_steps(layer, "gru", x[:, :steps]) for steps in (3, 28))
    same = torch.allclose(short[-1].values[-1], long[2].values[-1], atol=1e-12)
    sentence = f"{count:,} parameters read 3 steps and 28 steps; the first three states are the same numbers."
    return Revealed("same" if same else "own", sentence, LIVE)


def _gru_beside_lstm() -> Revealed:
    gru, lstm = (parameter_counts(ModelSpec.classifier(cell, 64)).recurrent for cell in ("gru", "lstm"))
    right = min({"half": 0.5, "three_quarters": 0.75, "same": 1.0}.items(), key=lambda one: abs(one[1] - gru / lstm))[0]
    return Revealed(right, f"A GRU of 64 units has {gru:,} recurrent parameters, an LSTM {lstm:,}.", LIVE)


def _last_of_both() -> Revealed:
    ends = ends_of(make_layer(RecurrentSpec("gru", 8, bidirectional=True), 4), sample_inputs(1, 6, 4))
    there, all_of_them = int(ends.equal.sum()), ends.equal.numel()
    right = "all" if there == all_of_them else "half" if 2 * there == all_of_them else "none"
    return Revealed(right, f"{there} of {all_of_them} numbers of output[:, -1] are states of h_n.", LIVE)


def _ways_back() -> Revealed:
    ledger = gradient_ledger(1.0, 0.9, (0.5, -1.0, 0.2), (0.0, 0.0, 1.0))
    names = {3: "three", 6: "six", 9: "nine"}
    count = len(ledger.terms)
    return Revealed(names[count], f"There are {count} ways; together they are autograd's {ledger.autograd:.4f}.", LIVE)


def _truncation() -> Revealed:
    whole, cut = (gradient_ledger(1.0, 0.9, (0.5, -1.0, 0.2), (0.0, 0.0, 1.0), truncate=one) for one in (None, 1))
    right = "same" if abs(whole.autograd - cut.autograd) < 1e-9 else "other"
    return Revealed(right, f"Whole {whole.autograd:.4f}, cut after each step {cut.autograd:.4f}.", LIVE)


def _first_row() -> Revealed:
    """The gradient at row 1 of a digit against row 28, in the shipped RNN and GRU."""
    data = caches.dataset("digits").test
    left = {}
    for name in ("rnn", "gru"):
        model = caches.network(name).model
        layer = gradient_flow(model, Batch(data.inputs[7:8], data.targets[7:8])).layers[-1]
        norms = layer.hidden_grad[0].norm(dim=1)
        left[name] = float(norms[0] / norms[-1])
    right = "weaker" if left["rnn"] < 0.8 else "stronger" if left["rnn"] > 1.25 else "same"
    sentence = f"At row 1 it is {compared(left['rnn'])} than at row 28 in the RNN, {compared(left['gru'])} in the GRU."
    return Revealed(right, sentence, "measured just now, on example 7")


def _update_gate() -> Revealed:
    """A GRU whose update gate is held open at 1, by its bias."""
    layer = make_layer(RecurrentSpec("gru", 8), 4)
    with torch.no_grad():
        dict(layer.named_parameters())["bias_ih_l0"][8:16] = 100.0
    before = sample_inputs(1, 1, 8)
    output, _ = layer(sample_inputs(1, 5, 4), before)
    moved = float((output - before).abs().max().detach())
    return Revealed("keeps" if moved < 1e-6 else "takes", f"After five steps the state has moved by {moved:.0e}.", LIVE)


def _blank_rows() -> Revealed:
    """Padding that a network is not told of."""
    model, digits = caches.network("rnn").model, caches.dataset("digits").test
    padded = torch.cat([digits.inputs, torch.zeros_like(digits.inputs)], dim=1)
    right = [_share_right(model, digits.targets, inputs) for inputs in (digits.inputs, padded)]
    sentence = f"As they are it is right on {right[0]:.0%}, with 28 blank rows behind each on {right[1]:.0%}."
    return Revealed("changes" if right[1] < right[0] - 0.05 else "nothing", sentence, ON_ALL)


def _reversed_rows() -> Revealed:
    model, digits = caches.network("gru").model, caches.dataset("digits").test
    right = [_share_right(model, digits.targets, inputs) for inputs in (digits.inputs, digits.inputs.flip(1))]
    sentence = f"From top to bottom it is right on {right[0]:.0%}, from bottom to top on {right[1]:.0%}."
    return Revealed("worse" if right[1] < right[0] - 0.05 else "same", sentence, ON_ALL)


def _share_right(model: SequenceNetwork, labels: Tensor, inputs: Tensor) -> float:
    with torch.no_grad():
        return float((model(inputs).argmax(dim=1) == labels).double().mean())


def _concat_weights() -> Revealed:
    sizes = [parameter_counts(ModelSpec.classifier("gru", 64, head="concat", sequence_length=n)).head for n in (28, 56)]
    last = parameter_counts(ModelSpec.classifier("gru", 64)).head
    sentence = f"For 28 steps it has {sizes[0]:,} weights, for 56 {sizes[1]:,}; a head on the last state {last:,}."
    return Revealed("grows" if sizes[1] > sizes[0] else "same", sentence, LIVE)


def _untrained() -> Revealed:
    network = caches.network("gru")
    model = caches.earlier(network, 0)
    digit = caches.dataset("digits").test
    with torch.no_grad():
        share = float(model(digit.inputs[7:8]).softmax(dim=1)[0, digit.targets[7]])
    right = "tenth" if 0.03 < share < 0.25 else "sure" if share > 0.5 else "nothing"
    return Revealed(right, f"Untrained, it gives the right class {share:.0%}.", "the snapshot before step 1, example 7")


def _cold() -> Revealed:
    logits = torch.tensor([2.0, 1.0, 0.0])
    warm, cold = ((logits / temperature).softmax(dim=0) for temperature in (1.0, 0.5))
    sentence = f"Scores 2, 1, 0: the likeliest has {warm[0]:.0%} at temperature 1, {cold[0]:.0%} at 0.5."
    return Revealed("surer" if cold[0] > warm[0] else "less", sentence, BY_HAND)


def _clipped() -> Revealed:
    gradient = torch.tensor([30.0, -40.0])
    clipped = gradient.clone().requires_grad_()
    clipped.grad = gradient.clone()
    torch.nn.utils.clip_grad_norm_([clipped], 1.0)
    cosine = float(torch.cosine_similarity(clipped.grad, gradient, dim=0))
    sentence = f"(30, −40) becomes ({clipped.grad[0]:.1f}, {clipped.grad[1]:.1f}): cosine {cosine:.3f} with before."
    return Revealed("length" if cosine > 0.999 else "direction", sentence.replace("-", "−"), BY_HAND)


def _without_attention() -> Revealed:
    with_it, without = (caches.translator(name).checkpoint.metrics["exact"] for name in ("numbers", "numbers-plain"))
    sentence = f"With attention {with_it:.1%} of 1,000 held-out numbers are exact, without {without:.1%}."
    return Revealed("worse" if without < with_it - 0.02 else "same", sentence, "the cards of both networks")


def _reads_ahead() -> Revealed:
    found = json.loads((caches.MODELS / "directions.json").read_text("utf-8"))["perplexities"]["by_step"]
    forward, both = (list(found[name].values())[-1] for name in ("forward", "bidirectional"))
    sentence = f"Perplexity {forward:.2f} with one direction, {both:.2f} with two: it has read the next word."
    return Revealed("cheats" if both < 0.7 * forward else "better", sentence, "models/directions.json")


def _two_directions() -> Revealed:
    found = json.loads((caches.MODELS / "directions.json").read_text("utf-8"))["accuracies"]
    difference = paired_t_test(found["bidirectional"], found["forward"])
    sure = difference is not None and difference.clear
    means = {name: sum(values) / len(values) for name, values in found.items()}
    p = "" if difference is None else f", p {difference.p:.2g}"
    sentence = f"Means of {len(found['forward'])} seeds: {means['forward']:.1%} and {means['bidirectional']:.1%}{p}."
    return Revealed("sure" if sure else "cannot_tell", sentence, "models/directions.json")


def _leaked() -> Revealed:
    found = json.loads((caches.MODELS / "forecasts.json").read_text("utf-8"))["leaks"]["random-walk"]
    said, worth = found["claimed"]["shuffled"], found["honest"]["shuffled"]
    sentence = f"Reported {said:.2f} of the last value's error, in truth {worth:.2f}."
    return Revealed("lies" if said < worth - 0.05 else "holds", sentence, "models/forecasts.json")


def _gated_road() -> Revealed:
    """∂c_T/∂c_1 of an LSTM along the cell state alone: the product of its forget gates."""
    forget, kept = 0.98, 0.5
    sentence = f"Over 27 steps a factor of {forget} leaves {forget**27:.0%}, one of {kept} {kept**27:.0e}."
    return Revealed("near_one" if forget**27 > 0.5 > kept**27 else "half", sentence, BY_HAND)


def _one_bias() -> Revealed:
    """Whether both biases of an RNN could be one."""
    layer, x = make_layer(RecurrentSpec("rnn", 4), 3), sample_inputs(2, 5, 3)
    before = layer(x)[0].detach()
    with torch.no_grad():
        parameters = dict(layer.named_parameters())
        parameters["bias_ih_l0"].add_(parameters["bias_hh_l0"])
        parameters["bias_hh_l0"].zero_()
    moved = float((layer(x)[0].detach() - before).abs().max())
    return Revealed("yes" if moved < 1e-12 else "no", f"Both in one, the states move by {moved:.0e}.", LIVE)


def _same_word() -> Revealed:
    embedding = torch.nn.Embedding(5, 3)
    vectors = embedding(torch.tensor([2, 4, 2])).detach()
    equal = torch.equal(vectors[0], vectors[2])
    return Revealed("same" if equal else "own", "Token 2 was looked up twice; the vectors were compared.", LIVE)


def _echo() -> Revealed:
    one = caches.forecaster("forecast-random-walk")
    origins = list(range(len(one.series) - ORIGINS, len(one.series)))
    said = forecast(one.model, one.windows, origins, 1, intervals=False).values[:, 0]
    found = echo(said, one.series.values[origins])
    near, far = float(found.errors[found.lag]), float(found.errors[0])
    sentence = f"They lie {near:.2f} from the value {found.lag} before, and {far:.2f} from the one that they are for."
    return Revealed("repeats" if found.repeats else "knows", sentence, LIVE)


def _walk() -> Revealed:
    found = load_rolling_origins(caches.MODELS / "forecasts.safetensors")["random-walk"]
    network = found.best([name for name in found.forecasts if name.startswith("forecast-")])
    difference = found.difference(network, "last value")
    better = difference is not None and difference.clear and difference.mean < 0
    sentence = f"MASE {found.mase(network):.2f}, the last value {found.mase('last value'):.2f}."
    return Revealed("yes" if better else "no", sentence, f"{len(found.origins)} origins, models/forecasts.safetensors")


def _coverage() -> Revealed:
    found = load_rolling_origins(caches.MODELS / "forecasts.safetensors")["sunspots"]
    share = found.coverage("forecast-sunspots") or 0.0
    right = "fewer" if share < 0.85 else "more" if share > 0.95 else "about"
    sentence = f"{share:.0%} of what came lay in the intervals of 90 %."
    return Revealed(right, sentence, f"{len(found.origins)} origins, models/forecasts.safetensors")


def _season() -> Revealed:
    found = load_rolling_origins(caches.MODELS / "forecasts.safetensors")["co2"]
    network = found.best([name for name in found.forecasts if name.startswith("forecast-")])
    others = [name for name in found.forecasts if not name.startswith("forecast-")]
    best = found.best(others)
    right = "network" if found.mase(network) < found.mase(best) else "baseline"
    sentence = f"The best network has MASE {found.mase(network):.3f}, {best} {found.mase(best):.3f}."
    return Revealed(right, sentence, f"{len(found.origins)} origins, models/forecasts.safetensors")


MEASUREMENTS: Mapping[str, Measurement] = {
    "squeeze": Measurement(("refuses", "reads"), _squeeze),
    "weights_of_steps": Measurement(("same", "own"), _weights_of_steps),
    "gru_beside_lstm": Measurement(("half", "three_quarters", "same"), _gru_beside_lstm),
    "last_of_both": Measurement(("all", "half", "none"), _last_of_both),
    "ways_back": Measurement(("three", "six", "nine"), _ways_back),
    "truncation": Measurement(("same", "other"), _truncation),
    "first_row": Measurement(("weaker", "same", "stronger"), _first_row),
    "update_gate": Measurement(("keeps", "takes"), _update_gate),
    "gated_road": Measurement(("near_one", "half"), _gated_road),
    "blank_rows": Measurement(("changes", "nothing"), _blank_rows),
    "reversed_rows": Measurement(("worse", "same"), _reversed_rows),
    "concat_weights": Measurement(("grows", "same"), _concat_weights),
    "untrained": Measurement(("tenth", "sure", "nothing"), _untrained),
    "cold": Measurement(("surer", "less"), _cold),
    "clipped": Measurement(("length", "direction"), _clipped),
    "without_attention": Measurement(("worse", "same"), _without_attention),
    "reads_ahead": Measurement(("cheats", "better"), _reads_ahead),
    "two_directions": Measurement(("sure", "cannot_tell"), _two_directions),
    "leaked": Measurement(("lies", "holds"), _leaked),
    "one_bias": Measurement(("yes", "no"), _one_bias),
    "same_word": Measurement(("same", "own"), _same_word),
    "echo": Measurement(("repeats", "knows"), _echo),
    "walk": Measurement(("yes", "no"), _walk),
    "coverage": Measurement(("fewer", "about", "more"), _coverage),
    "season": Measurement(("network", "baseline"), _season),
}


@dataclass(frozen=True)
class Curve:
    """A measured curve at `POINTS` places, in [0, 1] of what its axis shows, and the names of the axes' ends."""

    heights: tuple[float, ...]
    low: str
    high: str
    start: str
    stop: str
    sentence: str
    source: str


def _gradient_by_row() -> Curve:
    """‖∂L/∂h_t‖ of the shipped RNN, from row 1 to row 28, on a scale of powers of ten."""
    data = caches.dataset("digits").test
    layer = gradient_flow(caches.network("rnn").model, Batch(data.inputs[7:8], data.targets[7:8])).layers[-1]
    norms = layer.hidden_grad[0].norm(dim=1)
    decades = (norms / norms.max()).clamp(min=1e-4).log10() / 4 + 1
    left = compared(float(norms[0] / norms[-1]))
    return Curve(
        _at_points(decades),
        "10 000 times weaker",
        "strongest",
        "row 1",
        "row 28",
        f"At row 1 it is {left} than at row 28.",
        "measured just now, RNN on example 7",
    )


def _probability_by_row() -> Curve:
    """The probability of the right class, if the network had to answer after each row."""
    data, model = caches.dataset("digits").test, caches.network("gru").model
    with torch.no_grad():
        outputs, _ = model.encode(data.inputs[7:8])
        shares = model.head.prefix_logits(outputs).softmax(dim=-1)[0, :, data.targets[7]]
    first = int((shares > 0.5).nonzero()[0]) + 1 if bool((shares > 0.5).any()) else 28
    sentence = f"Above one half for the first time after row {first}; in the end {float(shares[-1]):.0%}."
    return Curve(_at_points(shares), "0 %", "100 %", "row 1", "row 28", sentence, "measured just now, GRU on example 7")


def _forecast_by_step() -> Curve:
    """The error of the best network on CO₂ by the week ahead."""
    found = load_rolling_origins(caches.MODELS / "forecasts.safetensors")["co2"]
    errors = found.by_horizon("forecast-co2")
    top = 2 * float(errors.max())
    sentence = f"MASE {float(errors[0]):.2f} one week ahead, {float(errors[-1]):.2f} after 52 weeks."
    source = f"{len(found.origins)} origins, models/forecasts.safetensors"
    return Curve(_at_points(errors / top), "0", f"MASE {top:.1f}", "1 week", "52 weeks", sentence, source)


CURVES: Mapping[str, Callable[[], Curve]] = {
    "gradient_by_row": _gradient_by_row,
    "probability_by_row": _probability_by_row,
    "forecast_by_step": _forecast_by_step,
}


def _at_points(values: Tensor) -> tuple[float, ...]:
    """Straight lines between the values, at `POINTS` places from the first to the last."""
    places = np.linspace(0, len(values) - 1, POINTS)
    return tuple(np.interp(places, np.arange(len(values)), values.double().numpy()).tolist())


@remembered(8)
def measured_curve(name: str) -> Curve:
    """What a curve really is, once for all visitors."""
    return CURVES[name]()


@remembered(64)
def revealed(name: str) -> Revealed:
    """What a measurement finds, once for all visitors."""
    return MEASUREMENTS[name].measure()
