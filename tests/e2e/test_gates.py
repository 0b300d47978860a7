"""Gates in a real browser: an edit in a link, the microscope, and work that can be stopped."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, until, visit

pytestmark = pytest.mark.e2e


def test_a_link_with_an_edit_in_it(server: Server, page: Page):
    visit(page, f"{server.url}/gates?view=operate&operation=silence&unit=17&step=20&model=gru")
    player = page.get_by_test_id("seqviz-player")
    expect(player.get_by_role("heading", name="As trained")).to_be_visible()
    expect(player.get_by_role("heading", name="Edited")).to_be_visible()
    expect(player.get_by_role("img", name="Hidden state, edited minus as trained")).to_be_visible()
    expect(page.get_by_label("Unit", exact=True)).to_have_value("17")

    page.get_by_role("button", name="Rank all 128 units").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Rank all 128 units")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Score 360 test digits")).click()
    expect(page.get_by_test_id("stMetric")).to_have_count(2)


def test_the_microscope_follows_the_clock_and_the_click(server: Server, page: Page):
    visit(page, f"{server.url}/gates?view=read&unit=40&row=14")
    expect(page.locator(".katex").first).to_be_visible()
    player = page.get_by_test_id("seqviz-player")
    player.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Row", exact=True)).to_have_value("15")
    before = page.locator(".katex").first.inner_text()
    heatmap = page.get_by_role("img", name=re.compile("^Forget gate"))
    heatmap.click(position={"x": 100, "y": 30})
    until(page, lambda: "unit=40" not in page.url)
    until(page, lambda: page.locator(".katex").first.inner_text() != before)


def test_a_dot_selects_its_unit(server: Server, page: Page):
    visit(page, f"{server.url}/gates?step=20")
    dots = page.get_by_test_id("stPlotlyChart").nth(3)
    dots.scroll_into_view_if_needed()
    point = dots.locator(".scatterlayer .point").nth(60)
    point.click(force=True)
    until(page, lambda: "unit=" in page.url)
