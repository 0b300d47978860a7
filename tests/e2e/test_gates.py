"""Gates in a real browser: an edit in a link, the microscope, and work that can be stopped."""

import re

import pytest
from playwright.sync_api import Page, expect

from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from tests.e2e.conftest import Server, expect_player, go_to, until, visit

pytestmark = pytest.mark.e2e


def test_a_link_with_an_edit_in_it(server: Server, page: Page):
    visit(page, f"{server.url}/gates?view=operate&operation=silence&unit=17&step=20&model=gru")
    player = page.get_by_test_id("seqviz-player")
    expect(player.get_by_role("heading", name="As trained")).to_be_visible()
    expect(player.get_by_role("heading", name="Edited")).to_be_visible()
    expect(player.get_by_role("img", name="Hidden state, edited minus as trained")).to_be_visible()
    expect(page.get_by_role("slider", name=re.compile("^Unit"))).to_have_value("17")

    page.get_by_role("button", name=re.compile("^Score 360 test digits")).click()
    expect(page.get_by_test_id("stMetric")).to_have_count(2)


def test_two_free_edits_in_a_link_and_long_work_that_is_stopped(server: Server, page: Page):
    """A large network, so that scoring it and ranking its units last long enough to be stopped."""
    spec = ModelSpec.classifier("lstm", 512, num_layers=2)
    checkpoint = Checkpoint(spec, build_model(spec).state_dict(), "digits", TrainSpec(), step=1)
    save_checkpoint(checkpoint, server.runs / "large.safetensors")
    edits = "edits=2&signal1=forget&value1=0.5&rows1=10-20&signal2=cell&kind2=swap&donor2=5&units2=3-9"
    visit(page, f"{server.url}/gates?view=operate&operation=free&model=large&step=5&{edits}")
    expect(page.get_by_role("slider", name="Rows").first).to_have_value("10")
    expect(page.get_by_label("Donor example")).to_have_value("5")
    assert "kind2=swap" in page.url
    page.get_by_role("button", name=re.compile("^Score 360 test digits")).click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name=re.compile("^Score 360 test digits"))).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(0)

    visit(page, f"{server.url}/gates?view=operate&operation=silence&model=large")
    rank = page.get_by_role("button", name="Rank all 512 units")
    rank.click()
    page.get_by_role("button", name="Stop").click()
    expect(rank).to_be_visible()


def test_the_microscope_follows_the_clock_and_the_clock_the_microscope(server: Server, page: Page):
    visit(page, f"{server.url}/gates?view=read&unit=40&step=13")
    expect(page.locator(".katex").first).to_be_visible()
    row = page.get_by_role("slider", name=re.compile("^Row"))
    player = page.get_by_test_id("seqviz-player")
    player.focus()
    page.keyboard.press("ArrowRight")
    expect(row).to_have_value("15")
    row.press("ArrowRight")
    row.press("ArrowRight")
    expect_player(page, step="16")
    before = page.locator(".katex").first.inner_text()
    page.get_by_role("img", name=re.compile("^Forget gate")).click(position={"x": 100, "y": 30})
    until(page, lambda: "unit=40" not in page.url)
    until(page, lambda: page.locator(".katex").first.inner_text() != before)


def test_a_dot_selects_its_unit(server: Server, page: Page):
    visit(page, f"{server.url}/gates?step=20")
    dots = page.get_by_test_id("stPlotlyChart").nth(3)
    dots.scroll_into_view_if_needed()
    point = dots.locator(".scatterlayer .point").nth(60)
    point.click(force=True)
    until(page, lambda: "unit=" in page.url)
    unit = re.search(r"unit=(\d+)", page.url).group(1)
    expect(page.get_by_role("slider", name=re.compile("^Unit"))).to_have_value(unit)


def test_settings_survive_a_switch_between_pages_that_share_them(server: Server, page: Page):
    visit(page, f"{server.url}/hidden-states?model=rnn&step=9&sample=5&unit=33")
    go_to(page, "Look inside", "Gates")
    expect(page.get_by_role("heading", name=re.compile("^RNN reads"))).to_be_visible()
    expect(page.get_by_label("Example")).to_have_value("5")
    expect(page.get_by_test_id("stMain").get_by_role("slider", name=re.compile("^Unit"))).to_have_value("33")
    expect_player(page, step="9")
    page.get_by_text("Operate").click()
    expect(page.get_by_role("heading", name="Edited")).to_be_visible()
    page.get_by_role("img", name=re.compile("^Hidden state h")).first.click(position={"x": 100, "y": 30})
    until(page, lambda: "unit=33" not in page.url)
    unit = re.search(r"unit=(\d+)", page.url).group(1)
    page.get_by_text("Watch", exact=True).click()
    expect(page.get_by_test_id("stMain").get_by_role("slider", name=re.compile("^Unit"))).to_have_value(unit)
    go_to(page, "Look inside", "Hidden states")
    expect(page.get_by_role("heading", name=re.compile("^RNN reads"))).to_be_visible()
    assert "source=None" not in page.url
