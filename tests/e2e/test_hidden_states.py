"""The player in a real browser."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import save_overflowing_network
from tests.e2e.conftest import Server, expect_player, player_state, settle, until, visit, watch_player

pytestmark = pytest.mark.e2e


def test_the_first_request_of_a_fresh_server_is_a_deep_link(server: Server, page: Page):
    """Must stay the first test of this module: the server has answered nothing before."""
    visit(page, f"{server.url}/hidden-states?model=lstm&sample=12&step=17&order=peak")
    expect(page.get_by_role("heading", name="Hidden states", exact=True)).to_be_visible()
    expect_player(page, step="17", steps="28", playing="false")
    expect(page.get_by_test_id("seqviz-player").get_by_text("row 18 of 28")).to_be_visible()
    assert "LSTM reads" in page.get_by_test_id("seqviz-player").inner_text()


def test_it_plays_at_once_and_pauses(server: Server, page: Page):
    frames = watch_player(page)
    visit(page, f"{server.url}/hidden-states")
    until(page, lambda: any(playing for _, playing in frames()))
    until(page, lambda: frames()[-1][0] >= 3)
    player = page.get_by_test_id("seqviz-player")
    player.get_by_label("Speed").select_option("0.25")
    player.focus()
    if not frames()[-1][1]:  # it has come to its end already
        page.keyboard.press(" ")
    player.get_by_role("button", name="Pause").click()
    expect_player(page, playing="false")
    step = player_state(page)["step"]
    until(page, lambda: f"step={step}" in page.url)


def test_a_network_that_overflows_is_drawn_up_to_where_it_does(server: Server, page: Page):
    """What is no finite number reaches the browser as such: no console error, a grey end, and a sentence."""
    save_overflowing_network(server.runs, "20260101-000000-rnn-last-dead")
    visit(page, f"{server.url}/hidden-states?model=20260101-000000-rnn-last-dead&step=27")
    expect(page.get_by_text("The hidden state of layer 1 overflows at row")).to_be_visible()
    player = page.get_by_test_id("seqviz-player")
    expect(player).to_contain_text("After row 28: its numbers are too large for float32, so it has no answer.")
    heatmap = player.get_by_role("img", name=re.compile("^Hidden state h"))
    box = heatmap.bounding_box()
    heatmap.hover(position={"x": box["width"] * 0.6, "y": box["height"] / 2})
    expect(page.locator(".tip")).to_contain_text("h = too large for float32")
    player.focus()
    page.keyboard.press("Home")
    expect(player).to_contain_text("After row 1: it would answer")


def test_who_asks_for_less_motion_gets_none(server: Server, new_page):
    page = new_page(reduced_motion="reduce")
    frames = watch_player(page)
    visit(page, f"{server.url}/hidden-states")
    until(page, lambda: len(frames()) > 30)
    assert set(frames()) == {(27, False)}, "all is read, nothing moves"


def test_keyboard_scrubber_speed_and_loop(server: Server, page: Page):
    visit(page, f"{server.url}/hidden-states?step=5")
    player = page.get_by_test_id("seqviz-player")
    player.focus()
    for key, step in [("ArrowRight", "6"), ("ArrowLeft", "5"), ("End", "27"), ("ArrowRight", "27"), ("Home", "0")]:
        page.keyboard.press(key)
        expect_player(page, step=step)
    page.keyboard.press(" ")
    expect_player(page, playing="true")
    page.keyboard.press(" ")
    expect_player(page, playing="false")

    player.get_by_role("slider").fill("20")
    expect_player(page, step="19")
    until(page, lambda: "step=19" in page.url)

    player.get_by_label("Speed").select_option("0.25")
    page.keyboard.press("Home")
    player.get_by_role("button", name="Play").click()
    player.get_by_role("slider").fill("12")  # while it plays
    expect_player(page, step="11", playing="false")

    player.get_by_label("Speed").select_option("4")
    player.get_by_role("button", name="Loop").click()
    page.keyboard.press("End")
    player.get_by_role("button", name="Play").click()
    expect_player(page, step="27")
    until(page, lambda: player_state(page)["step"] != "27")
    expect_player(page, playing="true")  # a loop begins again


def test_playback_survives_reruns_and_a_new_digit(server: Server, page: Page):
    visit(page, f"{server.url}/hidden-states?step=9")
    page.get_by_test_id("seqviz-player").evaluate("node => { node.dataset.mine = 'yes' }")
    page.get_by_role("button", name="Another").click()
    until(page, lambda: "sample=" in page.url)
    settle(page)
    expect_player(page, mine="yes", step="9")


def test_a_click_pins_a_unit(server: Server, page: Page):
    visit(page, f"{server.url}/hidden-states?step=27&order=index")
    heatmap = page.get_by_role("img", name=re.compile("^Hidden state h"))
    box = heatmap.bounding_box()
    heatmap.hover(position={"x": 100, "y": box["height"] / 2})
    described = re.compile(r"unit (\d+) · row \d+ · h = −?\d\.\d{3}")
    expect(page.locator(".tip")).to_have_text(described)
    unit = described.fullmatch(page.locator(".tip").inner_text()).group(1)
    heatmap.click(position={"x": 100, "y": box["height"] / 2})
    until(page, lambda: f"unit={unit}" in page.url)
    expect(page.get_by_text(f"Unit {unit}: this digit (thick)")).to_be_visible()


def test_a_drawn_digit_is_read(server: Server, page: Page):
    visit(page, f"{server.url}/hidden-states?source=draw&step=27")
    page.get_by_role("button", name="Clear").click()
    until(page, lambda: "drawing=" in page.url and re.search(r"drawing=(&|$)", page.url))
    pad = page.get_by_role("img", name=re.compile("^Drawing pad"))
    box = pad.bounding_box()

    def at(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.move(*at(0.25, 0.2))  # a seven: a bar, and a slanted stroke
    page.mouse.down()
    page.mouse.move(*at(0.75, 0.2), steps=12)
    page.mouse.move(*at(0.42, 0.88), steps=16)
    page.mouse.up()
    player = page.get_by_test_id("seqviz-player")
    expect(player).to_contain_text("After row 28: it would answer 7")
    link = page.url
    page.get_by_role("button", name="Undo").click()
    expect(player).not_to_contain_text("it would answer 7, with 9")
    visit(page, link)  # a link carries the drawing
    expect(player).to_contain_text("After row 28: it would answer 7")


def test_two_networks_on_one_clock(server: Server, page: Page):
    visit(page, f"{server.url}/hidden-states?beside=model&model2=rnn&step=12")
    player = page.get_by_test_id("seqviz-player")
    expect(player.get_by_role("heading", name=re.compile("^GRU reads"))).to_be_visible()
    expect(player.get_by_role("heading", name=re.compile("^RNN reads"))).to_be_visible()
    expect(player.locator("canvas")).to_have_count(10)


def test_downloads(server: Server, page: Page, new_page, tmp_path):
    visit(page, f"{server.url}/hidden-states?step=3")
    for label, ending in [("GIF for slides", "gif"), ("Numbers (NPZ)", "npz"), ("Page that plays anywhere", "html")]:
        with page.expect_download() as waiting:
            page.get_by_role("button", name=label).click()
        waiting.value.save_as(tmp_path / f"export.{ending}")
        assert (tmp_path / f"export.{ending}").stat().st_size > 5000
    offline = new_page(offline=True, color_scheme="dark")
    offline.goto(f"file://{tmp_path}/export.html")
    until(offline, lambda: int(player_state(offline)["step"]) >= 2)
    assert json.loads(player_state(offline)["playing"]) is True
