"""Threads that import a package and a part of it at the same time."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from seqviz.jobs.turns import import_alone

NAME = "imported_by_two"


class SlowFinder:
    """Looks for the package until another thread wants a part of it."""

    def __init__(self) -> None:
        self.package_is_sought, self.part_is_wanted = threading.Event(), threading.Event()

    def find_spec(self, name, path, target=None):
        if name == NAME:
            self.package_is_sought.set()
            self.part_is_wanted.wait()
            time.sleep(0.05)  # the other thread asks for the package now; if it is later, this test sees nothing

    def want_part(self) -> object:
        self.package_is_sought.wait()
        self.part_is_wanted.set()
        return import_alone(f"{NAME}.part")


def test_a_package_and_a_part_of_it(tmp_path: Path, monkeypatch):
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "__init__.py").write_text(f"import {NAME}.part")
    (tmp_path / NAME / "part.py").write_text("")
    finder = SlowFinder()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    with ThreadPoolExecutor(2) as threads:
        package, part = threads.submit(import_alone, NAME), threads.submit(finder.want_part)
        assert package.result().part is part.result()
