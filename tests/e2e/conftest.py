"""A real server and a real browser. One server a module; every page is watched for errors in its console."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.waiting import PATIENCE, wait_until

PROJECT = Path(__file__).parents[2]
BACKGROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 21, 28)"}
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Server:
    """`streamlit run app.py` on a free port of this machine, as a class has it: visitors are told apart."""

    port: int
    runs: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def start(cls, runs: Path, **settings: str) -> "Server":
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
        options = ["--server.address=127.0.0.1", "--server.headless=true"]
        environment = {**os.environ, "SEQVIZ_RUNS": str(runs), "SEQVIZ_SHARED": "1", **settings}
        process = subprocess.Popen([*command, *options], cwd=PROJECT, env=environment)
        server = cls(port, runs, process)
        server._wait_until_it_answers()
        return server

    def kill(self) -> None:
        """Without warning, as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def _wait_until_it_answers(self) -> None:
        try:
            wait_until(self._answers)
        except AssertionError:
            self.kill()
            raise

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server.start(tmp_path_factory.mktemp("runs"), SEQVIZ_NICE="1")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with its module: while Playwright is there its event loop runs, beside which no test may start another."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages as separate readers; at the end of the test no console may hold an error."""
    errors: list[str] = []
    contexts = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", lambda message: errors.append(message.text) if _is_error(message) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def chromium() -> str | None:
    """The system's Chromium; None means the one that Playwright brings."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def _is_error(message: object) -> bool:
    """Streamlit finds its own address on a deep link by asking for `/<page>/_stcore/…` first, which is not there.

    A page that polls says so when a test has killed its server.
    """
    probing = "/_stcore/" in message.location["url"] and "404" in message.text
    killed = "disconnected from server" in message.text
    return message.type == "error" and not (probing or killed)


def visit(page: Page, url: str) -> None:
    page.goto(url)
    settle(page)


def settle(page: Page) -> None:
    """Until the script behind the page is idle."""
    page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']")


def come_to_rest(page: Page) -> None:
    """Until what a change has set in motion is over: a layout, and every transition that ends."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function("""() => document.getAnimations().every((animation) =>
        animation.playState !== "running" || !isFinite(animation.effect.getComputedTiming().endTime))""")


def find_faults(page: Page, scheme: str) -> None:
    """No fault of accessibility that axe can find; in the dark nothing but colours differs."""
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUND[scheme])
    settle(page)
    come_to_rest(page)
    only = {"runOnly": ["color-contrast"]} if scheme == "dark" else None
    results = Axe().run(page, options=only)
    assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"


def fit_a_phone(page: Page) -> None:
    """Nothing scrolls sideways at 390 pixels."""
    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    come_to_rest(page)
    wide = page.evaluate("""() => [...document.querySelectorAll('[data-testid=stMain], html')]
        .filter(node => node.scrollWidth > innerWidth).map(node => node.scrollWidth)""")
    assert wide == []


def go_to(page: Page, group: str, title: str) -> None:
    """To another page, through the navigation."""
    page.get_by_test_id("stTopNavSection").filter(has_text=group).click()
    page.get_by_role("menuitem", name=title).click()


def player_state(page: Page) -> dict[str, str]:
    root = page.get_by_test_id("seqviz-player").first
    root.wait_for()
    return root.evaluate("node => ({ ...node.dataset })")


def expect_player(page: Page, **state: str) -> None:
    """Until the first player shows this step, or plays or not."""
    root = page.get_by_test_id("seqviz-player").first
    for name, value in state.items():
        expect(root).to_have_attribute(f"data-{name}", value)


WATCH = """
const seen = (window.seqvizFrames = []);
let root;
const look = () => {
  root ??= [...document.querySelectorAll("*")]
    .map((node) => node.shadowRoot?.querySelector("[data-testid=seqviz-player]"))
    .find(Boolean);
  if (root) seen.push([Number(root.dataset.step), root.dataset.playing === "true"]);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def watch_player(page: Page) -> Callable[[], list[tuple[int, bool]]]:
    """From now on every frame of the first player's is noted: the step shown, and whether it plays. Gives the notes.

    What passes by quickly, as playback does on a slow machine, cannot be missed in this way.
    """
    page.add_init_script(WATCH)
    return lambda: [(step, playing) for step, playing in page.evaluate("window.seqvizFrames")]


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for a condition while the browser goes on."""

    def met() -> bool:
        page.wait_for_timeout(20)
        return condition()

    wait_until(met)
