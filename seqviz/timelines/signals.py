"""Every signal of one layer on one clock: gates, states, and the answer."""

from collections.abc import Iterator, Mapping, Sequence

from jaxtyping import Int
from torch import Tensor

from seqviz.data.examples import Example
from seqviz.instruments.trace import Trace
from seqviz.palette import CELL_NAMES
from seqviz.player.timeline import Heatmap, Panel, Scale, Timeline
from seqviz.specs import SIGNALS, ModelSpec
from seqviz.timelines.answers import answer_bars, answer_sentences, largest, settled_marks
from seqviz.timelines.examples import example_panel, example_timeline

SYMBOLS: Mapping[str, str] = {
    "input": "i",
    "forget": "f",
    "candidate": "g",
    "output": "o",
    "cell": "c",
    "hidden": "h",
    "reset": "r",
    "update": "z",
    "new": "n",
    "preactivation": "a",
}
SHARES = ("input", "forget", "output", "reset", "update")


def signals_timeline(
    spec: ModelSpec,
    example: Example,
    seen: Trace,
    layer: int,
    order: Int[Tensor, " hidden"],
    title: str = "",
    *,
    only: Sequence[str] = (),
    alongside: Trace | None = None,
    against: Trace | None = None,
) -> Timeline:
    """The example, one heatmap a signal with the units in the same `order`, and the answer after each step.

    `only` names the signals to show (default: all); `alongside` is a trace whose colours must mean the same numbers.
    With `against`, another trace of the same network, the last heatmap is the difference of the hidden states.
    """
    panels: list[Panel] = [
        answer_sentences(example, seen),
        example_panel(example),
        answer_bars(spec, example, seen),
    ]
    panels += _heatmaps(spec, (seen, alongside or seen), layer, order, only or SIGNALS[spec.encoder.cell])
    if against is not None:
        difference = (seen.layers[layer].hidden - against.layers[layer].hidden)[0][:, order]
        limit = largest(difference, 1e-6)
        name = "Hidden state, edited minus as trained"
        panels.append(Heatmap(name, difference.numpy(), order.tolist(), symbol="Δh", limit=limit, layer=layer))
    return example_timeline(example, panels, title, settled_marks(example, seen))


def _heatmaps(
    spec: ModelSpec, traces: tuple[Trace, Trace], layer: int, order: Int[Tensor, " hidden"], only: Sequence[str]
) -> Iterator[Heatmap]:
    """One heatmap a signal; colours are full at the 98th percentile, so that a few giants do not pale all others."""
    trace, other = (seen.layers[layer] for seen in traces)
    for signal in only:
        values = trace.signal(signal)[0][:, order]  # (time, hidden)
        scale: Scale = "share" if signal in SHARES else "signed"
        kind = "state" if signal in ("cell", "hidden") else "" if signal == "preactivation" else "gate"
        name = " ".join(filter(None, [signal.capitalize(), kind, SYMBOLS[signal]]))
        yield Heatmap(
            f"{name}, {CELL_NAMES[spec.encoder.cell]} layer {trace.layer + 1}",
            values.numpy(),
            order.tolist(),
            symbol=SYMBOLS[signal],
            scale=scale,
            limit=max(largest(layer.signal(signal), 1.0, 0.98) for layer in (trace, other)),
            layer=layer,
        )
