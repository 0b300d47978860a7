"""Networks of words on the pages of digits: the same instruments, on a clock that counts words."""

import base64
import json
from collections import Counter

import pytest
import torch

from seqviz import snippets
from seqviz.data.batch import Batch
from seqviz.data.examples import Sentence
from seqviz.data.labelled_texts import VERDICTS, load_reviews
from seqviz.data.words import WordVocabulary
from seqviz.figures.diagram import cell_diagram
from seqviz.figures.gates import class_figure
from seqviz.instruments.attribution import METHODS, attribute
from seqviz.instruments.edits import Edit
from seqviz.instruments.gates import gate_statistics
from seqviz.instruments.trace import STATES, at_once, trace
from seqviz.instruments.unit_ablation import evaluate_before_and_after
from seqviz.instruments.unit_equations import unit_equations
from seqviz.networks.build import build_model
from seqviz.networks.modifications import Modifications
from seqviz.snippets.subjects import GradientSetting, Question
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from seqviz.ui.attribution import methods, pixels, units
from seqviz.ui.gradient_flow import theory
from seqviz.ui.gradient_flow.measure import measure
from seqviz.ui.shell import caches
from tests.pages.test_code import run_snippet
from tests.pages.test_pages import texts

NAMES = ["words-planted-lstm", "words-planted-rnn", "words"]
SENTENCE = Sentence(("the", "film", "was", "not", "unheard-of", ",", "but", "dull", "."), 0, "planted", VERDICTS)
VIEWS = [
    ("hidden_states", "model", {}),
    ("hidden_states", "model", {"view": "training"}),
    ("gates", "model", {}),
    ("gates", "model", {"view": "read"}),
    ("gates", "model", {"view": "operate"}),
    ("gradient_flow", "networks", {}),
    ("gradient_flow", "networks", {"view": "theory"}),
    ("attribution", "model", {}),
    ("attribution", "model", {"view": "units"}),
]


@pytest.mark.parametrize("given", [{"review": "2"}, {"words_from": "own", "words": "good"}], ids=["a review", "a word"])
@pytest.mark.parametrize(("page", "key", "view"), VIEWS)
def test_every_view_takes_a_network_of_words(open_page, page, key, view, given):
    app = open_page(page, **{key: "words-planted-lstm"}, **view, **given)
    assert not app.exception
    assert "This did not work" not in texts(app)
    assert "Question" in app.info[0].value
    labels = [box.label for box in (*app.selectbox, *app.segmented_control, *app.slider, *app.select_slider)]
    assert "Text" in labels
    assert not {"Digits", "Row", "Blank rows appended"} & set(labels), "what cannot be is not offered"


@pytest.mark.parametrize(("page", "key", "view"), VIEWS[:1] + VIEWS[2:4] + VIEWS[7:8])
def test_markup_in_a_text_is_text(open_page, page, key, view):
    app = open_page(page, **{key: "words"}, **view, words_from="own", words="<b>not</b> 😀 **good** \u202e\x00")
    assert not app.exception
    assert "This did not work" not in texts(app)


def test_a_text_without_words_and_one_that_is_too_long_get_a_sentence(open_page):
    for words, said in (("  ", "There are no words"), ("a " * 301, "at most 300")):
        assert said in texts(open_page("gates", model="words", words_from="own", words=words))


@pytest.mark.parametrize("other", ["model", "digit"])
@pytest.mark.parametrize("page", ["hidden_states", "gates"])
def test_beside_a_text_stands_another_network_of_words_or_another_text(open_page, page, other):
    app = open_page(page, model="words-planted-rnn", beside=other)
    assert not app.exception
    assert "This did not work" not in texts(app)
    if other == "model":
        assert set(app.selectbox(key="model2").options) == set(caches.READERS.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_code_of_hidden_states_and_gates_gives_the_pages_numbers(project, monkeypatch, name):
    monkeypatch.chdir(project)
    network = caches.network(name)
    expected = trace(network.model, SENTENCE.inputs(network.spec)[None])
    scope = run_snippet(snippets.hidden_states(network, SENTENCE), project)
    last = torch.cat([layer.hidden for layer in expected.layers[-2:]], dim=2)
    torch.testing.assert_close(scope["hidden"], last, atol=1e-5, rtol=0)
    torch.testing.assert_close(scope["probabilities"][0, 0], expected.probabilities[0, -1, 1], atol=1e-5, rtol=0)
    scope = run_snippet(snippets.gates(network, SENTENCE, 3, 4), project)
    first = expected.layers[0]
    torch.testing.assert_close(scope["hidden"], first.hidden[0], atol=1e-5, rtol=0)
    for index, gate in enumerate(first.gates.values()):
        torch.testing.assert_close(scope["gates"][:, index], gate[0], atol=1e-4, rtol=0)


def test_the_code_of_through_training_gives_the_pages_numbers(project, monkeypatch):
    monkeypatch.chdir(project)
    network = caches.network("words-planted-lstm")
    scope = run_snippet(snippets.through_training(network, SENTENCE, 1), project)
    seen = trace(caches.earlier(network, scope["step"]), SENTENCE.inputs(network.spec)[None])
    torch.testing.assert_close(scope["probability"], seen.probabilities[0, :, 1])


def test_the_code_of_edits_gives_the_pages_numbers(project, monkeypatch):
    monkeypatch.chdir(project)
    network = caches.network("words-planted-lstm")
    texts = load_reviews("planted")
    donor = Sentence(texts.test[3], texts.test_labels[3], "planted", VERDICTS, 3)
    source = trace(network.model, donor.inputs(network.spec)[None]).layers
    operations = [
        (Edit("forget", "clamp", 1.0, first=2), None),
        (Edit("cell", "swap", layer=1, first=4, last=4, source=source), donor),
    ]
    scope = run_snippet(snippets.edits(network, SENTENCE, operations), project)
    expected = trace(network.model, SENTENCE.inputs(network.spec)[None], [edit for edit, _ in operations])
    assert torch.equal(scope["after"].logits, expected.logits)


@pytest.mark.parametrize("setting", [GradientSetting(), GradientSetting(Modifications(memory_gate_bias=1.0), 0)])
@pytest.mark.parametrize("name", NAMES[:2])
def test_the_code_of_gradient_flow_and_theory_gives_the_pages_numbers(project, monkeypatch, name, setting):
    monkeypatch.chdir(project)
    network = caches.network(name)
    scope = run_snippet(snippets.gradient_flow(network, SENTENCE, 0, setting), project)
    expected = measure(network, setting, SENTENCE).layers[-1].norms[0].float()
    torch.testing.assert_close(scope["norms"].float(), expected, atol=1e-7, rtol=1e-3)
    scope = run_snippet(snippets.jacobians(network, SENTENCE, setting, 0, 4), project)
    found = theory._jacobians(network.name, network.version, setting, SENTENCE, 0, network)
    torch.testing.assert_close(scope["found"].singular_values, found.singular_values[:, ::4])


@pytest.mark.parametrize("method", [one for one in METHODS if one not in methods.OF_PIXELS])
@pytest.mark.parametrize(("target", "baseline"), [(0, "average"), (1, "unknown")])
def test_the_code_of_attribution_gives_the_pages_scores(project, monkeypatch, method, target, baseline):
    monkeypatch.chdir(project)
    question = Question(caches.network("words-planted-lstm"), SENTENCE, target, baseline, 0)
    scope = run_snippet(snippets.attribution(question, method), project)
    expected = pixels.attributed(question, [method])[method].scores[0]
    torch.testing.assert_close(scope["scores"].reshape(expected.shape).float(), expected, atol=1e-4, rtol=1e-3)


def test_the_code_of_hidden_units_gives_the_pages_values(project, monkeypatch):
    monkeypatch.chdir(project)
    question = Question(caches.network("words-planted-rnn"), SENTENCE, 1, "padding", 0)
    scope = run_snippet(snippets.layer_attribution(question, "conductance", 1), project)
    assert torch.equal(scope["found"].values, units._flow(question.about, "conductance", 1, question).values)


def test_of_two_classes_the_one_gets_what_the_other_loses():
    model = caches.network("words-planted-lstm").model
    tokens = SENTENCE.inputs(model.spec)[None]
    bad, good = (attribute(model, tokens, label, "integrated_gradients") for label in (0, 1))
    torch.testing.assert_close(bad.scores, -good.scores)
    torch.testing.assert_close(good.answer, model(tokens)[:, 0].detach())
    assert float(good.gap.abs().max()) < 0.02, "the scores sum to the change of the logit"
    bad, good = (attribute(model, tokens, label, "saliency").scores for label in (0, 1))
    torch.testing.assert_close(bad, good, msg="saliency has no sign")


def test_the_gradient_of_one_text_is_that_of_its_own_loss():
    """Against autograd through PyTorch's fused layer: ∂L/∂x = Σ over both directions of δ W_ih."""
    network = caches.network("words-planted-rnn")
    flow = measure(network, GradientSetting(), SENTENCE)
    x = network.model.embedding(SENTENCE.inputs(network.spec)[None]).detach().requires_grad_()
    logits = network.model.answer(network.model.encode(x)[0])
    torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0], torch.zeros(1)).backward()
    found = sum(
        layer.input_delta @ view.weight_ih.detach()
        for layer, view in zip(flow.layers, network.model.stacks["encoder"], strict=True)
    )
    torch.testing.assert_close(found, x.grad, atol=1e-7, rtol=1e-4)


def test_means_are_over_texts_of_the_same_length():
    network = caches.network("words-planted-rnn")
    means = measure(network, GradientSetting(), SENTENCE).means
    test = caches.test_split(network, "planted")
    rows = (test.lengths == len(SENTENCE)).nonzero()[:16, 0]
    assert means.count == len(rows) > 1
    lonely = Sentence(("good",) * 90, 1, "planted", VERDICTS)
    assert measure(network, GradientSetting(), lonely).means.count == 0


def test_a_memory_is_transplanted_from_a_shorter_text(open_page):
    """Also where all held-out texts are scored, most of which are longer than the donor."""
    lengths = [len(words) for words in load_reviews("planted").test]
    longest, shortest = lengths.index(max(lengths)), lengths.index(min(lengths))
    link = {"model": "words-planted-lstm", "view": "operate", "review": str(longest), "donor_review": str(shortest)}
    app = open_page("gates", operation="transplant", **link)
    assert "This did not work" not in texts(app)
    assert app.number_input(key="transplant").max == min(lengths)
    network = caches.network("words-planted-lstm")
    donor = trace(network.model, caches.test_split(network, "planted")[[shortest]])
    edits = [Edit("cell", "swap", layer=0, first=2, last=2, source=donor.layers)]
    *_, (before, after) = evaluate_before_and_after(network.model, caches.test_split(network, "planted")[:200], edits)
    assert before.accuracy == 1.0 > after.accuracy


def test_an_edit_of_all_words_is_one_of_all_words_of_longer_texts(open_page):
    app = open_page("gates", model="words-planted-lstm", view="operate", operation="free", review="5")
    program = next(block.value for block in app.code)
    assert "first=0)" in program, "no last step: to the end"


@pytest.mark.parametrize("method", [one for one in METHODS if one not in methods.OF_PIXELS])
def test_a_text_of_one_word_is_attributed_by_every_method(open_page, method):
    app = open_page("attribution", model="words", words_from="own", words="good", method1=method, method2="none")
    assert not app.exception
    assert "This did not work" not in texts(app)
    assert "agree by" not in texts(app), "there is no order of one word"


def test_of_one_row_shapley_and_kernel_shap_give_it_all():
    model = caches.network("words").model
    tokens = WordVocabulary(model.spec.words).encode(["good"])[None]
    for method in ("shapley_rows", "kernel_shap_rows"):
        found = attribute(model, tokens, 1, method)
        torch.testing.assert_close(found.rows[0, 0], (found.answer - found.baseline_answer)[0])


def test_means_over_one_other_text_are_not_called_this_text_alone(open_page):
    """Of each length of the planted reviews, and of a length that none has."""
    lengths = Counter(len(words) for words in load_reviews("planted").test)
    single = next(length for length, count in sorted(lengths.items()) if count == 1)
    said = {single: "one held-out text of", max(lengths) + 1: "this text alone"}
    for length, words in said.items():
        app = open_page("gradient_flow", networks="words-planted-rnn", words_from="own", words="good " * length)
        assert f"Over {words}" in texts(app)


def test_the_backward_layer_of_one_layer_reads_the_word():
    network = caches.network("words-planted-lstm")
    inputs = SENTENCE.inputs(network.spec)[None]
    seen = trace(network.model, inputs)
    found = unit_equations(network.model, inputs, seen, layer=1, step=3, unit=0)
    assert "word 4;" in svg_of(cell_diagram(found, "light", "word"))


def svg_of(html: str) -> str:
    return base64.b64decode(html.split("base64,")[1].split('"')[0]).decode()


def test_classes_of_unlike_lengths_leave_gaps_and_whole_colours():
    """The longest planted reviews are all of one class."""
    network = caches.network("words-planted-lstm")
    split = caches.test_split(network, "planted")
    candidate = gate_statistics(network.model, split, 0, 2)[2]
    assert candidate.by_class.isnan().any()
    heatmap = class_figure(candidate, "light", VERDICTS, "word").to_dict()["data"][0]
    assert heatmap["zmax"] == pytest.approx(float(candidate.by_class.nan_to_num().abs().max()))
    assert None in heatmap["z"][0] + heatmap["z"][1]
    assert "NaN" not in json.dumps(heatmap["z"])


def test_many_long_sequences_are_not_all_traced_at_once():
    model = build_model(ModelSpec.text_classifier(("<pad>", "<unk>", "a"), "lstm", 512, embedding_size=2))
    split = Batch(torch.ones(600, 200, dtype=torch.long), torch.zeros(600, dtype=torch.long))
    assert at_once(model, split, 600) == STATES // (200 * 1024)
    assert at_once(caches.network("gru").model, Batch(torch.zeros(600, 28, 28), torch.zeros(600)), 600) == 600


@pytest.mark.parametrize(("page", "key", "view"), VIEWS)
def test_words_that_a_network_does_not_know_are_said(open_page, page, key, view):
    link = {key: "words-planted-rnn", **view, "words_from": "own", "words": "zorblax *film* <i>"}
    said = texts(open_page(page, **link))
    assert "5 of 7 words are unknown to this network" in said
    assert "zorblax, \\*" in said


@pytest.fixture
def without_its_texts(open_page, tmp_path) -> str:
    """A run that has learned a table which has been deleted since."""
    spec = ModelSpec.text_classifier(("<pad>", "<unk>", "goal", "rain"), "gru", 6, embedding_size=3, num_classes=3)
    weights = build_model(spec, 0).state_dict()
    classes = ("cooking", "sport", "weather")
    checkpoint = Checkpoint(spec, weights, "table-0123456789ab", TrainSpec(), step=1, total=1, classes=classes)
    save_checkpoint(checkpoint, tmp_path / "runs" / "20260101-000000-gru-words-beef.safetensors")
    return "20260101-000000-gru-words-beef"


@pytest.mark.parametrize(("page", "key", "view"), [view for view in VIEWS if view[2] != {"view": "training"}])
def test_a_network_whose_texts_are_gone_reads_ones_own(open_page, without_its_texts, page, key, view):
    app = open_page(page, **{key: without_its_texts}, **view, words="a goal in the rain")
    assert not app.exception
    assert "have been deleted: type your own" in texts(app)
    assert app.header[-1].value == "What to notice"
    refused = [text.value for text in app.text if "have been deleted, so there are none" in text.value]
    assert bool(refused) == (page == "gates" and view != {"view": "read"}), "only what is about all its texts"


def test_a_network_whose_texts_are_gone_keeps_the_names_of_its_classes(open_page, without_its_texts):
    app = open_page("words", word_reader=without_its_texts, words_from="own", words="a goal in the rain")
    assert not app.exception
    assert any(name in texts(app) for name in ("**Cooking**", "**Sport**", "**Weather**"))
