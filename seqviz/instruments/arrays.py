"""A trace as named NumPy arrays, for a file."""

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from seqviz.instruments.sequence_trace import SequenceTrace
from seqviz.instruments.trace import Trace
from seqviz.networks.unroll import LayerTrace


def reading_arrays(reading: SequenceTrace) -> dict[str, NDArray[np.float32]]:
    """The input and all signals: `layer0_forward_hidden` `(time, hidden)`, `prefix_logits` `(time, answers)`, …"""
    arrays = {"input": reading.example.inputs(reading.spec), "prefix_logits": reading.trace.prefix_logits[0]}
    if reading.background is not None:
        arrays["path"] = reading.path
    return {name: tensor.numpy() for name, tensor in arrays.items()} | trace_arrays(reading.trace)


def trace_arrays(trace: Trace) -> dict[str, NDArray[np.float32]]:
    """Every signal of the first sequence of a trace: `layer0_forward_hidden` `(time, hidden)`, and so on."""
    return layer_arrays(trace.layers)


def layer_arrays(layers: Sequence[LayerTrace]) -> dict[str, NDArray[np.float32]]:
    """The same of some layers."""
    arrays = {}
    for layer in layers:
        name = f"layer{layer.layer}_{layer.direction}"
        arrays[f"{name}_hidden"] = layer.hidden[0]
        if layer.cell is not None:
            arrays[f"{name}_cell"] = layer.cell[0]
        arrays |= {f"{name}_{gate}_gate": values[0] for gate, values in layer.gates.items()}
    return {name: tensor.numpy() for name, tensor in arrays.items()}


_FORMULA = ("=", "+", "-", "@", "\t")


def to_csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table with a head; a text that a spreadsheet would take for a formula begins with an apostrophe.

    >>> to_csv(("word", "share"), [("=1+1", 0.25)])
    b"word,share\\r\\n'=1+1,0.25\\r\\n"
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(names)
    for row in rows:
        writer.writerow([f"'{one}" if isinstance(one, str) and one.startswith(_FORMULA) else one for one in row])
    return stream.getvalue().encode()


def to_npz(arrays: dict[str, NDArray[np.float32]]) -> bytes:
    """The bytes of a compressed `.npz` file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
