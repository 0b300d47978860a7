"""Programs that attribute an answer: with Captum itself where it is one call, else with the project's functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqviz.instruments import attribution as captums
from seqviz.instruments.attribution import Method
from seqviz.instruments.conductance import Flow
from seqviz.instruments.text_attribution import TextMethod
from seqviz.specs import Cell
from seqviz.ui.caches import Network
from seqviz.ui.snippets.parts import digit_line, relative, relative_path

if TYPE_CHECKING:
    from seqviz.ui.question import Question
    from seqviz.ui.texts import Writer

_CALLS: dict[Method, tuple[str, str]] = {
    "saliency": ("Saliency", "Saliency(score).attribute(x)"),
    "input_x_gradient": ("InputXGradient", "InputXGradient(score).attribute(x)"),
    "integrated_gradients": (
        "IntegratedGradients",
        f"IntegratedGradients(score).attribute(x, baseline, n_steps={captums.STEPS})",
    ),
    "occlusion_rows": ("Occlusion", "(Occlusion(score).attribute(x, (1, 28), baselines=baseline) / 28)"),
    "occlusion_patches": (
        "Occlusion",
        f"Occlusion(score).attribute(x, {captums.PATCH}, {captums.STRIDE}, baselines=baseline)",
    ),
    "ablation": ("FeatureAblation", "FeatureAblation(score).attribute(x, baseline, perturbations_per_eval=112)"),
}
"""Methods that draw nothing at random; the others need the page's seed."""


def attribution(question: Question, method: Method) -> str:
    """One method's scores."""
    if method not in _CALLS:
        return f"""{_asked(question)}
from seqviz import attribute

scores = attribute(model, x.detach(), {question.target!r}, {method!r}, baseline).scores[0]  # through Captum, seed 0
print(scores.sum(dim=-1))  # each row's total
"""
    name, call = _CALLS[method]
    return f"""{_asked(question)}
from captum.attr import {name}


def score(x):
    {_score(question)}


scores = {call}[0].detach()
print(scores.sum(dim=-1))  # each row's total
"""


def _asked(question: Question) -> str:
    base = question.baseline
    if question.digit.index is None:
        imports, digit = "decode_strokes, load_dataset, rasterize", digit_line(question.digit)
    else:
        imports, digit = "load_dataset", digit_line(question.digit)
    return f"""import torch

from seqviz import {imports}
from seqviz import baseline_image
from seqviz import load_checkpoint

model = load_checkpoint("{relative(question.network)}").build()
{digit}
digits = load_dataset("{question.digit.data}").test.sequences[:500]
x = digit[None].requires_grad_()
baseline = baseline_image("{base}", digit.detach(), digits, {question.other})[None]"""


def _score(question: Question) -> str:
    if isinstance(question.target, int):
        return f"return model(x)[:, {question.target}]"
    first, second = question.target
    return f"logits = model(x)\n    return logits[:, {first}] - logits[:, {second}]"


def unit_flow(question: Question, kind: Flow, layer: int) -> str:
    """What every unit carried at every row."""
    return f"""{_asked(question)}
from seqviz import unit_flow

*_, found = unit_flow(model, x.detach(), {question.target!r}, {layer}, "{kind}", baseline)
print(found.values.shape, found.values.sum(dim=1))
"""


def planted(cell: Cell, count: int) -> str:
    """One method's grade on planted evidence."""
    return f"""from seqviz import planted_digits
from seqviz import grade
from seqviz import load_checkpoint

planted = planted_digits()
model = load_checkpoint("models/planted-{cell}.safetensors").build()
x, y = planted.data.test.sequences[:{count}], planted.data.test.labels[:{count}]
*_, found = grade(model, x, y, planted.evidence[:{count}], ["integrated_gradients"])
print(found)
"""


def ruin(network: Network, count: int, ink: bool) -> str:
    """One method's likeness to itself while the network is ruined."""
    return f"""from seqviz import load_dataset
from seqviz import likeness_under_ruin, ruined
from seqviz import load_checkpoint

model = load_checkpoint("{relative(network)}").build()
test = load_dataset("digits").test
models = dict(ruined(model))
x, y = test.sequences[:{count}], test.labels[:{count}]
*_, found = likeness_under_ruin(models, x, y, ["saliency"], ink_only={ink})
print(found)
"""


def votes_agreement(network: Network, count: int) -> str:
    """How one method's row totals correlate with the exact votes."""
    return f"""from seqviz import load_dataset
from seqviz import agreement_with_votes
from seqviz import load_checkpoint

model = load_checkpoint("{relative(network)}").build()
test = load_dataset("digits").test
*_, found = agreement_with_votes(model, test.sequences[:{count}], test.labels[:{count}], ["integrated_gradients"])
print(found)
"""


def letter(writer: Writer, text: str, letter: str, method: TextMethod) -> str:
    """What each letter did for the next one."""
    calls = {
        "integrated_gradients": "IntegratedGradients(score).attribute(embedded, baseline, n_steps=32).sum(dim=-1)",
        "occlusion": "Occlusion(score).attribute(embedded, (1, embedded.shape[2]), baselines=baseline)[..., 0]",
    }
    name = {"integrated_gradients": "IntegratedGradients", "occlusion": "Occlusion"}[method]
    return f"""from captum.attr import {name}

from seqviz import load_checkpoint

model = load_checkpoint("{relative_path(writer.path)}").build()
text, letter = {text!r}, {letter!r}
target = model.spec.vocabulary.index(letter)
embedded = model.embedding(model.vocabulary.encode(text)[None]).detach()
baseline = model.embedding.weight.mean(dim=0).detach().expand_as(embedded)


def score(embedded):
    outputs, _ = model.rnn(embedded)
    return model.head(outputs[:, -1]).log_softmax(dim=-1)[:, target]


scores = {calls[method]}[0].detach()
print(scores)
"""
