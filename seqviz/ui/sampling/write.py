"""Write: one text character by character, the same noise at four temperatures, or the likeliest text there is."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.vocabulary import named, visible
from seqviz.figures.sampling import characters_figure
from seqviz.instruments.sampling import SampleStep, opening_text, sample
from seqviz.instruments.side_by_side import Beam, beam_search
from seqviz.palette import CELL_COLOURS
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Network, WritingSetting
from seqviz.timelines.writing import writing_timeline
from seqviz.ui.sampling import forced
from seqviz.ui.shell import caches
from seqviz.ui.shell.frame import QUIET, code, mode, verbatim
from seqviz.ui.shell.player import player, seek
from seqviz.ui.shell.stage import controls
from seqviz.ui.shell.texts import choose_writer
from seqviz.ui.shell.url import recalled_step, remember_step, slide, text, whole

TEMPERATURES = tuple(f"{tenths / 10:g}" for tenths in range(21))
COLUMNS = (0.2, 0.7, 1.0, 1.5)
SHOWS = {"one": "One text", "four": "Four temperatures", "beam": "Beam search"}
PROMPTS = {"shakespeare": "ROMEO:", "python": "class "}
LENGTH, LONGEST, SEARCHED = 300, 1000, 200  # characters; the longest that beam search looks for
ROADS, AHEAD = 6, 60  # characters that might have come, and how far each is followed


def write(show: str) -> None:
    """The controls, and what they write."""
    with controls():
        writer = choose_writer("writer", "shakespeare")
    setting = choose_setting(writer, with_cuts=show == "one", with_heat=show == "one")
    {"one": _one, "four": _four, "beam": _beams}[show](writer, setting)


def choose_setting(writer: Network, *, with_heat: bool = True, with_cuts: bool = True) -> WritingSetting:
    """Prompt, length, temperature, cuts and seed; what is not asked for is 1 and off."""
    with controls():
        prompt = text("Prompt", "prompt", PROMPTS.get(writer.checkpoint.dataset, ""), width=190)
        length = whole("Characters", 1, LONGEST, LENGTH, "letters", width=125)
        seed = whole(
            "Seed", 0, 9999, 0, "noise", width=110, help="The same seed is the same noise at every temperature."
        )
        heat, top_k, top_p = 1.0, "all", "1"
        if with_heat:
            heat = float(slide("Temperature T", TEMPERATURES, "heat", default="0.7", width=200))
        if with_cuts:
            top_k = slide(
                "Top-k: characters kept", ("all", "40", "20", "10", "5", "3", "2", "1"), "k", default="all", width=170
            )
            levels = ("1", "0.99", "0.95", "0.9", "0.8", "0.7", "0.5", "0.3")
            top_p = slide("Top-p: share kept", levels, "p", default="1", width=185)
    return WritingSetting(
        prompt, length, heat, None if top_k == "all" else int(top_k), None if top_p == "1" else float(top_p), seed
    )


@st.cache_resource(show_spinner=False, max_entries=64)
def _written(name: str, version: int, setting: WritingSetting, _writer: Network) -> tuple[SampleStep, ...]:
    return tuple(_steps(_writer, setting, setting.prompt, setting.length))


def _steps(writer: Network, setting: WritingSetting, prompt: str, length: int, first: int = 0) -> Iterator[SampleStep]:
    return sample(
        writer.model,
        prompt,
        length,
        temperature=setting.temperature,
        top_k=setting.top_k,
        top_p=setting.top_p,
        seed=setting.seed,
        forced=dict(setting.forced),
        first=first,
    )


def written(writer: Network, setting: WritingSetting) -> tuple[SampleStep, ...]:
    """The text that this network writes so."""
    return _written(writer.name, writer.version, setting, writer)


def _one(writer: Network, setting: WritingSetting) -> None:
    setting = replace(
        setting,
        forced=forced.recalled(
            (writer.name, setting.prompt, setting.seed), setting.length, writer.model.vocabulary.characters
        ),
    )
    steps = written(writer, setting)
    colour = CELL_COLOURS[writer.spec.encoder.cell]
    timeline = writing_timeline(steps, setting.prompt, colour)
    st.caption(
        "Surprise: how unlikely the network itself (T = 1) found the character. Entropy: how open the choice was, "
        "after T and cuts. One bit is a coin flip."
    )
    player(timeline, key="writing", start=recalled_step(len(steps)), autoplay=True, on_step=_opened(len(steps)))
    forced.undo()
    _choice(writer, setting, steps)
    _downloads(writer, setting, steps, timeline)
    code(snippets.writing(writer, setting), "Plain PyTorch: the same noise, the same characters.")


def _opened(length: int) -> Callable[[int], None]:
    """A character that was clicked is opened; that playback has come to the end opens nothing."""
    return lambda step: remember_step(step) if step < length - 1 else None


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


@st.cache_resource(show_spinner=False, max_entries=256)
def _roads(
    name: str, version: int, setting: WritingSetting, place: int, _writer: Network
) -> list[tuple[str, str, str]]:
    """The likeliest characters of one choice: each one's shares, and the text that it leads to."""
    steps = _written(name, version, setting, _writer)
    before = opening_text(_writer.model, setting.prompt) + "".join(step.character for step in steps[:place])
    plain, found = replace(setting, forced=()), []
    for one in steps[place].candidates(ROADS):
        road = _steps(_writer, plain, before + one.character, AHEAD, first=place + 1)
        share = f"{one.before:.1%} → {one.after:.1%}" if one.kept else f"{one.before:.1%} → cut"
        found.append((one.character, share, "".join(step.character for step in road)))
    return found


def _four(writer: Network, setting: WritingSetting) -> None:
    st.caption("Each column has drawn the same random numbers; only the temperature differs.")
    timeline: Timeline | None = None
    texts = {}
    for heat in COLUMNS:
        steps = written(writer, replace(setting, temperature=heat))
        texts[heat] = "".join(step.character for step in steps)
        bits = sum(step.entropy for step in steps) / len(steps)
        title = f"T = {heat:g} · mean entropy {bits:.1f} bits"
        column = writing_timeline(
            steps, setting.prompt, CELL_COLOURS[writer.spec.encoder.cell], title, candidates=False
        )
        timeline = timeline.beside(column) if timeline else column
    assert timeline is not None
    player(timeline, key="columns", start=recalled_step(setting.length), autoplay=True, on_step=remember_step)
    content = "\n\n".join(f"T = {heat:g}\n{setting.prompt}{written}" for heat, written in texts.items())
    _save("Texts (TXT)", content, writer, "temperatures.txt")
    code(snippets.columns(writer, setting, COLUMNS), "The four texts, with the project's own functions.")


def _beams(writer: Network, setting: WritingSetting) -> None:
    beams = whole("Beams", 1, 32, 4, "beams", slider=True, width=260)
    length = min(setting.length, SEARCHED)
    found = _searched(writer.name, writer.version, setting.prompt, length, beams, writer)
    drawn = written(writer, replace(setting, length=length))
    st.caption(
        "Beam search draws nothing: it looks for the likeliest text. Sampling at T = 1 draws what the network means. "
        f"Both have {length} characters here" + (", the most that is searched." if length < setting.length else ".")
    )
    bits = sum(step.surprise for step in drawn) / len(drawn)
    _text(
        f"Drawn at T = 1, seed {setting.seed}: {bits:.2f} bits a character",
        setting.prompt,
        "".join(s.character for s in drawn),
    )
    for rank, beam in enumerate(found[:3], start=1):
        each = -beam.log_probability / length / math.log(2)
        _text(
            f"Beam {rank} of {beams}: log-probability {beam.log_probability:.1f} nats, {each:.2f} bits a character",
            setting.prompt,
            beam.text,
        )
    code(snippets.beams(writer, setting.prompt, length, beams), "The same search.")


def _text(caption: str, prompt: str, content: str) -> None:
    st.markdown(f"**{caption}**")
    st.code(visible(prompt + content), language=None, wrap_lines=True)


@st.cache_resource(show_spinner=False, max_entries=64)
def _searched(name: str, version: int, prompt: str, length: int, beams: int, _writer: Network) -> tuple[Beam, ...]:
    return beam_search(_writer.model, prompt, length, beams)


def _downloads(writer: Network, setting: WritingSetting, steps: tuple[SampleStep, ...], timeline: Timeline) -> None:
    content = setting.prompt + "".join(step.character for step in steps)

    def numbers() -> str:
        fields = ("character", "before", "after", "surprise", "entropy", "rank", "forced")
        rows = [{"character": step.step + 1} | {name: getattr(step, name) for name in fields} for step in steps]
        return pd.DataFrame(rows).to_csv(index=False)

    with st.container(horizontal=True):
        _save("Text (TXT)", content, writer, "text.txt")
        st.download_button(
            "Numbers (CSV)", numbers, f"seqviz-{writer.name}-characters.csv", "text/csv", on_click="ignore"
        )
        page = partial(to_html, timeline, f"SeqViz: {writer.name} writes")
        st.download_button(
            "Page that plays anywhere", page, f"seqviz-{writer.name}.html", "text/html", on_click="ignore"
        )


def _save(label: str, content: str, writer: Network, name: str) -> None:
    st.download_button(label, content, f"seqviz-{writer.name}-{name}", "text/plain", on_click="ignore")


def _in_line(character: str) -> str:
    """A character in a line of text: blanks as they are, the rest that cannot be seen by its sign."""
    return character if character == " " else named(character)
