"""Show the code: every program runs as a reader would run it, and gives the page's numbers."""

import subprocess
import sys

import pytest
import torch

from seqviz.instruments import Edit, row_votes, trace
from seqviz.networks import Levers
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training import RunEnded, StepCompleted, train
from seqviz.ui import caches, clipping, cranking, flowing, snippets, theory
from seqviz.ui.choices import Digit
from seqviz.ui.levers import Setting
from seqviz.ui.pad import EXAMPLE


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
    expected = theory.jacobians(network.name, network.version, setting, digit, 0, network)
    torch.testing.assert_close(scope["found"].singular_values, expected.singular_values[:, ::4])
    scope = run_snippet(snippets.clipping(1.6, 0.1, 1.0, 3, 32, 32), project)
    told = clipping._told("relu", 1.6, 0.1, 1.0, 0)
    torch.testing.assert_close(torch.tensor(scope["norms"]), torch.tensor(told.norms), atol=1e-4, rtol=1e-3)


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
