"""Through attention: the gradient of a written word on its way back, with attention and without."""

from dataclasses import dataclass
from functools import partial

import streamlit as st
from torch import Tensor

from seqviz import snippets
from seqviz.data.tokens import END
from seqviz.errors import InputError
from seqviz.figures.translation import way_back_figure
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.translation_gradients import WayBack, way_back
from seqviz.palette import ATTENTION_NAMES
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.snippets.subjects import Translator
from seqviz.timelines.translation import END_SIGN, way_back_timeline
from seqviz.timelines.wording import compared
from seqviz.ui.shell.frame import QUIET, code, mode, verbatim
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.translators import choose_text, choose_two
from seqviz.ui.shell.url import whole


@dataclass(frozen=True)
class Followed:
    """Two translators of the same pairs, a text with its right translation, and the word of it that is followed."""

    networks: tuple[Translator, Translator]
    text: str
    right: tuple[int, ...]
    word: int

    @property
    def ways(self) -> dict[str, WayBack]:
        """What comes back in each network, by what kind of attention it has."""
        first, second = (ATTENTION_NAMES[one.spec.decoder.attention] for one in self.networks)
        names = (first, second) if first != second else (f"{first} (left)", f"{second} (right)")
        return {
            name: _way(one.name, one.version, self.text, self.right, self.word, one)
            for name, one in zip(names, self.networks, strict=True)
        }

    @property
    def source(self) -> list[str]:
        return self.networks[0].model.source.split(self.text)

    @property
    def written(self) -> list[str]:
        vocabulary = self.networks[0].model.target.vocabulary
        return [END_SIGN if token == END else vocabulary[token] for token in (*self.right, END)]


def _choose() -> Followed:
    networks = choose_two()
    text, right = choose_text(networks[0])
    if not right:
        raise InputError(
            "Nobody knows the right translation of this text, so there is no loss to follow back. Press Another."
        )
    word = whole("Which written word is followed", "followed_word", low=1, high=len(right), default=len(right)) - 1
    return Followed(networks, text, right, word)


def _result(found: Followed) -> str:
    """What is left where the first network looks most."""
    first = next(iter(found.ways.values()))
    place = int(first.direct.argmax()) if bool((first.direct > 0).any()) else 0
    left = ", ".join(
        f"{name} **{compared(float(way.encoder[place]) / max(1e-30, float(way.decoder[-1])))}**"
        for name, way in found.ways.items()
    )
    written, read = verbatim(found.written[found.word]), verbatim(found.source[place])
    return f"From “{written}” back to “{read}”, token {place + 1}: {left}."


def _show(found: Followed) -> None:
    timelines = [way_back_timeline(found.source, found.written, way, name) for name, way in found.ways.items()]
    timeline = timelines[0].beside(timelines[1])
    play(timeline, key="way back")
    figure = way_back_figure(found.ways, found.source, found.written, mode())
    st.plotly_chart(figure, key="way back norms", theme=None, config=QUIET)
    st.caption("Dotted: what comes through attention alone, a short cut past the steps between.")

    def numbers() -> bytes:
        arrays: dict[str, Tensor] = {}
        for number, way in enumerate(found.ways.values(), 1):
            arrays |= {f"network{number}_decoder": way.decoder_vectors, f"network{number}_encoder": way.encoder_vectors}
            arrays[f"network{number}_short_cut"] = way.direct
        return to_npz({name: tensor.numpy() for name, tensor in arrays.items()})

    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("GIF for slides", partial(to_gif, timeline, mode()), "seqviz-way-back.gif", "image/gif"),
            ("Page that plays anywhere", partial(to_html, timeline, "Back"), "seqviz-way-back.html", "text/html"),
            ("Numbers (NPZ)", numbers, "seqviz-way-back.npz", "application/octet-stream"),
        ):
            st.download_button(label, content, file, mime, on_click="ignore")
    code(snippets.way_back(found.networks, found.text, found.right, found.word), "The norms of both networks.")


@remembered(64)
def _way(name: str, version: int, text: str, right: tuple[int, ...], word: int, _translator: Translator) -> WayBack:
    model = _translator.model
    return way_back(model, model.source.encode(text), right, word)


VIEW = View(
    "attention",
    "Through attention",
    _choose,
    _show,
    result=_result,
    notice=(
        "Without attention the gradient comes back through every word that was written and every letter that was read.",
        "With attention it has a short cut: it reaches the letters that the word looked at in one step.",
        "The letters beside these get the rest of it, through the encoder's own recurrence.",
    ),
    question="Follow the first word, then the last. For which of them is the way without attention longer, and why is "
    "it weaker there?",
)
