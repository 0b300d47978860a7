"""Contributions of rows, held to the logits and to networks that read less."""

import pytest
import torch

from seqviz.data.batch import Batch
from seqviz.errors import InputError
from seqviz.instruments.contributions import accuracy_by_rows_kept, answer_by_row, logit_contributions
from seqviz.instruments.layer_attribution import layer_attribution
from seqviz.instruments.trace import trace
from seqviz.networks.build import build_model
from seqviz.networks.scoring import evaluate
from seqviz.specs import CLASSIFIER_HEADS, DenseInput, HeadSpec, ModelSpec, RecurrentSpec


@pytest.mark.parametrize("head", CLASSIFIER_HEADS)
def test_contributions_and_bias_sum_to_the_logits_where_they_are_exact(head):
    model = build_model(ModelSpec.classifier("lstm", 7, head=head), 2)
    x = torch.rand(1, 28, 28)
    found = logit_contributions(model, x)
    torch.testing.assert_close(found.logits, model(x)[0].detach(), atol=1e-5, rtol=0)
    assert found.exact == (head in ("concat", "mean"))
    if found.exact:
        torch.testing.assert_close(found.values.sum(dim=0) + found.bias, found.logits, atol=1e-5, rtol=0)


def test_gradient_times_input_is_exact_for_a_network_that_is_linear():
    """ReLU units that all stay on: the logits are linear in the pixels, and the rows' shares sum to their change."""
    model = build_model(ModelSpec.classifier("rnn", 4, nonlinearity="relu", head="last")).double()
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter.abs_()
    x = torch.rand(1, 28, 28).double()
    found = logit_contributions(model, x)
    torch.testing.assert_close(found.values.sum(dim=0), (model(x) - model(torch.zeros_like(x)))[0].detach())


@pytest.mark.parametrize("head", CLASSIFIER_HEADS)
def test_accuracy_after_each_row(few, head):
    model = build_model(ModelSpec.classifier("gru", 9, head=head), 1)
    found = answer_by_row(model, few.test)
    answers = trace(model, few.test.inputs).probabilities.argmax(dim=-1)
    expected = (answers == few.test.targets[:, None]).float().mean(dim=0)
    assert torch.equal(found.accuracy, expected)
    assert found.accuracy[-1].item() == pytest.approx(evaluate(model, few).accuracy)
    assert (found.never == 1).all()  # an untrained network is never sure


def test_the_first_confident_row_is_for_good():
    """A network whose certainty is set by hand: the class that the first pixel of the latest row names."""
    model = build_model(
        ModelSpec.classifier("rnn", input_size=2, hidden_size=2, head="last", num_classes=2, sequence_length=4)
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.encoder.weight_ih_l0.copy_(torch.eye(2) * 9)
        model.head.weight.copy_(torch.eye(2) * 9)
    no, yes = [0.0, 1.0], [1.0, 0.0]
    x = torch.tensor([[yes, no, yes, yes], [no, no, no, no]])
    found = answer_by_row(model, Batch(x, torch.tensor([0, 0])))
    assert found.confident[0].item() == 2
    assert found.never[0].item() == 0.5
    assert found.confident[1].isnan()


def test_rows_kept(few):
    model = build_model(ModelSpec.classifier("gru", 9, head="concat"), 1)
    found = accuracy_by_rows_kept(model, few.test)
    whole = evaluate(model, few).accuracy
    for accuracies in found.values():
        assert accuracies.shape == (29,)
        assert accuracies[-1].item() == pytest.approx(whole)
    cut = build_model(model.spec, 1)
    with torch.no_grad():
        cut.head.weight.unflatten(1, (28, 9))[:, 5:] = 0
    assert found["first rows"][5].item() == pytest.approx(evaluate(cut, few).accuracy)
    with pytest.raises(InputError, match="no sum over steps"):
        accuracy_by_rows_kept(build_model(ModelSpec.classifier(head="last")), few.test)


def test_what_cannot_be_asked(few):
    both = build_model(ModelSpec.classifier(hidden_size=4, bidirectional=True))
    with pytest.raises(InputError, match="both directions"):
        answer_by_row(both, few.test)
    with pytest.raises(InputError, match="2 sequences"):
        logit_contributions(both, torch.rand(2, 28, 28))


def test_sequences_of_different_lengths():
    """One sequence is followed without its padding; what counts rows from the start refuses several lengths."""
    model = build_model(ModelSpec.classifier("gru", 6, head="mean", input_size=4, num_classes=3), 0).eval()
    rows = torch.rand(5, 4, generator=torch.Generator().manual_seed(0))
    padded = Batch(torch.cat([rows, torch.ones(2, 4)])[None], torch.tensor([1]), torch.tensor([5]))
    assert torch.equal(logit_contributions(model, padded).values, logit_contributions(model, rows[None]).values)
    ragged = Batch.collate([rows, rows[:3]], torch.tensor([0, 1]))
    for instrument in (answer_by_row, accuracy_by_rows_kept):
        with pytest.raises(InputError, match="have 3 to 5 steps; here all must have the same number"):
            instrument(model, ragged)


def test_a_network_that_answers_at_each_step_is_refused():
    model = build_model(ModelSpec(DenseInput(4), RecurrentSpec("rnn", 3), HeadSpec("each_step", 2)))
    for explain in (logit_contributions, lambda *given: next(layer_attribution(*given, 1))):
        with pytest.raises(InputError, match="answers at each step"):
            explain(model, torch.rand(1, 5, 4))
