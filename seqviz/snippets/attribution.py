"""Programs that attribute an answer: with Captum itself where it is one call, else with the project's functions."""

from seqviz.instruments import attribution as captums
from seqviz.instruments.attribution import Method
from seqviz.instruments.layer_attribution import LayerMethod
from seqviz.instruments.text_attribution import TextMethod
from seqviz.snippets.parts import digit_line, relative, relative_path
from seqviz.snippets.subjects import Network, Question
from seqviz.specs import Cell

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
    drawn = "decode_strokes, rasterize, " if question.digit.index is None else ""
    return f"""import torch

from seqviz import {drawn}attribute, baseline_image, layer_attribution, load_checkpoint, load_dataset

model = load_checkpoint("{relative(question.network)}").build()
{digit_line(question.digit)}
digits = load_dataset("{question.digit.data}").test.inputs[:500]
x = digit[None].requires_grad_()
baseline = baseline_image("{base}", digit.detach(), digits, {question.other})[None]"""


def _score(question: Question) -> str:
    if isinstance(question.target, int):
        return f"return model(x)[:, {question.target}]"
    first, second = question.target
    return f"logits = model(x)\n    return logits[:, {first}] - logits[:, {second}]"


def layer_attribution(question: Question, kind: LayerMethod, layer: int) -> str:
    """What every unit carried at every row."""
    return f"""{_asked(question)}

*_, found = layer_attribution(model, x.detach(), {question.target!r}, {layer}, "{kind}", baseline)
print(found.values.shape, found.values.sum(dim=1))
"""


def planted(cell: Cell, count: int) -> str:
    """One method's grade on planted evidence."""
    return f"""from seqviz import grade, load_checkpoint, planted_digits

planted = planted_digits()
model = load_checkpoint("models/planted-{cell}.safetensors").build()
*_, found = grade(model, planted.data.test[:{count}], planted.evidence[:{count}], ["integrated_gradients"])
print(found)
"""


def cascading_randomization(network: Network, count: int, ink: bool) -> str:
    """One method's rank similarity to itself while the network is randomised layer by layer."""
    return f"""from seqviz import cascading_randomization, load_checkpoint, load_dataset, similarity_under_randomization

model = load_checkpoint("{relative(network)}").build()
models = dict(cascading_randomization(model))
digits = load_dataset("digits").test[:{count}]
*_, found = similarity_under_randomization(models, digits, ["saliency"], ink_only={ink})
print(found)
"""


def agreement_with_contributions(network: Network, count: int) -> str:
    """How one method's row totals correlate with the exact votes."""
    return f"""from seqviz import agreement_with_contributions, load_checkpoint, load_dataset

model = load_checkpoint("{relative(network)}").build()
digits = load_dataset("digits").test[:{count}]
*_, found = agreement_with_contributions(model, digits, ["integrated_gradients"])
print(found)
"""


def text_attribution(writer: Network, text: str, character: str, method: TextMethod) -> str:
    """What each character did for the next one."""
    calls = {
        "integrated_gradients": "IntegratedGradients(score).attribute(embedded, baseline, n_steps=32).sum(dim=-1)",
        "occlusion": "Occlusion(score).attribute(embedded, (1, embedded.shape[2]), baselines=baseline)[..., 0]",
    }
    name = {"integrated_gradients": "IntegratedGradients", "occlusion": "Occlusion"}[method]
    return f"""from captum.attr import {name}

from seqviz import load_checkpoint

model = load_checkpoint("{relative_path(writer.path)}").build()
text, character = {text!r}, {character!r}
target = model.vocabulary.characters.index(character)
embedded = model.embedding(model.vocabulary.encode(text)[None]).detach()
baseline = model.embedding.weight.mean(dim=0).detach().expand_as(embedded)


def score(embedded):
    outputs, _ = model.encoder(embedded)
    return model.head(outputs[:, -1:])[:, 0].log_softmax(dim=-1)[:, target]


scores = {calls[method]}[0].detach()
print(scores)
"""
