"""Where data lies on this machine."""

import os
import sys
from pathlib import Path


def data_folder(root: Path | str | None = None) -> Path:
    """`root`, else the environment's `SEQVIZ_DATA`, else the user's cache folder."""
    if root is not None:
        return Path(root).expanduser()
    if chosen := os.environ.get("SEQVIZ_DATA"):
        return Path(chosen).expanduser()
    return _cache_home() / "seqviz"


def _cache_home() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
