"""Write: one text, character by character, and the roads not taken at each."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.vocabulary import named
from seqviz.figures.sampling import characters_figure
from seqviz.instruments.sampling import SampleStep, continuations, opening_text
from seqviz.palette import CELL_COLOURS
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Network, WritingSetting
from seqviz.timelines.writing import writing_timeline
from seqviz.ui.sampling import forced
from seqviz.ui.sampling.setting import Writing, choose_writing, written
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import QUIET, code, mode, verbatim
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.player import player, seek
from seqviz.ui.shell.stage import View, on_demand, open_part
from seqviz.ui.shell.url import recalled_step, remember_step

CHOICE = "One character: the choice as it was, and the roads not taken"
ROADS, AHEAD = 6, 60  # characters that might have come, and how far each is followed


def _choose() -> Writing:
    writing = choose_writing(with_heat=True, with_cuts=True)
    writer, setting = writing.writer, writing.setting
    about = (writer.name, setting.prompt, setting.seed)
    put_in = forced.recalled(about, setting.length, writer.model.vocabulary.characters)
    return replace(writing, setting=replace(setting, forced=put_in))


def _result(writing: Writing) -> str:
    """How sure it was, and how surprising what it wrote."""
    steps = writing.steps
    surprise = sum(step.surprise for step in steps) / len(steps)
    likeliest = sum(step.rank == 1 for step in steps) / len(steps)
    return (
        f"At T = {writing.setting.temperature:g}, it takes the likeliest character **{likeliest:.0%}** of the time; a "
        f"character surprises by **{surprise:.1f} bits** (one bit is a coin flip)."
    )


def _show(writing: Writing) -> None:
    """The text as it is written, and one choice of it opened."""
    writer, setting, steps = writing.writer, writing.setting, writing.steps
    timeline = writing_timeline(steps, setting.prompt, CELL_COLOURS[writer.spec.encoder.cell])
    player(timeline, key="writing", start=recalled_step(len(steps)), autoplay=True, on_step=_opened(len(steps)))
    forced.undo()
    st.caption(
        "Surprise: how unlikely the network itself (T = 1) found the character. Entropy: how open the choice was, "
        "after T and cuts. One bit is a coin flip."
    )
    choice = partial(_choice, writer, setting, steps)
    on_demand(CHOICE, choice, ["step"])
    _downloads(writer, setting, steps, timeline)
    code(snippets.writing(writer, setting), "Plain PyTorch: the same noise, the same characters.")


def _opened(length: int) -> Callable[[int], None]:
    """A character that was clicked is opened; that playback has come to the end opens nothing."""

    def opened(step: int) -> None:
        if step < length - 1:
            remember_step(step)
            open_part(CHOICE)

    return opened


def _choice(writer: Network, setting: WritingSetting, steps: tuple[SampleStep, ...]) -> None:
    """One character's distribution as it was, and the roads not taken."""
    asked = recalled_step(len(steps))
    place = max(range(len(steps)), key=lambda index: steps[index].surprise) if asked is None else asked
    one = steps[place]
    st.header(f"Character {place + 1}: the choice as it was", anchor=False)
    if asked is None:
        st.caption("Click a character above to open its choice. This is the most surprising one.")
    about = ("characters", writer.name, writer.version, setting, place, mode())
    title = (
        f"Character {place + 1}: surprise {one.surprise:.2f} bits (T = 1), entropy drawn from {one.entropy:.2f} bits"
    )
    vocabulary, colour = writer.model.vocabulary.characters, CELL_COLOURS[writer.spec.encoder.cell]
    draw = partial(
        characters_figure, vocabulary, one.plain, one.distribution, one.kept, one.token, title, colour, mode()
    )
    st.plotly_chart(caches.drawn(about, draw), key="choice", theme=None, config=QUIET)
    st.markdown(
        "**The roads not taken**: continue from here with another character; the noise behind it stays the same. "
        "Percentages: by the network → after T and cuts."
    )
    before = (setting.prompt + "".join(step.character for step in steps[:place]))[-12:]
    for character, share, continuation in _roads(writer.name, writer.version, setting, place, writer):
        _road(place, character, share, (before, continuation), taken=character == one.character)


def _road(place: int, character: str, share: str, around: tuple[str, str], *, taken: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            verbatim(named(character)),
            key=f"road {ord(character)}",
            help="This is the one that was taken." if taken else "Continue from here with this character",
            disabled=taken,
            on_click=_branch,
            args=(place, character),
            width=62,
        )
        before, after = ("".join(map(_in_line, text)) for text in around)
        mark = "  (taken)" if taken else ""
        st.text(f"{share}   …{before}[{_in_line(character)}]{after}{mark}", width="stretch")


def _branch(place: int, character: str) -> None:
    forced.add(place, character)
    remember_step(place)
    seek("writing", place, play=True)


@remembered(256)
def _roads(
    name: str, version: int, setting: WritingSetting, place: int, _writer: Network
) -> list[tuple[str, str, str]]:
    """The likeliest characters of one choice: each one's shares, and the text that it leads to."""
    steps = written(_writer, setting)
    before = opening_text(_writer.model, setting.prompt) + "".join(step.character for step in steps[:place])
    candidates = steps[place].candidates(ROADS)
    shares = [f"{one.before:.1%} → {f'{one.after:.1%}' if one.kept else 'cut'}" for one in candidates]
    characters = [one.character for one in candidates]
    texts = continuations(
        _writer.model,
        before,
        characters,
        AHEAD,
        temperature=setting.temperature,
        top_k=setting.top_k,
        top_p=setting.top_p,
        seed=setting.seed,
        first=place + 1,
    )
    return list(zip(characters, shares, texts, strict=True))


def _downloads(writer: Network, setting: WritingSetting, steps: tuple[SampleStep, ...], timeline: Timeline) -> None:
    content = setting.prompt + "".join(step.character for step in steps)

    def numbers() -> str:
        fields = ("character", "before", "after", "surprise", "entropy", "rank", "forced")
        rows = [{"character": step.step + 1} | {name: getattr(step, name) for name in fields} for step in steps]
        return pd.DataFrame(rows).to_csv(index=False)

    with st.container(horizontal=True):
        st.download_button("Text (TXT)", content, f"seqviz-{writer.name}-text.txt", "text/plain", on_click="ignore")
        st.download_button(
            "Numbers (CSV)", numbers, f"seqviz-{writer.name}-characters.csv", "text/csv", on_click="ignore"
        )
        page = partial(to_html, timeline, f"SeqViz: {writer.name} writes")
        st.download_button(
            "Page that plays anywhere", page, f"seqviz-{writer.name}.html", "text/html", on_click="ignore"
        )


def _in_line(character: str) -> str:
    """A character in a line of text: blanks as they are, the rest that cannot be seen by its sign."""
    return character if character == " " else named(character)


VIEW = View(
    "write",
    "Write",
    _choose,
    _show,
    result=_result,
    notice=(
        "The network knows characters and nothing else. After each one it gives every character a probability, one is "
        "drawn, and the draw becomes its next input.",
        "Most surprise lies at the beginnings of words. Once a word has begun, the rest of it often follows.",
        "One character changed by hand changes everything behind it, although the noise stays the same.",
    ),
    question="Find a character with high entropy and one with low. What decides how sure the network can be?",
)
