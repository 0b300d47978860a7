"""The character model is PyTorch's layers and nothing else, and is scored as it is written down."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from seqviz.data.vocabulary import Vocabulary
from seqviz.errors import SpecError
from seqviz.networks.build import build_any, build_language_model, shapes
from seqviz.networks.evaluation import Evaluation
from seqviz.networks.language import score_text
from seqviz.networks.unroll import recurrent_layers, unroll_stack
from seqviz.specs import LanguageModelSpec

SPEC = LanguageModelSpec("abcdef", hidden_size=7, embedding_size=5)
SPECS = [SPEC, replace(SPEC, cell="lstm", num_layers=2), replace(SPEC, cell="rnn", embedding_size=7, tied=True)]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.cell)
def test_its_logits_are_those_of_the_unrolled_equations(spec):
    model = build_language_model(spec, seed=1).eval()
    tokens = torch.randint(0, 6, (3, 11), generator=torch.Generator().manual_seed(0))
    logits, _ = model(tokens)
    _, outputs = unroll_stack(recurrent_layers(model.rnn), model.embedding(tokens))
    torch.testing.assert_close(logits, F.linear(outputs, model.head.weight, model.head.bias), atol=1e-6, rtol=0)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.cell)
def test_memory_that_is_handed_on_is_a_longer_text(spec):
    model = build_language_model(spec, seed=1).eval()
    tokens = torch.randint(0, 6, (2, 12), generator=torch.Generator().manual_seed(0))
    whole, _ = model(tokens)
    first, memory = model(tokens[:, :5])
    second, _ = model(tokens[:, 5:], memory)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)


def test_the_seed_alone_makes_the_weights():
    before = torch.get_rng_state()
    one, two = build_language_model(SPEC, 4), build_any(SPEC, 4)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(map(torch.equal, one.state_dict().values(), two.state_dict().values()))
    torch.manual_seed(4)
    embedding = nn.Embedding(6, 5)
    assert torch.equal(one.embedding.weight, embedding.weight), "PyTorch's own initialisation"


def test_tied_weights_are_one_matrix():
    model = build_language_model(SPECS[2])
    assert model.head.weight is model.embedding.weight
    assert sum(parameter.numel() for parameter in model.parameters()) == 6 * 7 + 2 * 7 * 7 + 2 * 7 + 6
    assert shapes(SPECS[2]) == {name: tuple(value.shape) for name, value in model.state_dict().items()}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"vocabulary": "aab"}, "distinct characters"),
        ({"vocabulary": ""}, "distinct characters"),
        ({"vocabulary": "".join(map(chr, range(600)))}, "1 to 512 distinct"),
        ({"tied": True}, "tied weights need both to be the same"),
        ({"dropout": 0.5}, "it acts between layers and there is one"),
        ({"hidden_size": 0, "cell": "tree"}, "hidden_size is 0.*|cell is 'tree'"),
    ],
)
def test_what_cannot_be_is_said(changes, sentence):
    with pytest.raises(SpecError, match=sentence):
        replace(SPEC, **changes)
    assert LanguageModelSpec.from_dict(SPEC.to_dict()) == SPEC


@pytest.mark.parametrize("length", [2, 63, 64, 3000, 20_000])
def test_a_text_is_scored_as_so_many_streams(length):
    model = build_language_model(SPEC, 2).train()
    tokens = torch.randint(0, 6, (length,), generator=torch.Generator().manual_seed(0))
    *counts, evaluation = score_text(model, tokens)
    assert isinstance(evaluation, Evaluation)
    assert model.training
    streams = max(1, min(32, length // 500))
    rows = tokens[: length // streams * streams].view(streams, -1)
    with torch.no_grad():
        logits, _ = model.eval()(rows[:, :-1])
    expected = F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
    assert evaluation.loss == pytest.approx(float(expected), abs=1e-5)
    assert evaluation.accuracy == pytest.approx(float((logits.argmax(-1) == rows[:, 1:]).float().mean()))
    assert counts[-1] == rows[:, 1:].numel()


def test_an_untrained_network_is_near_the_uniform_loss():
    vocabulary = Vocabulary.of("the quick brown fox jumps over a lazy dog")
    model = build_language_model(LanguageModelSpec(vocabulary.characters, hidden_size=64), 0)
    *_, evaluation = score_text(model, vocabulary.encode("the quick brown fox " * 50))
    assert evaluation.loss == pytest.approx(torch.tensor(len(vocabulary)).log().item(), abs=0.2)
