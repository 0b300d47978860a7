"""What every page keeps: no accessibility fault that axe can find, nothing that scrolls sideways, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, come_to_rest, settle, visit

pytestmark = pytest.mark.e2e

BACKGROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 21, 28)"}
TRUST = [f"trust&trust={test}" for test in ("planted", "ruin", "votes")]
PATHS = [
    "",
    "hidden-states?step=12",
    "hidden-states?view=training&step=12",
    "hidden-states?source=draw&beside=model&step=12",
    "train",
    "words?step=9",
    "words?view=padding&step=30",
    "words?view=directions",
    "words?view=embedding",
    "words?view=learn",
    "words?review=5&changed_word=14&step=9",
    "hidden-states?model=words-planted-lstm&beside=digit&step=9",
    "gates?model=words-planted-lstm&step=9",
    "gradient-flow?networks=words-cells",
    "attribution?model=words-planted-rnn&by=rows",
    "gates?step=12",
    "gates?view=read&step=9",
    "gates?view=operate&step=12",
    "gates?view=crank",
    "gradient-flow?step=12",
    *(f"gradient-flow?part={part}" for part in ("theory", "clip", "distance")),
    *(f"heads?heads={view}" for view in ("inside&step=12", "race", "documents", "order")),
    *(f"attribution?attribution={view}" for view in ("pixels", "units", "letters", *TRUST)),
    *(f"sampling?{view}" for view in ("step=20&branch=9.101", "show=four", "show=beam")),
    *(f"sampling?sampling={view}" for view in ("heat", "learn", "units")),
]


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_and_a_phone_need_not_scroll_sideways(server: Server, new_page, path: str):
    page: Page = new_page(color_scheme="light", reduced_motion="reduce")
    visit(page, f"{server.url}/{path}")
    page.get_by_role("heading", name="What to notice").wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUND[scheme])
        settle(page)
        come_to_rest(page)
        only = {"runOnly": ["color-contrast"]} if scheme == "dark" else None  # nothing but colours differs
        results = Axe().run(page, options=only)
        assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"

    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    come_to_rest(page)
    wide = page.evaluate("""() => [...document.querySelectorAll('[data-testid=stMain], html')]
        .filter(node => node.scrollWidth > innerWidth).map(node => node.scrollWidth)""")
    assert wide == []
