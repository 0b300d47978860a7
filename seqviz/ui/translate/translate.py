"""Translate: the encoder reads and the decoder writes on one clock, with what each word looks at."""

import math
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from seqviz import snippets
from seqviz.data.tokens import END
from seqviz.data.vocabulary import named
from seqviz.instruments.arrays import to_npz
from seqviz.instruments.translation import Translation
from seqviz.instruments.translation_beams import Hypothesis, translation_beams
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Translator
from seqviz.timelines.translation import translation_timeline
from seqviz.ui.shell.frame import code, mode, verbatim
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View, on_demand
from seqviz.ui.shell.url import recalled_step, whole
from seqviz.ui.translate import roads
from seqviz.ui.translate.subject import Subject, choose_subject, in_words

CHOICE = "Another road: the choice at one word, and where the others lead"
BEAMS = "Greedy against a beam"
ROADS = 6  # tokens that might have come


def _result(subject: Subject) -> str:
    written = verbatim(in_words(subject.target, subject.shown))
    if subject.right is None:
        return f"It writes “**{written}**”."
    if subject.reads == "both":
        return _rails(subject)
    right = subject.target.text(subject.right)
    if in_words(subject.target, subject.shown) == right:
        return f"It writes “**{written}**”, which is right."
    return f"It writes “**{written}**”; right would be “{verbatim(right)}”."


def _rails(subject: Subject) -> str:
    """Where a network that reads its own words leaves what it would write after the right ones."""
    assert subject.right is not None
    written, should = subject.free.tokens, (*subject.right, END)
    places = [place for place, token in enumerate(should) if place >= len(written) or written[place] != token]
    if not places:
        return (
            "With its own words and with the right ones it writes the same, and **it is right**: nothing goes astray."
        )
    wrong = sum(one != other for one, other in zip(subject.taught.tokens, should, strict=True))
    words = "1 of them is" if wrong == 1 else f"{wrong} of them are"
    return (
        f"With its own words it **leaves the rails at word {places[0] + 1}**; given the right ones, {words} wrong of "
        f"{len(should)}."
    )


def _show(subject: Subject) -> None:
    timeline = _timeline(subject)
    play(timeline, key="translation")
    if subject.forced:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Undo the last road", icon=":material/undo:", on_click=roads.undo)
            taken = ", ".join(f"word {step + 1} is “{_token(subject, token)}”" for step, token in subject.forced)
            st.text(f"Put in by hand: {taken}.", width="stretch")
    if subject.edit is not None:
        before = in_words(subject.target, subject.as_trained.shown)
        st.markdown(f"With the network's own attention it writes “{verbatim(before)}”.")
    if subject.reads == "own":
        on_demand(CHOICE, partial(_choice, subject), ["step"])
    on_demand(BEAMS, partial(_beams, subject), ["translation_beam"])
    _downloads(subject, timeline)
    code(
        snippets.translating(subject.translator, subject.text, subject.forced, subject.edit, _taught(subject)),
        "The network's own weights in plain PyTorch, step by step: the same words with the same probabilities.",
    )


def _taught(subject: Subject) -> tuple[int, ...] | None:
    return subject.right if subject.reads == "right" else None


def _timeline(subject: Subject) -> Timeline:
    signals = ("hidden",) if subject.signal == "hidden" else ("hidden", subject.signal)
    one = partial(translation_timeline, subject.translator.spec, subject.tokens, target=subject.target)
    if subject.reads != "both":
        return one(translation=subject.shown, signals=signals, right=subject.right)
    free = one(translation=subject.free, signals=(), title="Reads its own words", right=subject.right)
    taught = one(translation=subject.taught, signals=(), title="Reads the right words", right=subject.right)
    steps = max(free.steps, taught.steps)
    return free.held(steps).beside(taught.held(steps))


def _choice(subject: Subject) -> None:
    """The likeliest tokens of one step, and what each would lead to."""
    translation, reading = subject.free, len(subject.tokens)
    asked = recalled_step(reading + len(translation.tokens))
    shares = translation.shares
    unsure = min(range(len(shares)), key=shares.__getitem__)
    place = unsure if asked is None or asked < reading else asked - reading
    what = f"Word {place + 1}" if asked is not None and asked >= reading else f"The least sure, word {place + 1}"
    st.markdown(f"**{what}**, and where each choice leads. Move the player to another word to see its choice.")
    for token, share in _likeliest(translation, place):
        taken = token == translation.tokens[place]
        forced = (*((step, one) for step, one in subject.forced if step < place), (place, token))
        text = in_words(subject.target, _road(subject, forced))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                verbatim(_token(subject, token)),
                key=f"road {token}",
                disabled=taken,
                on_click=roads.take,
                args=(place, token),
                help="This is the one that was taken." if taken else "Continue from here with this one",
                width=130,
            )
            st.text(f"{share:.1%}   {text}{'  (taken)' if taken else ''}", width="stretch")


def _likeliest(translation: Translation, place: int) -> list[tuple[int, float]]:
    shares, tokens = translation.distributions[place].topk(min(ROADS, translation.distributions.shape[1]))
    return list(zip(tokens.tolist(), shares.tolist(), strict=True))


def _road(subject: Subject, forced: tuple[tuple[int, int], ...]) -> Translation:
    return replace(subject, forced=forced, reads="own").free


def _beams(subject: Subject) -> None:
    """The likeliest whole texts, beside the one that takes the likeliest token at each step."""
    width = whole("Width of the beam", "translation_beam", slider=True)
    one = subject.translator
    found = _searched(one.name, one.version, subject.text, width, one)
    greedy = _searched(one.name, one.version, subject.text, 1, one)[0]
    rows = [_row(subject, "greedy", greedy)]
    rows += [_row(subject, f"beam {number}", each) for number, each in enumerate(found, 1)]
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(rows, hide_index=True, column_config={"probability of the whole": percent}, key="beams of a text")
    better = found[0].log_probability > greedy.log_probability + 1e-9
    st.caption(
        "The beam finds a text that is likelier as a whole than the greedy one."
        if better
        else "The greedy text is the likeliest that the beam finds, too: at each word this network is sure enough."
    )


@remembered(64)
def _searched(name: str, version: int, text: str, width: int, _translator: Translator) -> tuple[Hypothesis, ...]:
    return translation_beams(_translator.model, _translator.model.source.encode(text), width)


def _row(subject: Subject, name: str, found: Hypothesis) -> dict[str, object]:
    return {
        "written": name,
        "text": subject.target.text(found.tokens),
        "log-probability (nats)": round(found.log_probability, 4),
        "probability of the whole": math.exp(found.log_probability),
    }


def _downloads(subject: Subject, timeline: Timeline) -> None:
    name, shown = f"seqviz-{subject.translator.name}", subject.shown

    def table() -> str:
        rows = []
        for step, (token, share) in enumerate(zip(shown.tokens, shown.shares, strict=True)):
            row: dict[str, object] = {"step": step + 1, "token": _token(subject, token), "probability": share}
            if shown.attention is not None:
                looks = shown.attention[step].tolist()
                row |= {
                    f"{place + 1} {source}": look
                    for place, (source, look) in enumerate(zip(subject.tokens, looks, strict=True))
                }
            rows.append(row)
        return pd.DataFrame(rows).to_csv(index=False)

    def signals() -> bytes:
        arrays = {"distributions": shown.distributions}
        if shown.attention is not None:
            arrays["attention"] = shown.attention
        for part, layers in (("encoder", shown.encoder), ("decoder", shown.decoder)):
            for layer in layers:
                arrays[f"{part}{layer.layer}_{layer.direction}_hidden"] = layer.hidden[0]
                arrays |= {f"{part}{layer.layer}_{layer.direction}_{gate}": one[0] for gate, one in layer.gates.items()}
        return to_npz({key: tensor.numpy() for key, tensor in arrays.items()})

    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("Page that plays anywhere", partial(to_html, timeline, "A translation"), f"{name}.html", "text/html"),
            ("GIF", partial(to_gif, timeline, mode()), f"{name}.gif", "image/gif"),
            ("Words and attention (CSV)", table, f"{name}.csv", "text/csv"),
            ("Every signal (NPZ)", signals, f"{name}.npz", "application/octet-stream"),
        ):
            st.download_button(label, content, file, mime, on_click="ignore")


def _token(subject: Subject, token: int) -> str:
    if token == END:
        return "the end"
    name = subject.target.vocabulary[token]
    return named(name) if len(name) == 1 else name


VIEW = View(
    "translate",
    "Translate",
    choose_subject,
    _show,
    result=_result,
    notice=(
        "The encoder reads to the end before the first word is written. Then each word looks back, along the lines.",
        "German says the units before the tens, “vierundzwanzig”; the lines cross where English turns them round.",
        "A network without attention has no lines: all that it knows of the text is one state.",
    ),
    question="Move the attention by a few letters. Which words change, and which are right all the same, because the "
    "state of the decoder knows them?",
)
