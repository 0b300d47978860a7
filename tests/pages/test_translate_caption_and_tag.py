"""Caption and Tag: programs give the page's numbers, timelines can be sent, and what cannot be tagged is said."""

import pytest
import torch

from seqviz.data.captions import captions, picture
from seqviz.data.datasets import load_dataset
from seqviz.data.tags import TAGS, tag_characters, tags
from seqviz.errors import CheckpointError, InputError
from seqviz.figures.tags import tagged_text
from seqviz.instruments.tagging import accuracy_by_tag, read_tags
from seqviz.instruments.translation import translate
from seqviz.networks.build import build_model
from seqviz.networks.scoring import evaluate
from seqviz.player.payload import encode
from seqviz.snippets.captions import captioning
from seqviz.snippets.subjects import Network, Translator
from seqviz.snippets.tags import tagging
from seqviz.specs import ATTENTIONS, EmbeddingInput, EncoderDecoderSpec, HeadSpec, ModelSpec, RecurrentSpec, TrainSpec
from seqviz.timelines.tags import tags_timeline
from seqviz.timelines.translation import caption_timeline
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.ui.shell import caches
from seqviz.ui.translate import shapes
from tests.pages.test_code import run_snippet

CODE = 'if x:  # go\n    y = "a" if False else 1\n'


def captioner(folder, cell="gru", attention="dot") -> Translator:
    spec = EncoderDecoderSpec.captioner(captions().target.vocabulary, cell, 12, attention=attention, channels=8)
    path = folder / f"{cell}-{attention}.safetensors"
    weights = build_model(spec, seed=3).state_dict()
    save_checkpoint(Checkpoint(spec, weights, "captions", TrainSpec(), "sequence_cross_entropy"), path)
    return Translator.of("some", 1, path, load_checkpoint(path))


def tagger(folder, cell="gru", both=True) -> Network:
    spec = ModelSpec(
        EmbeddingInput(tags().vocabulary.characters, 8),
        RecurrentSpec(cell, 10, bidirectional=both),
        HeadSpec("each_step", len(TAGS)),
    )
    path = folder / f"{cell}-{both}.safetensors"
    weights = build_model(spec, seed=3).state_dict()
    save_checkpoint(Checkpoint(spec, weights, "tags", TrainSpec(), "step_cross_entropy"), path)
    return Network.of("some", 1, path, load_checkpoint(path))


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize(
    "source",
    ['load_task("captions").test.inputs[7]', 'picture([load_dataset("digits").test.inputs[3]], [4])'],
)
def test_the_code_of_a_caption_gives_the_pages_letters(tmp_path, project, cell, attention, source):
    translator = captioner(tmp_path, cell, attention)
    shown = captions().test.inputs[7]
    if source.startswith("picture"):
        shown = picture([load_dataset("digits").test.inputs[3]], [4])
    found = translate(translator.model, shown)
    scope = run_snippet(captioning(translator, source), project)
    assert scope["written"] == list(found.tokens)
    torch.testing.assert_close(torch.stack(scope["probabilities"]), found.distributions, atol=1e-5, rtol=0)
    timeline = caption_timeline(translator.spec, shown, found, translator.model.target, ("hidden",), right=[1, 2])
    assert encode(timeline)


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_code_of_tags_gives_the_pages_numbers(tmp_path, project, cell, both):
    network = tagger(tmp_path, cell, both)
    found = read_tags(network.model, CODE)
    scope = run_snippet(tagging(network, CODE), project)
    torch.testing.assert_close(scope["probabilities"], found.probabilities, atol=1e-5, rtol=0)
    assert scope["tags"] == found.answers.tolist()
    timeline = tags_timeline(found, cell, "", tag_characters(CODE))
    assert timeline.steps == len(CODE)
    assert encode(timeline)


def test_right_characters_by_tag_add_up_to_the_accuracy(tmp_path):
    network = tagger(tmp_path)
    by_tag = accuracy_by_tag(network.model, tags())
    right, there = (sum(pair[place] for pair in by_tag.values()) for place in (0, 1))
    assert there == tags().test.targets.numel()
    assert right / there == pytest.approx(evaluate(network.model, tags()).metrics["accuracy"])


def test_what_a_visitor_types_is_never_markup_and_wrong_tags_are_marked():
    drawn = tagged_text("<b>é", [1, 1, 1, 1], [1, 1, 1, 0])
    assert "<b>" not in drawn
    assert drawn.count("outline:2px") == drawn.count(", wrong") == 1


def test_a_character_that_nobody_knows_is_named(tmp_path):
    with pytest.raises(InputError, match="does not know 'é'"):
        read_tags(tagger(tmp_path).model, "é = 1")


@pytest.mark.parametrize(
    ("ask", "name", "sentence"),
    [
        (caches.tagger, "python", "gives no tags"),
        (caches.translator, "gru", "does not write another sequence"),
        (caches.network, "numbers", "reads one sequence and writes another"),
    ],
)
def test_a_network_of_another_kind_is_refused(ask, name, sentence):
    with pytest.raises(CheckpointError, match=sentence):
        ask(name)


@pytest.mark.parametrize("place", range(4))
def test_the_code_of_a_shape_runs(project, monkeypatch, capsys, place):
    monkeypatch.chdir(project)
    run_snippet(shapes.PROGRAMS[place], project)
    printed = capsys.readouterr().out.strip()
    assert [printed == "a zero at the top", printed == "8", printed.startswith("["), printed == "twenty - four"][place]
