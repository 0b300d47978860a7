"""Tag: a tag on every character of a program, in one direction and in both."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from seqviz.data.tags import TAGS, Tagged, tag_characters
from seqviz.errors import InputError
from seqviz.figures.tags import tagged_text
from seqviz.instruments.arrays import to_csv
from seqviz.instruments.tagging import TagReading, accuracy_by_tag, read_tags
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.player.timeline import Timeline
from seqviz.snippets.subjects import Network
from seqviz.snippets.tags import tagging
from seqviz.timelines.tags import tags_timeline
from seqviz.ui.shell import caches
from seqviz.ui.shell.choices import choose_number
from seqviz.ui.shell.frame import code, mode
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.player import play
from seqviz.ui.shell.stage import View, on_demand
from seqviz.ui.shell.url import choose, paragraph, pick

FROM = {"given": "Held out", "own": "Your code"}
NOTHING = "nothing"
MOST = 400  # characters of one's own
OWN = 'def area(radius):\n    # of a circle\n    return 3.14 * radius ** 2 if radius else "none"\n'
ACCURACY = "Every tag over 1,000 held-out pieces"


@dataclass(frozen=True)
class Look:
    """Networks that read a program; `right` are its tags, where Python can tell them, else `complaint` says why not."""

    networks: tuple[Network, ...]
    text: str
    right: tuple[int, ...] | None
    complaint: str = ""

    @property
    def readings(self) -> list[TagReading]:
        return [_read(one.name, one.version, self.text, one) for one in self.networks]

    @property
    def titles(self) -> list[str]:
        return [caches.network_title(one.name) for one in self.networks]

    def share(self, reading: TagReading) -> float:
        """Of the characters, how many are tagged rightly."""
        assert self.right is not None
        hits = [one == other for one, other in zip(reading.answers.tolist(), self.right, strict=True)]
        return sum(hits) / len(hits)


@remembered(64)
def _read(name: str, version: int, text: str, _network: Network) -> TagReading:
    return read_tags(_network.model, text)


def _choose() -> Look:
    for key in ("tagger", "tagger_beside"):
        caches.say_if_private(key)
    names, titles = caches.task_network_names("tags"), caches.network_title
    first = caches.tagger(choose("Network", names, "tagger", names=titles, default="tags", width=260))
    second = choose(
        "Beside it",
        [NOTHING, *names],
        "tagger_beside",
        names=lambda name: name if name == NOTHING else titles(name),
        default="tags-forward",
        width=260,
    )
    networks = (first,) if second == NOTHING else (first, caches.tagger(second))
    if pick("Code", list(FROM), "code_from", names=FROM) == "own":
        return _own(networks)
    data = _data()
    number = choose_number("Piece", "code_piece", len(data.test), "piece that no network has learned from")
    tokens, marks = data.test.inputs[number].tolist(), data.test.targets[number].tolist()
    return Look(networks, data.vocabulary.decode(tokens), tuple(marks))


def _own(networks: tuple[Network, ...]) -> Look:
    typed = paragraph("Python", "own code", OWN, most=MOST).expandtabs(4).replace("\r\n", "\n")
    if not typed.strip():
        raise InputError("There is no code to read. Type some Python.")
    try:
        return Look(networks, typed, tag_characters(typed))
    except InputError as error:
        return Look(networks, typed, None, str(error))


def _data() -> Tagged:
    data = caches.task_data("tags")
    assert isinstance(data, Tagged)
    return data


def _result(look: Look) -> str:
    if look.right is None:
        return f"{len(look.text)} characters are tagged; Python itself cannot tell their tags."
    shares = ", ".join(
        f"**{title} {look.share(reading):.1%}**" for title, reading in zip(look.titles, look.readings, strict=True)
    )
    return f"Characters tagged rightly: {shares}."


def _show(look: Look) -> None:
    timeline = _timeline(look)
    play(timeline, key="tags")
    if look.complaint:
        st.caption(f"Nothing is compared: {look.complaint}")
    for title, reading in zip(look.titles, look.readings, strict=True):
        st.markdown(f"**{title}**")
        st.html(tagged_text(look.text, reading.answers.tolist(), look.right))
    on_demand(ACCURACY, partial(_accuracy, look))
    _downloads(look, timeline)
    code(tagging(look.networks[0], look.text), "Plain PyTorch: the tags of the first network.")


def _timeline(look: Look) -> Timeline:
    timelines = [
        tags_timeline(reading, network.spec.encoder.cell, title, look.right)
        for network, reading, title in zip(look.networks, look.readings, look.titles, strict=True)
    ]
    return timelines[0] if len(timelines) == 1 else timelines[0].beside(timelines[1])


def _accuracy(look: Look) -> None:
    """A row a tag, a column a network."""
    found = [_counted(one.name, one.version, one) for one in look.networks]
    rows = []
    for place, tag in enumerate(TAGS):
        row: dict[str, object] = {"tag": tag, "characters": found[0][place][1]}
        row |= {
            title: right / max(1, there)
            for title, (right, there) in zip(look.titles, (one[place] for one in found), strict=True)
        }
        rows.append(row)
    columns = {title: st.column_config.NumberColumn(format="percent") for title in look.titles}
    st.dataframe(rows, hide_index=True, column_config=columns, key="accuracy by tag")


@remembered(8)
def _counted(name: str, version: int, _network: Network) -> Sequence[tuple[int, int]]:
    return list(accuracy_by_tag(_network.model, _data()).values())


def _downloads(look: Look, timeline: Timeline) -> None:
    def table() -> bytes:
        names = ["character", *([] if look.right is None else ["right"])]
        columns: list[Sequence[object]] = [list(look.text)]
        if look.right is not None:
            columns.append([TAGS[tag] for tag in look.right])
        for network, reading in zip(look.networks, look.readings, strict=True):
            names += [f"{network.name} {what}" for what in ("answer", "probability")]
            columns += [[TAGS[tag] for tag in reading.answers.tolist()], reading.shares.tolist()]
        return to_csv(names, zip(*columns, strict=True))

    with st.container(horizontal=True):
        for label, content, file, mime in (
            ("Page that plays anywhere", partial(to_html, timeline, "Tags"), "seqviz-tags.html", "text/html"),
            ("GIF", partial(to_gif, timeline, mode()), "seqviz-tags.gif", "image/gif"),
            ("Tags (CSV)", table, "seqviz-tags.csv", "text/csv"),
        ):
            st.download_button(label, content, file, mime, on_click="ignore")


VIEW = View(
    "tag",
    "Tag",
    _choose,
    _show,
    result=_result,
    notice=(
        "One direction must tag the first letter of a word before it knows the word: `i` may begin `if` or `index`.",
        "Inside a string every letter is a string: only what came before it tells, and the memory must hold it.",
        "Both directions know how a word ends before they tag how it begins.",
    ),
    question="Which letters does the network of one direction get wrong, and at which of a word does it notice?",
)
