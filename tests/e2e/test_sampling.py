"""Sampling in a real browser: a text appears, a character is opened, another road is taken, hostile text stays text."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, player_state, settle, until, visit, watch_player

pytestmark = pytest.mark.e2e

HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> **bold** $x^2$ [a](http://b) :smile: `c` \x07&amp;\n"


def characters(page: Page) -> str:
    return "".join(page.locator(".characters span").all_text_contents())


def no_markup(page: Page) -> None:
    """Nothing of `HOSTILE` has become what it would be as HTML, Markdown, LaTeX or a shortcode."""
    main = page.get_by_test_id("stMain")
    for selector in ("img[src=x]", "script", "a[href^='http://b']", ".katex", "em"):
        assert main.locator(selector).count() == 0, selector
    assert main.locator("strong", has_text="bold").count() == 0
    assert main.get_by_text("😄").count() == 0


def test_a_text_appears_character_by_character(server: Server, page: Page):
    frames = watch_player(page)
    visit(page, f"{server.url}/sampling?letters=1000")
    until(page, lambda: player_state(page)["playing"] == "true")
    until(page, lambda: frames()[-1][0] > 5)
    played = [step for step, playing in frames() if playing]
    assert played == sorted(played)
    hidden = page.locator(".characters .ahead").last
    assert hidden.evaluate("node => getComputedStyle(node).visibility") == "hidden"
    expect(page.locator(".characters b")).to_have_text("ROMEO:")
    page.get_by_role("button", name="Pause").click()
    # while it rests, all of it can be clicked
    assert hidden.evaluate("node => getComputedStyle(node).visibility") == "visible"


def test_a_character_is_opened_and_another_road_is_taken_and_left(server: Server, new_page):
    page: Page = new_page(reduced_motion="reduce")
    visit(page, f"{server.url}/sampling?letters=80")
    page.get_by_text("One character: the choice as it was").click()
    expect(page.get_by_text("This is the most surprising one")).to_be_visible()
    until(page, lambda: len(page.locator(".characters span").all()) == 80)
    before = characters(page)
    page.locator(".characters span").nth(30).click()
    expect(page.get_by_role("heading", name="Character 31: the choice as it was")).to_be_visible()
    until(page, lambda: "step=30" in page.url)
    settle(page)
    roads = page.locator("[class*='st-key-road'] button:visible")
    expect(roads).to_have_count(6)
    other = next(road for road in roads.all() if road.is_enabled())
    other.click()
    expect(page.get_by_text("Put in by hand: character 31 is")).to_be_visible()
    until(page, lambda: len(characters(page)) == len(before) and characters(page) != before)
    after = characters(page)
    assert after[:30] == before[:30]
    until(page, lambda: "branch=30." in page.url)

    again: Page = new_page(reduced_motion="reduce")
    visit(again, page.url)
    until(again, lambda: characters(again) == after)  # a link reopens the branch
    again.get_by_role("button", name="Undo the last branch").click()
    until(again, lambda: characters(again) == before)
    until(again, lambda: "branch" not in again.url)


def test_four_temperatures_share_one_clock(server: Server, new_page):
    page: Page = new_page(reduced_motion="reduce")
    visit(page, f"{server.url}/sampling?show=four&letters=60")
    boxes = page.locator(".characters")
    expect(boxes).to_have_count(4)
    boxes.nth(2).locator("span").nth(20).click()
    for index in range(4):
        expect(boxes.nth(index).locator(".here")).to_have_attribute("data-step", "20")
    settle(page)


def test_the_slider_moves_the_distribution(server: Server, new_page):
    page: Page = new_page(reduced_motion="reduce")
    visit(page, f"{server.url}/sampling?sampling=heat&step=12")
    expect(page.get_by_text(re.compile("at .*entropy")).first).to_be_visible()
    page.get_by_role("slider", name=re.compile("^Temperature")).press("ArrowRight")
    until(page, lambda: "temperature=0.8" in page.url)
    settle(page)
    expect(page.get_by_text("softmax(z / 0.8), beside the network's own")).to_be_visible()


def test_another_seed_is_written_from_the_start(server: Server, page: Page):
    frames = watch_player(page)
    visit(page, f"{server.url}/sampling?letters=30")
    until(page, lambda: frames()[-1:] == [(29, False)])
    before, count = characters(page), len(frames())
    seed = page.get_by_role("spinbutton", name=re.compile("^Seed"))
    seed.fill("9")
    seed.press("Enter")
    until(page, lambda: len(characters(page)) == len(before) and characters(page) != before)
    until(page, lambda: any(playing for _, playing in frames()[count:]))


def test_a_link_cannot_put_markup_into_a_toast(server: Server, page: Page):
    visit(page, f"{server.url}/sampling?heat=[click](http://evil.example)")
    toast = page.get_by_test_id("stToast")
    expect(toast).to_contain_text("[click](http://evil.example)")
    assert toast.locator("a").count() == 0


def test_a_hostile_text_is_learned_written_and_read_as_text(server: Server, new_page):
    page: Page = new_page(reduced_motion="reduce")
    visit(page, f"{server.url}/sampling?sampling=learn&learn_from=own&text_units=32&text_epochs=80")
    own = page.get_by_label("… or paste a text", exact=False)
    own.fill(HOSTILE * 20)
    own.press("Control+Enter")
    expect(page.get_by_text("characters to learn from")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text(re.compile("32 units.* finished, step"))).to_be_visible()  # not the run that ships
    settle(page)
    page.get_by_role("button", name="Write with this network").click()
    settle(page)
    until(page, lambda: "onerror" in characters(page) or "script" in characters(page))
    assert "␇" in characters(page), "a control character is shown by its sign"
    no_markup(page)
    page.locator(".characters span").nth(3).click()
    settle(page)
    no_markup(page)  # the roads are buttons whose labels could be Markdown
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill(HOSTILE.strip())
    prompt.press("Enter")
    expect(page.locator(".characters b")).to_contain_text("**bold** $x^2$")
    settle(page)
    no_markup(page)
    page.get_by_text("Show the code").click()
    expect(page.get_by_test_id("stCode")).to_be_visible()
    run = re.search(r"writer=([\w-]+)", page.url).group(1)
    visit(page, f"{server.url}/sampling?sampling=units&read=own&reader={run}")
    settle(page)  # a run under way would draw the field anew
    page.get_by_label("Your text").fill(HOSTILE * 4)
    page.get_by_label("Your text").press("Control+Enter")
    until(page, lambda: "onerror" in characters(page))
    expect(page.get_by_role("heading", name="Where else are the same units on?")).to_be_visible()
    no_markup(page)


def test_a_stretch_is_marked_by_dragging(server: Server, new_page):
    page: Page = new_page(reduced_motion="reduce")
    visit(page, f"{server.url}/sampling?sampling=units")
    box = page.locator(".characters")
    start, end = (box.locator("span").nth(index).bounding_box() for index in (4, 9))
    page.mouse.move(start["x"] + 3, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(end["x"] + 3, end["y"] + 8, steps=6)
    page.mouse.up()
    until(page, lambda: "stretch_to=" in page.url)
    settle(page)
    first = page.get_by_label("First character", exact=True)
    last = page.get_by_label("Last character", exact=True)
    until(page, lambda: int(last.input_value()) - int(first.input_value()) == 5)
    expect(box.locator(".mine").first).to_have_attribute("data-step", "4")
    settle(page)
    box.evaluate("node => { node.scrollTop = 200; }")
    until(page, lambda: box.evaluate("node => node.scrollTop") == 200)
    last.fill(str(int(last.input_value()) + 1))
    last.press("Enter")
    until(page, lambda: box.locator(".mine").count() == 7)
    assert box.evaluate("node => node.scrollTop") == 200, "marking does not scroll the text away"
    page.locator("[class*='st-key-match'] button:visible").first.click()
    until(page, lambda: "step=" in page.url)
