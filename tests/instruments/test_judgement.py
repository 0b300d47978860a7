"""Yes-or-no answers, held against scikit-learn and counts made by hand."""

import pytest
import torch
from sklearn import metrics
from sklearn.calibration import calibration_curve

from seqviz.errors import InputError
from seqviz.instruments.judgement import Judgement


@pytest.fixture(scope="module")
def judgement() -> Judgement:
    generator = torch.manual_seed(0)
    labels = torch.randint(2, (500,), generator=generator)
    return Judgement((torch.randn(500, generator=generator) + labels).sigmoid(), labels)


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_counts_at_a_threshold_are_scikit_learns(judgement, threshold):
    said, labels = (judgement.shares >= threshold).long().numpy(), judgement.labels.numpy()
    found = judgement.at(threshold)
    assert [found.rejected, found.false_alarms, found.missed, found.found] == metrics.confusion_matrix(
        labels, said
    ).flatten().tolist()
    assert found.precision == pytest.approx(metrics.precision_score(labels, said))
    assert found.recall == pytest.approx(metrics.recall_score(labels, said))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(labels, said))


def test_the_area_is_the_chance_that_a_yes_is_held_for_likelier_than_a_no(judgement):
    false_alarms, found, area = judgement.roc()
    yes, no = judgement.shares[judgement.labels == 1], judgement.shares[judgement.labels == 0]
    likelier = (yes[:, None] > no).double() + 0.5 * (yes[:, None] == no).double()
    assert area == pytest.approx(float(likelier.mean()))
    assert (false_alarms[0], found[0], false_alarms[-1], found[-1]) == (0.0, 0.0, 1.0, 1.0)


def test_calibration_is_scikit_learns(judgement):
    true, said = calibration_curve(judgement.labels.numpy(), judgement.shares.numpy(), n_bins=10)
    found = judgement.calibration()
    assert [mean for mean, _, _ in found] == pytest.approx(said.tolist(), abs=1e-6)
    assert [yes for _, yes, _ in found] == pytest.approx(true.tolist())
    assert sum(count for _, _, count in found) == 500


def test_answers_that_can_be_believed_have_no_error():
    shares = torch.tensor([0.0, 0.0, 0.5, 0.5, 1.0])
    assert Judgement(shares, torch.tensor([0, 0, 0, 1, 1])).calibration_error() == 0.0


def test_no_answer_yes_has_no_precision(judgement):
    assert judgement.at(2.0).precision != judgement.at(2.0).precision, "NaN"
    assert judgement.at(2.0).recall == 0.0


def test_what_cannot_be_judged_is_said():
    for shares, labels in (([0.5, float("nan")], [0, 1]), ([0.5, 0.4], [1, 1])):
        with pytest.raises(InputError, match="some must be yes and some no"):
            Judgement(torch.tensor(shares), torch.tensor(labels))
