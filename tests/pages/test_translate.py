"""Translation and other shapes: programs give the numbers shown, timelines can be sent, texts are read or refused."""

from pathlib import Path

import pytest
import torch

from seqviz import snippets
from seqviz.data.pairs import Pairs
from seqviz.data.tokens import Tokens
from seqviz.errors import InputError
from seqviz.experiments.translation_lengths import overall
from seqviz.instruments.attention_edits import AttentionEdit
from seqviz.instruments.translation import Translation, translate
from seqviz.instruments.translation_gradients import way_back
from seqviz.networks.build import build_model
from seqviz.player.page import to_html
from seqviz.player.payload import encode
from seqviz.player.timeline import Heatmap
from seqviz.snippets.subjects import Translator
from seqviz.specs import ATTENTIONS, EncoderDecoderSpec, TrainSpec
from seqviz.timelines.translation import stack_timeline, through_training, translation_timeline, way_back_timeline
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.ui.shell import caches
from seqviz.ui.shell.translators import as_read
from seqviz.ui.translate import roads
from seqviz.ui.translate.subject import in_words
from tests.pages.test_code import run_snippet

TARGET = ("<end>", "-", "four", "twenty")


def saved(folder: Path, cell: str = "gru", attention: str = "dot", layers: int = 1, data="numbers-de-en") -> Translator:
    letters = "\n" + "".join(sorted("abcdefghijklmnopqrstuvwxyzäöüß"))
    spec = EncoderDecoderSpec.translator(letters, TARGET, cell, 12, attention=attention, num_layers=layers)
    path = folder / f"{cell}-{attention}.safetensors"
    run = Checkpoint(spec, build_model(spec, seed=4).state_dict(), data, TrainSpec(), "sequence_cross_entropy")
    save_checkpoint(run, path)
    return Translator.of("some", 1, path, load_checkpoint(path))


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize(("cell", "layers"), [("rnn", 1), ("gru", 2), ("lstm", 1), ("lstm", 2)])
def test_the_code_of_a_translation_gives_the_pages_numbers(tmp_path, project, cell, layers, attention):
    translator = saved(tmp_path, cell, attention, layers)
    text = "vierundzwanzig"
    found = translate(translator.model, translator.model.source.encode(text))
    scope = run_snippet(snippets.translating(translator, text), project)
    assert scope["written"] == list(found.tokens)
    torch.testing.assert_close(torch.stack(scope["probabilities"]), found.distributions, atol=1e-5, rtol=0)
    assert scope["text"] == translator.model.target.text(found.tokens)
    if attention != "none":
        torch.testing.assert_close(torch.stack(scope["looks"]), found.attention, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "edit",
    [AttentionEdit("blur", 80, 1), AttentionEdit("move", 3, 2), AttentionEdit("freeze", 0, 2), AttentionEdit("freeze")],
)
def test_the_code_changes_the_attention_and_takes_roads_as_the_page_does(tmp_path, project, edit):
    translator, forced = saved(tmp_path, attention="additive"), {1: 2}
    tokens = translator.model.source.encode("elf")
    found = translate(translator.model, tokens, forced=forced, edit=edit)
    scope = run_snippet(snippets.translating(translator, "elf", ((1, 2),), edit), project)
    assert scope["written"] == list(found.tokens)
    torch.testing.assert_close(torch.stack(scope["probabilities"]), found.distributions, atol=1e-5, rtol=0)
    taught = translate(translator.model, tokens, right=[2, 3], edit=edit)
    scope = run_snippet(snippets.translating(translator, "elf", (), edit, (2, 3)), project)
    torch.testing.assert_close(torch.stack(scope["probabilities"]), taught.distributions, atol=1e-5, rtol=0)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_translation_is_sent_to_the_player(tmp_path, attention):
    translator, text = saved(tmp_path, attention=attention), "elf"
    model = translator.model
    found = translate(model, model.source.encode(text))
    timeline = translation_timeline(translator.spec, list(text), found, model.target, ("hidden", "update"), right=[2])
    assert timeline.steps == 3 + len(found.tokens)
    assert encode(timeline)
    assert "<html" in to_html(timeline, "A translation")
    first, *_, last = timeline.panels[0].sentences
    assert first == "Reads 1 of 3: “e”."
    assert "Writes" in last
    both = through_training([(0, timeline), (9, timeline)])
    assert [moment.number for moment in both.moments] == [0, 9]


class TestWhatIsTyped:
    @pytest.fixture
    def translator(self, tmp_path) -> Translator:
        return saved(tmp_path)

    def test_a_number_becomes_words_of_the_networks_language(self, translator):
        assert as_read(translator, "24") == as_read(translator, " Vierundzwanzig ") == "vierundzwanzig"
        assert as_read(translator, "1.001") == "eintausendeins"

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ("", "There is nothing to read. Type a text, or press Another."),
            ("   ", "There is nothing to read."),
            ("drei!", "This network does not know !: nothing that it learned from has it. Leave it out."),
            ("x" * 500, "The text has 500 letters; at most 200 are read here. Cut it."),
            ("123456789", "123456789"),
            ("日本語", "This network does not know 日, 本, 語"),
        ],
    )
    def test_what_cannot_be_read_is_said(self, translator, typed, sentence):
        with pytest.raises(InputError, match=sentence.replace(".", r"\.")):
            as_read(translator, typed)


def test_a_road_in_a_link_is_read_as_far_as_it_makes_sense():
    assert roads.parsed("3.17-1.2") == [(1, 2), (3, 17)]
    assert roads.parsed("") == roads.parsed("x.y-3-.2") == []


def test_pairs_refuse_a_network_of_another_kind(small):
    with pytest.raises(InputError, match="does not read one text and write another, as numbers asks"):
        Pairs("numbers", (("a", "b"),), (("c", "d"),)).for_network(small.spec)


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_the_code_of_a_stack_gives_its_signals(tmp_path, project, stack):
    translator = saved(tmp_path, "lstm", layers=2)
    found = translate(translator.model, translator.model.source.encode("elf"))
    scope = run_snippet(snippets.stack_signals(translator, "elf", stack), project)
    torch.testing.assert_close(scope["layer"].hidden, getattr(found, stack)[-1].hidden)
    timeline = stack_timeline(list("elf"), found, translator.model.target, stack, ("forget", "hidden"))
    assert encode(timeline)
    directions = 2 if stack == "encoder" else 1
    assert sum(isinstance(panel, Heatmap) for panel in timeline.panels) == 2 * 2 * directions


def test_the_code_of_the_way_back_gives_the_pages_numbers(tmp_path, project):
    both = saved(tmp_path), saved(tmp_path, attention="none")
    scope = run_snippet(snippets.way_back(both, "elf", (2, 3), 1), project)
    for translator, norms in zip(both, scope["norms"], strict=True):
        way = way_back(translator.model, translator.model.source.encode("elf"), (2, 3), 1)
        torch.testing.assert_close(norms, way.encoder / way.decoder[-1])
        timeline = way_back_timeline(list("elf"), ["four", "twenty"], way, "")
        assert timeline.backwards
        assert encode(timeline)


def test_the_code_of_the_bottleneck_gives_the_shares_on_the_cards(project, monkeypatch):
    monkeypatch.chdir(project)
    both = [caches.translator(name) for name in ("numbers", "numbers-plain")]
    scope = run_snippet(snippets.exactness(*both), project)
    for translator, lengths in zip(both, scope["found"], strict=True):
        assert sum(one.count for one in lengths) == 1000
        assert overall(lengths) == pytest.approx(translator.checkpoint.metrics["exact"])


def test_a_text_without_an_end_is_said_in_short():
    endless = Translation((1,) * 120, (0,) * 120, torch.ones(120, 3) / 3, None, (), ())
    assert in_words(Tokens(("<end>", "four", "two")), endless) == f"{'four ' * 16}… and comes to no end"
