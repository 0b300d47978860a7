"""Digits as small pictures."""

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from PIL import ImageColor
from torch import Tensor

from seqviz.palette import INK, PAPER, Mode


def digit_picture(image: Float[Tensor, "height width"], mode: Mode, zoom: int = 3) -> NDArray[np.uint8]:
    """Ink on the page's own paper, each pixel `zoom` pixels wide."""
    paper, ink = (np.array(ImageColor.getrgb(colour[mode])) for colour in (PAPER, INK))
    share = np.kron(image.numpy(), np.ones((zoom, zoom)))[..., None]
    return (paper + (ink - paper) * share).round().astype(np.uint8)
