"""Forecast in a real browser: the window moves, a past is drawn, and a series of one's own is learned and compared."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, expect_player, visit

pytestmark = pytest.mark.e2e


def test_the_window_moves_and_the_link_keeps_where(server: Server, page: Page):
    visit(page, f"{server.url}/forecast?forecaster=forecast-sunspots&step=54")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("After 1965 it runs free for 11 years and is off by 10.5 sunspots")
    scrubber = page.get_by_role("slider", name="Current known year")
    scrubber.focus()
    scrubber.press("ArrowRight")
    expect(main).to_contain_text("After 1997 it runs free for 11 years")
    assert re.search(r"origin=298", page.url)
    page.reload()
    expect(main).to_contain_text("After 1997 it runs free for 11 years")
    expect_player(page)


def test_a_past_is_drawn_by_hand_and_by_keys_and_undone(server: Server, page: Page):
    visit(page, f"{server.url}/forecast?forecaster=forecast-sunspots&past=drawn&step=54")
    main = page.get_by_test_id("stMain")
    pad = page.get_by_role("img", name="Draw a piece of the window that the network reads")
    expect(main).to_contain_text("After 1965 it runs free")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 20, steps=8)
    page.mouse.up()
    expect(main).to_contain_text("With your past, the forecast of 11 years moves by")
    assert "sketched_past=" in page.url
    page.get_by_role("button", name="Undo").click()
    expect(main).to_contain_text("After 1965 it runs free")
    pad.focus()
    pad.press("ArrowUp")
    expect(main).to_contain_text("With your past")


def test_a_series_of_ones_own_is_learned_and_compared(server: Server, page: Page):
    visit(page, f"{server.url}/forecast?view=learn&series=own&series_epochs=2")
    rows = [f"{2000 + n // 12}-{n % 12 + 1:02},{(n * 7) % 12 + n / 10:.2f}" for n in range(150)]
    content = "\n".join(["month;sold", *(row.replace(",", ";").replace(".", ",") for row in rows)])
    file = {"name": "shop.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.locator("input[type=file]").set_input_files(file)
    rail = page.get_by_test_id("stSidebar")
    expect(rail).to_contain_text("150 rows.")
    page.get_by_role("button", name="Start training").click()
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("2 epochs, on an own series: finished, step", timeout=60_000)
    expect(main).to_contain_text("steps its MASE")
    page.get_by_role("button", name="Watch this network forecast").click()
    expect(main).to_contain_text("it runs free for 7 months")
    page.get_by_role("radio", name="Compare").or_(page.get_by_role("button", name="Compare")).first.click()
    expect(main).to_contain_text("Tested against")
    rail.get_by_role("combobox").first.click()
    page.get_by_role("option", name="shop: sold").click()
    page.get_by_role("button", name="Ask all models").click()
    expect(main).to_contain_text("The best network", timeout=60_000)
