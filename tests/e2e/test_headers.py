"""What the security headers forbid is refused in a browser, too. That every page still draws, all other tests see.

A browser writes what it refuses to its console, and `new_page` fails a test whose console holds an error.
"""

import base64
import functools
import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PROJECT, Server, until, visit

pytestmark = pytest.mark.e2e

WATCH = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) =>
  refused.push([event.effectiveDirective, event.blockedURI, event.sourceFile]));
"""


def refused(page: Page) -> list[list[str]]:
    """What the policy has kept from the page so far.

    protobuf.js asks whether it may use WebAssembly, and multiplies long integers without it where it may not.
    """
    return [violation for violation in page.evaluate("refused") if violation[1] != "wasm-eval"]


@pytest.fixture
def open_page(server: Server, new_page: Callable[..., Page]) -> Callable[[str], Page]:
    """Open a page of the app whose refusals are noted from its first line on."""

    def open_it(path: str) -> Page:
        page = new_page(reduced_motion="reduce")
        page.add_init_script(WATCH)
        visit(page, f"{server.url}/{path}")
        return page

    return open_it


def download(page: Page, click: Callable[[], None]) -> bytes:
    with page.expect_download() as waiting:
        click()
    return Path(waiting.value.path()).read_bytes()


def test_files_come_and_go(open_page):
    """A page that plays anywhere and a chart as a picture leave; a text to learn from arrives."""
    page = open_page("hidden-states?step=12")
    html = download(page, page.get_by_role("button", name="Page that plays anywhere").click)
    assert b'<script type="module">' in html
    page.locator("[data-testid=stPlotlyChart]").first.hover()
    png = download(page, page.locator(".modebar-btn[data-title*=PNG]").first.click)
    assert png.startswith(b"\x89PNG")
    assert refused(page) == []

    page = open_page("sampling?view=learn&learn_from=own")
    text = {"name": "own.txt", "mimeType": "text/plain", "buffer": b"to be or not to be, " * 100}
    page.locator("input[type=file]").set_input_files(text)
    expect(page.get_by_text("characters to learn from")).to_be_visible()
    assert refused(page) == []


INJECT = """
const script = document.createElement("script");
script.textContent = "window.ran = true";
document.body.append(script);
document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.ran = true'>");
"""

EVAL = """async () => {
  const source = "let said; try { eval('0') } catch (error) { said = error.name } export default said";
  return (await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))).default;
}"""


def test_what_is_injected_does_not_run(server: Server, browser):
    context = browser.new_context()  # without `new_page`: its console reports what is refused here
    page = context.new_page()
    page.add_init_script(WATCH)
    visit(page, server.url)
    page.evaluate(INJECT)
    until(page, lambda: len(refused(page)) == 2)
    assert {directive for directive, _, _ in refused(page)} == {"script-src-elem", "script-src-attr"}
    assert page.evaluate("window.ran") is None
    assert page.evaluate(EVAL) == "EvalError"
    context.close()


@pytest.fixture
def foreign(server: Server, tmp_path: Path) -> Iterator[str]:
    """The address of another site, of which a page shows the app in a frame."""
    (tmp_path / "index.html").write_text(f'<title>Another site</title><iframe src="{server.url}/train"></iframe>')
    handler = functools.partial(SimpleHTTPRequestHandler, directory=tmp_path)
    site = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()
    site.server_close()


def test_another_site_cannot_show_the_app_in_a_frame(browser, foreign: str):
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(foreign)
    until(page, lambda: any("frame-ancestors 'none'" in text for text in said))
    assert page.frames[1].locator("#root").count() == 0
    context.close()


def test_a_site_that_is_named_can(browser, foreign: str, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("SEQVIZ_EMBED", foreign)
    embedded = Server.start(tmp_path / "runs")
    try:
        (tmp_path / "index.html").write_text(f'<iframe src="{embedded.url}" width="1200" height="800"></iframe>')
        context = browser.new_context(reduced_motion="reduce")
        page = context.new_page()
        page.goto(foreign)
        expect(page.frame_locator("iframe").get_by_test_id("stApp")).to_be_visible()
        context.close()
    finally:
        embedded.stop()


def test_a_setting_that_is_no_origin_stops_the_start_with_one_sentence():
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port=0", "--server.address=127.0.0.1"]
    environment = {**os.environ, "SEQVIZ_EMBED": "moodle.example.org"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.fullmatch(r"SEQVIZ_EMBED names 'moodle\.example\.org', which is no origin.*\n", done.stderr)


def handshake(server: Server, origin: str) -> int:
    """The status that answers a WebSocket's opening from a page of this origin."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    key = base64.b64encode(os.urandom(16)).decode()
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    connection.request("GET", "/_stcore/stream", headers={**upgrade, "Sec-WebSocket-Key": key, "Origin": origin})
    status = connection.getresponse().status
    connection.close()
    return status


def test_only_the_apps_own_pages_may_open_a_websocket(server: Server):
    assert handshake(server, server.url) == 101
    assert handshake(server, "http://evil.example") == 403
    assert handshake(server, "null") == 403
