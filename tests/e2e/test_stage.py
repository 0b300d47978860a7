"""Every view is a stage: control, player, input, result and picture lie on the first screen of a projector."""

import importlib
import re

import pytest
from playwright.sync_api import Page, expect

from seqviz.ui.shell.contents import HOME, PAGES
from tests.e2e.conftest import (
    Server,
    come_to_rest,
    expect_player,
    find_faults,
    fit_a_phone,
    go_to,
    player_state,
    settle,
    until,
    visit,
)

pytestmark = pytest.mark.e2e

CLOCKED = [
    "",
    "hidden-states",
    "hidden-states?view=training",
    "gates",
    "gates?view=operate",
    "gradient-flow",
    "heads",
    "attribution",
    "attribution?view=units",
    "attribution?view=characters",
    "attribution?view=planted",
    "forecast",
    "hidden-states?view=forecast",
    "gates?view=forecast",
    "sampling",
    "sampling?view=four",
    "sampling?view=units",
    "words",
    "words?view=padding",
    "words?view=embedding",
    "hidden-states?view=writes",
    "gates?view=writes",
    "gradient-flow?view=attention",
    "translate",
    "translate?view=caption",
    "translate?view=tag",
]
STILL = {
    "lessons": "[data-testid=stDownloadButton]",
    "shapes": "figure.tensor",
    "shapes?view=weights": "figure.tensor",
    "shapes?view=steps": "figure.tensor",
    "shapes?view=ends": "figure.tensor",
    "shapes?view=ledger": "[data-testid=stExpander]",
    "forecast?view=ahead": "[data-testid=stPlotlyChart]",
    "forecast?view=echo": "[data-testid=stPlotlyChart]",
    "forecast?view=memory": "[data-testid=stPlotlyChart]",
    "forecast?view=compare": "[data-testid=stDataFrame]",
    "forecast?view=data": "[data-testid=stPlotlyChart]",
    "forecast?view=learn": "[data-testid=stVegaLiteChart]",
    "gradient-flow?view=forecast": "[data-testid=stPlotlyChart]",
    "gates?view=read": "img[alt^=Unit]",
    "gates?view=simulate": "[data-testid=stPlotlyChart]",
    "gradient-flow?view=theory": "[data-testid=stPlotlyChart]",
    "gradient-flow?view=clip": "[data-testid=stPlotlyChart]",
    "gradient-flow?view=distance": "[data-testid=stPlotlyChart]",
    "heads?view=race": "[data-testid=stVegaLiteChart]",
    "heads?view=seeds": "[data-testid=stPlotlyChart]",
    "heads?view=order": "[data-testid=stDataFrame]",
    "attribution?view=randomization": "[data-testid=stPlotlyChart]",
    "attribution?view=votes": "[data-testid=stDataFrame]",
    "sampling?view=temperature": "[data-testid=stPlotlyChart]",
    "sampling?view=beam": "[data-testid=stCode]",
    "sampling?view=learn": "[data-testid=stVegaLiteChart]",
    "words?view=directions": "[data-testid=stPlotlyChart]",
    "words?view=learn": "[data-testid=stVegaLiteChart]",
    "translate?view=bottleneck": "[data-testid=stPlotlyChart]",
    "translate?view=shapes": "[data-testid=stHtml]",
    "translate?view=learn": "[data-testid=stVegaLiteChart]",
    "train": "[data-testid=stVegaLiteChart]",
}
"""The views without a clock, or with one that is not what they are about, and their main picture."""
NO_CONTROLS = {"", "lessons", "heads?view=seeds", "translate?view=shapes"}


def ends(page: Page, part: str) -> float:
    """Where the first such part of the page ends, in pixels from the top of the screen."""
    box = page.locator(part).locator("visible=true").first.bounding_box()
    return box["y"] + box["height"]


WITH_WORDS = [
    "hidden-states?model=words-planted-lstm",
    "gates?model=words-planted-lstm",
    "gates?view=operate&model=words-planted-rnn",
    "gradient-flow?networks=words-cells",
    "attribution?model=words-planted-lstm",
    "attribution?view=units&model=words-planted-rnn",
]
"""Views of digits that read a text instead."""


@pytest.mark.parametrize("view", [*CLOCKED, *STILL, *WITH_WORDS])
def test_the_first_screen_holds_what_matters_and_axe_finds_nothing(server: Server, new_page, view: str):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce", color_scheme="light")
    visit(page, f"{server.url}/{view}")
    page.get_by_role("heading", name="What to notice").wait_for()
    clocked = view not in STILL
    picture = ".player figure, .player .characters" if clocked else f"[data-testid=stMain] {STILL[view]}"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        settle(page)
        if clocked:
            until(page, lambda: ends(page, ".player .controls") <= 360)
        until(page, lambda: ends(page, picture) <= 720)
        until(page, lambda: ends(page, ".player .text" if clocked else ".st-key-stage-result") <= 420)
        if view not in NO_CONTROLS:
            expect(page.get_by_test_id("stSidebar").get_by_test_id("stWidgetLabel").first).to_be_in_viewport()
        find_faults(page, scheme)
    fit_a_phone(page)
    until(page, lambda: ends(page, ".player .controls" if clocked else ".st-key-stage-result") <= 844)
    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()


def test_every_view_is_looked_at(project):
    views = set()
    for page in PAGES.values():
        names = re.findall(r"(\w+)\.VIEW", (project / "pages" / page.file).read_text(encoding="utf-8"))
        room = f"seqviz.ui.{page.file.removesuffix('.py')}"
        keys = [importlib.import_module(f"{room}.{name}").VIEW.key for name in names]
        path = "" if page == HOME else page.key
        views |= {path, *(f"{path}?view={key}" for key in keys[1:])}
    assert views == {*CLOCKED, *STILL}


def test_every_signal_of_an_lstm_is_on_the_first_screen(server: Server, new_page):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    visit(page, f"{server.url}/gates?model=lstm")
    figures = page.get_by_test_id("seqviz-player").locator("figure")
    expect(figures).to_have_count(8)
    until(page, lambda: all(box["y"] + box["height"] <= 724 for box in (f.bounding_box() for f in figures.all())))


def test_three_cells_begin_at_the_same_height(server: Server, new_page):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    visit(page, f"{server.url}/gradient-flow")
    heatmaps = page.get_by_test_id("seqviz-player").locator("figure.heatmap canvas")
    expect(heatmaps).to_have_count(3)
    until(page, lambda: len({round(one.bounding_box()["y"]) for one in heatmaps.all()}) == 1)


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
    page.get_by_label("Example").click()
    page.keyboard.press("End")
    expect_player(page, step="0")
    page.get_by_role("heading", name="Hidden states").click()
    page.keyboard.press("?")
    expect(page.get_by_text("Space plays and pauses").first).to_be_visible()


def test_the_bar_stays_when_its_page_is_scrolled_past_the_player(server: Server, new_page):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    visit(page, f"{server.url}/gates?step=12")
    expect_player(page, step="12")
    settle(page)
    come_to_rest(page)
    height = page.get_by_test_id("stMain").evaluate("node => node.scrollHeight")
    page.get_by_test_id("stMain").evaluate("node => node.scrollTo(0, 1300)")
    bar = page.locator(".controls.floating")
    until(page, lambda: bar.count() == 1 and bar.bounding_box()["y"] < 100)
    assert bar.bounding_box()["height"] < 60
    assert page.get_by_test_id("stMain").evaluate("node => node.scrollHeight") == height, "nothing jumps"
    bar.get_by_role("button", name="Step forward").click()
    expect_player(page, step="13")
    page.keyboard.press("ArrowRight")
    expect_player(page, step="14")
    page.get_by_test_id("stMain").evaluate("node => node.scrollTo(0, 0)")
    expect(bar).to_have_count(0)
    expect(page.get_by_test_id("seqviz-player").get_by_role("button", name="Step forward")).to_be_visible()


def test_marks_are_named_and_speed_is_kept_over_pages(server: Server, new_page):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    visit(page, f"{server.url}/hidden-states")
    player = page.get_by_test_id("seqviz-player")
    expect(player.get_by_text(re.compile(r"the answer is final from row \d+"))).to_be_visible()
    player.get_by_label("Speed").select_option("2")
    go_to(page, "Look inside", "Gates")
    expect(page.get_by_role("heading", name="Gates", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Update gate"))).to_be_visible()
    expect(page.get_by_test_id("seqviz-player").get_by_label("Speed")).to_have_value("2")


def test_the_time_machine(server: Server, new_page):
    page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    visit(page, f"{server.url}/hidden-states?view=training&step=20&sample=3")
    player = page.get_by_test_id("seqviz-player")
    training = player.get_by_role("slider", name="Current training step")
    trained = player.locator(".text").inner_text()
    training.fill("0")
    expect(player.get_by_text("after 0 training steps")).to_be_visible()
    expect(player.locator(".text")).not_to_have_text(trained)
    expect_player(page, step="20")
    until(page, lambda: "trained=0" in page.url)
    player.get_by_role("button", name=re.compile("^Play training")).click()
    expect(player.get_by_text(re.compile(r"after 11,180 training steps"))).to_be_visible()
    expect(player.locator(".text")).to_have_text(trained)
    assert player_state(page)["step"] == "20", "the row stands still"
    until(page, lambda: "trained=11180" in page.url)
    by_step = player.get_by_role("img", name=re.compile("by row and training step"))
    box = by_step.bounding_box()
    by_step.click(position={"x": box["width"] / 2, "y": 12})
    expect(player.get_by_text("after 0 training steps")).to_be_visible()
    again = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    until(page, lambda: "trained=0" in page.url)
    visit(again, page.url)
    expect(again.get_by_text("after 0 training steps")).to_be_visible()
    expect_player(again, step="20")
