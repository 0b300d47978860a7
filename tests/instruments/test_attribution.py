"""Attribution against networks whose answer is known exactly, and against identities between methods."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial, partialmethod

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.global_state import without_cudnn
from seqviz.instruments.attribution import COMPLETE, DRAWN, METHODS, PATCH, attribute
from seqviz.instruments.baselines import baseline_image
from seqviz.instruments.layer_attribution import _HookedNetwork, layer_attribution, neuron_attribution
from seqviz.instruments.removal import removal_curves, removal_order, with_removed
from seqviz.instruments.text_attribution import attribute_character, reach
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import EmbeddingInput, HeadSpec, ModelSpec

GENERATOR = torch.Generator().manual_seed(0)


def spec_with(**changes: object) -> ModelSpec:
    usual = {"cell": "gru", "hidden_size": 12, "input_size": 6, "sequence_length": 9, "num_classes": 4}
    return ModelSpec.classifier(**(usual | changes))


SPEC = spec_with()


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand(2, 9, 6, generator=torch.Generator().manual_seed(1))


class Linear(SequenceNetwork):
    """Logits that are a known linear function of the input, in the shape of a classifier."""

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__(spec_with(num_classes=len(weight)))
        self.weight = nn.Parameter(weight)  # (classes, time, input)

    def encode(self, x: torch.Tensor, state: None = None, lengths: None = None) -> tuple[torch.Tensor, torch.Tensor]:
        return x, x[:, -1]

    def answer(self, outputs: torch.Tensor, lengths: None = None) -> torch.Tensor:
        return torch.einsum("bti,cti->bc", outputs, self.weight)


@pytest.fixture
def linear() -> Linear:
    return Linear(torch.randn(4, 9, 6, generator=torch.Generator().manual_seed(2)))


@pytest.mark.parametrize("method", METHODS)
def test_in_a_linear_network_every_attribution_is_known(linear, x, method):
    base = torch.rand(1, 9, 6, generator=torch.Generator().manual_seed(3))
    found = attribute(linear, x, 2, method, base)
    weight = linear.weight[2].detach()
    share = weight * (x - base)
    rows = share.sum(dim=-1)
    expected = {
        "saliency": weight.abs().expand_as(x),
        "smoothgrad": weight.expand_as(x),
        "input_x_gradient": weight * x,
        "integrated_gradients": share,
        "ablation": share,
        "occlusion_rows": (rows / 6)[..., None].expand_as(x),
        "shapley_rows": (rows / 6)[..., None].expand_as(x),
        "kernel_shap_rows": (rows / 6)[..., None].expand_as(x),
    }
    if method in expected:
        loose = method == "kernel_shap_rows"
        torch.testing.assert_close(found.scores, expected[method], atol=0.02 if loose else 1e-4, rtol=0)
    if method == "gradient_shap":  # it draws noise around the input
        torch.testing.assert_close(found.rows, rows, atol=0.25, rtol=0)
    if method == "occlusion_patches":
        constant = Linear(torch.ones(4, 9, 6))
        whole = attribute(constant, torch.ones(1, 9, 6), 0, method).scores
        assert whole[0, 4, 2] == pytest.approx(16, abs=1e-4), "a patch of 4 × 4 ones"


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("method", COMPLETE)
def test_completeness(x, cell, method):
    model = build_model(spec_with(cell=cell), seed=4)
    with torch.no_grad():
        model.head.weight.mul_(5)
    found = attribute(model, x, 1, method)
    change = found.answer - found.baseline_answer
    torch.testing.assert_close(found.scores.sum(dim=(1, 2)) - change, found.gap)
    bound = 0.35 if method == "gradient_shap" else 1e-2
    assert found.gap.abs().max() < bound * max(1.0, float(change.abs().max()))


def test_integrated_gradients_are_captums_own(x):
    model = build_model(SPEC, seed=4).eval()
    found = attribute(model, x, (1, 3), "integrated_gradients")

    def score(x):
        logits = model(x)
        return logits[:, 1] - logits[:, 3]

    scores, delta = IntegratedGradients(score).attribute(x, n_steps=64, return_convergence_delta=True)
    torch.testing.assert_close(found.scores, scores.float(), atol=1e-6, rtol=0)
    torch.testing.assert_close(found.gap, delta.float(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("method", ["integrated_gradients", "shapley_rows", "occlusion_rows", "ablation"])
def test_equal_pixels_get_equal_scores(method):
    """Symmetry: two inputs that the network cannot tell apart."""
    model = build_model(spec_with(head="mean"), seed=4)
    with torch.no_grad():
        model.encoder.weight_ih_l0[:, 3] = model.encoder.weight_ih_l0[:, 2]
    x = torch.rand(1, 9, 6, generator=torch.Generator().manual_seed(5))
    x[..., 3] = x[..., 2]
    scores = attribute(model, x, 0, method).scores
    torch.testing.assert_close(scores[..., 2], scores[..., 3], atol=1e-5, rtol=0)


@pytest.mark.parametrize("method", METHODS)
def test_padding_gets_nothing_and_changes_nothing(method):
    """A sequence beside a longer one has the scores that it has alone."""
    model = build_model(spec_with(head="mean"), seed=4)
    x = torch.rand(2, 9, 6, generator=torch.Generator().manual_seed(8))
    padded = Batch(x, torch.tensor([1, 1]), torch.tensor([9, 5]))
    found = attribute(model, padded, 1, method)
    alone = attribute(model, padded[1:], 1, method)
    assert alone.scores.shape == (1, 5, 6)
    beyond = 5 + (PATCH[0] - 1 if method == "occlusion_patches" else 0)  # a patch may reach over the end
    assert found.scores[1, beyond:].abs().max() < (0.02 if method == "kernel_shap_rows" else 1e-6)
    torch.testing.assert_close(found.answer[1:], alone.answer)
    if method not in (*DRAWN, "occlusion_patches"):
        torch.testing.assert_close(found.scores[1:, :5], alone.scores, atol=1e-5, rtol=0)


def test_tokens_are_attributed_by_their_embeddings():
    """Against Captum on the embedded text, and complete."""
    spec = ModelSpec(EmbeddingInput("abcdef", 5), SPEC.encoder, HeadSpec("mean", 4))
    model = build_model(spec, seed=4).eval()
    tokens = torch.tensor([[0, 3, 2, 5], [1, 1, 4, 0]])
    batch = Batch(tokens, torch.tensor([0, 1]), torch.tensor([4, 2]))
    found = attribute(model, batch, 2, "integrated_gradients")
    assert found.rows.shape == (2, 4)
    assert found.rows[1, 2:].abs().max() < 1e-6
    embedded = model.embedding(tokens[1:, :2]).detach()
    scores = IntegratedGradients(lambda x: model.head(model.encoder(x)[0])[:, 2]).attribute(embedded, n_steps=64)
    torch.testing.assert_close(found.scores[1, :2], scores[0].float(), atol=1e-5, rtol=0)
    with pytest.raises(InputError, match="attribute_character explains one of its answers"):
        attribute(build_model(ModelSpec.language_model("abc", hidden_size=4)), torch.tensor([[0, 1]]), 0, "saliency")


def test_a_difference_of_classes_is_the_difference_of_attributions(x):
    model = build_model(SPEC, seed=4)
    one, other = (attribute(model, x, label, "integrated_gradients").scores for label in (1, 3))
    both = attribute(model, x, (1, 3), "integrated_gradients").scores
    torch.testing.assert_close(both, one - other, atol=1e-5, rtol=0)


def hooks(model: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_left_behind(x, method, training):
    model = build_model(spec_with(num_layers=2, dropout=0.5), seed=4).train(training)
    weights = [parameter.clone() for parameter in model.parameters()]
    state = torch.get_rng_state()
    enabled = torch.backends.cudnn.enabled
    again = [attribute(model, x, 1, method, seed=3).scores for _ in range(2)]
    assert torch.equal(*again), "the seed alone decides"
    assert model.training is training
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.backends.cudnn.enabled is enabled
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(map(torch.equal, weights, model.parameters()))
    assert hooks(model) == 0


class Broken(Exception):
    pass


def _remembered(self: _HookedNetwork, hooked: list[_HookedNetwork], forward, x: torch.Tensor) -> torch.Tensor:
    hooked.append(self)
    return forward(self, x)


def _all(model: SequenceNetwork, x: torch.Tensor, kind: str) -> None:
    list(layer_attribution(model, x, 1, kind=kind))


@pytest.mark.parametrize("method", [*METHODS, "conductance", "influence"])
def test_nothing_is_left_behind_after_an_exception(x, monkeypatch, method):
    model = build_model(SPEC, seed=4).train()
    state, calls, numbers = torch.get_rng_state(), [], np.random.get_state()[1].copy()
    hooked: list[_HookedNetwork] = []
    monkeypatch.setattr(_HookedNetwork, "forward", partialmethod(_remembered, hooked, _HookedNetwork.forward))

    def break_off(outputs: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        calls.append(len(outputs))
        if len(calls) == 2:
            raise Broken
        return type(model.head).features(model.head, outputs, mask)

    monkeypatch.setattr(model.head, "features", break_off)
    broken = partial(attribute, model, x, 1, method) if method in METHODS else partial(_all, model, x[:1], method)
    with pytest.raises(Broken):
        broken()
    assert model.training
    assert hooks(model) == 0
    assert all(hooks(one) == 0 for one in hooked)
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(np.random.get_state()[1], numbers)


def test_parts_of_a_network_keep_their_own_modes(x):
    model = build_model(spec_with(num_layers=2, dropout=0.5), seed=4).train()
    model.encoder.eval()
    attribute(model, x, 1, "saliency")
    answers = [list(layer_attribution(model, x[:1], 1))[-1].answer for _ in range(2)]
    assert answers[0] == answers[1], "without dropout"
    assert model.training
    assert not model.encoder.training


def test_cudnn_is_given_back_by_the_last_of_many():
    before = torch.backends.cudnn.enabled
    first, second = without_cudnn(), without_cudnn()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not torch.backends.cudnn.enabled, "somebody needs it off"
    second.__exit__(None, None, None)
    assert torch.backends.cudnn.enabled is before


def test_many_threads_at_once_agree_and_leave_everything_as_it_was(x):
    model = build_model(SPEC, seed=4).eval()
    expected = attribute(model, x, 1, "smoothgrad", seed=3).scores
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: attribute(model, x, 1, "smoothgrad", seed=3).scores, range(12)))
    assert all(torch.equal(one, expected) for one in found)
    assert not model.training


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"target": 4}, "The target is 4; it must be a class from 0 to 3"),
        ({"target": (2, 2)}, "or two different ones"),
        ({"target": True}, "The target is True"),
        ({"baseline": torch.zeros(2, 9, 6)}, "it must be .1, 9, 6.: one image for all"),
        ({"baseline": torch.zeros(1, 9, 5)}, r"The baseline has shape \(1, 9, 5\)"),
        ({"sequences": torch.zeros(1, 9, 5)}, "this network reads"),
    ],
)
def test_what_cannot_be_is_said(x, change, sentence):
    asked = {"sequences": x, "target": 1, "method": "saliency", "baseline": None} | change
    with pytest.raises(InputError, match=sentence):
        attribute(build_model(SPEC), **asked)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
@pytest.mark.parametrize("method", METHODS)
def test_a_gpu_gives_the_same_numbers(x, method):
    model = build_model(SPEC, seed=4).eval()
    here = attribute(model, x, 1, method).scores
    there = attribute(model.cuda(), x, 1, method).scores
    if method not in ("smoothgrad", "gradient_shap"):  # whose noise is drawn on the device
        torch.testing.assert_close(here, there, atol=1e-3, rtol=0)


@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_what_the_units_of_a_row_carry_is_what_the_rows_so_far_contribute(cell):
    """All that rows 0..t add to a last head must pass h_t: two methods that share no code must agree."""
    model = build_model(spec_with(cell=cell), seed=6)
    x = torch.rand(1, 9, 6, generator=torch.Generator().manual_seed(7))
    *shares, flow = layer_attribution(model, x, 2)
    rows = attribute(model, x, 2, "integrated_gradients").rows[0]
    torch.testing.assert_close(flow.values.sum(dim=1), rows.cumsum(dim=0), atol=5e-3, rtol=0)
    assert shares[-1] == 1.0
    drivers = neuron_attribution(model, x, 2, unit=3, step=5)
    assert drivers.sum() == pytest.approx(float(flow.values[5, 3]), abs=5e-3)
    assert drivers[6:].abs().sum() == 0, "rows that have not been read drive nothing"


def test_the_hooked_network_is_the_network(x):
    for changes in ({}, {"cell": "lstm", "num_layers": 2, "head": "concat"}, {"bidirectional": True, "head": "max"}):
        model = build_model(spec_with(**changes), seed=4).eval()
        torch.testing.assert_close(_HookedNetwork(model, 0, 9)(x), model(x), atol=1e-6, rtol=0)


def test_units_and_layers_that_are_not_there(x):
    model = build_model(SPEC)
    with pytest.raises(InputError, match="no layer 1; this network has 1"):
        next(layer_attribution(model, x[:1], 1, layer=1))
    with pytest.raises(InputError, match="has 2 sequences; this instrument looks at one"):
        next(layer_attribution(model, x, 1))
    with pytest.raises(InputError, match="no unit 12 at step 0"):
        neuron_attribution(model, x[:1], 1, unit=12, step=0)


def test_removal_takes_what_it_says_in_that_order(linear, x):
    image, fill = x[0], torch.zeros(9, 6)
    scores = attribute(linear, x[:1], 0, "integrated_gradients").scores[0]
    order = removal_order(scores, "pixels")
    assert scores.flatten()[order].tolist() == sorted(scores.flatten().tolist(), reverse=True)
    changed = with_removed(image, fill, order, 5)
    assert (changed != image).sum() == 5
    assert torch.equal(with_removed(image, fill, order, 54), fill)
    assert torch.equal(with_removed(image, fill, order, 54, insert=True), image)
    rows = with_removed(image, fill, removal_order(scores, "rows", "least"), 2, "rows")
    gone = [row for row in range(9) if not torch.equal(rows[row], image[row])]
    assert sorted(gone) == sorted(scores.sum(dim=1).abs().argsort()[:2].tolist()), "neither for nor against"


@pytest.mark.parametrize("by", ["pixels", "rows"])
def test_in_a_linear_network_removal_falls_fastest_by_its_attribution(linear, x, by):
    image, fill = x[0], torch.zeros(9, 6)
    scores = attribute(linear, x[:1], 0, "integrated_gradients").scores[0]
    most = removal_curves(linear, image, [scores], 0, fill, by=by)[0]
    least = removal_curves(linear, image, [scores], 0, fill, by=by, first="least")[0]
    with torch.no_grad():
        whole, empty = linear(torch.stack([image, fill])).softmax(dim=-1)[:, 0].tolist()
    assert [float(most.probability[0]), float(most.probability[-1])] == pytest.approx([whole, empty], abs=1e-5)
    assert most.area < min(most.random_area, least.area)
    back = removal_curves(linear, image, [scores], 0, fill, by=by, insert=True)[0]
    assert [float(back.probability[0]), float(back.probability[-1])] == pytest.approx([empty, whole], abs=1e-5)


def test_baselines(x):
    digits = torch.rand(5, 9, 6, generator=GENERATOR)
    assert baseline_image("black", x[0], digits).abs().sum() == 0
    torch.testing.assert_close(baseline_image("mean", x[0], digits), digits.mean(dim=0))
    assert torch.equal(baseline_image("other", x[0], digits, 3), digits[3])
    blurred = baseline_image("blurred", x[0], digits)
    assert blurred.std() < x[0].std()
    assert blurred.mean() == pytest.approx(float(x[0].mean()), abs=0.1)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_characters_sum_to_what_they_change(cell):
    model = build_model(ModelSpec.language_model("abcde", cell=cell, hidden_size=10, embedding_size=6), seed=3).train()
    text, character = "abcdeabc", "d"
    scores = attribute_character(model, text, character)
    assert model.training
    with torch.no_grad():
        base = model.embedding.weight.mean(dim=0).expand(1, len(text), -1)
        embedded = model.embedding(model.vocabulary.encode(text)[None])
        logs = [float(model.head(model.encoder(one)[0])[0, -1].log_softmax(dim=-1)[3]) for one in (embedded, base)]
    assert float(scores.sum()) == pytest.approx(logs[0] - logs[1], abs=5e-3)
    occluded = attribute_character(model, text, character, "occlusion")
    changed = embedded.clone()
    changed[0, 5] = base[0, 0]
    with torch.no_grad():
        without = float(model.head(model.encoder(changed)[0])[0, -1].log_softmax(dim=-1)[3])
    assert float(occluded[5]) == pytest.approx(logs[0] - without, abs=1e-5)
    with pytest.raises(InputError, match="no character before"):
        attribute_character(model, "", "a")


def test_reach_is_the_mean_by_distance():
    model = build_model(ModelSpec.language_model("abcde", hidden_size=10), seed=3).eval()
    text = "abcdeabcdeabcde"
    *_, found = reach(model, text, [8, 11], distance=6)
    expected = sum(attribute_character(model, text[p - 6 : p], text[p], "occlusion").abs().flip(0) for p in (8, 11)) / 2
    torch.testing.assert_close(found, expected)
    with pytest.raises(InputError, match="needs 6 characters before it"):
        next(reach(model, text, [3], distance=6))
