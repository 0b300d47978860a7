"""Every page shows something true at once, reopens from a link, and answers nonsense with a sentence."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import streamlit as st
import torch
from safetensors.torch import save_file
from streamlit.testing.v1 import AppTest

from seqviz.data import mnist
from seqviz.data.datasets import load_dataset
from seqviz.data.torchvision_cpu import import_datasets
from seqviz.jobs.texts import keep_text
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.ui.gates import simulate
from seqviz.ui.shell import caches
from seqviz.ui.shell import texts as writers
from seqviz.ui.shell.choices import other_than
from seqviz.ui.words import pipeline
from tests.conftest import save_overflowing_network
from tests.waiting import wait_until

PAGES = (
    "home",
    "hidden_states",
    "gates",
    "gradient_flow",
    "heads",
    "attribution",
    "sampling",
    "train",
    "words",
    "translate",
    "forecast",
    "shapes",
    "lessons",
)


def texts(app) -> str:
    return " ".join(element.value for kind in (app.markdown, app.text, app.caption) for element in kind)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_and_teaches(open_page, name):
    app = open_page(name)
    assert not app.exception
    assert len(app.title) == 1
    assert app.header[-1].value == "What to notice"
    assert "Question" in app.info[0].value
    assert not app.error


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("hidden_states", {"model": "nonsense", "sample": "-5", "step": "999", "unit": "10000", "order": "<b>"}),
        ("hidden_states", {"source": "draw", "drawing": "<script>alert(1)</script>"}),
        ("hidden_states", {"source": "draw", "drawing": ""}),
        ("hidden_states", {"sample": "9" * 400, "beside": "digit", "sample2": "1e9"}),
        ("gates", {"view": "operate", "operation": "free", "edits": "99", "units1": "9-3", "rows1": "-", "seed1": "x"}),
        ("gates", {"view": "read", "unit": "-1", "row": "29", "layer": "7"}),
        ("gradient_flow", {"networks": "x", "radius": "9", "after": "7", "chunk": "0", "blank": "-1", "step": "77"}),
        ("gradient_flow", {"part": "theory", "jacobian": "elman", "init": "zeros", "new_head": "both"}),
        ("heads", {"heads": "race", "head1": "last", "head2": "first", "race_units": "0", "race_cell": "x"}),
        ("heads", {"heads": "inside", "inside1": "../x", "class_weights": "10", "sample": "-1"}),
        ("sampling", {"prompt": "<script>é", "heat": "9", "k": "-1", "p": "x", "letters": "10000", "step": "5000"}),
        ("sampling", {"branch": "5.120-x.y-9.99999999-3.0-7.-1", "writer": "../../etc/passwd", "noise": "nan"}),
        ("translate", {"translator": "../x", "sentence": "x" * 900, "road": "9.99999-x.1", "attention_blur": "-1"}),
        ("translate", {"sentence": "drei!", "attention_change": "turn", "decoder_reads": "x"}),
        ("translate", {"view": "caption", "captioner": "numbers", "picture": "99999", "picture_place": "0"}),
        ("translate", {"view": "tag", "tagger": "python", "code_piece": "x"}),
        ("translate", {"view": "learn", "learned_task": "x", "run": "nonsense", "language_from": "zz"}),
        ("sampling", {"sampling": "heat", "prompt": "\u202e\x00", "heat": "-1"}),
        ("sampling", {"sampling": "learn", "run": "../../etc/passwd", "learn_from": "bible", "text_units": "0"}),
        ("sampling", {"sampling": "learn", "run": "example"}),
        (
            "sampling",
            {"sampling": "units", "follows": "x", "best": "y", "stretch_to": "-2", "text_part": "0"},
        ),
        ("attribution", {"why": "11", "not": "x", "base": "white", "method1": "magic", "share": "101", "by": "<b>"}),
        ("attribution", {"why": "3", "not": "3", "base": "other", "base_digit": "99999", "insert": "2"}),
        ("attribution", {"attribution": "units", "flow_kind": "x", "layer": "9", "unit": "10000", "step": "99"}),
        ("attribution", {"attribution": "letters", "explained": "0", "reader": "../x", "letter_method": "y"}),
        ("train", {"data": "imagenet", "units": "0", "rate": "nan", "layers": "99", "seed": "x"}),
        ("words", {"word_reader": "../x", "review": "800", "words_from": "imdb", "step": "99", "changed_word": "-1"}),
        ("words", {"words_from": "own", "words": "<script>alert(1)</script> 😀 \u202e\x00", "changed_word": "3"}),
        ("words", {"review": "0", "changed_word": "1", "changed_into": "everything", "painted_by": "lime"}),
        ("words", {"view": "embedding", "word": "<script>", "word_reader": "gru"}),
        ("words", {"view": "directions", "reviews": "novels", "seeds": "1e9", "compared_epochs": "-1", "match": "?"}),
        ("words", {"view": "learn", "run": "../../etc", "reviews": "imdb", "word_units": "1e9", "threshold": "nan"}),
        ("train", {"run": "../../etc/passwd"}),
        ("train", {"run": "20200101-000000-gru-last-dead"}),
    ],
)
def test_nonsense_in_a_link_is_survived(open_page, name, link):
    app = open_page(name, **link)
    assert not app.exception
    assert len(app.title) == 1
    assert "Question" in app.info[0].value


OVERFLOWING = [
    ("hidden_states", {"order": "similarity"}),
    ("hidden_states", {"beside": "model", "model2": "gru"}),
    ("gates", {}),
    ("gates", {"view": "read", "row": "20"}),
    ("gates", {"view": "operate"}),
    ("gradient_flow", {}),
    ("gradient_flow", {"part": "theory"}),
    ("heads", {}),
    ("attribution", {}),
    ("attribution", {"attribution": "units"}),
]


@pytest.mark.parametrize("changes", [{}, {"head": "attention"}, {"bidirectional": True}], ids=str)
@pytest.mark.parametrize(("name", "link"), OVERFLOWING)
def test_a_network_that_overflows_gives_a_sentence(open_page, tmp_path, name, link, changes):
    run = "20260101-000000-rnn-last-dead"
    save_overflowing_network(tmp_path / "runs", run, **changes)
    key = {"gradient_flow": "networks", "heads": "inside1"}.get(name, "model")
    app = open_page(name, **{key: run}, **link)
    assert not app.exception
    assert app.header[-1].value == "What to notice", "the page goes on"
    said = texts(app)
    assert "This did not work" in said
    assert any(words in said for words in ("overflows at row", "not a finite number", "both directions")), said


def test_a_link_to_a_run_that_is_gone_says_so(open_page):
    app = open_page("train", run="20200101-000000-gru-last-dead")
    assert "There is no run '20200101-000000-gru-last-dead' on this machine" in texts(app)


def test_a_link_reopens_what_the_sender_saw(open_page):
    link = {"model": "lstm", "sample": "12", "order": "peak", "beside": "digit", "sample2": "3", "unit": "17"}
    app = open_page("hidden_states", **link)
    assert app.selectbox(key="model").value == "lstm"
    assert app.number_input(key="sample").value == 12
    assert app.number_input(key="unit").value == 17
    assert {key: app.query_params[key] for key in link} == link


def test_a_value_goes_into_the_link_and_a_default_out_of_it(open_page):
    app = open_page("hidden_states", sample="12")
    app.selectbox(key="model").set_value("rnn").run()
    assert app.query_params["model"] == "rnn"
    app.number_input(key="sample").set_value(7).run()
    assert "sample" not in app.query_params


def test_settings_survive_a_switch_of_pages(open_page):
    app = open_page("train", units="12", epochs="3")
    app.switch_page("hidden_states.py").run()
    app.switch_page("train.py").run()
    assert app.number_input(key="units").value == 12
    assert app.query_params["epochs"] == "3"


def test_training_from_the_page(open_page):
    app = open_page("train", units="8", epochs="1", cell="gru")
    before = texts(app)
    assert "parameters" in before
    next(button for button in app.button if button.label == "Start training").click().run()
    run = app.query_params["run"]
    job = caches.jobs().get(run)
    wait_until(lambda: job.state == "finished")
    app.run()
    assert not app.exception
    assert job.view().model == ModelSpec.classifier("gru", 8, head="concat")
    assert run in caches.network_names(), "what was trained here can be looked into"


def test_mnist_out_of_reach_is_one_sentence(open_page, monkeypatch, tmp_path):
    monkeypatch.setenv("SEQVIZ_DATA", str(tmp_path / "empty"))
    monkeypatch.setattr(import_datasets().MNIST, "mirrors", ["http://127.0.0.1:9/"])
    app = open_page("train", data="mnist")
    assert app.segmented_control(key="data").value == "digits"
    next(button for button in app.button if button.label.startswith("Download MNIST")).click().run()
    assert not app.exception
    assert "could not be downloaded" in texts(app)
    assert "stay with the embedded digits" in texts(app)


def write_damaged_runs(folder: Path) -> dict[str, str]:
    """Files that a crash, a foreign program or malice might leave; by name what is said of each."""
    save_overflowing_network(folder, "whole")
    whole = load_checkpoint(folder / "whole.safetensors")
    (folder / "noise.safetensors").write_bytes(b"not a checkpoint")

    def tampered(name: str, **about: object) -> None:
        metadata = whole.metadata()
        metadata["about"] = json.dumps(json.loads(metadata["about"]) | about)
        save_file(
            {f"model.{key}": value for key, value in whole.weights.items()}, folder / f"{name}.safetensors", metadata
        )

    tampered("infinite", metrics={"accuracy": float("inf")})
    tampered("huge", curve={"step": [10**400], "loss": [1.0], "gradient_norm": [1.0], "eval_step": [], "eval_loss": []})
    nested = whole.metadata() | {"about": "[" * 100_000}
    save_file({"model.x": torch.zeros(1)}, folder / "nested.safetensors", nested)
    cut = folder / "tensors.safetensors"
    tampered("tensors")
    save_file({"model.head.weight": torch.zeros(2)}, cut, whole.metadata())  # its description is fine
    named = "is damaged or no checkpoint at all"
    return {"noise": named, "infinite": named, "huge": named, "nested": named}


@pytest.mark.parametrize("name", PAGES)
def test_a_damaged_run_is_one_line_in_the_list_and_no_page_falls(open_page, tmp_path, name):
    said = write_damaged_runs(tmp_path / "runs")
    app = open_page(name)
    assert not app.exception
    assert app.header[-1].value == "What to notice"
    if name == "train":
        for file, words in said.items():
            assert sum(f"{file}.safetensors {words}" in text.value for text in app.text) == 1
    opened = open_page(name, **dict.fromkeys(("model", "networks", "inside1", "writer", "run"), "tensors"))
    assert not opened.exception
    assert opened.header[-1].value == "What to notice"


@pytest.mark.parametrize("view", ["planted", "ruin", "votes"])
def test_no_view_of_attribution_reads_the_weights_of_every_run(open_page, tmp_path, view):
    """The names of networks come from descriptions: tensors that are damaged are found out when they are chosen."""
    write_damaged_runs(tmp_path / "runs")
    app = open_page("attribution", attribution="trust", trust=view)
    assert not app.exception
    assert "This did not work" not in texts(app)


def test_a_run_is_scored_once_its_data_is_there(open_page, monkeypatch, tmp_path):
    """A run on MNIST, looked at before MNIST was downloaded and after."""
    data = tmp_path / "data"
    monkeypatch.setenv("SEQVIZ_DATA", str(data))
    model = build_model(ModelSpec.classifier("gru", 4))
    run = Checkpoint(model.spec, model.state_dict(), "mnist", TrainSpec(), step=3, total=3)
    save_checkpoint(run, tmp_path / "runs" / "mine.safetensors")
    assert not open_page("train", run="mine").get("plotly_chart")
    monkeypatch.setattr(mnist, "present", lambda root=None: True)
    digits = load_dataset("digits")
    monkeypatch.setattr(mnist, "load", lambda root=None, **_: (digits.train, digits.test))
    app = AppTest.from_file(str(Path(__file__).parents[2] / "pages" / "navigation.py"), default_timeout=60).run()
    app.query_params["run"] = "mine"
    assert app.switch_page("train.py").run().get("plotly_chart"), "the confusion matrix"


def test_another_digit_is_another_one():
    assert {other_than(3, 5) for _ in range(200)} == {0, 1, 2, 4}
    assert {other_than(0, 2) for _ in range(20)} == {1}


@pytest.mark.parametrize("length", [1000, 3000, 14_000])
def test_a_network_of_a_short_text_has_a_given_text(open_page, tmp_path, length):
    data = writers.own_text(("to be or not to be, that is the question. " * 400)[:length])
    keep_text(tmp_path / "runs", data, "own")
    model = build_model(ModelSpec.language_model(data.vocabulary.characters, hidden_size=4))
    run = Checkpoint(
        model.spec, model.state_dict(), data.name, TrainSpec(), objective="step_cross_entropy", step=1, total=1
    )
    save_checkpoint(run, tmp_path / "runs" / "mine.safetensors")
    app = open_page("attribution", attribution="letters", reader="mine")
    assert not app.exception
    assert "Type at least two" not in texts(app)
    assert "by most" in texts(app)


@pytest.mark.parametrize("view", ["inside", "race", "documents", "order"])
def test_every_view_of_heads_opens(open_page, view):
    app = open_page("heads", heads=view, match="1", head1="attention", head2="max")
    assert not app.exception
    assert "This did not work" not in texts(app)


def test_two_equal_heads_are_no_race(open_page):
    assert "Both networks have the head 'mean'" in texts(open_page("heads", heads="race", head1="mean", head2="mean"))


@pytest.mark.parametrize("part", ["flow", "theory", "clip", "distance"])
@pytest.mark.parametrize("networks", ["cells", "lstm"])
def test_every_view_of_gradient_flow_opens(open_page, part, networks):
    app = open_page("gradient_flow", part=part, networks=networks, init="orthogonal", radius="0.9", blank="20")
    assert not app.exception
    assert "This did not work" not in texts(app)


@pytest.mark.parametrize(
    "link",
    [
        {"method1": "saliency", "method2": "none", "method3": "none", "not": "3", "base": "blurred"},
        {
            "method1": "kernel_shap_rows",
            "method2": "gradient_shap",
            "method3": "ablation",
            "base": "mean",
            "by": "rows",
        },
        {"model": "lstm-concat", "base": "other", "insert": "1", "first": "least"},
        {
            "attribution": "units",
            "model": "lstm",
            "flow_kind": "influence",
            "why": "2",
            "not": "7",
            "unit": "5",
            "step": "9",
        },
        {"attribution": "trust", "trust": "planted", "planted_method": "shapley_rows"},
        {"attribution": "trust", "trust": "ruin", "ink": "1", "ruined": "lstm-concat"},
        {"attribution": "trust", "trust": "votes"},
        {"attribution": "letters", "reader": "shakespeare", "letter_method": "occlusion"},
        {"attribution": "letters", "letter_text": "own"},
    ],
    ids=lambda link: "-".join(link.values()),
)
def test_every_view_of_attribution_opens(open_page, link):
    app = open_page("attribution", **link)
    assert not app.exception
    assert "This did not work" not in texts(app)


def test_the_sum_is_put_into_words(open_page):
    app = open_page("attribution", method2="shapley_rows", method3="saliency")
    assert "convergence delta" in texts(app)
    assert "nothing is missing" in texts(app)
    assert "Its scores promise no sum" in texts(app)


@pytest.mark.parametrize("writer", ["shakespeare", "python"])
@pytest.mark.parametrize(
    "link",
    [
        {"show": "one", "step": "5", "branch": "3.101", "k": "5", "p": "0.9"},
        {"show": "four"},
        {"show": "beam"},
        {"sampling": "heat", "heat": "0"},
        {"sampling": "learn"},
        {"sampling": "units", "read": "written"},
        {"sampling": "units", "read": "own"},
        {"sampling": "units", "read": "held-out", "follows": "position", "best": "other"},
    ],
    ids=lambda link: "-".join(link.values()),
)
def test_every_view_of_sampling_opens(open_page, writer, link):
    app = open_page("sampling", writer=writer, letters="60", **link)
    assert not app.exception
    assert "This did not work" not in texts(app)
    assert "Question" in app.info[0].value


def test_a_character_that_the_network_does_not_know_is_named(open_page):
    app = open_page("sampling", prompt="naïve <b>")
    assert "does not know 'ï' (U+00EF), '<' (U+003C), '>' (U+003E)" in texts(app)
    app.text_input(key="prompt").set_value("naive").run()
    assert "This did not work" not in texts(app)


def test_a_branch_is_kept_by_a_link_and_dropped_by_other_settings(open_page):
    app = open_page("sampling", branch="10.122", letters="40")
    assert "Put in by hand: character 11 is “z”." in texts(app)
    assert app.query_params["branch"] == "10.122"
    app.number_input(key="noise").set_value(5).run()
    assert "Put in by hand" not in texts(app)
    assert "branch" not in app.query_params


def test_training_on_a_text_of_ones_own(open_page):
    app = open_page("sampling", sampling="learn", learn_from="own", text_units="8", text_epochs="2")
    app.text_area(key="own text").set_value("too short").run()
    assert "has 9 characters; a network needs at least 1,000" in texts(app)
    app.text_area(key="own text").set_value("<b>bold</b> $x$ " * 100).run()
    assert "1,440 characters to learn from, 160 held out" in texts(app)
    next(button for button in app.button if button.label == "Start training").click().run()
    run = app.query_params["run"]
    job = caches.jobs().get(run)
    wait_until(lambda: job.view().ended)
    assert job.state == "finished"
    app.run()
    assert not app.exception
    assert f"There is no run {run}" not in texts(app)
    assert run not in caches.network_names(), "it reads no digits"
    assert "is of another kind" in texts(open_page("train", run=run))
    st.cache_resource.clear()  # as after a restart: the text lies beside the runs
    again = open_page("sampling", sampling="learn", run=run)
    assert "After 10 steps a character of held-out text costs it" in texts(again)
    assert writers.text(job.view().dataset).train.startswith("<b>bold</b>")


def test_the_name_of_a_text_is_no_text(open_page):
    app = open_page("sampling", sampling="learn", learn_from="own")
    app.text_area(key="own text").set_value("python").run()
    assert "has 6 characters; a network needs at least 1,000" in texts(app)


def test_the_recipe_follows_the_text_and_the_text_survives_another_view(open_page):
    app = open_page("sampling", sampling="learn", learn_from="own")
    app.text_area(key="own text").set_value("short words " * 100).run()
    assert app.number_input(key="text_batch").value == 4
    longer = "longer words, many more of them " * 2000
    app.text_area(key="own text").set_value(longer).run()
    assert app.number_input(key="text_batch").value == 64
    app.segmented_control(key="sampling view").set_value("write").run()
    app.segmented_control(key="sampling view").set_value("learn").run()
    assert app.text_area(key="own text").value == longer


def test_a_text_run_that_was_stopped_goes_on_where_it_is_watched(open_page):
    app = open_page("sampling", sampling="learn", text_units="16", text_epochs="50")
    next(button for button in app.button if button.label == "Start training").click().run()
    run = app.query_params["run"]
    job = caches.jobs().get(run)
    wait_until(lambda: job.view().step >= 3)
    job.steer("stop")
    job.join(10.0)
    app.run()
    next(button for button in app.button if button.label.startswith("Go on")).click().run()
    assert app.session_state["text run"] == run, "its owner goes on with the run itself"
    again = caches.jobs().get(run)
    assert again is not job
    assert again.view().step >= job.view().step
    assert "run" not in app.session_state, "the Train page's run is another"
    again.steer("stop")
    again.join(10.0)


def test_settings_that_would_exhaust_the_server_are_refused(open_page, monkeypatch):
    monkeypatch.setenv("SEQVIZ_RUN_GB", "1")
    app = open_page("sampling", sampling="learn", text_units="1024", text_layers="4", text_batch="512", truncate="512")
    assert "of memory, and a run may have 1.0 GB here. It would fit with" in app.warning[0].value
    assert next(button for button in app.button if button.key == "learn").disabled
    assert any(button.label == "Write with this network" for button in app.button), "the page goes on"


def test_a_prompt_that_a_run_does_not_know_takes_nothing_else_away(open_page):
    app = open_page("sampling", sampling="learn", film_prompt="é")
    assert "does not know 'é'" in texts(app)
    assert any(button.label == "Write with this network" for button in app.button)


def test_without_shakespeare_and_without_a_network_the_page_still_teaches(open_page, monkeypatch, tmp_path):
    monkeypatch.setenv("SEQVIZ_DATA", str(tmp_path / "empty"))
    monkeypatch.setattr("seqviz.data.text.SHAKESPEARE_URLS", ("http://127.0.0.1:9/",))
    for view in ("write", "heat", "units"):
        app = open_page("sampling", sampling=view, writer="shakespeare", letters="40")
        assert not app.exception
        assert "This did not work" not in texts(app)
    app = open_page("sampling", sampling="learn")
    next(button for button in app.button if button.label.startswith("Download Tiny Shakespeare")).click().run()
    assert not app.exception
    assert "stay with Python's own source" in texts(app)


def test_an_overflow_is_said_and_the_page_goes_on(open_page):
    app = open_page("gradient_flow", init="identity", radius="2", activation="relu", blank="200")
    assert not app.exception
    assert "RNN: The hidden state of layer 1 overflows at row" in texts(app)
    assert "Question" in app.info[0].value


@pytest.mark.parametrize("view", ["watch", "read", "operate", "crank"])
@pytest.mark.parametrize("model", ["rnn", "gru", "lstm"])
def test_every_view_of_gates_opens_for_every_cell(open_page, view, model):
    app = open_page("gates", view=view, model=model, crank=model, operation="transplant", donor="5")
    assert not app.exception
    assert "This did not work" not in texts(app)
    assert "Question" in app.info[0].value


@pytest.mark.parametrize("preset", ["remember", "forget", "latch", "integrate", "oscillate"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_simulated_units_do_what_their_presets_say(preset, cell):
    chosen = simulate.PRESETS[preset]
    levels = {gate: chosen.levels[gate] for gate in simulate.HELD[cell]}
    inputs = [float(number) for number in chosen.inputs.split()]
    hidden = simulate.Unit(cell, inputs, levels, *map(float, chosen.wires(cell))).courses["hidden"]
    if preset == "remember":
        assert min(hidden) > 0.6
    elif preset == "forget":
        assert abs(hidden[0]) > 0.5 > 0.01 > max(map(abs, hidden[1:]))
    elif preset == "latch":
        assert min(hidden[3:7]) > 0.5 > -0.5 > max(hidden[8:12])
    elif preset == "integrate":
        assert all(after > before for before, after in pairwise(hidden))
    else:
        assert all(after * before < 0 for before, after in pairwise(hidden))


def test_an_input_that_is_no_number_is_one_sentence(open_page):
    app = open_page("gates", view="crank", inputs="1 0 <b>x</b>")
    assert "The input contains '<b>x</b>'; type numbers" in texts(app)


def test_the_steps_from_text_to_numbers_are_those_of_the_network(open_page):
    app = open_page("words", words_from="own", words="Not GOOD, posters!")
    app.session_state[f"open {pipeline.TITLE}"] = True
    app.run()
    assert not app.exception
    network = caches.network("words")
    words = ["not", "good", ",", "posters", "!"]
    vectors = next(one.value for one in app.dataframe if "vector" in one.value)
    assert list(vectors["token"]) == words
    for word, token, vector in zip(words, vectors["id"], vectors["vector"], strict=True):
        assert token == (network.spec.words.index(word) if word in network.spec.words else 1)
        assert list(vector) == pytest.approx(network.model.embedding.weight[token].tolist())
    lengths = next(one.value for one in app.dataframe if "lengths" in one.value)
    assert lengths["lengths"][0] == len(words)
    assert lengths["6"][0] == 0, "padding"
