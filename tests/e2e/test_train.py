"""Training in a real browser: started, paused, found again after a refresh and after a crash."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from seqviz.jobs.history import list_runs
from tests.e2e.conftest import Server, go_to, settle, until, visit

pytestmark = pytest.mark.e2e

SCORED = re.compile("steps it reads")


def progress(page: Page) -> str:
    return page.get_by_test_id("stProgress").first.inner_text()


def step(page: Page) -> int:
    return int(re.search(r"step ([\d,]+) of", progress(page)).group(1).replace(",", ""))


def start(page: Page, server: Server, settings: str) -> None:
    visit(page, f"{server.url}/train?{settings}")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_from_start_to_stop(server: Server, page: Page, new_page):
    start(page, server, "epochs=200")
    expect(page.get_by_text(SCORED)).to_contain_text(re.compile(r"9\d\.\d%"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_test_id("stProgress").first).to_contain_text("paused")
    paused = step(page)
    page.get_by_role("button", name="Single step").click()
    expect(page.get_by_test_id("stProgress").first).to_contain_text(f"paused, step {paused + 1:,} of")

    go_to(page, "Look inside", "Hidden states")  # another page, and back
    expect(page.get_by_role("heading", name="Hidden states", exact=True)).to_be_visible()
    go_to(page, "Tasks", "Train")
    expect(page.get_by_test_id("stProgress").first).to_contain_text(f"paused, step {paused + 1:,} of")

    page.reload()  # a new session of the same browser still steers
    settle(page)
    expect(page.get_by_test_id("stProgress").first).to_contain_text(f"paused, step {paused + 1:,} of")

    other = new_page()  # another browser with the link watches
    visit(other, page.url)
    expect(other.get_by_text("Another visitor started this run")).to_be_visible()
    assert other.get_by_role("button", name="Resume").count() == 0

    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_test_id("stProgress").first).to_contain_text("running")
    expect(other.get_by_test_id("stProgress").first).to_contain_text("running")
    until(page, lambda: step(page) > paused + 1)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("^Stopped after step"))).to_be_visible()
    expect(page.get_by_text("Runs on this machine")).to_be_visible()
    expect(page.get_by_text("The most confident mistakes on the test set")).to_be_visible()


def test_curves_grow_in_place(server: Server, page: Page):
    start(page, server, "epochs=200&cell=rnn&units=256&rate=0.001")
    charts = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg")
    expect(charts).to_have_count(3)
    expect(page.get_by_text(SCORED)).to_be_visible()
    page.evaluate("window.before = [...document.querySelectorAll('[data-testid=stVegaLiteChart] :is(canvas, svg)')]")
    first = step(page)
    until(page, lambda: step(page) > first + 50)
    assert page.evaluate("window.before.length === 3 && window.before.every(node => node.isConnected)")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("^Stopped after step"))).to_be_visible()


def test_a_run_that_diverges_says_why(server: Server, page: Page):
    visit(
        page, f"{server.url}/train?cell=rnn&nonlinearity=relu&rate=10&clip=off&epochs=200&schedule=constant&units=200"
    )
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_test_id("stProgress").first).to_contain_text("diverged")
    expect(page.get_by_text(re.compile(r"^At step \d+ the loss was .* the rate 10"))).to_be_visible()


def test_an_earlier_run_can_be_opened_again(server: Server, page: Page):
    visit(page, f"{server.url}/train")
    assert "run=" not in page.url
    page.locator("[class*='st-key-open'] button").first.click()
    page.wait_for_url(re.compile("run="))


def test_after_start_all_that_moves_is_on_the_first_screen(server: Server, new_page):
    """The form is one line; progress, score, curves and the digit that is read live need no scrolling."""
    page: Page = new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    start(page, server, "epochs=200&units=16")
    expect(page.get_by_test_id("stSidebar").get_by_text(re.compile("16 units.* · change"))).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_label("Units")).not_to_be_visible()
    expect(page.get_by_text(SCORED)).to_be_in_viewport()
    for chart in page.get_by_test_id("stVegaLiteChart").all():
        expect(chart).to_be_in_viewport(ratio=1)
    player = page.get_by_test_id("seqviz-player").first
    until(page, lambda: ends(player.locator(".controls").first) <= 720)
    until(page, lambda: ends(player.locator("figure").first) <= 724)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("^Stopped after step"))).to_be_visible()


def ends(part) -> float:
    box = part.bounding_box()
    return box["y"] + box["height"] if box else 10_000


def test_runs_are_ticked_drawn_and_deleted_with_an_undo(server: Server, page: Page):
    """A run of one's own; the runs of others can be ticked and opened."""
    start(page, server, "epochs=1&units=4")
    expect(page.get_by_test_id("stProgress").first).to_contain_text("finished")
    lines = page.locator("[class*='st-key-tick']")
    expect(lines.first.get_by_role("checkbox")).to_be_disabled()  # it is on screen itself
    first = lines.first.get_attribute("class")
    drawn = page.get_by_test_id("stVegaLiteChart").first
    before = drawn.screenshot()
    lines.nth(1).locator("label").click()
    settle(page)
    until(page, lambda: drawn.screenshot() != before)
    page.get_by_test_id("stMain").locator("[data-testid=stPopover] button").first.click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted:")).to_be_visible()
    expect(lines.first).not_to_have_attribute("class", first)
    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.get_by_text("Deleted:")).to_have_count(0)
    until(page, lambda: key_of(lines.first.get_attribute("class")) == key_of(first))


def key_of(classes: str) -> str:
    return re.search(r"st-key-[\w-]+", classes).group()


def test_kill_9_and_resume(tmp_path: Path, new_page):
    runs = tmp_path / "runs"
    first = Server.start(runs, SEQVIZ_NICE="1")
    try:
        page = new_page()
        start(page, first, "epochs=200")
        expect(page.get_by_text(SCORED)).to_be_visible()
        link = page.url
        page.goto("about:blank")
    finally:
        first.kill()
    found, _ = list_runs(runs)
    assert [run.status for run in found] == ["interrupted"]

    second = Server.start(runs, SEQVIZ_NICE="1")
    try:
        visit(page, link.replace(str(first.port), str(second.port)))
        expect(page.get_by_test_id("stProgress").first).to_contain_text("interrupted")
        before = step(page)
        page.get_by_role("button", name="Go on from here").click()
        expect(page.get_by_test_id("stProgress").first).to_contain_text("running")
        until(page, lambda: step(page) > before)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text(re.compile("^Stopped after step"))).to_be_visible()
        page.goto("about:blank")
    finally:
        second.stop()
