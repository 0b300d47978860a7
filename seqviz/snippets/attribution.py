"""Programs that attribute an answer: with Captum itself where it is one call, else with the project's functions."""

from seqviz.data.examples import Digit, Sentence
from seqviz.instruments import attribution as captums
from seqviz.instruments.attribution import Method
from seqviz.instruments.layer_attribution import LayerMethod
from seqviz.instruments.text_attribution import TextMethod
from seqviz.snippets.parts import example_lines, relative, relative_path
from seqviz.snippets.subjects import Network, Question
from seqviz.specs import Cell

_CALLS: dict[Method, tuple[str, str]] = {
    "saliency": ("Saliency", "Saliency(score).attribute(x)"),
    "input_x_gradient": ("InputXGradient", "InputXGradient(score).attribute(x)"),
    "integrated_gradients": (
        "IntegratedGradients",
        f"IntegratedGradients(score).attribute(x, baseline, n_steps={captums.STEPS})",
    ),
    "occlusion_rows": (
        "Occlusion",
        "(Occlusion(score).attribute(x, (1, x.shape[2]), baselines=baseline) / x.shape[2])",
    ),
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

scores = attribute(model, {_read(question)}, {question.target!r}, {method!r}, baseline).scores[0]  # Captum, seed 0
print(scores.sum(dim=-1))  # each {question.example.step_name}'s total
"""
    name, call = _CALLS[method]
    return f"""{_asked(question)}
from captum.attr import {name}


def score(x):
    {_score(question)}


scores = {call}[0].detach()
print(scores.sum(dim=-1))  # each {question.example.step_name}'s total
"""


def _asked(question: Question) -> str:
    example = question.example
    if isinstance(example, Sentence):
        return f"""import torch

from seqviz import attribute, baseline_words, layer_attribution, load_checkpoint

model = load_checkpoint("{relative(question.network)}").build()
{example_lines(question.network, example)}
x = model.embedding(tokens[None]).detach().requires_grad_()  # what the recurrent layers read
baseline = baseline_words("{question.baseline}", model, len(words))[None]"""
    drawn = "decode_strokes, rasterize, " if example.index is None else ""
    return f"""import torch

from seqviz import {drawn}attribute, baseline_image, layer_attribution, load_checkpoint, load_dataset

model = load_checkpoint("{relative(question.network)}").build()
{example_lines(question.network, example)}
digits = load_dataset("{example.data}").test.inputs[:500]
x = digit[None].requires_grad_()
baseline = baseline_image("{question.baseline}", digit.detach(), digits, {question.other})[None]"""


def _read(question: Question) -> str:
    """What the project's own functions take."""
    return "x.detach()" if isinstance(question.example, Digit) else "tokens[None]"


def _score(question: Question) -> str:
    logits = "model(x)" if isinstance(question.example, Digit) else "model.answer(model.encode(x)[0])"
    if question.network.spec.head.outputs == 1:  # the logit of the second class
        return f"return {'' if question.label else '-'}{logits}[:, 0]"
    if isinstance(question.target, int):
        return f"return {logits}[:, {question.target}]"
    first, second = question.target
    return f"logits = {logits}\n    return logits[:, {first}] - logits[:, {second}]"


def layer_attribution(question: Question, kind: LayerMethod, layer: int) -> str:
    """What every unit carried at every step."""
    return f"""{_asked(question)}

*_, found = layer_attribution(model, {_read(question)}, {question.target!r}, {layer}, "{kind}", baseline)
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
