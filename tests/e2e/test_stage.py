"""Every view with a clock is a stage: control, player, result and picture lie on the first screen."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, expect_player, settle, until, visit

VIEWS = [
    "",
    "hidden-states",
    "gates",
    "gates?view=operate",
    "gradient-flow",
    "heads",
    "attribution",
    "attribution?attribution=units",
    "sampling",
    "sampling?sampling=heat",
]


def bottom(page: Page, inside_player: str) -> float:
    """Where the first such part of the player ends, in pixels from the top of the screen."""
    box = page.get_by_test_id("seqviz-player").first.locator(inside_player).first.bounding_box()
    return box["y"] + box["height"]


@pytest.mark.parametrize("view", VIEWS)
def test_the_first_screen_holds_what_matters(server: Server, new_page, view: str):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    visit(page, f"{server.url}/{view}")
    expect(page.get_by_test_id("seqviz-player").first).to_be_visible()
    until(page, lambda: bottom(page, ".controls") <= 300)
    assert bottom(page, ".text") <= 420, "the result in a sentence"
    until(page, lambda: bottom(page, "figure, .characters") <= 720)
    if view:
        rail = page.get_by_test_id("stSidebar")
        first = rail.get_by_test_id("stWidgetLabel").first
        expect(first).to_be_in_viewport()
    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    until(page, lambda: bottom(page, ".controls") <= 844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_signal_of_an_lstm_is_on_the_first_screen(server: Server, new_page):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    visit(page, f"{server.url}/gates?model=lstm")
    figures = page.get_by_test_id("seqviz-player").locator("figure")
    expect(figures).to_have_count(8)
    until(page, lambda: all(box["y"] + box["height"] <= 724 for box in (f.bounding_box() for f in figures.all())))


def test_presenting_fills_the_window_and_gives_the_step_back(server: Server, new_page):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    visit(page, f"{server.url}/hidden-states?present=1&step=12")
    player = page.get_by_test_id("seqviz-player")
    until(page, lambda: player.bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 720})
    page.keyboard.press("PageDown")
    expect_player(page, step="13")
    page.keyboard.press("Escape")
    until(page, lambda: player.bounding_box()["x"] > 0)
    expect_player(page, step="13")
    player.get_by_role("button", name="Present").click()
    until(page, lambda: page.evaluate("document.fullscreenElement !== null"))
    page.keyboard.press("f")
    until(page, lambda: page.evaluate("document.fullscreenElement === null"))
    expect_player(page, step="13")


def test_keys_work_wherever_the_focus_is_but_where_a_control_needs_them(server: Server, new_page):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    visit(page, f"{server.url}/hidden-states?step=12")
    expect_player(page, step="12")
    page.get_by_role("heading", name="Hidden states").click()
    page.keyboard.press("ArrowRight")
    expect_player(page, step="13")
    page.keyboard.press("Home")
    expect_player(page, step="0")
    page.get_by_label("Test digit").click()
    page.keyboard.press("End")
    expect_player(page, step="0")
    page.get_by_role("heading", name="Hidden states").click()
    page.keyboard.press("?")
    expect(page.get_by_text("Space plays and pauses").first).to_be_visible()
