"""What an input is compared with when its pixels are attributed: an image that stands for "nothing there"."""

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

BaselineKind = Literal["black", "mean", "blurred", "other"]
BASELINES: tuple[BaselineKind, ...] = get_args(BaselineKind)
BLUR = 3.0  # standard deviation, in pixels


def baseline_image(
    kind: BaselineKind, image: Float[Tensor, "time input"], digits: Float[Tensor, "n time input"], other: int = 0
) -> Float[Tensor, "time input"]:
    """A black image, the mean of some digits, the image itself blurred, or another digit by number."""
    match kind:
        case "mean":
            return digits.mean(dim=0)
        case "blurred":
            from scipy.ndimage import gaussian_filter

            return torch.from_numpy(gaussian_filter(image.numpy(), BLUR))
        case "other":
            return digits[other]
    return torch.zeros_like(image)
