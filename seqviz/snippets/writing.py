"""Programs that write with a character model, and that look at what its units follow."""

from collections.abc import Sequence

from seqviz.data.names import TEXTS
from seqviz.instruments.sampling import opening_text
from seqviz.jobs.history import runs_folder
from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import optimizer_lines, relative_path, update_lines
from seqviz.snippets.subjects import Network, WritingSetting
from seqviz.specs import ModelSpec, TrainSpec


def writing(writer: Network, setting: WritingSetting) -> str:
    """The same characters from the same noise, in plain PyTorch."""
    prompt = opening_text(writer.model, setting.prompt)
    forced = (
        f"\n        token = {_tokens(writer, setting)}.get(step, token)  # put in by hand" if setting.forced else ""
    )
    return f"""{_loaded(writer)}
noise = torch.Generator().manual_seed({setting.seed})
tokens, state, text = torch.tensor([[vocabulary.index(character) for character in {prompt!r}]]), None, ""
with torch.no_grad():
    for step in range({setting.length}):
        hidden, state = rnn(embedding(tokens), state)
        logits = head(hidden[0, -1]).double()
        {_distribution(setting)}
        gumbel = -(-torch.rand(len(p), dtype=torch.float64, generator=noise).log()).log()
        token = (p.log() + gumbel).argmax().item(){forced}
        text += vocabulary[token]
        tokens = torch.tensor([[token]])
print(text)
"""


def _loaded(writer: Network, *names: str) -> str:
    """A character model in plain PyTorch; `names` are what else the program imports."""
    spec, encoder = writer.spec, writer.spec.encoder
    return f"""import torch
from seqviz import {", ".join(sorted({"load_checkpoint", *names}))}

writer = load_checkpoint("{relative_path(writer.path)}")
vocabulary, weights = writer.model.input.vocabulary, writer.weights
embedding = torch.nn.Embedding.from_pretrained(weights["embedding.weight"])
rnn = torch.nn.{CELL_NAMES[encoder.cell]}({spec.input.size}, {encoder.hidden_size}, {encoder.num_layers}, \
batch_first=True)
rnn.load_state_dict({{name[8:]: w for name, w in weights.items() if name.startswith("encoder.")}})
head = torch.nn.Linear({encoder.hidden_size}, {spec.head.outputs})
head.load_state_dict({{name[5:]: w for name, w in weights.items() if name.startswith("head.")}})
"""


def _distribution(setting: WritingSetting) -> str:
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


def _tokens(writer: Network, setting: WritingSetting) -> dict[int, int]:
    return {step: writer.model.vocabulary.characters.index(character) for step, character in setting.forced}


def columns(writer: Network, setting: WritingSetting, temperatures: Sequence[float]) -> str:
    """The same noise at several temperatures."""
    return f"""from seqviz import load_checkpoint, sample

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


def beams(writer: Network, prompt: str, length: int, count: int) -> str:
    """The likeliest texts that a beam search finds."""
    return f"""from seqviz import beam_search, load_checkpoint

model = load_checkpoint("{relative_path(writer.path)}").build()
found = beam_search(model, {prompt!r}, {length}, beams={count})
for beam in found[:3]:
    print(beam.log_probability, beam.text)
"""


def temperature(writer: Network, text: str, heat: float) -> str:
    """The distribution behind a text at one temperature, and its entropy."""
    p = f"(logits / {heat}).softmax(dim=-1)"
    if heat == 0:
        p = "torch.nn.functional.one_hot(logits.argmax(), len(logits)).double()"
    return f"""{_loaded(writer)}
text = {opening_text(writer.model, text)!r}
with torch.no_grad():
    hidden, _ = rnn(embedding(torch.tensor([[vocabulary.index(character) for character in text]])))
    logits = head(hidden[0, -1]).double()
p = {p}
entropy = torch.special.entr(p).sum() / torch.tensor(2.0).log()  # bits
print(vocabulary[p.argmax()], p.max(), entropy)
"""


def units(writer: Network, text: str, unit: int, name: str) -> str:
    """How well one unit follows a property of a text, given as an expression."""
    names = ("properties", "unit_scores", *(["load_text"] if text.startswith("load_text(") else []))
    return f"""{_path_import(text)}{_loaded(writer, *names)}
text = {text}
with torch.no_grad():
    hidden, _ = rnn(embedding(torch.tensor([[vocabulary.index(character) for character in text]])))
scores = unit_scores(hidden[0], properties(text))["{name}"]
print(scores.measure, scores.scores[{unit}])
"""


def text_source(name: str) -> str:
    """What `load_text` takes for a text by this name: one of the project's, one that was brought, or a file."""
    if name in TEXTS:
        return f'"{name}"'
    brought = runs_folder() / "texts" / f"{name}.txt"
    return f'Path("{(relative_path(brought) if brought.is_file() else name)}")'


def _path_import(expression: str) -> str:
    return "from pathlib import Path\n\n" if expression.startswith("load_text(Path(") else ""


def text_training(spec: ModelSpec, run: TrainSpec, data: str) -> str:
    """The same run as a plain loop over streams: the same loss at every step."""
    shape = f"cell={spec.encoder.cell!r}, embedding_size={spec.input.size}, hidden_size={spec.encoder.hidden_size}, "
    shape += f"num_layers={spec.encoder.num_layers}, dropout={spec.encoder.dropout}, tied={spec.head.tied}"
    lstm = spec.encoder.cell == "lstm"
    detached = "tuple(part.detach() for part in state)" if lstm else "state.detach()"
    load = f"load_text({text_source(data)})"
    lines = [
        f"{_path_import(load)}import torch",
        "from torch.nn import functional as F",
        "from seqviz import ModelSpec, build_model, load_text",
        "",
        f"data = {load}",
        f"spec = ModelSpec.language_model(data.vocabulary.characters, {shape})",
        f"model = build_model(spec, seed={run.seed})",
        f"epochs, streams, time = {run.epochs}, {run.batch_size}, {run.truncate}",
        "tokens = data.vocabulary.encode(data.train)",
        "length = (len(tokens) - 1) // streams",
        "inputs = tokens[: streams * length].view(streams, length)",
        "targets = tokens[1 : streams * length + 1].view(streams, length)",
        *optimizer_lines(run, "epochs * -(-length // time)"),
        "losses = []",
        "",
        "for epoch in range(epochs):",
        "    state = None",
        "    for start in range(0, length, time):",
        "        logits, state = model.forward_from(inputs[:, start : start + time], state)",
        f"        state = {detached}  # it crosses to the next batch, the gradient does not",
        "        loss = F.cross_entropy(logits.flatten(0, 1), targets[:, start : start + time].flatten())",
        *update_lines(run),
        "print(losses[0], losses[-1])",
        "",
    ]
    return "\n".join(lines)
