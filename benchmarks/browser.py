"""The player and clicks, in headless Chromium against a real server."""

import statistics
import tempfile
import time
from pathlib import Path

import torch
from playwright.sync_api import Page, sync_playwright

from benchmarks.report import Figure
from seqviz.data.datasets import load_dataset
from seqviz.data.examples import Digit
from seqviz.instruments.sequence_trace import reference_paths, trace_sequence
from seqviz.instruments.trace import trace
from seqviz.networks.build import build_model
from seqviz.player.page import to_html
from seqviz.player.payload import encode
from seqviz.specs import ModelSpec
from seqviz.timelines.memory import memory_timeline
from seqviz.timelines.training import training_timeline
from tests.e2e.conftest import CHROMIUM_FLAGS, Server, chromium, go_to, settle, visit

CLICKS = 40
_CHANGED = """before => [...document.querySelectorAll('*')]
  .map((node) => node.shadowRoot?.querySelector('.group h2'))
  .some((heading) => heading && heading.textContent !== before)"""


def player() -> list[Figure]:
    """Frames a second while two layers of 256 units play, and what that takes to send."""
    digits = load_dataset("digits")
    model = build_model(ModelSpec.classifier("lstm", 256, num_layers=2))
    timeline = memory_timeline(trace_sequence(model, Digit(digits.test.inputs[0]), reference_paths(model, digits.test)))
    size = len(encode(timeline)) / 1024
    raw = (
        sum(layer.hidden.numel() * 4 for layer in trace_sequence(model, Digit(digits.test.inputs[0])).trace.layers)
        / 1024
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "player.html"
        file.write_text(to_html(timeline, "benchmark"), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"file://{file}")
        empty, playing = _frames(page, play=False), _frames(page, play=True)
        browser.close()
    return [
        Figure("player, 2 layers of 256 units", playing, "frames/s", f"an idle page: {empty:.1f} frames/s", 55.0, True),
        Figure("player's payload", size, "KB", f"the hidden states alone as float32: {raw:.0f} KB", 64.0, False),
        Figure("ten snapshots' payload", _ten_snapshots(), "KB", f"one as float32: {raw:.0f} KB", 300.0, False),
    ]


def _ten_snapshots() -> float:
    """Kilobytes of a time machine over ten networks of two layers of 256 units."""
    image = load_dataset("digits").test.inputs[0]
    models = [build_model(ModelSpec.classifier("lstm", 256, num_layers=2), seed) for seed in range(10)]
    traces = [trace(model, image[None]) for model in models]
    timeline = training_timeline(models[0].spec, Digit(image), range(10), traces, [list(range(256))] * 2, target=0)
    return len(encode(timeline)) / 1000


def _frames(page: Page, play: bool) -> float:
    """Frames a second over three seconds, counted where the browser draws."""
    return page.evaluate(
        """async (play) => {
          const root = document.querySelector('[data-testid=seqviz-player]');
          const playing = root.dataset.playing === 'true';
          if (play !== playing) root.querySelector('button').click();
          const started = performance.now();
          let frames = 0;
          while (performance.now() - started < 3000) {
            await new Promise(requestAnimationFrame);
            frames += 1;
          }
          return (frames * 1000) / (performance.now() - started);
        }""",
        play,
    )


def clicks_while_training() -> list[Figure]:
    """From a click on "Another" to the new digit on screen, idle and while a network trains on the same server."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server.start(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
            visit(page, f"{server.url}/hidden-states")
            idle = _answers(page)
            visit(page, f"{server.url}/train?epochs=200&units=256&layers=2&cell=lstm")
            page.get_by_role("button", name="Start training").click()
            page.get_by_role("button", name="Pause").wait_for()
            go_to(page, "Look inside", "Hidden states")
            page.get_by_role("button", name="Another").wait_for()
            settle(page)
            busy = _answers(page)
        finally:
            browser.close()
            server.stop()
    reference = f"idle: median {statistics.median(idle):.0f}, p95 {_p95(idle):.0f} ms"
    share = _p95(busy) / _p95(idle)
    reference += f"; while training: median {statistics.median(busy):.0f}, p95 {_p95(busy):.0f} ms"
    return [Figure("click's answer while training, p95", share, "of idle", reference, 1.25, at_least=False)]


def _answers(page: Page) -> list[float]:
    milliseconds = []
    heading = page.get_by_test_id("seqviz-player").locator("h2")
    for _ in range(CLICKS):
        before = heading.inner_text()
        started = time.perf_counter()
        page.get_by_role("button", name="Another").click()
        page.wait_for_function(_CHANGED, arg=before)
        milliseconds.append((time.perf_counter() - started) * 1e3)
        settle(page)
    return milliseconds


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
