"""Which rows and pixels made the answer: Captum's methods (Kokhlikyan et al. 2020, arXiv 2009.07896) in one call."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from captum.attr import (
    FeatureAblation,
    GradientShap,
    InputXGradient,
    IntegratedGradients,
    KernelShap,
    NoiseTunnel,
    Occlusion,
    Saliency,
    ShapleyValueSampling,
)
from jaxtyping import Float
from torch import Tensor, nn

from seqviz.borrowed import borrowed_randomness, without_cudnn
from seqviz.errors import InputError
from seqviz.networks.classifier import SequenceClassifier

Method = Literal[
    "saliency",
    "input_x_gradient",
    "smoothgrad",
    "integrated_gradients",
    "gradient_shap",
    "occlusion_rows",
    "occlusion_patches",
    "ablation",
    "shapley_rows",
    "kernel_shap_rows",
]
METHODS: tuple[Method, ...] = get_args(Method)
COMPLETE: tuple[Method, ...] = ("integrated_gradients", "gradient_shap", "shapley_rows", "kernel_shap_rows")
"""Methods whose scores are meant to sum to the score of the input minus that of the baseline."""

DRAWN: tuple[Method, ...] = ("smoothgrad", "gradient_shap", "shapley_rows", "kernel_shap_rows")
"""Methods that draw at random."""

BY_ROW: tuple[Method, ...] = ("occlusion_rows", "shapley_rows", "kernel_shap_rows")
"""Methods that give every row one number."""

Target = int | tuple[int, int]
"""A class, or two: why the first and not the second."""

STEPS = 64  # of a path of integrated gradients
NOISES, NOISE = 32, 0.15  # samples of SmoothGrad, and their standard deviation in units of the pixels' range
SHAP_SAMPLES, SHAP_NOISE = 64, 0.05
PATCH, STRIDE = (4, 4), (2, 2)  # rows and pixels
PERMUTATIONS = 25  # of Shapley value sampling
COALITIONS = 512  # of KernelSHAP
AT_ONCE = 112  # changed inputs in one forward pass


@dataclass(frozen=True)
class Attribution:
    """What a method gives every pixel of every row, for a target's logit (or the difference of two).

    `gap` is Σ scores - (score of the input - score of the baseline), for methods that promise 0 (`COMPLETE`).
    """

    method: Method
    target: Target
    scores: Float[Tensor, "batch time input"]
    answer: Float[Tensor, " batch"]
    baseline_answer: Float[Tensor, " batch"]
    gap: Float[Tensor, " batch"] | None
    seconds: float

    @property
    def rows(self) -> Float[Tensor, "batch time"]:
        """Each row's total."""
        return self.scores.sum(dim=-1)


def attribute(
    model: SequenceClassifier,
    x: Float[Tensor, "batch time input"],
    target: Target,
    method: Method,
    baseline: Float[Tensor, "_ _ _"] | None = None,
    seed: int = 0,
) -> Attribution:
    """Attribute the target's logit to the pixels of `x`, against a baseline (default: all 0, a black image).

    Methods that remove something put the baseline in its place. Methods by row give every row one number, spread evenly
    over its pixels. The network's mode, its weights and their gradients, every hook and the global generators are left
    as they were, after an exception too.

    Raises:
        InputError: the network cannot read `x` or the baseline, or has no such class or method.

    >>> from seqviz.networks.build import build_model
    >>> from seqviz.specs import ModelSpec
    >>> found = attribute(build_model(ModelSpec(hidden_size=8)), torch.rand(2, 28, 28), 3, "integrated_gradients")
    >>> found.scores.shape, bool(found.gap.abs().max() < 0.01)
    (torch.Size([2, 28, 28]), True)
    """
    model.check(x)
    check_target(target, model.spec.num_classes)
    if method not in _METHODS:
        raise InputError(f"There is no method {method!r}; choose one of {', '.join(METHODS)}.")
    x = x.detach().to(model.head.weight)
    base = fitting(baseline, x)
    with ready(model), borrowed_randomness(seed) if method in DRAWN else nullcontext():
        started = time.perf_counter()
        score = scorer(model, target)
        scores = _METHODS[method](score, x, base.expand_as(x)).detach()
        seconds = time.perf_counter() - started
        with torch.no_grad():
            answer, floor = score(x), score(base.expand_as(x))
    gap = scores.flatten(1).sum(dim=1) - (answer - floor) if method in COMPLETE else None
    return Attribution(
        method,
        target,
        scores.float().cpu(),
        answer.cpu(),
        floor.cpu(),
        None if gap is None else gap.cpu(),
        seconds,
    )


def scorer(model: nn.Module, target: Target) -> Callable[[Tensor], Tensor]:
    """What is attributed: the target's logit, or the difference of two; `(batch,)`."""

    def score(x: Tensor) -> Tensor:
        logits = model(x)
        return logits[:, target] if isinstance(target, int) else logits[:, target[0]] - logits[:, target[1]]

    return score


@contextmanager
def ready(model: nn.Module) -> Iterator[None]:
    """Eval mode, autograd on, and on a GPU no cuDNN, whose RNNs cannot go backward in eval mode; all given back."""
    modes = {module: module.training for module in model.modules()}
    on_gpu = any(parameter.is_cuda for parameter in model.parameters())
    model.eval()
    try:
        with torch.enable_grad(), without_cudnn() if on_gpu else nullcontext():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def check_target(target: Target, classes: int) -> None:
    """Refuse classes that the network does not have.

    Raises:
        InputError: an unknown class, or the same twice.
    """
    wanted = target if isinstance(target, tuple) else (target,)
    whole = all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < classes for one in wanted)
    count = 2 if isinstance(target, tuple) else 1
    if not whole or len(wanted) != count or len(set(wanted)) != count:
        raise InputError(f"The target is {target}; it must be a class from 0 to {classes - 1}, or two different ones.")


def fitting(baseline: Tensor | None, x: Float[Tensor, "batch time input"]) -> Float[Tensor, "1 time input"]:
    """The baseline beside the input, by default a black image.

    Raises:
        InputError: it is no single image of the input's shape.
    """
    if baseline is None:
        return torch.zeros_like(x[:1])
    if baseline.shape != x[:1].shape:
        raise InputError(
            f"The baseline has shape {tuple(baseline.shape)}; beside an input of {tuple(x.shape)} it must be "
            f"{tuple(x[:1].shape)}: one image for all."
        )
    return baseline.detach().to(x)


Score = Callable[[Tensor], Tensor]


def _saliency(score: Score, x: Tensor, base: Tensor) -> Tensor:
    return Saliency(score).attribute(x.clone().requires_grad_())


def _input_x_gradient(score: Score, x: Tensor, base: Tensor) -> Tensor:
    return InputXGradient(score).attribute(x.clone().requires_grad_())


def _smoothgrad(score: Score, x: Tensor, base: Tensor) -> Tensor:
    spread = NOISE * max(float(x.max() - x.min()), 1e-6)
    tunnel = NoiseTunnel(Saliency(score))
    return tunnel.attribute(x.clone().requires_grad_(), nt_samples=NOISES, stdevs=spread, abs=False)


def _integrated_gradients(score: Score, x: Tensor, base: Tensor) -> Tensor:
    return IntegratedGradients(score).attribute(x, base, n_steps=STEPS)


def _gradient_shap(score: Score, x: Tensor, base: Tensor) -> Tensor:
    return GradientShap(score).attribute(x, base, n_samples=SHAP_SAMPLES, stdevs=SHAP_NOISE)


def _occlusion_rows(score: Score, x: Tensor, base: Tensor) -> Tensor:
    window = (1, x.shape[2])
    found = Occlusion(score).attribute(x, window, baselines=base, perturbations_per_eval=_at_once(x))
    return found / x.shape[2]


def _occlusion_patches(score: Score, x: Tensor, base: Tensor) -> Tensor:
    window = (min(PATCH[0], x.shape[1]), min(PATCH[1], x.shape[2]))
    return Occlusion(score).attribute(x, window, STRIDE, baselines=base, perturbations_per_eval=_at_once(x))


def _ablation(score: Score, x: Tensor, base: Tensor) -> Tensor:
    return FeatureAblation(score).attribute(x, base, perturbations_per_eval=_at_once(x))


def _shapley_rows(score: Score, x: Tensor, base: Tensor) -> Tensor:
    found = ShapleyValueSampling(score).attribute(
        x, base, feature_mask=_by_row(x), n_samples=PERMUTATIONS, perturbations_per_eval=x.shape[1]
    )
    return found / x.shape[2]


def _kernel_shap_rows(score: Score, x: Tensor, base: Tensor) -> Tensor:
    """One example after another: Captum fits a model to each."""
    found = [
        KernelShap(score).attribute(
            one[None],
            floor[None],
            feature_mask=_by_row(one[None]),
            n_samples=COALITIONS,
            perturbations_per_eval=AT_ONCE,
        )
        for one, floor in zip(x, base, strict=True)
    ]
    return torch.cat(found) / x.shape[2]


_METHODS: Mapping[Method, Callable[[Score, Tensor, Tensor], Tensor]] = {
    "saliency": _saliency,
    "input_x_gradient": _input_x_gradient,
    "smoothgrad": _smoothgrad,
    "integrated_gradients": _integrated_gradients,
    "gradient_shap": _gradient_shap,
    "occlusion_rows": _occlusion_rows,
    "occlusion_patches": _occlusion_patches,
    "ablation": _ablation,
    "shapley_rows": _shapley_rows,
    "kernel_shap_rows": _kernel_shap_rows,
}


def _by_row(x: Tensor) -> Tensor:
    """One feature a row."""
    return torch.arange(x.shape[1], device=x.device)[None, :, None].repeat(1, 1, x.shape[2])


def _at_once(x: Tensor) -> int:
    return max(1, AT_ONCE // len(x))
