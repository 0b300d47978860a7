"""Import torchvision beside a CPU-only torch.

torchvision's Linux wheel is built against CUDA torch. Where its compiled operators cannot load, the import stops at the
registration of fake kernels for two operators that nobody defined. Declaring their schemas first is enough for datasets
and transforms, which call no compiled operator.
"""

import functools
import importlib
from types import ModuleType

import torch


@functools.cache
def import_datasets() -> ModuleType:
    """`torchvision.datasets`, whichever torch is installed."""
    try:
        return importlib.import_module("torchvision.datasets")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    import_datasets.library = _declare_operators()  # type: ignore[attr-defined]  # must live as long as the process
    return importlib.import_module("torchvision.datasets")


def _declare_operators() -> torch.library.Library:
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library
