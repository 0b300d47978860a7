"""Gradient flow in a real browser: the wave, levers in a link, and cells that learn over a distance."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, until, visit, watch_player

pytestmark = pytest.mark.e2e


def test_the_wave_runs_from_the_last_row_to_the_first(server: Server, page: Page):
    frames = watch_player(page)
    visit(page, f"{server.url}/gradient-flow")
    until(page, lambda: any(playing for _, playing in frames()) and frames()[-1] == (0, False))
    played = [step for step, playing in frames() if playing]
    assert played == sorted(played, reverse=True)
    assert played[0] > 20
    player = page.get_by_test_id("seqviz-player")
    expect(player.get_by_text("row 1 of 28")).to_be_visible()
    player.focus()
    page.keyboard.press("End")
    expect(player.get_by_text("row 28 of 28")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    until(page, lambda: "step=26" in page.url)
    expect(player.get_by_role("heading")).to_have_count(3)


def test_a_link_reopens_levers_and_a_button_takes_them_back(server: Server, page: Page):
    levers = "init=orthogonal&radius=0.7&bias=2&blank=20&chunk=7&new_head=concat&after=33"
    visit(page, f"{server.url}/gradient-flow?step=30&{levers}")
    expect(page.get_by_text("row 31 of 48")).to_be_visible()
    for lever in levers.split("&"):
        assert lever in page.url
    page.get_by_role("button", name="Levers back").click()
    until(page, lambda: "radius" not in page.url and "blank" not in page.url)
    expect(page.get_by_text(re.compile(r"row \d+ of 28"))).to_be_visible()


def test_cells_learn_over_a_distance_and_can_be_stopped(server: Server, page: Page):
    visit(page, f"{server.url}/gradient-flow?part=distance&first_units=16")
    page.get_by_role("button", name="Train at 5 distances").click()
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Train at 5 distances again")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible()  # what was found stays
