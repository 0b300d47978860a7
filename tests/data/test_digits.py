"""The embedded digits: whole, MNIST-like, always the same."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from seqviz.data.digits import SPLIT, centre_by_mass


def centre_of_mass(images: torch.Tensor) -> torch.Tensor:
    places = torch.arange(28) + 0.5
    mass = images.sum(dim=(1, 2))
    return torch.stack([images.sum(dim=2) @ places, images.sum(dim=1) @ places], dim=1) / mass[:, None]


def test_all_digits_are_there_once(digits):
    assert (len(digits.train), len(digits.test)) == (1437, 360)
    images = torch.cat([digits.train.inputs, digits.test.inputs])
    assert images.shape == (1797, 28, 28)
    assert images.dtype == torch.float32
    assert images.min() == 0
    assert images.max() == 1


def test_the_split_is_stratified_and_fixed(digits):
    share_train = torch.bincount(digits.train.targets) / len(digits.train)
    share_test = torch.bincount(digits.test.targets) / len(digits.test)
    assert (share_train - share_test).abs().max() < 0.003
    assert digits.test.targets[:10].tolist() == [7, 6, 3, 7, 7, 3, 2, 8, 9, 3]


def test_the_digits_and_the_split_are_scikit_learns(digits):
    """The file is read without scikit-learn; it is what scikit-learn itself reads and splits."""
    scans = load_digits()
    train, test = train_test_split(np.arange(1797), test_size=360, stratify=scans.target, random_state=0)
    assert list(map(int, SPLIT.read_text().split())) == [*train, *test]
    assert digits.train.targets.tolist() == scans.target[train].tolist()
    assert digits.test.targets.tolist() == scans.target[test].tolist()
    ink = torch.from_numpy(scans.images[test]).float().sum(dim=(1, 2))
    correlation = torch.corrcoef(torch.stack([ink, digits.test.inputs.sum(dim=(1, 2))]))[0, 1]
    assert correlation > 0.99, "each picture is that of its own scan"


def test_digits_lie_where_mnist_puts_them(digits):
    """The centre of mass is in the middle, to half a pixel, unless the 20×20 box would leave the frame."""
    centres = centre_of_mass(digits.train.inputs)
    assert ((centres - 14).abs().max(dim=1).values <= 0.5).float().mean() > 0.97
    assert (digits.train.inputs[:, 0].sum(), digits.train.inputs[:, :, 0].sum()) == (0, 0)


def test_centring_keeps_the_ink():
    boxes = torch.rand(20, 20, 20, generator=torch.Generator().manual_seed(0))
    boxes[0, :, :] = 0
    boxes[1, :, :] = 0
    boxes[1, 19, 19] = 1  # all mass in a corner
    images = centre_by_mass(boxes)
    torch.testing.assert_close(images.sum(dim=(1, 2)), boxes.sum(dim=(1, 2)))
