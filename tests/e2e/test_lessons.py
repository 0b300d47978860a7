"""Lessons in a real browser: one is walked by keys from end to end, a curve is predicted, and an own one is opened."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, find_faults, settle, visit

pytestmark = pytest.mark.e2e


def bar(page: Page):
    return page.locator(".st-key-lesson")


def press(page: Page, name: str) -> None:
    """By the keyboard alone."""
    button = bar(page).get_by_role("button", name=name)
    button.focus()
    button.press("Enter")


def test_a_lesson_is_walked_by_keys_from_end_to_end(server: Server, page: Page):
    visit(page, f"{server.url}/lessons")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("12 lessons on the real pages")
    start = page.locator("[class*='st-key-start-lesson-05']").get_by_role("button")
    start.focus()
    start.press("Enter")
    expect(bar(page)).to_contain_text("Backpropagation through time · 1 of 5")
    expect(main).to_contain_text("What this page shows comes after your answer above.")
    press(page, "Three: one a loss")
    expect(bar(page)).to_contain_text("Six: you said: Three: one a loss. There are 6 ways")
    expect(main).to_contain_text("autograd says −0.5793")
    press(page, "On")
    expect(bar(page)).to_contain_text("2 of 5")
    press(page, "On")
    expect(bar(page)).to_contain_text("3 of 5")
    press(page, "Another one")
    expect(bar(page)).to_contain_text("Another one: as you said.")
    expect(main).to_contain_text("The 3 ways that are left sum up to")
    press(page, "On")
    expect(main).to_contain_text("The 6 ways sum up to")  # what a scene does not name is as it always is
    press(page, "On")
    expect(bar(page)).to_contain_text("5 of 5")
    expect(page.get_by_test_id("seqviz-player").first).to_be_visible()
    expect(bar(page).get_by_role("button", name="On")).to_be_disabled()
    assert "lesson=05-back-through-time" in page.url
    page.reload()
    expect(bar(page)).to_contain_text("5 of 5")
    press(page, "Leave")
    expect(bar(page)).to_have_count(0)
    assert "lesson" not in page.url


def test_a_curve_is_predicted_by_keys_and_stays_beside_what_is_measured(server: Server, page: Page):
    visit(page, f"{server.url}/gradient-flow?lesson=06-vanishing-and-exploding&scene=2")
    pad = page.get_by_role("img", name="How does the gradient's strength run")
    given = page.get_by_role("button", name="That is what I expect")
    expect(given).to_be_disabled()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settle(page)
        find_faults(page, scheme)
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 130)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + 10, steps=12)
    page.mouse.up()
    expect(given).to_be_enabled()
    pad.focus()
    pad.press("ArrowUp")  # a place can be moved by keys, too
    expect(given).to_be_enabled()
    given.click()
    expect(bar(page)).to_contain_text("At row 1 it is 3.5 times weaker")
    expect(bar(page).get_by_text("what you drew")).to_be_visible()


def test_a_lesson_of_ones_own_is_opened_or_said_what_is_wrong(server: Server, page: Page):
    visit(page, f"{server.url}/lessons")
    text = 'title = "Mine"\nabout = "A."\n[[scene]]\npage = "gates?unit=x"\ntext = "<b>Look</b>."\n'
    page.get_by_test_id("stSidebar").get_by_text("A lesson of your own").click()
    upload = page.locator("input[type=file]")
    upload.set_input_files({"name": "mine.toml", "mimeType": "text/plain", "buffer": text.encode()})
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("The lesson mine.toml cannot be shown. Scene 1: unit cannot be 'x'.")
    text = text.replace("unit=x", "unit=3")
    upload.set_input_files({"name": "mine.toml", "mimeType": "text/plain", "buffer": text.encode()})
    expect(main).to_contain_text("13 lessons")
    page.locator("[class*='st-key-start-lesson-own']").get_by_role("button").click()
    expect(bar(page)).to_contain_text("Mine · 1 of 1")
    expect(bar(page)).to_contain_text("<b>Look</b>.")
