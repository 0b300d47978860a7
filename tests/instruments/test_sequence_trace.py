"""Orders are permutations, the plane is the one that an SVD gives, and averages are averages."""

import io

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from seqviz.data.batch import Batch
from seqviz.data.examples import Digit
from seqviz.errors import InputError
from seqviz.instruments.arrays import reading_arrays, to_npz
from seqviz.instruments.order import UNIT_ORDERS, unit_order
from seqviz.instruments.paths import state_paths
from seqviz.instruments.profiles import class_profiles
from seqviz.instruments.sequence_trace import reference_paths, trace_sequence
from seqviz.instruments.trace import trace


@pytest.mark.parametrize("by", UNIT_ORDERS)
@pytest.mark.parametrize("units", [1, 2, 17])
def test_every_order_is_a_permutation(by, units):
    hidden = torch.randn(28, units, generator=torch.Generator().manual_seed(0))
    hidden[:, 0] = 0.5  # a unit that never moves has no correlation with any other
    assert unit_order(hidden, by).sort().values.tolist() == list(range(units))


def test_orders_mean_what_they_say():
    hidden = torch.randn(28, 30, generator=torch.Generator().manual_seed(0))
    peaks = hidden.abs().argmax(dim=0)[unit_order(hidden, "peak")]
    assert (peaks.diff() >= 0).all()
    twins = torch.cat([hidden, 2 * hidden + 1], dim=1)  # unit k and unit k + 30 move alike
    places = unit_order(twins, "similarity").argsort()
    assert ((places[:30] - places[30:]).abs() == 1).all()


def test_the_plane_is_the_one_of_an_svd():
    hidden = torch.randn(5, 28, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    plane = state_paths(hidden)
    pca = PCA(n_components=2, svd_solver="full").fit(hidden.flatten(end_dim=1).double().numpy())
    for ours, theirs in ((plane.mean, pca.mean_), (plane.components, pca.components_)):
        torch.testing.assert_close(ours.double(), torch.from_numpy(theirs), atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(plane.explained, pca.explained_variance_ratio_, atol=1e-6)
    states = hidden.flatten(end_dim=1)
    _, singular, directions = torch.linalg.svd(states - states.mean(dim=0), full_matrices=False)
    share = singular**2 / (singular**2).sum()
    torch.testing.assert_close(plane.explained, share[:2])
    torch.testing.assert_close((plane.components @ directions[:2].T).abs(), torch.eye(2, dtype=torch.float64))
    torch.testing.assert_close(plane.project(hidden).flatten(end_dim=1).mean(dim=0), torch.zeros(2).double())


def test_one_unit_spans_no_plane():
    with pytest.raises(InputError, match="span no plane"):
        state_paths(torch.zeros(3, 28, 1))


def test_class_profiles_are_means(small, few):
    profiles = class_profiles(small, few.test)
    assert profiles[0].shape == (10, 28, 8)
    threes = few.test.inputs[few.test.targets == 3]
    torch.testing.assert_close(profiles[0][3], small.encoder(threes)[0].mean(dim=0))


def test_a_reading_goes_into_a_file_and_back(small, few):
    reading = trace_sequence(small, Digit(few.test.inputs[0]), reference_paths(small, few.test), "peak")
    arrays = np.load(io.BytesIO(to_npz(reading_arrays(reading))))
    expected = {"input", "prefix_logits", "path", "layer0_forward_hidden"}
    assert set(arrays) == expected | {f"layer0_forward_{gate}_gate" for gate in ("reset", "update", "new")}
    hidden = trace(small, few.test.inputs[:1]).layers[0].hidden[0]
    np.testing.assert_array_equal(arrays["layer0_forward_hidden"], hidden.numpy())
    assert arrays["path"].shape == (28, 2)


def test_padding_has_no_part_in_the_plane_and_a_path_stays_where_it_ends(small):
    sequences = [torch.rand(length, 28, generator=torch.Generator().manual_seed(length)) for length in (5, 9, 3)]
    split = Batch.collate(sequences, torch.tensor([0, 1, 1]))
    paths = reference_paths(small, split)
    states = torch.cat([trace(small, one[None]).layers[0].hidden[0] for one in sequences])
    torch.testing.assert_close(paths.plane.mean, states.mean(dim=0))
    alone = paths.plane.project(trace(small, sequences[2][None]).layers[0].hidden[0])
    torch.testing.assert_close(paths.paths[2, :3], alone)
    torch.testing.assert_close(paths.paths[2, 3:], alone[-1:].expand(6, -1))
