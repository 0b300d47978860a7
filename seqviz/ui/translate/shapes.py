"""Task shapes: one to many, many to one, many to many, each with the tensors of a network that ships."""

from dataclasses import dataclass

import streamlit as st
import torch

from seqviz.data.captions import captions
from seqviz.data.examples import Digit
from seqviz.data.tags import TAGS, tags
from seqviz.figures.shapes import DRAWN, Row, Shape, shape_diagram
from seqviz.instruments.translation import translate
from seqviz.timelines.translation import END_SIGN
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import digit_of
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.stage import View, nothing

NUMBER = "vierundzwanzig"


@dataclass(frozen=True)
class Task:
    """A shape with its program."""

    shape: Shape
    code: str


def _show(_: None) -> None:
    for column, task in zip(st.columns(4, gap="medium"), _tasks(), strict=True):
        with column:
            st.html(shape_diagram(task.shape))
            with st.expander("Show the code", icon=":material/code:"):
                st.code(task.code, language="python", wrap_lines=True)
    st.markdown(
        "**One to one** needs no memory: a small CNN reads the whole digit at once; "
        "[Heads](heads?view=order) holds it against the recurrent networks. "
        "**Many to one** is also a review that is read word by word: [Words](words)."
    )


def _result(_: None) -> str:
    numbers, words = (_tasks()[3].shape.rows[place].shape for place in (0, -1))
    return (
        f"The same step four times: only what is read and what is asked differ. **{numbers[1]} letters** become "
        f"**{words[1] - 1} words** and an end."
    )


@remembered(1)
def _tasks() -> tuple[Task, ...]:
    """All numbers are shapes of tensors that were computed just now."""
    return _one_to_many(), _many_to_one(), _many_to_many(), _encoder_decoder()


def _one_to_many() -> Task:
    translator, picture = caches.translator("captions"), captions().test.inputs[0]
    found = translate(translator.model, picture)
    letters = [translator.model.target.vocabulary[token] if token else END_SIGN for token in found.tokens]
    link, steps = "translate?view=caption", len(found.tokens)
    rows = (
        Row("picture", tuple(picture[None].shape), ["picture"], link, at=0),
        Row("states of the decoder", tuple(found.decoder[-1].hidden.shape), [f"h{n + 1}" for n in range(steps)], link),
        Row("logits", (1, *found.distributions.shape), [_visible(letter) for letter in letters], link),
    )
    example = f"A picture is spelled out: “{translator.model.target.text(found.tokens)}”."
    return Task(Shape("One to many", example, rows, DRAWN), _CAPTION)


def _many_to_one() -> Task:
    network, digit = caches.network("gru"), digit_of("digits", 7)
    assert isinstance(digit, Digit)
    x = digit.image[None]
    with torch.no_grad():
        outputs, _ = network.model.encode(x)
        logits = network.model.answer(outputs)
    steps, link = range(x.shape[1]), "hidden-states"
    rows = (
        Row("rows of a digit", tuple(x.shape), [f"x{n + 1}" for n in steps], link),
        Row("states", tuple(outputs.shape), [f"h{n + 1}" for n in steps], link),
        Row("logits", tuple(logits.shape), [str(int(logits.argmax()))], "train", at=DRAWN - 1),
    )
    return Task(
        Shape("Many to one", f"A digit is read row by row: it is a {int(logits.argmax())}.", rows, DRAWN), _DIGIT
    )


def _many_to_many() -> Task:
    network, data = caches.tagger("tags"), tags()
    tokens = data.test.inputs[:1]
    with torch.no_grad():
        outputs, _ = network.model.encode(network.model.embed(tokens))
        logits = network.model.answer(outputs)
    text = data.vocabulary.decode(tokens[0].tolist())
    answers = [TAGS[tag] for tag in logits[0].argmax(dim=-1).tolist()]
    link = "translate?view=tag"
    rows = (
        Row("letters", tuple(tokens.shape), [_visible(letter) for letter in text], link),
        Row("states, both directions", tuple(outputs.shape), [f"h{n + 1}" for n in range(len(text))], link),
        Row("logits", tuple(logits.shape), answers, link),
    )
    return Task(Shape("Many to many, step by step", "Every letter of a program gets a tag.", rows, DRAWN), _TAGS)


def _encoder_decoder() -> Task:
    translator = caches.translator("numbers")
    model = translator.model
    tokens = model.source.encode(NUMBER)
    found = translate(model, tokens)
    with torch.no_grad():
        read = model.read(tokens[None])
    written = [model.target.vocabulary[token] if token else END_SIGN for token in found.tokens]
    link = "translate"
    rows = (
        Row("letters", (1, len(tokens)), list(NUMBER), link),
        Row("states that read", tuple(read.features.shape), [f"e{n + 1}" for n in range(len(tokens))], link),
        Row(
            "states that write", tuple(found.decoder[-1].hidden.shape), [f"h{n + 1}" for n in range(len(written))], link
        ),
        Row("logits", (1, *found.distributions.shape), written, link),
    )
    example = f"{NUMBER} → {model.target.text(found.tokens)}."
    return Task(Shape("Many to many, one after the other", example, rows, DRAWN), _TRANSLATION)


def _visible(letter: str) -> str:
    return {" ": "␣", "\n": "↵"}.get(letter, letter)


_CAPTION = """import torch
from seqviz import load_checkpoint, load_task

model = load_checkpoint("models/captions.safetensors").build()
picture = load_task("captions").test.inputs[:1]  # (1, 48, 48)
with torch.no_grad():
    reading = model.read(picture)  # features (1, 36, 64), and the decoder's first state
    steps = list(model.write(reading))  # reads its own letters until it writes an end
print(model.target.text(int(step.tokens) for step in steps))
"""
_DIGIT = """import torch
from seqviz import load_checkpoint, load_dataset

model = load_checkpoint("models/gru.safetensors").build()
digit = load_dataset("digits").test.inputs[7:8]  # (1, 28, 28): 28 rows of 28 pixels
with torch.no_grad():
    states, last = model.encoder(digit)  # (1, 28, 128), nn.GRU
    logits = model.head(states)  # (1, 10): read from the last state
print(int(logits.argmax()))
"""
_TAGS = """import torch
from seqviz import load_checkpoint, load_task

model, data = load_checkpoint("models/tags.safetensors").build(), load_task("tags")
letters = data.test.inputs[:1]  # (1, 128)
with torch.no_grad():
    states, _ = model.encoder(model.embedding(letters))  # (1, 128, 2 * 64), nn.GRU in both directions
    logits = model.head(states)  # (1, 128, 7): an answer at every step
print(logits.argmax(dim=-1)[0].tolist())
"""
_TRANSLATION = f"""import torch
from seqviz import load_checkpoint

model = load_checkpoint("models/numbers.safetensors").build()
letters = model.source.encode("{NUMBER}")[None]  # (1, {len(NUMBER)})
with torch.no_grad():
    reading = model.read(letters)  # features (1, {len(NUMBER)}, 128), and the decoder's first state
    steps = list(model.write(reading))  # one step a word
print(model.target.text(int(step.tokens) for step in steps))
"""
PROGRAMS = (_CAPTION, _DIGIT, _TAGS, _TRANSLATION)

VIEW = View(
    "shapes",
    "Task shapes",
    nothing,
    _show,
    result=_result,
    notice=(
        "Every box is a tensor of a network that ships; a click leads to the page where it can be watched.",
        "The recurrent step is the same everywhere. What differs is at which steps something is read, and at which "
        "something is asked.",
        "Where the answer may be longer or shorter than what is read, two networks are needed: one reads, one writes.",
    ),
    question="Which shape has a forecast of tomorrow's weather from the last thirty days? And one of the next seven?",
)
