"""Which rows and pixels made the answer: Captum's methods (Kokhlikyan et al. 2020, arXiv 2009.07896) in one call.

Captum is imported by the methods themselves: with Matplotlib behind it that takes longer than most pages.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqviz.data.batch import Sequences
from seqviz.errors import InputError
from seqviz.global_state import seeded_global_generators, without_cudnn
from seqviz.networks.answers import class_count, class_scores
from seqviz.networks.network import SequenceNetwork

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
"""A class, or two: why the first and not the second. With one logit z, class 1 has the score z and class 0 has -z."""

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
    model: SequenceNetwork,
    sequences: Sequences,
    target: Target,
    method: Method,
    baseline: Float[Tensor, "_ _ _"] | None = None,
    seed: int = 0,
) -> Attribution:
    """Attribute the target's logit to the inputs, against a baseline (default: all 0, a black image).

    Methods that remove something put the baseline in its place. Methods by row give every row one number, spread evenly
    over its pixels. Tokens are attributed by their embeddings: a token's score is its row's total. The network's
    mode, its weights and their gradients, every hook and the global generators are left as they were, after an
    exception too.

    Raises:
        InputError: the network cannot read the sequences or the baseline, has no such class or method, answers at each
            step, or with a number that is not finite.

    >>> from seqviz import ModelSpec, build_model
    >>> model = build_model(ModelSpec.classifier(hidden_size=8))
    >>> attribution = attribute(model, torch.rand(2, 28, 28), 3, "integrated_gradients")
    >>> attribution.scores.shape, bool(attribution.gap.abs().max() < 0.01)
    (torch.Size([2, 28, 28]), True)
    """
    with torch.no_grad():
        x, lengths = model.prepare(sequences)
    check_answers_once(model)
    check_target(target, class_count(model.spec.head.outputs))
    if method not in _METHODS:
        raise InputError(f"There is no method {method!r}; choose one of {', '.join(METHODS)}.")
    x, base = x.detach(), baseline_for(baseline, x).expand_as(x)
    extra = () if lengths is None else (lengths,)
    with gradients_in_eval_mode(model), seeded_global_generators(seed) if method in DRAWN else nullcontext():
        started = time.perf_counter()
        score = scorer(from_embedded(model), target)
        scores = _METHODS[method](_Inputs(score, x, base, extra)).detach()
        seconds = time.perf_counter() - started
        with torch.no_grad():
            answer, baseline_answer = score(x, *extra), score(base, *extra)
    check_finite(answer, baseline_answer, scores)
    gap = scores.flatten(1).sum(dim=1) - (answer - baseline_answer) if method in COMPLETE else None
    return Attribution(
        method,
        target,
        scores.float().cpu(),
        answer.cpu(),
        baseline_answer.cpu(),
        None if gap is None else gap.cpu(),
        seconds,
    )


def attribute_each(
    model: SequenceNetwork,
    sequences: Sequences,
    target: Target,
    methods: Sequence[Method],
    baseline: Float[Tensor, "_ _ _"] | None = None,
) -> list[Attribution]:
    """`attribute` by one method after another."""
    return [attribute(model, sequences, target, method, baseline) for method in methods]


def check_finite(answer: Tensor, baseline_answer: Tensor, scores: Tensor) -> None:
    """Refuse to explain an answer that is no number.

    Raises:
        InputError: the answer to the input or to the baseline is not finite, or a score is not.
    """
    for what, values in (
        ("answer to this input", answer),
        ("answer to the baseline", baseline_answer),
        ("gradient", scores),
    ):
        if not values.isfinite().all():
            raise InputError(
                f"The network's {what} is not a finite number, so nothing can be attributed. Its weights have grown "
                "too large: choose another network, or train it again with a lower rate or with clipping."
            )


def scorer(answer: Callable[..., Tensor], target: Target) -> Callable[..., Tensor]:
    """What is attributed: the target's score, or the difference of two; `(batch,)`."""

    def score(*inputs: Tensor) -> Tensor:
        scores = class_scores(answer(*inputs))
        return scores[:, target] if isinstance(target, int) else scores[:, target[0]] - scores[:, target[1]]

    return score


def from_embedded(model: SequenceNetwork) -> Callable[..., Tensor]:
    """The logits of inputs that are embedded already, `(batch, time, input)`, and of their lengths."""

    def answer(x: Tensor, lengths: Tensor | None = None) -> Tensor:
        outputs, _ = model.encode(x, None, lengths)
        return model.answer(outputs, lengths)

    return answer


@contextmanager
def gradients_in_eval_mode(model: nn.Module) -> Iterator[None]:
    """Eval mode with autograd on; without cuDNN, whose RNNs cannot go backward in eval mode. All is restored."""
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
    whole = all(isinstance(label, int) and not isinstance(label, bool) and 0 <= label < classes for label in wanted)
    count = 2 if isinstance(target, tuple) else 1
    if not whole or len(wanted) != count or len(set(wanted)) != count:
        raise InputError(f"The target is {target}; it must be a class from 0 to {classes - 1}, or two different ones.")


def check_answers_once(model: SequenceNetwork) -> None:
    """Refuse a network that answers at each step, whose answers are explained one by one.

    Raises:
        InputError: it does.
    """
    if model.spec.head.kind == "each_step":
        raise InputError("This network answers at each step; attribute_character explains one of its answers.")


def baseline_for(baseline: Tensor | None, x: Float[Tensor, "batch time input"]) -> Float[Tensor, "1 time input"]:
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


@dataclass(frozen=True)
class _Inputs:
    """What a method attributes: the score of inputs `(batch, time, input)` against that of a baseline.

    `extra` holds the lengths, where there are any: Captum repeats them as it repeats the inputs.
    """

    score: Callable[..., Tensor]
    x: Tensor
    base: Tensor
    extra: tuple[Tensor, ...]

    @property
    def at_once(self) -> int:
        """How many changed copies of the batch go into one forward pass."""
        return max(1, AT_ONCE // len(self.x))

    @property
    def by_row(self) -> Tensor:
        """One feature a row."""
        rows = torch.arange(self.x.shape[1], device=self.x.device)
        return rows[None, :, None].repeat(1, 1, self.x.shape[2])

    def examples(self) -> Iterator["_Inputs"]:
        """One example after another."""
        for index in range(len(self.x)):
            one = slice(index, index + 1)
            yield _Inputs(self.score, self.x[one], self.base[one], tuple(extra[one] for extra in self.extra))


def _saliency(inputs: _Inputs) -> Tensor:
    from captum.attr import Saliency

    x = inputs.x.clone().requires_grad_()
    return Saliency(inputs.score).attribute(x, additional_forward_args=inputs.extra or None)


def _input_x_gradient(inputs: _Inputs) -> Tensor:
    from captum.attr import InputXGradient

    x = inputs.x.clone().requires_grad_()
    return InputXGradient(inputs.score).attribute(x, additional_forward_args=inputs.extra or None)


def _smoothgrad(inputs: _Inputs) -> Tensor:
    from captum.attr import NoiseTunnel, Saliency

    spread = NOISE * max(float(inputs.x.max() - inputs.x.min()), 1e-6)
    x = inputs.x.clone().requires_grad_()
    tunnel = NoiseTunnel(Saliency(inputs.score))
    return tunnel.attribute(
        x, nt_samples=NOISES, stdevs=spread, abs=False, additional_forward_args=inputs.extra or None
    )


def _integrated_gradients(inputs: _Inputs) -> Tensor:
    from captum.attr import IntegratedGradients

    method = IntegratedGradients(inputs.score)
    return method.attribute(inputs.x, inputs.base, n_steps=STEPS, additional_forward_args=inputs.extra or None)


def _gradient_shap(inputs: _Inputs) -> Tensor:
    from captum.attr import GradientShap

    method = GradientShap(inputs.score)
    return method.attribute(
        inputs.x, inputs.base, n_samples=SHAP_SAMPLES, stdevs=SHAP_NOISE, additional_forward_args=inputs.extra or None
    )


def _occlusion(inputs: _Inputs, window: tuple[int, int], strides: tuple[int, int] | None) -> Tensor:
    from captum.attr import Occlusion

    return Occlusion(inputs.score).attribute(
        inputs.x,
        window,
        strides,
        baselines=inputs.base,
        perturbations_per_eval=inputs.at_once,
        additional_forward_args=inputs.extra or None,
    )


def _occlusion_rows(inputs: _Inputs) -> Tensor:
    return _occlusion(inputs, (1, inputs.x.shape[2]), None) / inputs.x.shape[2]


def _occlusion_patches(inputs: _Inputs) -> Tensor:
    return _occlusion(inputs, (min(PATCH[0], inputs.x.shape[1]), min(PATCH[1], inputs.x.shape[2])), STRIDE)


def _ablation(inputs: _Inputs) -> Tensor:
    from captum.attr import FeatureAblation

    return FeatureAblation(inputs.score).attribute(
        inputs.x, inputs.base, perturbations_per_eval=inputs.at_once, additional_forward_args=inputs.extra or None
    )


def _shapley_rows(inputs: _Inputs) -> Tensor:
    from captum.attr import ShapleyValueSampling

    scores = ShapleyValueSampling(inputs.score).attribute(
        inputs.x,
        inputs.base,
        feature_mask=inputs.by_row,
        n_samples=PERMUTATIONS,
        perturbations_per_eval=inputs.x.shape[1],
        additional_forward_args=inputs.extra or None,
    )
    return scores / inputs.x.shape[2]


def _kernel_shap_rows(inputs: _Inputs) -> Tensor:
    """One example after another: Captum fits a model to each. With one row there is nothing to fit: it has all."""
    if inputs.x.shape[1] == 1:
        whole = inputs.score(inputs.x, *inputs.extra) - inputs.score(inputs.base, *inputs.extra)
        return (whole[:, None, None] / inputs.x.shape[2]).expand_as(inputs.x)
    from captum.attr import KernelShap

    scores = [
        KernelShap(example.score).attribute(
            example.x,
            example.base,
            feature_mask=example.by_row,
            n_samples=COALITIONS,
            perturbations_per_eval=AT_ONCE,
            additional_forward_args=example.extra or None,
        )
        for example in inputs.examples()
    ]
    return torch.cat(scores) / inputs.x.shape[2]


_METHODS: Mapping[Method, Callable[[_Inputs], Tensor]] = {
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
