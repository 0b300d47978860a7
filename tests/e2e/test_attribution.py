"""Attribution in a real browser: methods side by side, removal, units, and the tests of the methods."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, expect_player, settle, until, visit

pytestmark = pytest.mark.e2e


def test_three_methods_share_one_clock_and_a_link_reopens_them(server: Server, new_page):
    page: Page = new_page()
    visit(page, f"{server.url}/attribution?method2=smoothgrad&not=3&step=12&share=40")
    player = page.get_by_test_id("seqviz-player")
    names = [re.compile(f"^{name}") for name in ("Integrated gradients", "SmoothGrad", "Saliency")]
    expect(player.get_by_role("heading")).to_have_text(names)
    expect_player(page, step="12")
    expect(page.get_by_text("Why 8 and not 3?")).to_be_visible()
    expect(page.get_by_text("40 % removed")).to_be_visible()
    player.focus()
    page.keyboard.press("ArrowRight")
    until(page, lambda: "step=13" in page.url)


def test_the_slider_removes_and_the_answer_falls(server: Server, page: Page):
    visit(page, f"{server.url}/attribution?share=0")
    settle(page)
    shown = page.get_by_text(re.compile(r"Integrated gradients: 100%"))
    expect(shown).to_be_visible()
    page.get_by_role("slider", name=re.compile("^Share")).press("End")
    until(page, lambda: "share=100" in page.url)
    settle(page)
    expect(shown).to_have_count(0)


def test_a_unit_is_clicked_and_its_pixels_are_shown(server: Server, page: Page):
    visit(page, f"{server.url}/attribution?attribution=units&step=20")
    before = page.get_by_role("heading", name=re.compile("Which pixels drive unit")).inner_text()
    heatmap = page.locator("figure.heatmap canvas").first
    box = heatmap.bounding_box()
    assert box is not None
    heatmap.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.6})
    until(page, lambda: "unit=" in page.url)
    heading = page.get_by_role("heading", name=re.compile("Which pixels drive unit"))
    expect(heading).not_to_have_text(before)
    expect(heading).to_contain_text("at row 21")


def test_methods_are_graded_live_and_can_be_stopped(server: Server, page: Page):
    visit(page, f"{server.url}/attribution?attribution=trust")
    page.get_by_role("button", name=re.compile("^Grade 10 methods")).click()
    table = page.get_by_test_id("stDataFrame").last  # the first one is the shipped table, folded
    expect(table).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name=re.compile("again$"))).to_be_visible()
    expect(table).to_be_visible()  # what was found stays


def test_a_character_is_explained(server: Server, page: Page):
    visit(page, f"{server.url}/attribution?attribution=letters&letter_text=own")
    own = page.get_by_label("Your text")
    own.fill('print("<b>hello</b>")')
    own.press("Control+Enter")
    expect(page.get_by_text(re.compile("made “.” .* by most"))).to_be_visible()
    assert page.get_by_test_id("stMain").locator("b", has_text="hello").count() == 0
    expect(page.locator(".characters span")).to_have_count(20)
