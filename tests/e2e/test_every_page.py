"""What every page keeps: no accessibility fault that axe can find, nothing that scrolls sideways, light and dark."""

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Server, find_faults, fit_a_phone, visit

pytestmark = pytest.mark.e2e

PATHS = [
    "hidden-states?source=draw&beside=model&step=12",
    "hidden-states?model=words-planted-lstm&beside=digit&step=9",
    "words?review=5&changed_word=14&step=9",
    "attribution?model=words-planted-rnn&by=rows",
    "attribution?attribution=trust&trust=ruin",
    "sampling?step=20&branch=9.101",
]
"""Links into the middle of a view, and of older names; each view as it opens is looked at in `test_stage.py`."""


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_and_a_phone_need_not_scroll_sideways(server: Server, new_page, path: str):
    page: Page = new_page(color_scheme="light", reduced_motion="reduce")
    visit(page, f"{server.url}/{path}")
    page.get_by_role("heading", name="What to notice").wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        find_faults(page, scheme)
    fit_a_phone(page)
