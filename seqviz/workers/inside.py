"""What every worker does with work, whoever told it to: compute, and say what comes of it."""

import logging
import pickle
import threading
from collections.abc import Callable
from typing import Any

from seqviz.errors import OutOfMemory, SeqVizError
from seqviz.workers.computation import Control
from seqviz.workers.memory import is_want_of_memory

GATHER = 0.05  # seconds for which items wait for each other: one message for many is less work for the server
UNFORESEEN = "This broke off for a reason that SeqViz did not foresee; the server's log has it."


def compute(order: bytes, control: Control, put: Callable[[Any], None], memory: float) -> Exception | None:
    """Put every item that the work yields; why it broke off, if it did. `memory` is what it may take, in bytes."""
    try:
        work, args, kwargs = pickle.loads(order)
        for item in work(control, *args, **kwargs):
            put(item)
    except SeqVizError as error:
        return error.with_traceback(None)
    except Exception as error:
        if is_want_of_memory(error):
            return OutOfMemory(memory)
        logging.getLogger(__name__).exception("a computation broke off")
        return SeqVizError(UNFORESEEN)
    return None


class Outbox:
    """What a worker has to say: pickled as it is put in, sent in that order by a thread of its own."""

    def __init__(self, send: Callable[[list[bytes]], None]) -> None:
        self._send, self._waiting = send, list[bytes]()
        self._changed, self._urgent, self._closed = threading.Condition(), threading.Event(), False
        self._sending = threading.Lock()
        threading.Thread(target=self._send_all, name="outbox", daemon=True).start()

    def put(self, *message: Any) -> None:
        from seqviz.workers.pickling import dumps  # with PyTorch, for which a process first makes way for others

        written = dumps(message)  # what cannot be sent is an error here
        with self._changed:
            self._waiting.append(written)
            self._changed.notify()
        if message[0] != "item":
            self._urgent.set()

    def close(self) -> None:
        """Send what is left; nothing more comes."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._urgent.set()
        self._flush()

    def _send_all(self) -> None:
        while not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
            self._urgent.wait(GATHER)
            self._urgent.clear()
            self._flush()

    def _flush(self) -> None:
        with self._sending:
            with self._changed:
                messages, self._waiting = self._waiting, []
            if messages:
                self._send(messages)
