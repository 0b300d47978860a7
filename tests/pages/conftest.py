"""Pages run in Streamlit's own test harness, with a runs folder of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from seqviz.ui.shell import caches


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., AppTest]:
    """Open a page by its file's name, with the query parameters of a link."""
    monkeypatch.setenv("SEQVIZ_RUNS", str(tmp_path / "runs"))
    st.cache_resource.clear()

    def open_page(name: str, **link: str) -> AppTest:
        app = AppTest.from_file(str(Path(__file__).parents[2] / "pages" / "navigation.py"), default_timeout=60)
        app.run()  # the harness switches pages only after a first run
        app.query_params.update(link)
        return app.switch_page(f"{name}.py").run()

    yield open_page
    caches.jobs().shutdown()
