"""Every page shows something true at once, reopens from a link, and answers nonsense with a sentence."""

import subprocess
import sys
import time
from itertools import pairwise

import pytest
import torch

from seqviz.data.torchvision_cpu import import_datasets
from seqviz.instruments import Edit, row_votes, trace
from seqviz.networks import Levers
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training import RunEnded, StepCompleted, train
from seqviz.ui import caches, clipping, cranking, flowing, snippets
from seqviz.ui.choices import Digit
from seqviz.ui.levers import Setting
from seqviz.ui.pad import EXAMPLE

PAGES = ("home", "hidden_states", "gates", "gradient_flow", "heads", "train")


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
        ("train", {"data": "imagenet", "units": "0", "rate": "nan", "layers": "99", "seed": "x"}),
        ("train", {"run": "../../etc/passwd"}),
        ("train", {"run": "20200101-000000-gru-last-dead"}),
    ],
)
def test_nonsense_in_a_link_is_survived(open_page, name, link):
    app = open_page(name, **link)
    assert not app.exception
    assert len(app.title) == 1
    assert "Question" in app.info[0].value


def test_a_link_to_a_run_that_is_gone_says_so(open_page):
    app = open_page("train", run="20200101-000000-gru-last-dead")
    assert "There is no checkpoint 20200101-000000-gru-last-dead.safetensors" in texts(app)


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
    end = time.monotonic() + 30
    while job.state != "finished" and time.monotonic() < end:
        time.sleep(0.05)
    app.run()
    assert not app.exception
    assert job.view().model == ModelSpec(cell="gru", hidden_size=8, head="concat")
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


def test_a_damaged_run_is_named_and_the_page_goes_on(open_page, tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine.safetensors").write_bytes(b"not a checkpoint")
    app = open_page("train")
    assert not app.exception
    assert "mine.safetensors is damaged or no checkpoint at all" in texts(app)
    assert not open_page("hidden_states", model="mine").exception


def run_snippet(code: str, project) -> dict:
    """Run a snippet as a reader would, from the project's folder; its variables."""
    scope: dict = {}
    exec(compile(code, "snippet", "exec"), scope)
    return scope


@pytest.mark.parametrize("name", ["gru", "lstm", "rnn"])
@pytest.mark.parametrize("drawn", [True, False])
def test_the_code_of_hidden_states_gives_the_pages_numbers(project, digits, monkeypatch, name, drawn):
    from seqviz.data import decode_strokes, rasterize

    monkeypatch.chdir(project)
    network = caches.network(name)
    if drawn:
        digit = Digit(rasterize(decode_strokes(EXAMPLE)), None, "digits", strokes=EXAMPLE)
    else:
        digit = Digit(digits.test.sequences[12], 0, "digits", 12)
    scope = run_snippet(snippets.hidden_states(network, digit), project)
    expected = trace(network.model, digit.image[None])
    torch.testing.assert_close(scope["hidden"], expected.layers[-1].hidden, atol=1e-5, rtol=0)
    torch.testing.assert_close(scope["probabilities"], expected.probabilities[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["gru", "lstm", "rnn"])
def test_the_code_of_gates_gives_the_pages_numbers(project, digits, monkeypatch, name):
    monkeypatch.chdir(project)
    network, digit = caches.network(name), Digit(digits.test.sequences[12], 0, "digits", 12)
    scope = run_snippet(snippets.gates(network, digit), project)
    layer = trace(network.model, digit.image[None]).layers[0]
    torch.testing.assert_close(scope["hidden"], layer.hidden[0], atol=1e-5, rtol=0)
    for index, gate in enumerate(layer.gates.values()):
        torch.testing.assert_close(scope["gates"][:, index], gate[0], atol=1e-4, rtol=0)


SETTINGS = [
    Setting(),
    Setting(after=0),
    Setting(Levers("orthogonal", keep_bias=1.0, sequence_length=33), blank=5, truncate=7),
    Setting(Levers(spectral_radius=0.5, head="concat"), after=33),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=["shipped", "untrained", "drawn anew", "scaled"])
@pytest.mark.parametrize("name", ["gru", "lstm", "rnn"])
def test_the_code_of_gradient_flow_gives_the_pages_numbers(project, digits, monkeypatch, name, setting):
    monkeypatch.chdir(project)
    network, digit = caches.network(name), Digit(digits.test.sequences[12], 0, "digits", 12)
    scope = run_snippet(snippets.gradient_flow(network, digit, 0, setting), project)
    expected = flowing.measure(network, setting, digit).layers[0].norms[0].float()
    torch.testing.assert_close(scope["norms"].float(), expected, atol=1e-7, rtol=1e-3)


def test_the_code_of_edits_and_of_the_crank_gives_the_pages_numbers(project, digits, monkeypatch):
    monkeypatch.chdir(project)
    network, digit = caches.network("lstm"), Digit(digits.test.sequences[12], 0, "digits", 12)
    donor = Digit(digits.test.sequences[3], 0, "digits", 3)
    source = trace(network.model, donor.image[None]).layers
    operations = [
        (Edit("forget", "clamp", 1.0, units=(4, 5, 6), first=9, last=20), None),
        (Edit("hidden", "noise", 0.2, seed=5), None),
        (Edit("cell", "swap", first=14, last=14, source=source), donor),
    ]
    scope = run_snippet(snippets.edits(network, digit, operations), project)
    expected = trace(network.model, digit.image[None], [edit for edit, _ in operations])
    assert torch.equal(scope["after"].logits, expected.logits)
    weights, held = cranking.wiring("gru", {"reset": "1", "update": "off on input"}, 1.0, 0.5)
    scope = run_snippet(snippets.crank("gru", [1.0, 0.0], weights, held), project)
    turned = cranking.turned("gru", [1.0, 0.0], {"reset": "1", "update": "off on input"}, 1.0, 0.5)
    assert scope["courses"] == turned


@pytest.mark.parametrize("name", ["lstm-concat", "lstm"])
def test_the_code_of_hidden_states_knows_every_shipped_head(project, digits, monkeypatch, name):
    monkeypatch.chdir(project)
    network, digit = caches.network(name), Digit(digits.test.sequences[12], 0, "digits", 12)
    scope = run_snippet(snippets.hidden_states(network, digit), project)
    expected = trace(network.model, digit.image[None]).probabilities[0]
    torch.testing.assert_close(scope["probabilities"], expected, atol=1e-5, rtol=0)


def test_the_code_of_votes_gives_the_pages_numbers(project, digits, monkeypatch):
    monkeypatch.chdir(project)
    network, digit = caches.network("lstm-concat"), Digit(digits.test.sequences[12], 0, "digits", 12)
    scope = run_snippet(snippets.votes(network, digit), project)
    found = row_votes(network.model, digit.image[None])
    torch.testing.assert_close(scope["votes"], found.values, atol=1e-5, rtol=0)


def test_the_code_of_theory_and_clipping_runs(project, digits, monkeypatch):
    monkeypatch.chdir(project)
    network, digit = caches.network("lstm"), Digit(digits.test.sequences[12], 0, "digits", 12)
    setting = Setting(Levers(spectral_radius=0.9), after=33, blank=3)
    scope = run_snippet(snippets.jacobians(network, digit, setting, 0, 4), project)
    expected = flowing._jacobians(network.name, network.version, setting, digit, 0, network)
    torch.testing.assert_close(scope["found"].singular_values, expected.singular_values[:, ::4])
    scope = run_snippet(snippets.clipping(1.6, 0.1, 1.0, 3, 32, 32), project)
    told = clipping._told("relu", 1.6, 0.1, 1.0, 0)
    torch.testing.assert_close(torch.tensor(scope["norms"]), torch.tensor(told.norms), atol=1e-4, rtol=1e-3)


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
def test_cranks_do_what_their_presets_say(preset, cell):
    chosen = cranking.PRESETS[preset]
    levels = {gate: chosen.levels[gate] for gate in cranking.HELD[cell]}
    inputs = [float(number) for number in chosen.inputs.split()]
    hidden = cranking.turned(cell, inputs, levels, *map(float, chosen.wires(cell)))["hidden"]
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


@pytest.mark.parametrize(
    ("spec", "run"),
    [
        (
            ModelSpec(hidden_size=6, head="concat"),
            TrainSpec(epochs=1, batch_size=200, schedule="one-cycle", device="cpu"),
        ),
        (ModelSpec(cell="rnn", hidden_size=5), TrainSpec(batch_size=500, clip=None, seed=4, device="cpu")),
    ],
)
def test_the_code_of_train_gives_the_same_losses(project, digits, spec, run):
    from seqviz.networks import build_model

    scope = run_snippet(snippets.training(spec, run, "digits"), project)
    events = list(train(build_model(spec, run.seed), digits, run))
    assert scope["losses"] == [event.loss for event in events if isinstance(event, StepCompleted)]
    assert isinstance(events[-1], RunEnded)


def test_the_first_snippet_runs_in_a_fresh_process(project, digits):
    code = snippets.hidden_states(caches.network("gru"), Digit(digits.test.sequences[7], 8, "digits", 7))
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
