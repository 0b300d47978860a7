"""Film `docs/remember.gif`: the player in a real browser reads an eight, one frame a row."""

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from seqviz.data.datasets import load_dataset
from seqviz.data.examples import Digit
from seqviz.instruments.sequence_trace import reference_paths, trace_sequence
from seqviz.player.page import to_html
from seqviz.timelines.memory import memory_timeline
from seqviz.training.checkpoints import load_checkpoint

PROJECT = Path(__file__).parents[1]
FILE = PROJECT / "docs" / "remember.gif"
SIZE = {"width": 1120, "height": 560}
DIGIT = 7  # of the embedded test set
FRAME, REST = 160, 1800  # milliseconds a row, and on the last one
COLOURS = 128
MOST = 1_500_000  # bytes


def main() -> None:
    model = load_checkpoint(PROJECT / "models" / "gru.safetensors").build()
    test = load_dataset("digits").test
    reading = trace_sequence(model, Digit(test.inputs[DIGIT]), reference_paths(model, test), "similarity")
    timeline = memory_timeline(reading)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "player.html"
        page_file.write_text(to_html(timeline, "A GRU reads an eight"), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="light")
        page.goto(page_file.as_uri())
        player = page.get_by_test_id("seqviz-player")
        page.keyboard.press("Home")
        frames = []
        for _ in range(timeline.steps):
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            frames.append(Image.open(io.BytesIO(player.screenshot())).convert("RGB"))
            page.keyboard.press("ArrowRight")
        browser.close()
    palette = frames[-1].quantize(COLOURS, dither=Image.Dither.NONE)
    film = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [FRAME] * (len(film) - 1) + [REST]
    film[0].save(FILE, "GIF", save_all=True, append_images=film[1:], duration=durations, loop=0, optimize=True)
    assert FILE.stat().st_size <= MOST, FILE.stat().st_size
    print(f"{FILE.name}: {film[0].size[0]} × {film[0].size[1]}, {FILE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
