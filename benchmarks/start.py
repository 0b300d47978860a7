"""From the command line to the first player on the screen."""

import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.report import Figure
from tests.e2e.conftest import CHROMIUM_FLAGS, PROJECT, chromium
from tests.waiting import PATIENCE, wait_until

STARTS = 3
PAGES = {"Hidden states": "hidden-states", "the front page": ""}


def to_the_first_player() -> list[Figure]:
    """Median seconds from `scripts/run` to a player on the screen of a browser that stands ready."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        try:
            return [_figure(browser, name) for name in PAGES]
        finally:
            browser.close()


def _figure(browser: Browser, name: str) -> Figure:
    starts = [_start(browser, PAGES[name]) for _ in range(STARTS)]
    answered, seen = (statistics.median(times) for times in zip(*starts, strict=True))
    slowest = max(seen for _, seen in starts)
    reference = f"the server answers after {answered:.2f} s; slowest of {STARTS}: {slowest:.2f} s"
    return Figure(f"start to the first player, {name}", seen, "s", reference, 5.0, at_least=False)


def _start(browser: Browser, page: str) -> tuple[float, float]:
    """Seconds until the server answers, and until the player is visible."""
    with tempfile.TemporaryDirectory() as runs:
        started = time.perf_counter()
        with _launched(Path(runs)) as url:
            answered = time.perf_counter() - started
            visitor = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
            try:
                visitor.goto(f"{url}/{page}", wait_until="commit")
                visitor.get_by_test_id("seqviz-player").first.wait_for(timeout=PATIENCE * 1000)
                return answered, time.perf_counter() - started
            finally:
                visitor.close()


@contextmanager
def _launched(runs: Path) -> Iterator[str]:
    """The address of a server that `scripts/run` has started and that answers; it is stopped with all it started."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    process = subprocess.Popen(
        [PROJECT / "scripts" / "run", *options],
        env={**os.environ, "SEQVIZ_RUNS": str(runs)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: process.poll() is not None or _answers(port))
        if process.poll() is not None:
            raise RuntimeError(f"scripts/run ended with status {process.returncode}.")
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # `scripts/run` has become the server
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
    except OSError:
        return False
    return True
