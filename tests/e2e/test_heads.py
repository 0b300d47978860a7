"""Heads in a real browser: votes that sum, and a race with a verdict."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, expect_player, until, visit

pytestmark = pytest.mark.e2e


def test_votes_play_and_sum_to_the_logit(server: Server, page: Page):
    visit(page, f"{server.url}/heads?step=20&sample=9")
    player = page.get_by_test_id("seqviz-player")
    expect(player.get_by_role("img", name="Vote of each row for each class")).to_be_visible()
    expect(player.get_by_role("img", name="Gradient × input of each row for each class")).to_be_visible()
    expect_player(page, step="20")
    text = page.get_by_text(re.compile(r"Class \d: the votes sum to")).inner_text()
    votes, bias, total, logit = (float(number) for number in re.findall(r"-?\d+\.\d{4}", text))
    assert abs(votes + bias - total) < 2e-4
    assert abs(total - logit) < 2e-4


def test_a_race_ends_with_a_verdict_and_is_watched_by_others(server: Server, new_page):
    link = f"{server.url}/heads?heads=race&race_units=16&race_epochs_digits=2"
    first, second = new_page(), new_page()
    visit(first, link)
    first.get_by_role("button", name="Start the race").click()
    visit(second, link)
    for page in (first, second):
        expect(page.get_by_text("One run of each.")).to_be_visible()
        expect(page.get_by_text("A race that ships")).to_have_count(0)
    until(first, lambda: first.get_by_role("button", name="Start the race again").is_visible())


def test_repeating_over_seeds_can_be_stopped(server: Server, page: Page):
    visit(page, f"{server.url}/heads?heads=race&race_units=64&race_epochs_digits=50")
    page.get_by_role("button", name="Repeat over 5 seeds").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Repeat over 5 seeds again")).to_be_visible()
