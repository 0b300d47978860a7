"""Four temperatures: the same noise behind the same prompt, at four temperatures side by side."""

from dataclasses import replace

import streamlit as st

from seqviz import snippets
from seqviz.instruments.sampling import SampleStep
from seqviz.palette import CELL_COLOURS
from seqviz.player.timeline import Timeline
from seqviz.timelines.writing import writing_timeline
from seqviz.ui.sampling.setting import Writing, choose_writing, written
from seqviz.ui.shell.frame import code
from seqviz.ui.shell.player import player
from seqviz.ui.shell.stage import View
from seqviz.ui.shell.url import recalled_step, remember_step

COLUMNS = (0.2, 0.7, 1.0, 1.5)


def _texts(writing: Writing) -> dict[float, tuple[SampleStep, ...]]:
    return {heat: written(writing.writer, replace(writing.setting, temperature=heat)) for heat in COLUMNS}


def _result(writing: Writing) -> str:
    """Where the coldest and the hottest text part."""
    texts = _texts(writing)
    coldest, hottest = texts[COLUMNS[0]], texts[COLUMNS[-1]]
    part = next((step for step, (a, b) in enumerate(zip(coldest, hottest, strict=True)) if a.token != b.token), None)
    if part is None:
        return f"The coldest and the hottest text are the same for all **{len(coldest)}** characters."
    return f"With the same noise, T = {COLUMNS[0]:g} and T = {COLUMNS[-1]:g} part at character **{part + 1}**."


def _show(writing: Writing) -> None:
    writer, setting = writing.writer, writing.setting
    timeline: Timeline | None = None
    for heat, steps in _texts(writing).items():
        bits = sum(step.entropy for step in steps) / len(steps)
        title = f"T = {heat:g}: {bits:.1f} bits"
        colour = CELL_COLOURS[writer.spec.encoder.cell]
        column = writing_timeline(steps, setting.prompt, colour, title, candidates=False)
        timeline = timeline.beside(column) if timeline else column
    assert timeline is not None
    player(timeline, key="columns", start=recalled_step(setting.length), autoplay=True, on_step=remember_step)
    st.caption(
        "Each column has drawn the same random numbers; only the temperature differs. Beside it stands the mean "
        "entropy of a choice."
    )
    texts = {heat: "".join(step.character for step in steps) for heat, steps in _texts(writing).items()}
    content = "\n\n".join(f"T = {heat:g}\n{setting.prompt}{text}" for heat, text in texts.items())
    name = f"seqviz-{writer.name}-temperatures.txt"
    st.download_button("Texts (TXT)", content, name, "text/plain", on_click="ignore")
    code(snippets.columns(writer, setting, COLUMNS), "The four texts, with SeqViz's own functions.")


VIEW = View(
    "four",
    "Four temperatures",
    choose_writing,
    _show,
    result=_result,
    notice=(
        "Where the network is sure, temperature changes nothing: all columns get the same character.",
        "Where they part, the noise is still shared, but each has another text behind it from there on.",
    ),
    question="At which temperature would you let it write a poem, and at which a program? Why not the same?",
)
