"""Translation and other shapes in a real browser: another road, attention by hand, a run that learns a task."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, expect_player, visit

pytestmark = pytest.mark.e2e


def test_another_road_leads_elsewhere_and_is_undone(server: Server, page: Page):
    visit(page, f"{server.url}/translate?sentence=24701&step=40")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("twenty - four thousand , seven hundred and one”, which is right.")
    other = page.locator("[class*=st-key-road]").get_by_role("button").nth(1)  # the second likeliest
    word = other.inner_text()
    other.click()
    expect(main).to_contain_text("right would be “twenty - four thousand , seven hundred and one”")
    expect(main).to_contain_text(f"Put in by hand: word 3 is “{word}”.")
    assert re.search(r"road=2\.\d+", page.url)
    page.reload()
    expect(main).to_contain_text(f"Put in by hand: word 3 is “{word}”.")
    page.get_by_role("button", name="Undo the last road").click()
    expect(main).to_contain_text("which is right.")


def test_attention_moved_by_hand_changes_what_is_written(server: Server, page: Page):
    visit(page, f"{server.url}/translate?sentence=24&attention_change=move&attention_shift=7")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("right would be “twenty - four”")
    expect(main).to_contain_text("With the network's own attention it writes “twenty - four”.")
    expect_player(page)


def test_what_nobody_knows_is_a_sentence_and_the_page_goes_on(server: Server, page: Page):
    visit(page, f"{server.url}/translate")
    field = page.get_by_role("textbox", name="A number, in digits or letters")
    main = page.get_by_test_id("stMain")
    for typed, sentence in (
        ("drei!", "This network does not know !"),
        ("9999999", "The number 9999999 is not between 0 and 999,999"),
        (" ", "There is nothing to read."),
        ("zwei", "It writes “two”"),
    ):
        field.fill(typed)
        field.press("Enter")
        expect(main).to_contain_text(sentence)


def test_a_small_network_learns_dates_while_one_watches_and_is_looked_into(server: Server, page: Page):
    small = "learned_task=dates&task_units=8&task_epochs=1&task_batch=1000"
    visit(page, f"{server.url}/translate?view=learn&{small}")
    page.get_by_role("button", name="Start training").click()
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("After 20 steps", timeout=60_000)
    page.get_by_role("button", name="Translate with this network").click()
    expect(main).to_contain_text("It writes “")
    expect_player(page)
