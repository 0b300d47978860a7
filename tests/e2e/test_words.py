"""The Words page in a real browser: two readers on one clock, a word that is changed, and words of one's own."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, expect_player, settle, visit

pytestmark = pytest.mark.e2e


def test_the_backward_reader_fills_its_memory_from_the_right(server: Server, page: Page):
    visit(page, f"{server.url}/words?step=2")
    expect_player(page, step="2", steps="16")
    for direction, seen, unseen in (("start", 0.15, 0.5), ("end", 0.68, 0.3)):
        states = page.get_by_test_id("seqviz-player").get_by_role("img", name=re.compile(f"reads from the {direction}"))
        box = states.bounding_box()
        states.hover(position={"x": box["width"] * seen, "y": box["height"] / 2})
        expect(page.locator(".tip")).to_contain_text("unit")
        states.hover(position={"x": box["width"] * unseen, "y": box["height"] / 2})
        expect(page.locator(".tip")).to_be_hidden()


def test_a_word_is_changed_and_both_readings_stand_side_by_side(server: Server, page: Page):
    visit(page, f"{server.url}/words?words_from=own&word_reader=words-planted-lstm&step=3")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(re.compile(r"Positive, \d+\.\d% sure"))
    page.get_by_role("textbox", name="Your words").fill("The film was good <b>.")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("seqviz-player")).to_contain_text("good < b > .")
    page.get_by_label("Change a word").click()
    page.get_by_role("option", name="4 · good").click()
    expect(main).to_contain_text(re.compile(r"“good” → “bad” turns the answer: positive .* negative"))
    settle(page)
    expect(page.get_by_test_id("seqviz-player").locator("section.group")).to_have_count(2)
    assert "changed_word=4" in page.url


def test_a_run_is_watched_to_its_end_and_judged(server: Server, page: Page):
    small = "word_cell=rnn&word_units=8&embedding_size=8&word_epochs=2&word_batch=128"
    visit(page, f"{server.url}/words?view=learn&{small}")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("of the held-out texts rightly. Always the same answer: 50.4%; counting words: 56.1%")
    page.get_by_role("button", name="Start training").click()
    expect(main).to_contain_text("RNN, 8 units, last state, 2 epochs, on planted reviews: finished", timeout=60_000)
    expect(main).to_contain_text("From 50 % on it says “positive”")
    page.get_by_role("slider", name="Say “positive” from").press("End")
    expect(main).to_contain_text("From 99 % on it says “positive”: nothing is right (precision), and 0.0% of what")
    expect(main).to_contain_text("ROC: area")
    page.get_by_role("button", name="Read with this network").click()
    expect(page.get_by_test_id("seqviz-player")).to_contain_text("up to “.”")
    assert "word_reader=" in page.url


def test_a_table_of_texts_comes_back_with_answers(server: Server, page: Page):
    visit(page, f"{server.url}/words?view=learn")
    page.get_by_text("Classify texts of your own").click()
    chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.set_input_files({"name": "broken.csv", "mimeType": "text/csv", "buffer": b"PK\x00\x01"})
    expect(page.get_by_test_id("stMain")).to_contain_text("This is no text. Save the table as CSV in UTF-8.")
    table = "id;opinion\r\n1;the film was good .\r\n2;=the film was not good .\r\n3;\r\n".encode("utf-16")
    chooser.set_input_files({"name": "own.csv", "mimeType": "text/csv", "buffer": table})
    expect(page.get_by_test_id("stMain")).to_contain_text("3 texts.")
    page.get_by_role("button", name="Classify them").click()
    expect(page.get_by_test_id("stMain")).to_contain_text("1 without words are left open.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Table with answers (CSV)").click()
    rows = list(csv.reader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
    assert [row[:3] for row in rows] == [
        ["id", "opinion", "answer"],
        ["1", "the film was good .", "positive"],
        ["2", "'=the film was not good .", "negative"],
        ["3", "", ""],
    ]
    assert 0.5 < float(rows[1][3]) <= 1


def test_the_vectors_move_while_the_network_learns(server: Server, page: Page):
    visit(page, f"{server.url}/words?view=embedding&word=not")
    expect_player(page, step="9", steps="10")
    player = page.get_by_test_id("seqviz-player")
    expect(player).to_contain_text("After 1,600 steps: “not” alone is positive")
    plane = player.get_by_role("img", name=re.compile("^The words"))
    box = plane.bounding_box()
    assert box["height"] > 300, "the plane fills the stage"
    named = set()
    for across in range(20, int(box["width"]) - 10, 40):
        for down in range(10, int(box["height"]) - 30, 40):
            plane.hover(position={"x": across, "y": down}, force=True)
            if page.locator(".tip").is_visible():
                named.add(page.locator(".tip").inner_text().split(" · ")[0])
    assert len(named) > 8, "points say which words they are"


def test_the_methods_are_graded_against_the_words_that_decide(server: Server, page: Page):
    visit(page, f"{server.url}/words?painted_by=integrated_gradients")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("integrated gradients from vectors of zeros")
    page.get_by_text("Grades: which method finds the words that decide?").click()
    page.get_by_role("button", name="Grade the methods").click()
    expect(page.get_by_role("button", name="Grades (CSV)")).to_be_visible(timeout=60_000)


def test_a_word_that_is_left_out_leaves_both_readings_on_one_clock(server: Server, page: Page):
    visit(page, f"{server.url}/words?changed_word=3&changed_into=nothing")
    expect(page.get_by_test_id("stMain")).to_contain_text("Without “bad”: this")
    expect_player(page, step="15", steps="16")
    expect(page.get_by_test_id("seqviz-player").locator("section.group")).to_have_count(2)


def test_a_word_that_is_clicked_is_changed_and_clicked_again_is_as_it_was(server: Server, page: Page):
    visit(page, f"{server.url}/words?review=5&step=3")
    player = page.get_by_test_id("seqviz-player")
    player.locator(".characters span", has_text="tedious").first.click()
    expect(player.locator(".group")).to_have_count(2)
    expect(page.locator(".st-key-stage-result")).to_contain_text("“tedious” →")
    assert "changed_word=15" in page.url
    player.locator(".group").last.locator(".characters span").nth(14).click()
    expect(player.locator(".group")).to_have_count(1)
    assert "changed_word" not in page.url


def test_a_table_of_ones_own_is_learned_from(server: Server, page: Page, tmp_path):
    """Three classes, from the file to the run, its judgement and a look inside it."""
    rows = [
        f"{number};the {topic} of day {number};{topic}" for number in range(12) for topic in ("rain", "goal", "soup")
    ]
    file = tmp_path / "topics.csv"
    file.write_text("\n".join(["id;comment;topic", *rows]), encoding="utf-8")
    small = "word_cell=gru&word_units=8&embedding_size=8&word_epochs=3&word_batch=8"
    visit(page, f"{server.url}/words?view=learn&reviews=own&{small}")
    rail, main = page.get_by_test_id("stSidebar"), page.get_by_test_id("stMain")
    rail.locator("input[type=file]").set_input_files(file)
    expect(rail).to_contain_text("33 to learn from, 3 held out; 3 classes: goal, rain, soup")
    rail.get_by_role("button", name="Start training").click()
    expect(main).to_contain_text("GRU, 8 units, mean, 3 epochs, on own texts: finished", timeout=60_000)
    expect(main).to_contain_text("Say “goal” from")
    page.get_by_role("button", name="Read with this network").click()
    expect(page.get_by_test_id("seqviz-player")).to_contain_text("if only this were there")
    run = page.url.split("word_reader=")[1].split("&")[0]
    rail.get_by_text("Your words", exact=True).click()
    rail.get_by_role("textbox", name="Your words").fill("the goal of rain")
    rail.get_by_role("textbox", name="Your words").press("Enter")
    expect(page.get_by_test_id("seqviz-player")).to_contain_text("goal of rain")
    assert f"word_reader={run}" in page.url, "the network that was chosen stays"
    visit(page, f"{server.url}/hidden-states?model={run}")
    expect(page.get_by_test_id("seqviz-player")).to_contain_text(re.compile("it would answer (goal|rain|soup)"))
    other = page.context.browser.new_context().new_page()
    for path in (f"words?word_reader={run}", f"hidden-states?model={run}", f"words?view=learn&run={run}"):
        visit(other, f"{server.url}/{path}")
        expect(other.get_by_role("heading", name="What to notice")).to_be_visible()
        expect(other.get_by_test_id("stApp")).not_to_contain_text(re.compile(r"\b(goal|rain|soup)\b"))
    expect(other.get_by_test_id("stMain")).to_contain_text(f"The run {run} is private")
    other.context.close()
