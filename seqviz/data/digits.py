"""The embedded default: scikit-learn's 1,797 handwritten 8×8 digits (Alpaydin and Kaynak, 1998), made MNIST-like."""

import functools

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from seqviz.data.batch import Batch

SIDE = 28  # of an image
BOX = 20  # into which MNIST fits every digit before centring it

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
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    scans = load_digits()
    small = torch.from_numpy(scans.images).float()[:, None] / 16  # (n, 1, 8, 8)
    boxes = F.interpolate(small, size=(BOX, BOX), mode="bicubic", align_corners=False).clamp(0, 1)
    images = centre_by_mass(boxes[:, 0])  # (n, 28, 28)
    labels = torch.from_numpy(scans.target).long()
    train, test = train_test_split(np.arange(len(labels)), test_size=360, stratify=scans.target, random_state=0)
    return Batch(images[train], labels[train]), Batch(images[test], labels[test])


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
