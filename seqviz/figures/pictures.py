"""Digits as small pictures with a caption each."""

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageColor
from torch import Tensor

from seqviz.palette import INK, PAPER, Mode


def picture_sheet(images: Sequence[Float[Tensor, "height width"]], captions: Sequence[str], mode: Mode) -> str:
    """HTML with the pictures inside it: ink on the page's own paper, and captions that a screen reader finds too."""
    figures = "".join(
        f'<figure style="margin:0;width:6rem"><img style="width:100%;image-rendering:pixelated" '
        f'alt="{html.escape(caption)}" src="data:image/png;base64,{_png(image, mode)}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        for image, caption in zip(images, captions, strict=True)
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:1rem;line-height:1.3">{figures}</div>'


def _png(image: Float[Tensor, "height width"], mode: Mode) -> str:
    paper, ink = (np.array(ImageColor.getrgb(colour[mode])) for colour in (PAPER, INK))
    pixels = (paper + (ink - paper) * image.numpy()[..., None]).round().astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
