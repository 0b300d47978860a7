"""What goes in: from images, sentences and series to the one shape that recurrent layers read."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
import torch

from seqviz.data.datasets import load_dataset
from seqviz.data.load_series import load_series
from seqviz.figures.boxes import boxes, tensor_box
from seqviz.instruments.layer_shapes import Line, digit_lines, sentence_lines, series_lines
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import pick, switch, whole

SOURCES = {"digit": "Digits", "sentence": "Sentences", "series": "A series"}
WORDS = ("the", "cat", "sat", "on", "a", "mat")
SENTENCES = ((0, 1, 2, 3, 4, 5), (4, 1, 3, 0, 5, 2))
HIDDEN, EMBEDDING = 8, 4
LARGEST = 150  # pixels of the longest side


@dataclass(frozen=True)
class Fed:
    """What is fed, line by line."""

    source: str
    lines: Sequence[Line]
    program: str


def _choose() -> Fed:
    source = pick("What is read", list(SOURCES), "shape_source", names=SOURCES)
    if source == "sentence":
        lines = sentence_lines(torch.tensor(SENTENCES), len(WORDS), EMBEDDING, HIDDEN)
        return Fed(source, lines, _program(lines, f"tokens = torch.tensor({[list(one) for one in SENTENCES]})"))
    if source == "series":
        window = whole("Values in a window", "shape_window", slider=True)
        values = load_series("sine").values[:12].float()
        lines = series_lines(values, window, HIDDEN)
        return Fed(source, lines, _program(lines, "series = torch.sin(torch.arange(12) / 4)"))
    squeeze = switch("squeeze(1)", "shape_squeeze")
    columns, first = False, True
    if squeeze:
        columns = switch("Columns are the steps", "shape_columns")
        first = switch("batch_first=True", "shape_batch_first")
    lines = digit_lines(_images(), HIDDEN, squeeze=squeeze, columns=columns, batch_first=first)
    return Fed(source, lines, _program(lines, "images = load_dataset('digits').test.inputs[:3].unsqueeze(1)"))


@remembered(1)
def _images() -> torch.Tensor:
    """As torchvision gives them: `(N, 1, 28, 28)`."""
    return load_dataset("digits").test.inputs[:3].unsqueeze(1)


def _program(lines: Sequence[Line], first: str) -> str:
    load = "from seqviz import load_dataset\n" if "load_dataset" in first else ""
    body = "\n".join(line.code for line in lines[1:])
    return f"import torch\nfrom torch import nn\n{load}\n{first}\n{body}\nprint(output.shape, h_n.shape)\n"


def _result(fed: Fed) -> str:
    last, before = fed.lines[-1], fed.lines[-2].tensor
    if last.tensor is None:
        return f"PyTorch refuses: “**{last.error}**” The channel is an axis too many: squeeze(1) takes it away."
    assert before is not None
    shape = tuple(before.shape)
    batch, time = (shape[0], shape[1]) if "batch_first=True" in last.code else (shape[1], shape[0])
    return (
        f"nn.GRU reads **{shape}**: {batch} sequences of {time} steps, {shape[2]} "
        f"{'number' if shape[2] == 1 else 'numbers'} at each."
    )


def _show(fed: Fed) -> None:
    longest = max(max(line.tensor.shape[-2:], default=1) for line in fed.lines if line.tensor is not None)
    parts = [
        tensor_box(line.code, line.tensor, line.axes, scale=LARGEST / longest)
        for line in fed.lines
        if line.tensor is not None
    ]
    st.html(boxes(parts))
    if fed.lines[-1].tensor is None:
        st.code(f"{fed.lines[-1].code}\n# {fed.lines[-1].error}", language="python", wrap_lines=True)
    if fed.source == "digit":
        st.caption("Boxes are in proportion; the sheets behind are further digits. A digit is a sequence of its rows.")
    elif fed.source == "sentence":
        st.caption(f"Token {0} is “{WORDS[0]}”, token 5 is “{WORDS[5]}”: each is looked up and becomes a vector.")
    else:
        st.caption("Each window begins one step later; the last axis says that one number is read at a step.")
    code(fed.program, "The same lines.")


VIEW = View(
    "inputs",
    "What goes in",
    _choose,
    _show,
    result=_result,
    notice=(
        "Recurrent layers read three axes: sequences, steps, numbers at a step. Everything else is brought to these.",
        "With batch_first=False the first axis is time. The numbers are the same; the layer must be told.",
        "Rows or columns as steps: the same picture is another sequence.",
    ),
    question="Leave out squeeze(1) and read what PyTorch says. Which of the four numbers is the axis too many?",
)
