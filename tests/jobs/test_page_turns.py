"""Pages take turns: no more at a time than may, and who comes first goes first."""

import threading
import time

import pytest

from seqviz.jobs import turns
from seqviz.jobs.turns import Turns
from tests.waiting import wait_until


def test_who_has_waited_longest_is_next():
    taking, order = Turns(1), []

    def page(number: int) -> None:
        with taking.one():
            order.append(number)

    threads = []
    with taking.one():
        for number in range(6):
            threads.append(threading.Thread(target=page, args=(number,)))
            threads[-1].start()
            wait_until(lambda number=number: len(taking._waiting) == number + 1)
        assert taking.crowded
        assert not order
    for thread in threads:
        thread.join()
    assert order == list(range(6))
    assert not taking.crowded


def test_no_more_at_a_time_than_may():
    taking, together, most = Turns(2), [0], [0]
    lock = threading.Lock()

    def page() -> None:
        for _ in range(5):
            with taking.one():
                with lock:
                    together[0] += 1
                    most[0] = max(most[0], together[0])
                time.sleep(0.001)  # so that others could come in
                with lock:
                    together[0] -= 1

    threads = [threading.Thread(target=page) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] <= 2
    with taking.one(), taking.one():
        assert not taking.crowded, "both turns have come back"


def test_an_error_gives_the_turn_back():
    taking = Turns(1)
    with pytest.raises(ZeroDivisionError), taking.one():
        raise ZeroDivisionError
    with taking.one():
        assert not taking.crowded


def test_who_has_waited_too_long_goes_on_and_leaves_the_turns_in_order(monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    taking = Turns(1)
    with taking.one(), taking.one(), taking.one():
        assert not taking.crowded
    monkeypatch.setattr(turns, "PATIENCE", 60.0)
    with taking.one():
        assert taking._free == 0
    assert taking._free == 1
