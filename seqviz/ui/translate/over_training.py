"""One held-out pair, translated by the network as it was after more and more training steps."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from seqviz.data.pairs import Pairs
from seqviz.data.tokens import END
from seqviz.instruments.translation import Translation, translate
from seqviz.networks.encoder_decoder import EncoderDecoder
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Translator
from seqviz.timelines.translation import through_training, translation_timeline
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import other_than
from seqviz.ui.shell.frame import plain_errors, verbatim
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.player import player
from seqviz.ui.shell.translators import pairs_of

TITLE = "Attention over training"
TITLE_WITHOUT = "What it writes, over training"  # of a network without attention
PLACE = "pair over training"


def show(run: str) -> None:
    """The player with a second scrubber, which is training."""
    with plain_errors():
        translator = caches.translator(run)
        data, steps = pairs_of(translator), training_steps(translator)
        if data is None or not steps:
            missing = "The pairs that it learned from" if data is None else "Its snapshots"
            st.caption(f"{missing} are not here (any more), so there is nothing to show.")
            return
        place = st.session_state.get(PLACE, 0) % len(data.test)
        read, written = data.test[place]
        icon = ":material/casino:"
        st.button("Another pair", key="another pair over training", icon=icon, on_click=_another, args=(data, place))
        right = tuple(translator.model.target.encode(written).tolist())
        found = _translations(run, translator.version, steps, read, right, translator)
        st.markdown(said(read, written, steps, found, right))
        timeline = timeline_of(translator, read, steps, found, right)
        player(timeline, key="attention over training", start=timeline.steps - 1)  # the whole matrix
        st.caption("The lower scrubber is training. The decoder reads the right words here, after each step the same.")
        page = partial(to_html, timeline, "A translation, through training")
        st.download_button(
            "Page that plays anywhere", page, f"seqviz-{run}-training.html", "text/html", on_click="ignore"
        )


def training_steps(translator: Translator) -> tuple[int, ...]:
    """The training steps after which there is a network: its snapshots, and the last one; none without snapshots."""
    kept = caches.snapshots(translator.name)
    return tuple(sorted({*kept.steps, translator.checkpoint.step})) if kept is not None and kept.steps else ()


def timeline_of(
    translator: Translator, read: str, steps: Sequence[int], found: Sequence[Translation], right: Sequence[int]
) -> Timeline:
    """All of them on two clocks."""
    model = translator.model
    one = partial(translation_timeline, translator.spec, model.source.split(read), target=model.target, right=right)
    timelines = [one(translation=translation, signals=()) for translation in found]
    return through_training(list(zip(steps, timelines, strict=True)))


def said(read: str, written: str, steps: Sequence[int], found: Sequence[Translation], right: Sequence[int]) -> str:
    """From which training step on every word is right."""
    wrong = [translation.tokens != (*right, END) for translation in found]
    pair = f"“{verbatim(read)}” should become “{verbatim(written)}”"
    if wrong[-1]:
        mistakes = sum(one != other for one, other in zip(found[-1].tokens, (*right, END), strict=True))
        return f"{pair}: in the end **{mistakes} of {len(right) + 1}** words are still wrong."
    first = len(wrong) - next((place for place, one in enumerate(reversed(wrong)) if one), len(wrong))
    return f"{pair}: every word is right from step **{steps[first]:,}** on."


@remembered(8)
def _translations(
    run: str, version: int, steps: tuple[int, ...], read: str, right: tuple[int, ...], _translator: Translator
) -> list[Translation]:
    """By its snapshots, and at the step where its file stands by the network itself."""
    kept, last = caches.snapshots(run), _translator.checkpoint.step
    assert kept is not None
    found = []
    for step in steps:
        model = _translator.model if step == last else kept.build(step)
        assert isinstance(model, EncoderDecoder)
        found.append(translate(model, model.source.encode(read), right=right))
    return found


def _another(data: Pairs, place: int) -> None:
    st.session_state[PLACE] = other_than(place, len(data.test))
