"""Caption: a network spells out what is on a picture, letter by letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from jaxtyping import Float
from torch import Tensor

from seqviz.data.captions import PLACES, Captions, caption_of, picture
from seqviz.errors import InputError
from seqviz.instruments.arrays import to_csv, to_npz
from seqviz.instruments.translation import Translation, translate
from seqviz.instruments.translation_beams import translation_beams
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.captions import captioning
from seqviz.snippets.subjects import Translator
from seqviz.specs import SIGNALS
from seqviz.timelines.translation import caption_timeline, written_names
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import choose_number, digit_of
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View, on_demand
from seqviz.ui.shell.url import choose, pick

FROM = {"given": "Held out", "own": "One of yours"}
WIDTH = 5  # of the beam
OTHERS = "The likeliest sentences"


@dataclass(frozen=True)
class Look:
    """A network, a picture, how a program gets it, and what should be written."""

    translator: Translator
    picture: Float[Tensor, "rows columns"]
    source: str
    right: str
    about: tuple[object, ...]
    signal: str

    @property
    def found(self) -> Translation:
        one = self.translator
        return _translated(one.name, one.version, self.about, self.picture, one)

    @property
    def written(self) -> str:
        return self.translator.model.target.text(self.found.tokens)

    @property
    def right_tokens(self) -> list[int]:
        tokens: list[int] = self.translator.model.target.encode(self.right).tolist()
        return tokens


@remembered(64)
def _translated(
    name: str, version: int, about: tuple[object, ...], _picture: Tensor, _translator: Translator
) -> Translation:
    return translate(_translator.model, _picture)


def _choose() -> Look:
    caches.say_if_private("captioner")
    names = caches.task_network_names("captions")
    translator = caches.translator(
        choose("Network", names, "captioner", names=caches.network_title, default="captions", width=260)
    )
    data = caches.task_data(translator.checkpoint.dataset)
    if not isinstance(data, Captions):
        raise InputError(f"The network {translator.name} has learned no pictures; choose another one.")
    one_digit = data.name == "captions"
    own = one_digit and pick("Picture", list(FROM), "picture_from", names=FROM) == "own"
    shown, source, right, about = _own() if own else _held_out(data)
    signal = choose(
        "Signal", SIGNALS[translator.spec.cell], "caption_signal", names=str.capitalize, default="hidden", width=180
    )
    return Look(translator, shown, source, right, about, signal)


def _held_out(data: Captions) -> tuple[Tensor, str, str, tuple[object, ...]]:
    number = choose_number("Example", "picture", len(data.test), "picture that no network has learned from")
    right = data.target.text(data.test.targets[number].tolist())
    return data.test.inputs[number], f'load_task("{data.name}").test.inputs[{number}]', right, (data.name, number)


def _own() -> tuple[Tensor, str, str, tuple[object, ...]]:
    """A test digit at one of nine places."""
    count = len(caches.dataset("digits").test)
    number = choose_number("Digit", "picture_digit", count, "digit of the test set")
    places = [str(place + 1) for place in range(len(PLACES))]
    chosen = choose("Where", places, "picture_place", names=lambda one: PLACES[int(one) - 1], width=180)
    place, digit = int(chosen) - 1, digit_of("digits", number)
    source = f'picture([load_dataset("digits").test.inputs[{number}]], [{place}])'
    assert digit.label is not None
    right = caption_of([(digit.label, place)])
    return picture([digit.image], [place]), source, right, ("own", number, place)


def _result(look: Look) -> str:
    if look.written == look.right:
        return f"It writes “**{look.written}**”, which is right."
    return f"It writes “**{look.written}**”; right would be “{look.right}”."


def _show(look: Look) -> None:
    one = look.translator
    signals = ("hidden",) if look.signal == "hidden" else ("hidden", look.signal)
    timeline = caption_timeline(one.spec, look.picture, look.found, one.model.target, signals, right=look.right_tokens)
    play(timeline, key="caption")
    on_demand(OTHERS, partial(_others, look))
    _downloads(look, timeline)
    code(captioning(one, look.source), "The network's own weights in plain PyTorch: the same letters.")


def _others(look: Look) -> None:
    """What a beam finds: whole sentences with their probabilities."""
    target = look.translator.model.target
    rows = [
        {"sentence": target.text(text.tokens), "log-probability (nats)": round(text.log_probability, 3)}
        for text in translation_beams(look.translator.model, look.picture, WIDTH)
    ]
    st.dataframe(rows, hide_index=True, key="likeliest sentences")


def _downloads(look: Look, timeline: Timeline) -> None:
    name, found = f"seqviz-{look.translator.name}", look.found

    def letters() -> bytes:
        names = written_names(found, look.translator.model.target)
        rows: Sequence[Sequence[object]] = list(zip(range(1, len(names) + 1), names, found.shares, strict=True))
        return to_csv(("step", "letter", "probability"), rows)

    def arrays() -> bytes:
        kept = {"picture": look.picture, "distributions": found.distributions}
        if found.attention is not None:
            kept["attention"] = found.attention
        kept |= {"hidden": found.decoder[-1].hidden[0]}
        return to_npz({key: tensor.numpy() for key, tensor in kept.items()})

    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("Page that plays anywhere", partial(to_html, timeline, "A picture spelled out"), ".html", "text/html"),
            ("GIF", partial(to_gif, timeline, mode()), ".gif", "image/gif"),
            ("Letters (CSV)", letters, ".csv", "text/csv"),
            ("Numbers (NPZ)", arrays, ".npz", "application/octet-stream"),
        ):
            st.download_button(label, content, f"{name}{file}", mime, on_click="ignore")


VIEW = View(
    "caption",
    "Caption",
    _choose,
    _show,
    result=_result,
    notice=(
        "The first letter is written from the picture alone; each later one also from the letters before it.",
        "At most letters the network is sure: the word has begun, and the rest follows. It decides at few of them.",
        "The coloured places are those that attention weighs most while a letter is written.",
    ),
    question="At which letters are the digit and its place decided, and where does the network look there?",
)
