"""Planted evidence, randomisation, and exact contributions: tests of the tests."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from seqviz.data.batch import Batch
from seqviz.data.datasets import load_dataset
from seqviz.data.planted import planted_digits
from seqviz.errors import InputError
from seqviz.instruments.grading import (
    agreement_with_contributions,
    cascading_randomization,
    grade,
    precision_at_evidence,
    rank_similarity,
    similarity_under_randomization,
)
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec
from seqviz.training.checkpoints import load_checkpoint


@pytest.fixture(scope="module")
def planted():
    return planted_digits(train=50, test=120)


def test_the_truth_is_where_the_digit_that_counts_lies(planted):
    x, evidence = planted.data.test.inputs, planted.evidence
    assert x.shape == (120, 56, 14)
    segments = x.view(120, 4, 14, 14)
    where = evidence.view(120, 4, 14).any(dim=2)
    assert (where.sum(dim=1) == 1).all(), "in one segment"
    blank = segments.flatten(2).amax(dim=2) == 0
    noisy = (segments > 0).float().mean(dim=(2, 3)) > 0.95
    digit = ~blank & ~noisy
    assert (digit.sum(dim=1) == 2).all()
    first = digit.int().argmax(dim=1)
    assert torch.equal(where.int().argmax(dim=1), first), "the digit that counts comes before the other"
    assert torch.equal(evidence, evidence & (x.amax(dim=2) > 0)), "rows without ink are no evidence"
    assert len({tuple(row) for row in where.int().tolist()}) == 3, "it moves about"


def test_the_same_seed_plants_the_same_and_test_digits_are_never_learned_from(planted):
    again = planted_digits(train=50, test=120)
    assert torch.equal(planted.data.test.inputs, again.data.test.inputs)
    assert not torch.equal(planted_digits(50, 120, seed=1).data.test.inputs, again.data.test.inputs)
    assert planted.data.train.inputs.shape == (50, 56, 14)


def test_precision_is_the_share_of_evidence_among_the_highest():
    evidence = torch.tensor([[True, True, False, False, False]])
    perfect = torch.tensor([[[-3.0], [2.0], [1.0], [0.0], [0.5]]])
    assert precision_at_evidence(perfect, evidence).tolist() == [1.0]
    half = torch.tensor([[[-3.0], [0.0], [1.0], [0.0], [0.5]]])
    assert precision_at_evidence(half, evidence).tolist() == [0.5]
    random = torch.rand(4000, 5, 2, generator=torch.Generator().manual_seed(0))
    found = precision_at_evidence(random, evidence.expand(4000, -1)).mean()
    assert float(found) == pytest.approx(0.4, abs=0.02), "chance is the share of evidence"


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_shipped_networks_know_which_digit_counts_and_methods_find_it(project, planted, cell):
    model = load_checkpoint(project / "models" / f"planted-{cell}.safetensors").build()
    test = planted.data.test
    *_, found = grade(model, test[:40], planted.evidence[:40], ["integrated_gradients"])
    one = found["integrated_gradients"]
    assert one.examples >= 37
    assert one.precision > 0.75 > 3 * one.chance


def test_a_network_that_answers_nothing_rightly_is_said(planted):
    model = build_model(ModelSpec.classifier(hidden_size=4, input_size=14, sequence_length=56))
    test = planted.data.test
    wrong = (model.eval()(test.inputs[:5]).argmax(dim=1) + 1) % 10
    with pytest.raises(InputError, match="answers none of these sequences correctly"):
        next(grade(model, replace(test[:5], targets=wrong), planted.evidence[:5], ["saliency"]))


@pytest.mark.parametrize(
    "spec",
    [
        ModelSpec.classifier("gru", 6),
        ModelSpec.classifier(hidden_size=5, num_layers=2, head="attention"),
    ],
)
def test_randomisation_goes_from_the_head_downwards_until_nothing_is_left(spec):
    model = build_model(spec, seed=8)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    copies = dict(cascading_randomization(model, seed=9))
    names = list(copies)
    assert names[:2] == ["as trained", "head"]
    changed = [
        {name for name, value in copy.state_dict().items() if not torch.equal(value, before[name])}
        for copy in copies.values()
    ]
    assert changed[0] == set()
    assert all(name.startswith("head") for name in changed[1])
    assert all(earlier <= later for earlier, later in pairwise(changed))
    assert {name for name in before if name.startswith("encoder.")} <= changed[-1]
    fresh = build_model(spec, seed=9).state_dict()
    assert not any(torch.equal(fresh[name], before[name]) for name in fresh if name != "head.query")
    assert all(torch.equal(value, fresh[name]) for name, value in copies[names[-1]].state_dict().items())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items()), "the model is whole"


def test_the_randomised_network_is_not_the_networks_own_beginning(project):
    """Shipped networks began from seed 0: weights drawn from it again would look half trained."""
    for name in ("rnn", "gru", "lstm"):
        trained = load_checkpoint(project / "models" / f"{name}.safetensors").build()
        *_, (_, last) = cascading_randomization(trained)
        for key, value in trained.state_dict().items():
            if "weight" in key:
                both = torch.stack([value.flatten(), last.state_dict()[key].flatten()])
                assert abs(float(torch.corrcoef(both)[0, 1])) < 0.1, (name, key)


def test_similarity_is_a_rank_correlation():
    one = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(0))
    everywhere = torch.ones_like(one, dtype=torch.bool)
    assert rank_similarity(one, -2 * one, everywhere) == pytest.approx(1.0), "of absolute values"
    assert rank_similarity(one, one**3, everywhere) == pytest.approx(1.0), "of ranks"
    assert rank_similarity(one, 1 / (one + 0.1), everywhere) == pytest.approx(-1.0)
    assert rank_similarity(one, torch.zeros_like(one), everywhere) == 0
    half = everywhere.clone()
    half[:, 2:] = False
    other = one.clone()
    other[:, 2:] = 0
    assert rank_similarity(one, other, half) == pytest.approx(1.0)


def test_a_randomised_network_changes_what_saliency_shows(digits, project):
    model = load_checkpoint(project / "models" / "gru.safetensors").build()
    models = {"as trained": model, "same": model, **dict(list(cascading_randomization(model, seed=2))[-1:])}
    batch = digits.test[:3]
    *_, found = similarity_under_randomization(models, batch, ["saliency", "input_x_gradient"])
    for similarity in found.values():
        assert similarity.by_stage["same"] == pytest.approx(1.0)
    last = list(models)[-1]
    assert found["saliency"].by_stage[last] < 0.3
    assert found["input_x_gradient"].by_stage[last] > 0.9
    *_, ink = similarity_under_randomization(models, batch, ["input_x_gradient"], ink_only=True)
    assert ink["input_x_gradient"].by_stage[last] < found["input_x_gradient"].by_stage[last], "blank pixels are alike"


def test_agreement_and_heads_without_exact_contributions(digits):
    batch = digits.test[:4]
    model = build_model(ModelSpec.classifier("rnn", 8, head="concat"), seed=1)
    with torch.no_grad():  # without memory a row's vote is of its own pixels alone
        model.encoder.weight_hh_l0.zero_()
    *_, found = agreement_with_contributions(model, batch, ["integrated_gradients", "occlusion_rows"])
    assert found["integrated_gradients"] == pytest.approx(1.0, abs=1e-3)
    assert found["occlusion_rows"] == pytest.approx(1.0, abs=1e-3)
    last = build_model(ModelSpec.classifier("rnn", 8))
    with pytest.raises(InputError, match="A last head is no sum over rows"):
        next(agreement_with_contributions(last, batch, ["saliency"]))


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def test_the_embedding_is_drawn_anew_at_last():
    model = build_model(ModelSpec.language_model("abc", hidden_size=4, embedding_size=3), seed=8)
    *_, (stage, copy) = cascading_randomization(model, seed=9)
    assert stage == "embedding"
    fresh = build_model(model.spec, seed=9).state_dict()
    assert all(torch.equal(value, fresh[name]) for name, value in copy.state_dict().items())


def test_sequences_of_different_lengths_are_graded():
    model = build_model(ModelSpec.classifier("gru", 6, head="mean", input_size=3, num_classes=2), 0)
    x = torch.rand(6, 7, 3, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([7, 4, 6, 2, 5, 3])
    answers = model(x, lengths).argmax(dim=1)
    evidence = torch.zeros(6, 7, dtype=torch.bool)
    evidence[:, 1] = True
    batch = Batch(x, answers, lengths)
    *_, grades = grade(model, batch, evidence, ["saliency"])
    assert grades["saliency"].examples == 6
    *_, agreement = agreement_with_contributions(model, batch, ["input_x_gradient"])
    assert -1 <= agreement["input_x_gradient"] <= 1
    with pytest.raises(InputError, match="have 2 to 7 steps"):
        next(similarity_under_randomization({"as trained": model}, batch, ["saliency"]))
