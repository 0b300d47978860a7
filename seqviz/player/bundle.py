"""The player's JavaScript modules as one, for a component or a page that cannot load many files."""

import functools
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "js"
MODULES = (
    "codec.js",
    "theme.js",
    "clock.js",
    "axes.js",
    "plane.js",
    "panels/picture.js",
    "panels/heatmap.js",
    "panels/bars.js",
    "panels/characters.js",
    "panels/candidates.js",
    "panels/alignment.js",
    "panels/looking.js",
    "panels/fan.js",
    "panels/lines.js",
    "panels/path.js",
    "panels/scatter.js",
    "stage.js",
    "controls.js",
    "moments.js",
    "player.js",
)


@functools.cache
def bundle(entry: str) -> str:
    """All modules in order of dependence, then `entry`; imports and exports between them are dropped."""
    sources = [_inlined((FOLDER / name).read_text(encoding="utf-8")) for name in MODULES]
    return "\n".join([*sources, _without_imports((FOLDER / entry).read_text(encoding="utf-8"))])


@functools.cache
def stylesheet() -> str:
    return (FOLDER.parent / "player.css").read_text(encoding="utf-8")


def _inlined(source: str) -> str:
    return re.sub(r"^export (?=(async )?(function|const|class|let))", "", _without_imports(source), flags=re.MULTILINE)


def _without_imports(source: str) -> str:
    return re.sub(r'^import [^;]*? from "[^"]+";\n', "", source, flags=re.MULTILINE)
