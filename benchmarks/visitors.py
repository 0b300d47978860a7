"""Visitors of a server: what a browser says over Streamlit's websocket, without the browser."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE = 180.0  # seconds after which an answer is taken to be lost
LARGEST = 64 * 2**20  # bytes of one message
ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Visitor:
    """One session on one page of a server.

    A browser repeats the values of all its widgets with every rerun. A visitor names only the one that changed: the
    server keeps the others' values, and reading them takes it less than a millisecond.
    """

    address: str
    page: str
    query: str
    socket: ClientConnection
    widgets: dict[str, str] = field(default_factory=dict)
    """What the server calls a widget, by the key that the page gave it."""
    script: str = ""
    deltas: int = 0
    received: int = 0
    cached: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    """The large messages of the last two runs, which the server need not repeat."""

    async def ask(self, *changed: WidgetState) -> float:
        """Rerun the page, with these widgets changed; the seconds until the server has run all of it."""
        started = time.perf_counter()
        await self.socket.send(self._request(changed).SerializeToString())
        self.cached = (set(), self.cached[0])
        async with asyncio.timeout(PATIENCE):
            while not self._take(await self.socket.recv()):
                pass
        return time.perf_counter() - started

    def widget(self, key: str) -> WidgetState:
        """The newest widget of this key; `assign` in `url.py` puts a number behind it."""
        own = [known for known in self.widgets if known == key or known.removeprefix(f"{key} ").isdigit()]
        assert own, f"{self.page} has no widget {key}, but {', '.join(self.widgets)}"
        return WidgetState(id=self.widgets[own[-1]])

    def _request(self, changed: tuple[WidgetState, ...]) -> BackMsg:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self.query, self.script
        state.page_name = "" if self.script else self.page
        state.widget_states.widgets.extend(changed)
        state.cached_message_hashes.extend(self.cached[0] | self.cached[1])
        state.context_info.url = f"{self.address}/{self.page}"
        state.context_info.locale, state.context_info.timezone = "en-GB", "UTC"
        state.context_info.color_scheme = "light"
        return message

    def _take(self, data: str | bytes) -> bool:
        """Do with a message as a browser would; whether it says that the script has run."""
        assert isinstance(data, bytes)
        self.received += len(data)
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._draw(message.delta)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind in ("new_session", "navigation"):
            self.script = getattr(message, kind).page_script_hash
        elif kind == "session_event" and message.session_event.WhichOneof("type") == "script_compilation_exception":
            raise RuntimeError(f"{self.page}: {message.session_event}")
        if message.metadata.cacheable or kind == "ref_hash":
            self.cached[0].add(message.ref_hash or message.hash)
        if kind == "ref_hash":
            self.deltas += 1
        return kind == "script_finished" and message.script_finished in ENDS

    def _draw(self, delta: Delta) -> None:
        self.deltas += 1
        kind = delta.new_element.WhichOneof("type")
        if kind == "exception":
            raise RuntimeError(f"{self.page}: {delta.new_element.exception.message}")
        name = getattr(getattr(delta.new_element, kind), "id", "") if kind else ""
        if isinstance(name, str) and name.startswith("$$ID-"):
            key = name.split("-", 2)[2]
            self.widgets.pop(key, None)  # the newest stands last
            self.widgets[key] = name


@asynccontextmanager
async def visiting(address: str, page: str, query: str = "") -> AsyncIterator[Visitor]:
    """A visitor who has just opened this page, and has seen all of it."""
    socket = f"ws://{urlsplit(address).netloc}/_stcore/stream"
    protocols = [Subprotocol("streamlit"), Subprotocol("PLACEHOLDER_AUTH_TOKEN")]
    async with connect(
        socket, subprotocols=protocols, origin=Origin(address), max_size=LARGEST, ping_timeout=None
    ) as connection:
        visitor = Visitor(address, page, query, connection)
        await visitor.ask()
        yield visitor


Request = Callable[[Visitor, int], WidgetState]
"""What a visitor changes with the request of this number."""


def another_example(visitor: Visitor, number: int) -> WidgetState:
    """A click on "Another"."""
    pressed = visitor.widget("sample another")
    pressed.trigger_value = True
    return pressed


def another_noise(visitor: Visitor, number: int) -> WidgetState:
    """A seed that nobody else has asked for."""
    typed = visitor.widget("noise")
    typed.double_value = 1 + number  # 0 is what every page begins with
    return typed


def other_epochs(visitor: Visitor, number: int) -> WidgetState:
    """Another length of the next run, on the Train page."""
    typed = visitor.widget("epochs")
    typed.double_value = 20 + number
    return typed


async def answers(visitor: Visitor, request: Request, numbers: range, pause: float = 0.0) -> list[float]:
    """The seconds of each answer; the next request follows a pause after the last answer.

    Raises:
        RuntimeError: the page shows an error, or its link does not change, as it does with every other example.
    """
    seconds = []
    for number in numbers:
        before, deltas = visitor.query, visitor.deltas
        seconds.append(await visitor.ask(request(visitor, number)))
        if visitor.query == before or visitor.deltas == deltas:
            raise RuntimeError(f"{visitor.page} did not change: {visitor.query!r}, {visitor.deltas - deltas} deltas")
        await asyncio.sleep(pause)
    return seconds
