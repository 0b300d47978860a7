"""Small changes of shape that leave a digit what it is: they teach a network to read other people's hands."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

ROTATION = math.radians(12)
SCALE = 0.12
SHEAR = 0.15
SHIFT = 2 / 14  # of half the image: two pixels


def augment_digits(images: Float[Tensor, "n 28 28"], generator: torch.Generator) -> Float[Tensor, "n 28 28"]:
    """Each image turned, scaled, sheared and shifted a little, its strokes thinner or bolder, all at random."""
    return _affine(_stroke_width(images, generator), generator)


def _affine(images: Tensor, generator: torch.Generator) -> Tensor:
    def spread(limit: float) -> Tensor:
        return (torch.rand(len(images), generator=generator) * 2 - 1).mul_(limit).to(images.device)

    angle, shear, dx, dy = spread(ROTATION), spread(SHEAR), spread(SHIFT), spread(SHIFT)
    wide, tall = 1 + spread(SCALE), 1 + spread(SCALE)
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack(
        [
            torch.stack([cos / wide, (shear - sin) / tall, dx], dim=1),
            torch.stack([sin / wide, cos / tall, dy], dim=1),
        ],
        dim=1,
    )  # (n, 2, 3)
    grid = F.affine_grid(theta, [len(images), 1, 28, 28], align_corners=False)
    return F.grid_sample(images[:, None], grid, align_corners=False)[:, 0]


def _stroke_width(images: Tensor, generator: torch.Generator) -> Tensor:
    """Blend each image with its dilation (bolder) or its erosion (thinner)."""
    weight = torch.rand(len(images), 1, 1, generator=generator).mul(1.4).sub(0.7).to(images.device)  # below 0: thinner
    bolder = F.max_pool2d(images[:, None], 3, stride=1, padding=1)[:, 0]
    thinner = -F.max_pool2d(-images[:, None], 3, stride=1, padding=1)[:, 0]
    return torch.where(weight > 0, images.lerp(bolder, weight.abs()), images.lerp(thinner, weight.abs()))
