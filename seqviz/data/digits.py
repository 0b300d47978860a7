"""The embedded default: scikit-learn's 1,797 handwritten 8×8 digits (Alpaydin and Kaynak, 1998), made MNIST-like."""

import functools
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from seqviz.data.batch import Batch

SIDE = 28  # of an image
BOX = 20  # into which MNIST fits every digit before centring it
TEST = 360  # digits
SPLIT = Path(__file__).with_name("digits_split.txt")
"""The numbers of the digits to train on, then of those to test on: as `train_test_split` stratifies them by class."""

Images = Float[Tensor, "n 28 28"]


def load() -> tuple[Batch, Batch]:
    """`(train, test)`: 1,437 and 360 digits, stratified by class, always the same split."""
    train, test = _splits()
    return _copy(train), _copy(test)


def _copy(split: Batch) -> Batch:
    """Tensors of the caller's own."""
    return Batch(split.inputs.clone(), split.targets.clone())


@functools.cache
def _splits() -> tuple[Batch, Batch]:
    scans = torch.from_numpy(np.loadtxt(_scans(), delimiter=",", dtype=np.int64))  # (n, 65): 8×8 pixels and the label
    small = scans[:, :64].float().view(-1, 1, 8, 8) / 16
    boxes = F.interpolate(small, size=(BOX, BOX), mode="bicubic", align_corners=False).clamp(0, 1)
    images = centre_by_mass(boxes[:, 0])  # (n, 28, 28)
    labels = scans[:, 64].clone()
    order = [int(number) for number in SPLIT.read_text(encoding="ascii").split()]
    train, test = order[:-TEST], order[-TEST:]
    return Batch(images[train], labels[train]), Batch(images[test], labels[test])


def _scans() -> Path:
    """scikit-learn's own file, found without importing scikit-learn, which takes a second."""
    package = find_spec("sklearn")
    assert package is not None
    assert package.submodule_search_locations
    return Path(package.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"


def centre_by_mass(boxes: Float[Tensor, "n 20 20"]) -> Images:
    """Place each 20×20 box in a 28×28 image with its centre of mass at the middle, as MNIST was made.

    The shift is by whole pixels and never cuts the box: an image whose mass lies far off stays inside the frame.
    """
    margin = SIDE - BOX
    places = torch.arange(BOX, dtype=boxes.dtype) + 0.5
    mass = boxes.sum(dim=(1, 2)).clamp(min=1e-6)
    rows = (boxes.sum(dim=2) @ places) / mass  # (n,) centre of mass, in pixels from the top
    columns = (boxes.sum(dim=1) @ places) / mass
    tops = (SIDE / 2 - rows).round().long().clamp(0, margin).tolist()
    lefts = (SIDE / 2 - columns).round().long().clamp(0, margin).tolist()
    images = boxes.new_zeros(len(boxes), SIDE, SIDE)
    for image, box, top, left in zip(images, boxes, tops, lefts, strict=True):
        image[top : top + BOX, left : left + BOX] = box
    return images
