"""Programs that train: the same numbers at every step as on the page."""

from collections.abc import Mapping, Sequence

from seqviz.palette import CELL_NAMES
from seqviz.specs import Cell, ModelSpec, TrainSpec
from seqviz.ui.snippets.parts import optimizer_lines, update_lines


def training(spec: ModelSpec, run: TrainSpec, data: str) -> str:
    """The same run as a plain loop: the same loss at every step."""
    lines = [
        "import torch",
        "from torch.nn import functional as F",
        "from seqviz import load_dataset",
        "from seqviz import build_model",
        "from seqviz import ModelSpec",
        "",
        f'train = load_dataset("{data}").train',
        f"model = build_model({_arguments(spec, ModelSpec())}, seed={run.seed})  # {_built(spec)}",
        f"epochs, batch, shuffle = {run.epochs}, {run.batch_size}, torch.Generator().manual_seed({run.seed})",
        *optimizer_lines(run, "epochs * -(-len(train) // batch)"),
        "losses = []",
        "",
        "for epoch in range(epochs):",
        "    for index in torch.randperm(len(train), generator=shuffle).split(batch):",
        "        loss = F.cross_entropy(model(train.sequences[index]), train.labels[index])",
        *update_lines(run),
        "print(losses[0], losses[-1])",
        "",
    ]
    return "\n".join(lines)


def _arguments(spec: ModelSpec, default: ModelSpec) -> str:
    """The call that makes a spec, without what is default."""
    values = {name: value for name, value in spec.to_dict().items() if value != getattr(default, name)}
    return f"ModelSpec({', '.join(f'{name}={value!r}' for name, value in values.items())})"


def _built(spec: ModelSpec) -> str:
    return f"torch.nn.{CELL_NAMES[spec.cell]} and torch.nn.Linear"


def clipping(radius: float, rate: float, limit: float, epochs: int, batch: int, hidden: int) -> str:
    """The clipped run of the exploding network."""
    return f"""import torch
from torch.nn import functional as F
from seqviz import load_dataset
from seqviz import build_model
from seqviz import Levers, pulled
from seqviz import ModelSpec

train = load_dataset("digits").train
spec = ModelSpec(cell="rnn", hidden_size={hidden}, nonlinearity="relu")
model = pulled(build_model(spec), Levers(spectral_radius={radius})).train()
optimizer = torch.optim.SGD(model.parameters(), lr={rate})
shuffle, norms = torch.Generator().manual_seed(0), []
for epoch in range({epochs}):
    for index in torch.randperm(len(train), generator=shuffle).split({batch}):
        optimizer.zero_grad()
        F.cross_entropy(model(train.sequences[index]), train.labels[index]).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), {limit}).item())  # before clipping
        optimizer.step()
print(norms[:5])
"""


def distances(task: str, cells: Sequence[Cell], units: int, keep_bias: float, seed: int) -> str:
    """The accuracies over distances, as the page trains them."""
    return f"""from seqviz import learn_over_distances, task_models

models = task_models("{task}", {tuple(cells)!r}, {units})
*_, last = learn_over_distances("{task}", models, {keep_bias}, seed={seed})
print({{cell: last.curve(cell) for cell in models}})
"""


def race(specs: Mapping[str, ModelSpec], run: TrainSpec, data: str) -> str:
    """Two networks in turns on the same batches, as the page trains them."""
    lines = ",\n    ".join(f"{name!r}: {_arguments(spec, ModelSpec())}" for name, spec in specs.items())
    given = {name: value for name, value in run.to_dict().items() if value != getattr(TrainSpec(), name)}
    return f"""from seqviz import load_dataset
from seqviz import ModelSpec, TrainSpec
from seqviz import race

specs = {{
    {lines},
}}
training = TrainSpec({", ".join(f"{name}={value!r}" for name, value in given.items())})
*_, last = race(specs, load_dataset("{data}"), training)
print({{name: racer.accuracy for name, racer in last.racers.items()}})
"""


def orders(seed: int, reading: str) -> str:
    """Networks with and without a memory on digits that are read another way."""
    return f"""from seqviz import load_dataset
from seqviz import race_on_readings

*_, found = race_on_readings(load_dataset("digits"), seed={seed}, readings=("{reading}",))
print(found)
"""
