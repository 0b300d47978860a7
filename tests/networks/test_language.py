"""The character model is PyTorch's layers and nothing else, and is scored as it is written down."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from seqviz.data.text import TextData, text_batches
from seqviz.data.vocabulary import Vocabulary
from seqviz.errors import InputError, SpecError
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.networks.objectives import OBJECTIVES
from seqviz.networks.scoring import evaluate, evaluate_in_batches
from seqviz.networks.token_reader import TokenReader, each_of
from seqviz.networks.unroll import layer_states
from seqviz.specs import ModelSpec

SPEC = ModelSpec.language_model("abcdef", hidden_size=7, embedding_size=5)
SPECS = [
    SPEC,
    ModelSpec.language_model("abcdef", "lstm", 7, embedding_size=5, num_layers=2),
    ModelSpec.language_model("abcdef", "rnn", 7, embedding_size=7, tied=True),
]


def score(model: SequenceNetwork, tokens: torch.Tensor):
    *counts, evaluation = evaluate_in_batches(model, text_batches(tokens), OBJECTIVES["step_cross_entropy"])
    return counts, evaluation


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.encoder.cell)
def test_a_state_that_is_handed_on_is_a_longer_text(spec):
    model = build_model(spec, seed=1).eval()
    tokens = torch.randint(0, 6, (2, 12), generator=torch.Generator().manual_seed(0))
    whole = model(tokens)
    first, state = model.forward_from(tokens[:, :5], None)
    second, _ = model.forward_from(tokens[:, 5:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.encoder.cell)
def test_a_reader_goes_on_as_the_fused_layers_do(spec, nonlinearity):
    if spec.encoder.cell != "rnn":
        nonlinearity = "tanh"
    spec = replace(spec, encoder=replace(spec.encoder, nonlinearity=nonlinearity))
    model = build_model(spec, seed=1).double().eval()
    tokens = torch.randint(0, 6, (3, 9), generator=torch.Generator().manual_seed(0))
    reader = TokenReader(model)
    logits, states = reader.opening(tokens[:, :4])
    answers = [logits]
    for token in tokens[:, 4:].unbind(dim=1):
        logits, states = reader.step(token, states)
        answers.append(logits)
    torch.testing.assert_close(torch.stack(answers, dim=1), model(tokens)[:, 3:])
    final = model.forward_from(tokens, None)[1]
    torch.testing.assert_close(states, layer_states(final, len(states)))
    swapped = each_of(states, torch.tensor([2, 2, 0]))
    torch.testing.assert_close(swapped[0].hidden[0], states[0].hidden[2])


def test_tied_weights_are_one_matrix():
    model = build_model(SPECS[2])
    assert model.head.weight is model.embedding.weight
    assert sum(parameter.numel() for parameter in model.parameters()) == 6 * 7 + 2 * 7 * 7 + 2 * 7 + 6


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"vocabulary": "aab"}, "distinct tokens"),
        ({"vocabulary": ""}, "distinct tokens"),
        ({"vocabulary": "".join(map(chr, range(100_000)))}, "1 to 65,536 distinct"),
        ({"tied": True}, "tied weights need both to be the same"),
        ({"dropout": 0.5}, "it acts between layers and there is one"),
        ({"hidden_size": 0, "cell": "tree"}, "cell is 'tree'.*hidden_size is 0"),
    ],
)
def test_what_cannot_be_is_said(changes, sentence):
    usual = {"vocabulary": "abcdef", "hidden_size": 7, "embedding_size": 5}
    with pytest.raises(SpecError, match=sentence):
        ModelSpec.language_model(**(usual | changes))


def test_a_text_is_for_networks_that_read_characters_one_way():
    data = TextData("a text", "abcabc" * 100, "abc" * 50)
    both = ModelSpec(SPEC.input, ModelSpec.classifier(bidirectional=True).encoder, SPEC.head)
    with pytest.raises(InputError, match="has seen the character that it should predict"):
        evaluate(build_model(both), data)
    with pytest.raises(InputError, match="cannot learn from a text"):
        evaluate(build_model(ModelSpec.classifier()), data)


@pytest.mark.parametrize("length", [2, 63, 64, 3000, 20_000])
def test_a_text_is_scored_as_so_many_streams(length):
    model = build_model(SPEC, 2).train()
    tokens = torch.randint(0, 6, (length,), generator=torch.Generator().manual_seed(0))
    counts, evaluation = score(model, tokens)
    assert model.training
    streams = max(1, min(32, length // 500))
    rows = tokens[: length // streams * streams].view(streams, -1)
    with torch.no_grad():
        logits = model.eval()(rows[:, :-1])
    expected = F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
    assert evaluation.loss == pytest.approx(float(expected), abs=1e-5)
    assert evaluation.accuracy == pytest.approx(float((logits.argmax(-1) == rows[:, 1:]).float().mean()))
    assert counts[-1] == rows[:, 1:].numel()


def test_an_untrained_network_is_near_the_uniform_loss():
    vocabulary = Vocabulary.of("the quick brown fox jumps over a lazy dog")
    model = build_model(ModelSpec.language_model(vocabulary.characters, hidden_size=64), 0)
    _, evaluation = score(model, vocabulary.encode("the quick brown fox " * 50))
    assert evaluation.loss == pytest.approx(torch.tensor(len(vocabulary)).log().item(), abs=0.2)
