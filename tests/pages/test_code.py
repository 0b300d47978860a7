"""Show the code: every program runs as a reader would run it, and gives the page's numbers."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from seqviz import snippets
from seqviz.data import datasets
from seqviz.data.drawing import decode_strokes, rasterize
from seqviz.data.examples import Digit
from seqviz.data.labelled_table import labelled_table, read_labelled
from seqviz.data.labelled_texts import load_reviews, rarest_known
from seqviz.data.tables import Table
from seqviz.data.text import load_text
from seqviz.experiments import distances, row_orders
from seqviz.experiments.clipping import clipped_run
from seqviz.experiments.directions import comparison
from seqviz.experiments.race import race, repeat_race
from seqviz.instruments.attribution import METHODS
from seqviz.instruments.contributions import logit_contributions
from seqviz.instruments.edits import Edit
from seqviz.instruments.embeddings import neighbours
from seqviz.instruments.grading import agreement_with_contributions
from seqviz.instruments.padding import ways_to_read
from seqviz.instruments.sampling import sample
from seqviz.instruments.side_by_side import beam_search
from seqviz.instruments.text_attribution import TEXT_METHODS, attribute_character
from seqviz.instruments.text_units import properties, read_units, unit_scores
from seqviz.instruments.trace import trace
from seqviz.instruments.word_reading import read_words
from seqviz.jobs.texts import keep_text, text_file
from seqviz.networks.build import build_model
from seqviz.networks.modifications import Modifications
from seqviz.networks.network import SequenceNetwork
from seqviz.snippets.learning import Learned, directions, words_training
from seqviz.snippets.subjects import GradientSetting, Network, Question, WritingSetting
from seqviz.snippets.words import last_states, nearest_words, word_by_word
from seqviz.specs import CLASSIFIER_HEADS, TEXT_HEADS, ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from seqviz.training.events import RunEnded, StepCompleted
from seqviz.training.loop import train
from seqviz.ui.attribution import pixels, randomization, units, votes
from seqviz.ui.gates import simulate
from seqviz.ui.gradient_flow import theory
from seqviz.ui.gradient_flow.measure import measure
from seqviz.ui.heads import race as race_view
from seqviz.ui.sampling import four
from seqviz.ui.sampling.setting import written
from seqviz.ui.shell import caches
from seqviz.ui.shell import texts as writers
from seqviz.ui.shell.pad import EXAMPLE


def run_snippet(code: str, project) -> dict:
    """Run a snippet as a reader would, from the project's folder; its variables."""
    scope: dict = {}
    exec(compile(code, "snippet", "exec"), scope)
    return scope


@pytest.mark.parametrize("name", ["gru", "lstm", "rnn"])
@pytest.mark.parametrize("drawn", [True, False])
def test_the_code_of_hidden_states_gives_the_pages_numbers(project, digits, monkeypatch, name, drawn):
    monkeypatch.chdir(project)
    network = caches.network(name)
    if drawn:
        digit = Digit(rasterize(decode_strokes(EXAMPLE)), None, "digits", strokes=EXAMPLE)
    else:
        digit = Digit(digits.test.inputs[12], 0, "digits", 12)
    scope = run_snippet(snippets.hidden_states(network, digit), project)
    expected = trace(network.model, digit.image[None])
    torch.testing.assert_close(scope["hidden"], expected.layers[-1].hidden, atol=1e-5, rtol=0)
    torch.testing.assert_close(scope["probabilities"], expected.probabilities[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["gru", "lstm", "rnn"])
def test_the_code_of_gates_gives_the_pages_numbers(project, digits, monkeypatch, name):
    monkeypatch.chdir(project)
    network, digit = caches.network(name), Digit(digits.test.inputs[12], 0, "digits", 12)
    scope = run_snippet(snippets.gates(network, digit), project)
    layer = trace(network.model, digit.image[None]).layers[0]
    torch.testing.assert_close(scope["hidden"], layer.hidden[0], atol=1e-5, rtol=0)
    for index, gate in enumerate(layer.gates.values()):
        torch.testing.assert_close(scope["gates"][:, index], gate[0], atol=1e-4, rtol=0)


@pytest.mark.parametrize("head", ["last", "attention"])
def test_the_code_of_training_on_reviews_gives_the_same_losses(project, head):
    data = load_reviews("planted")
    spec = ModelSpec.text_classifier(data.vocabulary.words, "gru", 4, embedding_size=3, head=head)
    training = TrainSpec(
        epochs=1, batch_size=200, schedule="one-cycle", bucket_by_length=True, word_dropout=0.2, seed=5, device="cpu"
    )
    events = train(build_model(spec, training.seed), data, training)
    losses = [event.loss for event in events if isinstance(event, StepCompleted)]
    assert run_snippet(words_training(spec, training, Learned("planted")), project)["losses"] == losses


@pytest.mark.parametrize(("classes", "at_least"), [(2, None), (3, 2)])
def test_the_code_of_training_on_a_table_gives_the_same_losses(project, tmp_path, classes, at_least):
    rows = tuple((f"film {number} was {number % classes} and dull", str(number % classes)) for number in range(60))
    kept = labelled_table(Table(("text", "label"), rows, True, 0), "text", "label").texts
    keep_text(tmp_path, kept, "own")
    path = text_file(tmp_path, kept.name)
    data = kept if at_least is None else replace(kept, at_least=at_least)
    spec = ModelSpec.text_classifier(
        data.vocabulary.words, "rnn", 4, embedding_size=3, head="mean", num_classes=classes
    )
    training = TrainSpec(epochs=2, batch_size=20, bucket_by_length=True, seed=5, device="cpu")
    events = train(build_model(spec, training.seed), read_labelled(path.read_bytes(), kept.name), training)
    losses = [event.loss for event in events if isinstance(event, StepCompleted)]
    if at_least is not None:
        assert rarest_known(kept, spec.words) >= at_least
        at_least = rarest_known(kept, spec.words)
    scope = run_snippet(words_training(spec, training, Learned(kept.name, path, at_least)), project)
    assert scope["losses"] == losses


def test_the_code_of_both_directions_gives_the_same_accuracies(project):
    specs, training = comparison(load_reviews("planted"), "rnn", epochs=1)
    *_, found = repeat_race(specs, load_reviews("planted"), training, range(2))
    assert run_snippet(directions("planted", "rnn", 1, False, 2), project)["accuracies"] == found


def test_the_code_of_the_embedding_gives_the_pages_neighbours(project):
    network = caches.network("words-planted-lstm")
    scope = run_snippet(nearest_words(network, "not", 5), project)
    found = zip(scope["nearest"].indices.tolist(), scope["nearest"].values.tolist(), strict=True)
    expected = neighbours(network.model, "not", 5)
    assert [scope["vocabulary"][token] for token, _ in found] == [word for word, _ in expected]
    assert scope["nearest"].values.tolist() == pytest.approx([cosine for _, cosine in expected], abs=1e-6)


@pytest.mark.parametrize("name", caches.READERS)
def test_the_code_of_words_gives_the_pages_numbers(project, monkeypatch, name):
    monkeypatch.chdir(project)
    network, words = caches.network(name), ("well", ",", "the", "film", "was", "not", "unheard-of", "good")
    scope = run_snippet(word_by_word(network, words), project)
    reading = read_words(network.model, words)
    for found, expected in ((scope["forward"], reading.forward), (scope["backward"], reading.backward)):
        torch.testing.assert_close(found if reading.answer else 1 - found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("head", TEXT_HEADS)
def test_the_code_of_words_reads_as_every_head_does(project, monkeypatch, tmp_path, head):
    monkeypatch.chdir(project)
    spec = ModelSpec.text_classifier(("<pad>", "<unk>", "not", "good", "."), "gru", 6, embedding_size=4, head=head)
    model = build_model(spec, 2)
    for parameter in model.parameters():  # a query of zeros would be a mean
        torch.nn.init.normal_(parameter)
    path, checkpoint = tmp_path / "own.safetensors", Checkpoint(spec, model.state_dict(), "planted", TrainSpec())
    save_checkpoint(checkpoint, path)
    words = ("not", "good", "not", ".")
    scope = run_snippet(word_by_word(Network("own", 1, path, checkpoint, model), words), project)
    reading = read_words(model, words)
    for found, expected in ((scope["forward"], reading.forward), (scope["backward"], reading.backward)):
        torch.testing.assert_close(found if reading.answer else 1 - found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("pads", [0, 30])
@pytest.mark.parametrize("name", ["words-planted-lstm", "words-planted-rnn"])
def test_the_code_of_padding_gives_the_pages_numbers(project, monkeypatch, name, pads):
    monkeypatch.chdir(project)
    network, words = caches.network(name), ("her", "new", "film", "was", "not", "good", ".")
    shares = run_snippet(last_states(network, words, pads), project)["shares"]
    answer = read_words(network.model, words).answer
    for way in ways_to_read(network.model, words, pads):
        assert way.share == pytest.approx(shares[way.code] if answer else 1 - shares[way.code], abs=1e-5)


SETTINGS = [
    GradientSetting(),
    GradientSetting(after=0),
    GradientSetting(Modifications("orthogonal", memory_gate_bias=1.0, sequence_length=33), blank=5, truncate=7),
    GradientSetting(Modifications(spectral_radius=0.5, sequence_length=28, head="concat"), after=33),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=["shipped", "untrained", "drawn anew", "scaled"])
@pytest.mark.parametrize("name", ["gru", "lstm", "rnn"])
def test_the_code_of_gradient_flow_gives_the_pages_numbers(project, digits, monkeypatch, name, setting):
    monkeypatch.chdir(project)
    network, digit = caches.network(name), Digit(digits.test.inputs[12], 0, "digits", 12)
    scope = run_snippet(snippets.gradient_flow(network, digit, 0, setting), project)
    expected = measure(network, setting, digit).layers[0].norms[0].float()
    torch.testing.assert_close(scope["norms"].float(), expected, atol=1e-7, rtol=1e-3)


def test_the_code_of_edits_and_of_a_simulated_unit_gives_the_pages_numbers(project, digits, monkeypatch):
    monkeypatch.chdir(project)
    network, digit = caches.network("lstm"), Digit(digits.test.inputs[12], 0, "digits", 12)
    donor = Digit(digits.test.inputs[3], 0, "digits", 3)
    source = trace(network.model, donor.image[None]).layers
    operations = [
        (Edit("forget", "clamp", 1.0, units=(4, 5, 6), first=9, last=20), None),
        (Edit("hidden", "noise", 0.2, seed=5), None),
        (Edit("cell", "swap", first=14, last=14, source=source), donor),
    ]
    scope = run_snippet(snippets.edits(network, digit, operations), project)
    expected = trace(network.model, digit.image[None], [edit for edit, _ in operations])
    assert torch.equal(scope["after"].logits, expected.logits)
    weights, held = simulate.wiring("gru", {"reset": "1", "update": "off on input"}, 1.0, 0.5)
    scope = run_snippet(snippets.simulated_unit("gru", [1.0, 0.0], weights, held), project)
    unit = simulate.Unit("gru", [1.0, 0.0], {"reset": "1", "update": "off on input"}, 1.0, 0.5)
    assert scope["courses"] == unit.courses


@pytest.mark.parametrize("name", ["lstm-concat", "lstm"])
def test_the_code_of_hidden_states_knows_every_shipped_head(project, digits, monkeypatch, name):
    monkeypatch.chdir(project)
    network, digit = caches.network(name), Digit(digits.test.inputs[12], 0, "digits", 12)
    scope = run_snippet(snippets.hidden_states(network, digit), project)
    expected = trace(network.model, digit.image[None]).probabilities[0]
    torch.testing.assert_close(scope["probabilities"], expected, atol=1e-5, rtol=0)


@pytest.fixture
def own_network(monkeypatch, tmp_path):
    """Save a network as a run of one's own; it is read as every run is."""
    monkeypatch.setenv("SEQVIZ_RUNS", str(tmp_path))

    def own_network(model: SequenceNetwork) -> Network:
        saved = Checkpoint(model.spec, model.state_dict(), "digits", TrainSpec(), step=1)
        save_checkpoint(saved, tmp_path / "20260101-000000-own.safetensors")
        return caches.network("20260101-000000-own")

    return own_network


@pytest.mark.parametrize("both", [False, True], ids=["one direction", "both"])
@pytest.mark.parametrize("head", CLASSIFIER_HEADS)
def test_the_code_of_hidden_states_knows_every_head_in_both_directions(own_network, project, digits, both, head):
    spec = ModelSpec.classifier("rnn", 7, num_layers=2, head=head, bidirectional=both, nonlinearity="relu")
    model = build_model(spec, seed=5)
    if head == "attention":
        torch.nn.init.normal_(model.head.query)  # it begins with zeros: every row alike
    network, digit = own_network(model), Digit(digits.test.inputs[4], 0, "digits", 4)
    scope = run_snippet(snippets.hidden_states(network, digit), project)
    expected = trace(network.model, digit.image[None])
    last = expected.probabilities[0, -1]
    torch.testing.assert_close(scope["probabilities"][-1], last, atol=1e-6, rtol=0)
    if not both:
        torch.testing.assert_close(scope["probabilities"], expected.probabilities[0], atol=1e-6, rtol=0)


def test_the_code_of_hidden_states_bears_scores_that_exp_would_not(own_network, project, digits):
    model = build_model(ModelSpec.classifier("lstm", 9, head="attention"), seed=2)
    torch.nn.init.constant_(model.head.query, 1e4)
    network, digit = own_network(model), Digit(digits.test.inputs[4], 0, "digits", 4)
    scope = run_snippet(snippets.hidden_states(network, digit), project)
    scores = scope["hidden"][0] @ model.head.query.detach()
    assert scores.exp().isinf().any(), "the scores would overflow"
    expected = trace(network.model, digit.image[None]).probabilities[0]
    torch.testing.assert_close(scope["probabilities"], expected, atol=1e-5, rtol=0)


def test_the_code_of_contributions_gives_the_pages_numbers(project, digits, monkeypatch):
    monkeypatch.chdir(project)
    network, digit = caches.network("lstm-concat"), Digit(digits.test.inputs[12], 0, "digits", 12)
    scope = run_snippet(snippets.contributions(network, digit), project)
    found = logit_contributions(network.model, digit.image[None])
    torch.testing.assert_close(scope["contributions"], found.values, atol=1e-5, rtol=0)


def test_the_code_of_theory_and_clipping_runs(project, digits, monkeypatch):
    monkeypatch.chdir(project)
    network, digit = caches.network("lstm"), Digit(digits.test.inputs[12], 0, "digits", 12)
    setting = GradientSetting(Modifications(spectral_radius=0.9), after=33, blank=3)
    scope = run_snippet(snippets.jacobians(network, digit, setting, 0, 4), project)
    expected = theory._jacobians(network.name, network.version, setting, digit, 0, network)
    torch.testing.assert_close(scope["found"].singular_values, expected.singular_values[:, ::4])
    scope = run_snippet(snippets.clipping(1.6, 0.1, 1.0, 3, 32, 32), project)
    *_, run = clipped_run("relu", 1.6, 0.1, 1.0, 0)
    torch.testing.assert_close(torch.tensor(scope["norms"]), torch.tensor(run.norms), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("spec", "run"),
    [
        (
            ModelSpec.classifier(hidden_size=6, head="concat"),
            TrainSpec(epochs=1, batch_size=200, schedule="one-cycle", device="cpu"),
        ),
        (ModelSpec.classifier("rnn", 5), TrainSpec(batch_size=500, clip=None, seed=4, device="cpu")),
        (
            ModelSpec.classifier("gru", 5, bidirectional=True, head="attention"),
            TrainSpec(epochs=1, batch_size=300, optimizer="adamw", device="cpu"),
        ),
        (ModelSpec.classifier("gru", 5, head="mean"), TrainSpec(epochs=1, optimizer="sgd", batch_size=300)),
    ],
)
def test_the_code_of_train_gives_the_same_losses(project, digits, spec, run):
    scope = run_snippet(snippets.training(spec, run, "digits"), project)
    events = list(train(build_model(spec, run.seed), digits, run))
    assert scope["losses"] == [event.loss for event in events if isinstance(event, StepCompleted)]
    assert isinstance(events[-1], RunEnded)


@pytest.fixture
def only_few_digits(monkeypatch, few):
    """What loads digits, in a snippet or for a page, gets eighty of them."""
    monkeypatch.setattr(datasets, "load_dataset", lambda name: few)
    monkeypatch.setattr(distances, "load_dataset", lambda name: few)


def test_the_code_of_a_race_gives_the_pages_accuracies(only_few_digits, few, project):
    specs = {
        "one": ModelSpec.classifier("rnn", 6, head="concat"),
        "two": ModelSpec.classifier("gru", 6, num_layers=2, head="max", bidirectional=True),
    }
    contest = race_view.Contest(specs, TrainSpec(epochs=2, batch_size=20, schedule="one-cycle", seed=3), few)
    scope = run_snippet(snippets.race(contest.specs, contest.training, "digits"), project)
    *_, shown = race(contest.specs, contest.data, contest.training)
    for name, racer in shown.racers.items():
        assert scope["last"].racers[name].curve == racer.curve
        assert scope["last"].racers[name].accuracy == racer.accuracy


@pytest.mark.parametrize("task", ["delayed", "adding"])
def test_the_code_of_distances_gives_the_pages_accuracies(only_few_digits, monkeypatch, project, task):
    monkeypatch.setitem(distances.EPOCHS, task, 1)
    monkeypatch.setitem(distances.DISTANCES, task, (4, 9))
    scope = run_snippet(snippets.distances(task, ["rnn", "gru"], 8, 2.0, 5), project)
    *_, shown = distances.learn_over_distances(task, distances.task_models(task, ["rnn", "gru"], 8), 2.0, seed=5)
    assert scope["last"] == shown
    assert set(shown.curve("gru")) == {4, 9}


def test_the_code_of_orders_gives_the_pages_accuracies(only_few_digits, few, project):
    scope = run_snippet(snippets.orders(3, "columns"), project)
    *_, shown = row_orders.race_on_row_orders(few, 3, row_orders=("columns",))
    assert scope["found"] == shown
    assert {name: set(accuracies) for name, accuracies in shown.items()} == {name: {"columns"} for name in shown}


def test_the_first_snippet_runs_in_a_fresh_process(project, digits):
    code = snippets.hidden_states(caches.network("gru"), Digit(digits.test.inputs[7], 8, "digits", 7))
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


WRITTEN = [
    WritingSetting("ROMEO:", 40, 0.7, None, None, 3),
    WritingSetting("", 30, 0.0, None, None, 0),
    WritingSetting("What", 40, 1.3, 8, 0.9, 5, forced=((3, "x"), (20, "\n"))),
]


@pytest.mark.parametrize("setting", WRITTEN, ids=["warm", "greedy", "cut and branched"])
def test_the_code_of_write_gives_the_pages_text(project, monkeypatch, setting):
    monkeypatch.chdir(project)
    writer = writers.writer("shakespeare")
    expected = "".join(step.character for step in written(writer, setting))
    assert run_snippet(snippets.writing(writer, setting), project)["text"] == expected


def test_the_code_of_columns_and_beams_gives_the_pages_texts(project, monkeypatch):
    monkeypatch.chdir(project)
    writer, setting = writers.writer("python"), WritingSetting("def ", 30, 1.0, None, None, 2)
    texts = run_snippet(snippets.columns(writer, setting, four.COLUMNS), project)["texts"]
    for heat in four.COLUMNS:
        steps = written(writer, replace(setting, temperature=heat))
        assert texts[heat] == "".join(step.character for step in steps)
    found = run_snippet(snippets.beams(writer, "def ", 20, 3), project)["found"]
    assert found == beam_search(writer.model, "def ", 20, 3)


@pytest.mark.parametrize("heat", [0.0, 0.7, 2.0])
def test_the_code_of_temperature_gives_the_pages_distribution(project, monkeypatch, heat):
    monkeypatch.chdir(project)
    writer = writers.writer("shakespeare")
    scope = run_snippet(snippets.temperature(writer, "To be, or not", heat), project)
    step = next(sample(writer.model, "To be, or not", 1, temperature=heat))
    torch.testing.assert_close(scope["p"], step.distribution, atol=1e-6, rtol=0)
    assert float(scope["entropy"]) == pytest.approx(step.entropy, abs=1e-4)


@pytest.mark.parametrize("own", [True, False])
def test_the_code_of_units_gives_the_pages_score(project, monkeypatch, own):
    monkeypatch.chdir(project)
    writer = writers.writer("python")
    text = 'print("a (quoted) text", ["and", "more"])  # "comment"\n' * 5
    program = repr(text)
    if not own:
        text, program = load_text("python").test[:3000], 'load_text("python").test[:3000]'
    scope = run_snippet(snippets.units(writer, program, 7, "quotes"), project)
    expected = unit_scores(read_units(writer.model, text), properties(text))["quotes"]
    torch.testing.assert_close(scope["scores"].scores[7], expected.scores[7], atol=1e-3, rtol=0)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_code_of_train_live_gives_the_same_losses(project, monkeypatch, tmp_path, cell):
    monkeypatch.chdir(project)
    monkeypatch.setenv("SEQVIZ_RUNS", str(tmp_path))
    data = writers.own_text("a text of one's own, again and again. " * 60)
    keep_text(tmp_path, data, "own")
    spec = ModelSpec.language_model(
        data.vocabulary.characters, cell=cell, embedding_size=6, hidden_size=6, tied=cell == "gru"
    )
    run = TrainSpec(epochs=2, batch_size=8, truncate=50, schedule="one-cycle", optimizer="adamw", device="cpu")
    scope = run_snippet(snippets.text_training(spec, run, data.name), project)
    events = train(build_model(spec, run.seed), data, run)
    assert scope["losses"] == [event.loss for event in events if isinstance(event, StepCompleted)]


QUESTIONS = [((8), "black"), ((8, 3), "blurred"), (2, "other")]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("target", "baseline"), QUESTIONS)
def test_the_code_of_attribution_gives_the_pages_scores(project, digits, monkeypatch, method, target, baseline):
    monkeypatch.chdir(project)
    network, digit = caches.network("gru"), Digit(digits.test.inputs[7], 8, "digits", 7)
    question = Question(network, digit, target, baseline, 3)
    scope = run_snippet(snippets.attribution(question, method), project)
    expected = pixels.attributed(question, [method])[method].scores[0]
    torch.testing.assert_close(scope["scores"].reshape(28, 28).float(), expected, atol=1e-4, rtol=1e-3)


def test_the_code_of_units_characters_and_trust_runs(project, digits, monkeypatch):
    monkeypatch.chdir(project)
    network = caches.network("rnn")
    drawn = Digit(rasterize(decode_strokes(EXAMPLE)), None, "digits", strokes=EXAMPLE)
    question = Question(network, drawn, 2, "mean", 0)
    scope = run_snippet(snippets.layer_attribution(question, "conductance", 0), project)
    assert torch.equal(scope["found"].values, units._flow(question.about, "conductance", 0, question).values)
    writer = writers.writer("python")
    for method in TEXT_METHODS:
        scope = run_snippet(snippets.text_attribution(writer, 'print("a', '"', method), project)
        torch.testing.assert_close(scope["scores"], attribute_character(writer.model, 'print("a', '"', method))
    assert run_snippet(snippets.planted("rnn", 4), project)["found"]["integrated_gradients"].precision > 0.5
    few_methods = ("saliency", "integrated_gradients")  # all ten would take long
    monkeypatch.setattr(randomization, "EVERY", few_methods)
    for ink in (False, True):
        *_, shown = randomization._randomize(network, ink)()
        found = run_snippet(snippets.cascading_randomization(network, randomization.RANDOMIZED, ink), project)["found"]
        assert found["saliency"].by_stage == shown["saliency"].by_stage
    concat = caches.network("lstm-concat")
    *_, shown = agreement_with_contributions(concat.model, digits.test[: votes.COMPARED], few_methods)
    found = run_snippet(snippets.agreement_with_contributions(concat, votes.COMPARED), project)["found"]
    assert found["integrated_gradients"] == shown["integrated_gradients"]
