"""The controls that several pages share: which network, which digits."""

import secrets
from collections.abc import Sequence

import streamlit as st

from seqviz.data.datasets import available, load_dataset
from seqviz.data.drawing import decode_strokes, rasterize
from seqviz.instruments.order import UnitOrder
from seqviz.snippets.subjects import Digit, Network
from seqviz.ui.shell import caches
from seqviz.ui.shell.downloads import offer
from seqviz.ui.shell.pad import drawing_pad
from seqviz.ui.shell.url import assign, choose, pick, value_of, whole

ORDERS: dict[UnitOrder, str] = {"similarity": "by similarity", "peak": "by time of peak", "index": "by number"}
SOURCES = {"digits": "Embedded digits", "mnist": "MNIST", "draw": "Draw one"}
BESIDE = {"nothing": "Nothing", "model": "Another network", "digit": "Another example"}


def choose_network(label: str, key: str, default: str = "gru") -> Network:
    """A shipped network or one trained here."""
    caches.say_if_private(key)
    names = caches.network_names()
    names.insert(0, names.pop(names.index(default)))
    return caches.network(choose(label, names, key, names=caches.network_title, width=220))


def choose_layer(network: Network, key: str = "layer") -> int:
    """The layer to look at, in the order of `h_n`."""
    spec = network.spec
    names = {}
    for index in range(spec.encoder.num_layers * spec.encoder.directions):
        backward = ", backward" if spec.encoder.bidirectional and index % 2 else ""
        names[str(index)] = f"layer {index // spec.encoder.directions + 1}{backward}"
    return int(choose("Layer", list(names), key, names=names, width=150)) if len(names) > 1 else 0


def choose_order() -> UnitOrder:
    """In which order the units are drawn."""
    return choose("Units in order", list(ORDERS), "order", names=ORDERS, width=170)


def choose_source() -> str:
    """Where digits come from; MNIST is on offer where it lies on this machine."""
    there = available()
    return pick(
        "Digits",
        [source for source in SOURCES if source == "draw" or source in there],
        "source",
        names=SOURCES,
    )


def choose_data(resets: Sequence[str] = ()) -> str:
    """What to train on; MNIST can be fetched where it is not on this machine yet."""
    data = pick("Data", available(), "data", names=SOURCES, resets=resets)
    download_mnist()
    return data


def choose_digit(source: str, key: str, label: str = "Example") -> Digit:
    """A test digit by number, with a button for another one; or the drawing pad."""
    if source == "draw":
        strokes = drawing_pad("pad")
        return Digit(rasterize(decode_strokes(strokes)), None, "digits", strokes=strokes)
    with st.container(horizontal=True, vertical_alignment="bottom", width="content"):
        index = whole(label, key, high=len(caches.dataset(source).test) - 1, width=150)
        st.button(
            "Another",
            key=f"{key} another",
            on_click=_another,
            args=(key, source),
            help="Another digit of the test set, at random",
            icon=":material/casino:",
        )
    return digit_of(source, index)


def digit_of(data: str, index: int) -> Digit:
    """A test digit of a dataset."""
    test = caches.dataset(data).test
    return Digit(test.inputs[index], int(test.targets[index]), data, index)


def download_mnist() -> None:
    """A button that fetches MNIST, where it is not on this machine yet."""
    if "mnist" not in available():
        offer(
            "MNIST",
            "11 MB",
            "The embedded digits need no download.",
            lambda advance: load_dataset("mnist", download=True, progress=advance),
        )


def _another(key: str, data: str) -> None:
    assign(key, other_than(value_of(key), len(caches.dataset(data).test)))


def other_than(number: int, count: int) -> int:
    """A number below `count` at random, but not this one."""
    other = secrets.randbelow(count - 1)
    return other + (other >= number)
