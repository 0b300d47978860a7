"""Programs that train: the same numbers at every step as on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import optimizer_lines, relative_path, update_lines
from seqviz.specs import Cell, ModelSpec, TrainSpec


def training(spec: ModelSpec, run: TrainSpec, data: str) -> str:
    """The same run as a plain loop: the same loss at every step."""
    lines = [
        "import torch",
        "from torch.nn import functional as F",
        "from seqviz import ModelSpec, build_model, load_dataset",
        "",
        f'train = load_dataset("{data}").train',
        f"model = build_model({_classifier(spec)}, seed={run.seed})  # {_built(spec)}",
        f"epochs, batch, shuffle = {run.epochs}, {run.batch_size}, torch.Generator().manual_seed({run.seed})",
        *optimizer_lines(run, "epochs * -(-len(train) // batch)"),
        "losses = []",
        "",
        "for epoch in range(epochs):",
        "    for index in torch.randperm(len(train), generator=shuffle).split(batch):",
        "        loss = F.cross_entropy(model(train.inputs[index]), train.targets[index])",
        *update_lines(run),
        "print(losses[0], losses[-1])",
        "",
    ]
    return "\n".join(lines)


@dataclass(frozen=True)
class Learned:
    """Texts with classes that a run learned from: by name, or the file of what somebody brought; words that occur less
    often than `at_least` were unknown (None: as the data set has it)."""

    name: str
    path: Path | None = None
    at_least: int | None = None

    @property
    def lines(self) -> list[str]:
        """What loads them, as `data`."""
        load = f'load_reviews("{self.name}")'
        imports = "from seqviz import ModelSpec, TrainSpec, build_model, load_reviews"
        if self.path is not None:
            imports = "from seqviz import ModelSpec, TrainSpec, build_model, read_labelled"
            load = f'read_labelled(Path("{relative_path(self.path)}").read_bytes(), "{self.name}")'
        if self.at_least is not None:
            load = f"replace({load}, at_least={self.at_least})"
        return [
            *(["from pathlib import Path"] if self.path is not None else []),
            *(["from dataclasses import replace"] if self.at_least is not None else []),
            imports,
            "",
            f"data = {load}",
        ]


def words_training(spec: ModelSpec, run: TrainSpec, data: Learned, ended: int | None = None) -> str:
    """A run on texts as a plain loop: the same loss at every step; `ended` is the last one, if it ended early."""
    encoder, head = spec.encoder, spec.head
    shape = f"embedding_size={spec.input.size}, bidirectional={encoder.bidirectional}, head={head.kind!r}"
    loss = ["    loss = F.cross_entropy(model(words, batch.lengths), batch.targets)"]
    if head.outputs == 1:
        loss = [
            "    logits = model(words, batch.lengths)[:, 0]",
            "    loss = F.binary_cross_entropy_with_logits(logits, batch.targets.float())",
        ]
    else:
        shape += f", num_classes={head.outputs}"
    order = (
        f"epochs={run.epochs}, batch_size={run.batch_size}, bucket_by_length={run.bucket_by_length}, seed={run.seed}"
    )
    dropout = [
        "    chance = torch.Generator().manual_seed(derive_seed(run.seed, step))",
        f"    unknown = torch.rand(words.shape, generator=chance) < {run.word_dropout}",
        "    words = words.masked_fill(unknown, 1)  # <unk>",
    ]
    lines = [
        "import torch",
        "from torch.nn import functional as F",
        *(["from seqviz.seeds import derive_seed"] if run.word_dropout else []),
        *data.lines,
        f"run = TrainSpec({order})",
        f"spec = ModelSpec.text_classifier(data.vocabulary.words, {encoder.cell!r}, {encoder.hidden_size}, {shape})",
        "model = build_model(spec, seed=run.seed)  # torch.nn.Embedding, a packed torch.nn layer and torch.nn.Linear",
        *optimizer_lines(run, "run.epochs * data.steps_per_epoch(run)"),
        "losses = []",
        "",
        'for step, batch in enumerate(data.training_batches(run, torch.device("cpu")), start=1):',
        "    words = batch.inputs",
        *(dropout if run.word_dropout else []),
        *loss,
        *(line.removeprefix("    ") for line in update_lines(run)),
        *([f"    if step == {ended}:", "        break  # the run above ended here"] if ended else []),
        "print(losses[0], losses[-1])",
        "",
    ]
    return "\n".join(lines)


def _classifier(spec: ModelSpec) -> str:
    """The call that makes a classifier's spec, without what is default."""
    encoder, default = spec.encoder, ModelSpec.classifier().encoder
    options = {
        name: value
        for name, value in encoder.to_dict().items()
        if name not in ("cell", "hidden_size") and value != getattr(default, name)
    }
    if spec.head.kind != "last":
        options["head"] = spec.head.kind
    given = [repr(encoder.cell), str(encoder.hidden_size), *(f"{name}={value!r}" for name, value in options.items())]
    return f"ModelSpec.classifier({', '.join(given)})"


def _built(spec: ModelSpec) -> str:
    return f"torch.nn.{CELL_NAMES[spec.encoder.cell]} and torch.nn.Linear"


def clipping(radius: float, rate: float, limit: float, epochs: int, batch: int, hidden: int) -> str:
    """The clipped run of the exploding network."""
    return f"""import torch
from torch.nn import functional as F
from seqviz import ModelSpec, Modifications, build_model, load_dataset, with_modifications

train = load_dataset("digits").train
spec = ModelSpec.classifier("rnn", {hidden}, nonlinearity="relu")
model = with_modifications(build_model(spec), Modifications(spectral_radius={radius})).train()
optimizer = torch.optim.SGD(model.parameters(), lr={rate})
shuffle, norms = torch.Generator().manual_seed(0), []
for epoch in range({epochs}):
    for index in torch.randperm(len(train), generator=shuffle).split({batch}):
        optimizer.zero_grad()
        F.cross_entropy(model(train.inputs[index]), train.targets[index]).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), {limit}).item())  # before clipping
        optimizer.step()
print(norms[:5])
"""


def distances(task: str, cells: Sequence[Cell], units: int, memory_gate_bias: float, seed: int) -> str:
    """The accuracies over distances, as the page trains them."""
    return f"""from seqviz import learn_over_distances, task_models

models = task_models("{task}", {tuple(cells)!r}, {units})
*_, last = learn_over_distances("{task}", models, {memory_gate_bias}, seed={seed})
print({{cell: last.curve(cell) for cell in models}})
"""


def race(specs: Mapping[str, ModelSpec], run: TrainSpec, data: str) -> str:
    """Two networks in turns on the same batches, as the page trains them."""
    lines = ",\n    ".join(f"{name!r}: {_classifier(spec)}" for name, spec in specs.items())
    given = {name: value for name, value in run.to_dict().items() if value != getattr(TrainSpec(), name)}
    return f"""from seqviz import ModelSpec, TrainSpec, load_dataset, race

specs = {{
    {lines},
}}
training = TrainSpec({", ".join(f"{name}={value!r}" for name, value in given.items())})
*_, last = race(specs, load_dataset("{data}"), training)
print({{name: racer.accuracy for name, racer in last.racers.items()}})
"""


def directions(data: str, cell: Cell, epochs: int, match: bool, seeds: int) -> str:
    """One direction against two over seeds, with a paired test."""
    return f"""from seqviz import load_reviews
from seqviz.experiments.directions import comparison
from seqviz.experiments.race import repeat_race
from seqviz.experiments.statistics import paired_t_test

data = load_reviews("{data}")
specs, training = comparison(data, "{cell}", epochs={epochs}, match={match})
*_, accuracies = repeat_race(specs, data, training, range({seeds}))
forward, both = accuracies.values()
print(accuracies, paired_t_test(both, forward))
"""


def orders(seed: int, order: str) -> str:
    """Networks with and without a memory on digits that are read another way."""
    return f"""from seqviz import load_dataset, race_on_row_orders

*_, found = race_on_row_orders(load_dataset("digits"), seed={seed}, row_orders=("{order}",))
print(found)
"""
