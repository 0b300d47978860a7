"""The gradient's way back through a translation, against finite differences and PyTorch's own layers."""

import pytest
import torch

from seqviz.data.pairs import Pairs
from seqviz.errors import InputError
from seqviz.experiments.translation_lengths import exact_by_length, overall
from seqviz.instruments.translation import write_many
from seqviz.instruments.translation_gradients import way_back
from seqviz.networks.build import build_model
from seqviz.networks.scoring import evaluate
from seqviz.specs import ATTENTIONS, EncoderDecoderSpec

RIGHT = (2, 1, 3)
SOURCE = torch.tensor([1, 2, 3, 4])


def translator(cell: str, attention: str):
    spec = EncoderDecoderSpec.translator("\nabcd", ("<end>", "x", "y", "z"), cell, 8, attention=attention)
    return build_model(spec, seed=2).double()


def loss_with(model, layer: int, place: int, change: torch.Tensor) -> torch.Tensor:
    """The loss of the last right token when something is added to one state of the encoder."""

    def add(step: int, name: str, value: torch.Tensor) -> torch.Tensor:
        return value + change if (step, name) == (place, "hidden") else value

    interventions = [add if number == layer else None for number in range(2)]
    reading = model.read_step_by_step(SOURCE[None], interventions=interventions)
    logits = model.answer(reading, torch.tensor([[0, *RIGHT[:-1]]]))
    return -logits[0, -1].log_softmax(dim=-1)[RIGHT[-1]]


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_norms_at_what_was_read_are_those_of_finite_differences(cell, attention):
    model, epsilon = translator(cell, attention), 1e-6
    found = way_back(model, SOURCE, RIGHT)
    assert found.encoder.shape == found.direct.shape == (4,)
    with torch.no_grad():
        for place in range(4):
            slopes = []
            for layer in range(2):
                for unit in range(4):
                    change = torch.zeros(4).double()
                    change[unit] = epsilon
                    up, down = (loss_with(model, layer, place, sign * change) for sign in (1, -1))
                    slopes.append((up - down) / (2 * epsilon))
            assert float(found.encoder[place]) == pytest.approx(float(torch.stack(slopes).norm()), rel=1e-4)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_the_short_cut_is_what_reaches_the_outputs_of_pytorchs_layers(attention):
    model = translator("gru", attention)
    found = way_back(model, SOURCE, RIGHT)
    reading = model.read(SOURCE[None])
    logits = model.answer(reading, torch.tensor([[0, *RIGHT[:-1]]]))
    loss = -logits[0, -1].log_softmax(dim=-1)[RIGHT[-1]]
    (gradient,) = torch.autograd.grad(loss, reading.features, allow_unused=True, materialize_grads=True)
    torch.testing.assert_close(found.direct, gradient[0].norm(dim=1))
    assert bool((found.direct > 0).all()) == (attention != "none")


def test_norms_at_the_decoder_fall_on_every_token_up_to_the_one_that_is_followed():
    model = translator("gru", "dot")
    assert way_back(model, SOURCE, RIGHT).decoder.shape == (3,)
    assert way_back(model, SOURCE, RIGHT, 1).decoder.shape == (2,)
    with pytest.raises(InputError, match="has 4 tokens, its end among them, and no token 9"):
        way_back(model, SOURCE, RIGHT, 8)
    with pytest.raises(InputError, match="reads pictures and no text"):
        way_back(build_model(EncoderDecoderSpec.captioner("\nab", size=16)), SOURCE, RIGHT)


def test_exact_answers_by_length_are_those_that_are_written():
    words = ("x", "y", "z", "x y", "z z", "x y z", "y y y")
    pairs = tuple(
        (letters, words[place % len(words)]) for place, letters in enumerate(("a", "b", "ab", "cd", "dd", "c"))
    )
    data = Pairs("some", pairs, pairs)
    model = build_model(EncoderDecoderSpec.translator("\nabcd", ("<end>", "x", "y", "z"), "gru", 8), seed=6)
    found = exact_by_length(model, data)
    assert [(one.length, one.count) for one in found] == [(1, 3), (2, 2), (3, 1)]
    split = data.for_network(model.spec).test
    written = write_many(model, split.inputs, split.lengths)
    right = [model.target.text(tokens) == answer for tokens, (_, answer) in zip(written, pairs, strict=True)]
    assert sum(one.exact for one in found) == sum(right)
    assert overall(found) == pytest.approx(evaluate(model, data).metrics["exact"])
