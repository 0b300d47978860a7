"""Take a picture of every scene of the lessons that has nothing to predict, for handouts (`lessons/pictures/`)."""

import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import sync_playwright

from seqviz.data.lessons import FOLDER, PICTURES, lesson_names, load_lesson

PORT, SIZE, KEPT = 8599, (1280, 720), (800, 450)
REST = 3000  # milliseconds until a player has something to show


def main() -> None:
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    address = ["--server.port", str(PORT), "--server.address", "127.0.0.1"]
    server = subprocess.Popen([*command, *address], cwd=FOLDER.parent)
    try:
        _wait(f"http://127.0.0.1:{PORT}/_stcore/health")
        _take(f"http://127.0.0.1:{PORT}")
    finally:
        server.terminate()


def _wait(address: str) -> None:
    for _ in range(120):
        try:
            urlopen(address).close()
        except (URLError, ConnectionError):
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the server does not answer")


def _take(server: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        for name in lesson_names():
            for number, scene in enumerate(load_lesson(name).scenes, 1):
                path = PICTURES / f"{name}-{number}.webp"
                path.unlink(missing_ok=True)
                if scene.predict is not None:
                    continue
                where = "" if scene.page == "home" else scene.page
                page.goto(f"{server}/{where}?{urlencode(scene.link)}")
                page.get_by_role("heading", name="What to notice").wait_for()
                page.wait_for_timeout(REST)
                whole = path.with_suffix(".png")
                page.screenshot(path=whole)
                Image.open(whole).convert("RGB").resize(KEPT, Image.Resampling.LANCZOS).save(path, quality=72)
                whole.unlink()
                print(path)


def _chromium() -> str | None:
    """The system's own, else the one that Playwright brings."""
    found = [path for path in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser")) if path.exists()]
    return str(found[0]) if found else None


if __name__ == "__main__":
    main()
