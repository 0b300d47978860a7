"""Programs that write with a character model, and that look at what its units follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqviz.data.text import TEXTS
from seqviz.instruments.sampling import opening_text
from seqviz.jobs.history import runs_folder
from seqviz.palette import CELL_NAMES
from seqviz.specs import LanguageModelSpec, TrainSpec
from seqviz.ui.snippets.parts import optimizer_lines, relative_path, update_lines

if TYPE_CHECKING:
    from seqviz.ui.sampling_setting import Setting
    from seqviz.ui.texts import Writer


def writing(writer: Writer, setting: Setting) -> str:
    """The same letters from the same noise, in plain PyTorch."""
    prompt = opening_text(writer.model, setting.prompt)
    forced = (
        f"\n        token = {_tokens(writer, setting)}.get(step, token)  # put in by hand" if setting.forced else ""
    )
    return f"""{_loaded(writer)}
noise = torch.Generator().manual_seed({setting.seed})
tokens, memory, text = torch.tensor([[vocabulary.index(letter) for letter in {prompt!r}]]), None, ""
with torch.no_grad():
    for step in range({setting.length}):
        hidden, memory = rnn(embedding(tokens), memory)
        logits = head(hidden[0, -1]).double()
        {_distribution(setting)}
        gumbel = -(-torch.rand(len(p), dtype=torch.float64, generator=noise).log()).log()
        token = (p.log() + gumbel).argmax().item(){forced}
        text += vocabulary[token]
        tokens = torch.tensor([[token]])
print(text)
"""


def _loaded(writer: Writer) -> str:
    spec = writer.spec
    return f"""import json

import torch
from safetensors import safe_open

with safe_open("{relative_path(writer.path)}", "pt") as file:
    vocabulary = json.loads(file.metadata()["about"])["model"]["vocabulary"]
    weights = {{name[6:]: file.get_tensor(name) for name in file.keys() if name.startswith("model.")}}
embedding = torch.nn.Embedding.from_pretrained(weights["embedding.weight"])
rnn = torch.nn.{CELL_NAMES[spec.cell]}({spec.embedding_size}, {spec.hidden_size}, {spec.num_layers}, batch_first=True)
rnn.load_state_dict({{name[4:]: w for name, w in weights.items() if name.startswith("rnn.")}})
head = torch.nn.Linear({spec.hidden_size}, {len(spec.vocabulary)})
head.load_state_dict({{name[5:]: w for name, w in weights.items() if name.startswith("head.")}})
"""


def _distribution(setting: Setting) -> str:
    if setting.temperature == 0:
        lines = ["p = torch.nn.functional.one_hot(logits.argmax(), len(logits)).double()"]
    else:
        lines = [f"p = (logits / {setting.temperature}).softmax(dim=-1)"]
    if setting.top_k is not None:
        lines += [f"p[p.argsort(descending=True, stable=True)[{setting.top_k}:]] = 0", "p /= p.sum()"]
    if setting.top_p is not None:
        lines += [
            "ordered, order = p.sort(descending=True, stable=True)",
            f"p[order[ordered.cumsum(dim=0) - ordered >= {setting.top_p}]] = 0",
            "p /= p.sum()",
        ]
    return "\n        ".join(lines)


def _tokens(writer: Writer, setting: Setting) -> dict[int, int]:
    return {step: writer.spec.vocabulary.index(letter) for step, letter in setting.forced}


def columns(writer: Writer, setting: Setting, temperatures: Sequence[float]) -> str:
    """The same noise at several temperatures."""
    return f"""from seqviz import sample
from seqviz import load_checkpoint

model = load_checkpoint("{relative_path(writer.path)}").build()
texts = {{
    temperature: "".join(
        step.character for step in sample(model, {setting.prompt!r}, {setting.length}, temperature=temperature, \
seed={setting.seed})
    )
    for temperature in {tuple(temperatures)}
}}
print(texts)
"""


def beams(writer: Writer, prompt: str, length: int, count: int) -> str:
    """The likeliest texts that a beam search finds."""
    return f"""from seqviz import beam_search
from seqviz import load_checkpoint

model = load_checkpoint("{relative_path(writer.path)}").build()
found = beam_search(model, {prompt!r}, {length}, beams={count})
for beam in found[:3]:
    print(beam.log_probability, beam.text)
"""


def temperature(writer: Writer, text: str, heat: float) -> str:
    """The distribution behind a text at one temperature, and its entropy."""
    p = f"(logits / {heat}).softmax(dim=-1)"
    if heat == 0:
        p = "torch.nn.functional.one_hot(logits.argmax(), len(logits)).double()"
    return f"""{_loaded(writer)}
text = {opening_text(writer.model, text)!r}
with torch.no_grad():
    hidden, _ = rnn(embedding(torch.tensor([[vocabulary.index(letter) for letter in text]])))
    logits = head(hidden[0, -1]).double()
p = {p}
entropy = torch.special.entr(p).sum() / torch.tensor(2.0).log()  # bits
print(vocabulary[p.argmax()], p.max(), entropy)
"""


def units(writer: Writer, text: tuple[str, str], unit: int, name: str) -> str:
    """How well one unit follows a property of a text."""
    imported, expression = text
    return f"""{_loaded(writer)}
{imported}{chr(10) if imported else ""}from seqviz import properties, unit_scores

text = {expression}
with torch.no_grad():
    hidden, _ = rnn(embedding(torch.tensor([[vocabulary.index(letter) for letter in text]])))
scores = unit_scores(hidden[0], properties(text))["{name}"]
print(scores.measure, scores.scores[{unit}])
"""


def text_source(name: str) -> str:
    """What `load_text` takes for a text by this name: one of the project's, one that was brought, or a file."""
    if name in TEXTS:
        return f'"{name}"'
    brought = runs_folder() / "texts" / f"{name}.txt"
    return f'Path("{(relative_path(brought) if brought.is_file() else name)}")'


def text_import(name: str) -> str:
    """What a program that loads this text imports."""
    paths = "" if name in TEXTS else "from pathlib import Path\n\n"
    return f"{paths}from seqviz import load_text"


def text_training(spec: LanguageModelSpec, run: TrainSpec, data: str) -> str:
    """The same run as a plain loop over streams: the same loss at every step."""
    shape = f"cell={spec.cell!r}, embedding_size={spec.embedding_size}, hidden_size={spec.hidden_size}, "
    shape += f"num_layers={spec.num_layers}, dropout={spec.dropout}, tied={spec.tied}"
    lstm = spec.cell == "lstm"
    detached = "tuple(state.detach() for state in memory)" if lstm else "memory.detach()"
    lines = [
        "import torch",
        "from torch.nn import functional as F",
        "",
        text_import(data),
        "from seqviz import build_language_model",
        "from seqviz import LanguageModelSpec",
        "",
        f"data = load_text({text_source(data)})",
        f"spec = LanguageModelSpec(data.vocabulary.characters, {shape})",
        f"model = build_language_model(spec, seed={run.seed})",
        f"epochs, streams, time = {run.epochs}, {run.batch_size}, {run.truncate}",
        "tokens = data.vocabulary.encode(data.train)",
        "length = (len(tokens) - 1) // streams",
        "inputs = tokens[: streams * length].view(streams, length)",
        "targets = tokens[1 : streams * length + 1].view(streams, length)",
        *optimizer_lines(run, "epochs * -(-length // time)"),
        "losses = []",
        "",
        "for epoch in range(epochs):",
        "    memory = None",
        "    for start in range(0, length, time):",
        "        logits, memory = model(inputs[:, start : start + time], memory)",
        f"        memory = {detached}  # the state goes on, the gradient does not",
        "        loss = F.cross_entropy(logits.flatten(0, 1), targets[:, start : start + time].flatten())",
        *update_lines(run),
        "print(losses[0], losses[-1])",
        "",
    ]
    return "\n".join(lines)
