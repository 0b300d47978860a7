"""Beam search: the likeliest text there is, beside one that was drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from seqviz import snippets
from seqviz.data.vocabulary import visible
from seqviz.instruments.sampling import SampleStep
from seqviz.instruments.side_by_side import Beam, beam_search
from seqviz.snippets.subjects import Network
from seqviz.ui.sampling.setting import Writing, choose_writing, written
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import whole

SEARCHED = 200  # characters; the most that are searched


@dataclass(frozen=True)
class Search:
    """How a network writes, and with how many beams it looks for the likeliest text."""

    writing: Writing
    beams: int

    @property
    def length(self) -> int:
        return min(self.writing.setting.length, SEARCHED)

    @property
    def found(self) -> Sequence[Beam]:
        """The likeliest texts, best first."""
        writer, prompt = self.writing.writer, self.writing.setting.prompt
        return _searched(writer.name, writer.version, prompt, self.length, self.beams, writer)

    @property
    def drawn(self) -> Sequence[SampleStep]:
        """A text of the same length, drawn at T = 1."""
        return written(self.writing.writer, replace(self.writing.setting, length=self.length))


def _choose() -> Search:
    beams = st.container()  # above what all views share
    writing = choose_writing()
    with beams:
        return Search(writing, whole("Beams", "beams", slider=True, width=260))


def _result(search: Search) -> str:
    """How much likelier the best text is than a drawn one."""
    best, drawn = _bits(search.found[0], search.length), _surprise(search.drawn)
    return (
        f"Over {search.length} characters the likeliest text that {search.beams} "
        f"{'beam finds' if search.beams == 1 else 'beams find'} costs **{best:.2f} bits** a character; a drawn one "
        f"**{drawn:.2f}**."
    )


def _bits(beam: Beam, length: int) -> float:
    return -beam.log_probability / length / math.log(2)


def _surprise(steps: Sequence[SampleStep]) -> float:
    return sum(step.surprise for step in steps) / len(steps)


def _show(search: Search) -> None:
    setting, length = search.writing.setting, search.length
    for rank, beam in enumerate(search.found[:3], start=1):
        _text(
            f"Beam {rank} of {search.beams}: {_bits(beam, length):.2f} bits a character, log-probability "
            f"{beam.log_probability:.1f} nats",
            setting.prompt,
            beam.text,
        )
    _text(
        f"Drawn at T = 1, seed {setting.seed}: {_surprise(search.drawn):.2f} bits a character",
        setting.prompt,
        "".join(step.character for step in search.drawn),
    )
    st.caption(
        "Beam search draws nothing: it looks for the likeliest text. Sampling at T = 1 draws what the network means. "
        f"Both have {length} characters here" + (", the most that is searched." if length < setting.length else ".")
    )
    code(snippets.beams(search.writing.writer, setting.prompt, length, search.beams), "The same search.")


def _text(caption: str, prompt: str, content: str) -> None:
    st.markdown(f"**{caption}**")
    st.code(visible(prompt + content), language=None, wrap_lines=True)


@st.cache_resource(show_spinner=False, max_entries=64)
def _searched(name: str, version: int, prompt: str, length: int, beams: int, _writer: Network) -> tuple[Beam, ...]:
    return beam_search(_writer.model, prompt, length, beams)


VIEW = View(
    "beam",
    "Beam search",
    _choose,
    _show,
    result=_result,
    notice=(
        "The likeliest text is duller than any that is drawn: it says what is always safe to say, and says it again.",
        "Its surprise is far below that of a drawn text. Real texts surprise about as much as drawn ones.",
    ),
    question="Why does the search repeat itself, although every step takes what is likeliest?",
)
