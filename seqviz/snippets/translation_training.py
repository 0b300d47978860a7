"""Programs that train what translates, spells out or tags: the same loss at every step as on the page."""

from pathlib import Path

from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import optimizer_lines, relative_path, update_lines
from seqviz.specs import EncoderDecoderSpec, LearnedSpec, ModelSpec, TrainSpec


def task_training(
    spec: LearnedSpec, run: TrainSpec, data: str, path: Path | None = None, ended: int | None = None
) -> str:
    """A run as a plain loop; `path` is the file of pairs that somebody brought, `ended` the last step if it came early.

    The network gives its layers and their first weights; what they compute stands in the program.
    """
    writes = isinstance(spec, EncoderDecoderSpec)
    loop = _writing_loop(spec, run) if isinstance(spec, EncoderDecoderSpec) else _tagging_loop()
    lines = [
        *(["from pathlib import Path"] if path else []),
        "import torch",
        "from torch.nn import functional as F",
        *(_packing_imports() if writes and spec.encoder else []),
        f"from seqviz import {', '.join(_imports(spec, path))}",
        *(["from seqviz.data.pair_table import read_pairs"] if path else []),
        *(["from seqviz.seeds import derive_seed"] if _mixes(spec, run) else []),
        "",
        f"data = {_loaded(data, path)}",
        f"run = TrainSpec({_order(run)})",
        f"spec = {_spec(spec)}",
        "model = build_model(spec, seed=run.seed)  # its layers, with the weights that they begin with",
        *optimizer_lines(run, "run.epochs * data.steps_per_epoch(run)"),
        "losses = []",
        "",
        *(_functions(spec) if isinstance(spec, EncoderDecoderSpec) else []),
        'for step, batch in enumerate(data.training_batches(run, torch.device("cpu")), start=1):',
        *loop,
        *(line.removeprefix("    ") for line in update_lines(run)),
        *([f"    if step == {ended}:", "        break  # the run above ended here"] if ended else []),
        "print(losses[0], losses[-1])",
        "",
    ]
    return "\n".join(lines)


def _imports(spec: LearnedSpec, path: Path | None) -> list[str]:
    specs = ["EncoderDecoderSpec"]
    if isinstance(spec, ModelSpec):
        specs = ["EmbeddingInput", "HeadSpec", "ModelSpec", "RecurrentSpec"]
    return [*specs, "TrainSpec", "build_model", *([] if path else ["load_task"])]


def _packing_imports() -> list[str]:
    return ["from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence"]


def _loaded(data: str, path: Path | None) -> str:
    if path is None:
        return f'load_task("{data}")'
    return f'read_pairs(Path("{relative_path(path)}").read_bytes(), "{data}")'


def _order(run: TrainSpec) -> str:
    """What the batches and their order depend on."""
    bucketed = ", bucket_by_length=True" if run.bucket_by_length else ""
    return f"epochs={run.epochs}, batch_size={run.batch_size}{bucketed}, seed={run.seed}"


def _spec(spec: LearnedSpec) -> str:
    if isinstance(spec, ModelSpec):
        encoder = spec.encoder
        layers = f"RecurrentSpec({encoder.cell!r}, {encoder.hidden_size}, bidirectional={encoder.bidirectional})"
        reads = f"EmbeddingInput(data.vocabulary.characters, {spec.input.size})"
        return f'ModelSpec({reads}, {layers}, HeadSpec("each_step", {spec.head.outputs}))'
    decoder = spec.decoder
    options = f"{decoder.cell!r}, {decoder.hidden_size}, attention={decoder.attention!r}"
    if spec.encoder is None:
        return f"EncoderDecoderSpec.captioner(data.target.vocabulary, {options})"
    return f"EncoderDecoderSpec.translator(data.source.vocabulary, data.target.vocabulary, {options})"


def _mixes(spec: LearnedSpec, run: TrainSpec) -> bool:
    """Whether the decoder reads some words of its own."""
    return isinstance(spec, EncoderDecoderSpec) and run.teacher_forcing < 1


def _functions(spec: EncoderDecoderSpec) -> list[str]:
    """How it reads, and what it answers to the words before each."""
    return [*(_read_text(spec) if spec.encoder else _READ_PICTURE), "", "", *_answer(spec), "", ""]


def _read_text(spec: EncoderDecoderSpec) -> list[str]:
    assert spec.encoder is not None
    directions, lstm = spec.encoder.directions, spec.encoder.cell == "lstm"
    return [
        "def read(tokens, lengths):",
        "    packed = pack_padded_sequence(model.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)",
        f"    outputs, {'(h, _)' if lstm else 'h'} = model.encoder(packed)  # torch.nn.{CELL_NAMES[spec.encoder.cell]}",
        "    features = pad_packed_sequence(outputs, batch_first=True)[0]  # (batch, places, features)",
        "    mask = torch.arange(tokens.shape[1]) < lengths[:, None]",
        f"    return features, mask, torch.cat(list(h[-{directions}:]), dim=1)  # the ends of both directions",
    ]


_READ_PICTURE = [
    "def read(pictures, lengths):",
    "    grid = model.encoder.layers(pictures[:, None])  # convolutions: (batch, channels, rows, columns)",
    "    features = model.encoder.norm(grid.flatten(start_dim=2).mT) + model.encoder.places",
    "    return features, None, features.flatten(start_dim=1)",
]


def _answer(spec: EncoderDecoderSpec) -> list[str]:
    decoder = spec.decoder
    shape = f"({'2' if decoder.cell == 'lstm' else '1'}, {decoder.num_layers}, {decoder.hidden_size})"
    first = "tuple(state)" if decoder.cell == "lstm" else "state[0]"
    attention = {
        "none": [],
        "dot": [
            "    keys = model.attention.keys(features)  # (batch, places, hidden)",
            "    scores = states @ keys.mT / keys.shape[-1] ** 0.5  # (batch, steps, places)",
        ],
        "additive": [
            "    asked, keys = model.attention.queries(states)[:, :, None], model.attention.keys(features)[:, None]",
            "    scores = model.attention.scorer(torch.tanh(asked + keys))[..., 0]  # (batch, steps, places)",
        ],
    }[decoder.attention]
    if attention and spec.encoder:
        attention = [*attention, "    scores = scores.masked_fill(~mask[:, None], -torch.inf)"]
    if attention:
        attention = [
            *attention,
            "    context = scores.softmax(dim=-1) @ features",
            "    states = torch.tanh(model.attention.combine(torch.cat([context, states], dim=-1)))",
        ]
    return [
        "def answer(fed, features, mask, summary):",
        f"    state = torch.tanh(model.bridge(summary)).unflatten(1, {shape}).permute(1, 2, 0, 3).contiguous()",
        f"    states, _ = model.decoder(model.target_embedding(fed), {first})  # torch.nn.{CELL_NAMES[decoder.cell]}",
        *attention,
        "    return model.head(states)  # (batch, steps, words)",
    ]


def _writing_loop(spec: EncoderDecoderSpec, run: TrainSpec) -> list[str]:
    total = "run.epochs * data.steps_per_epoch(run)"
    own = [
        f"    share = {1 - run.teacher_forcing} * (step - 1) / max(1, {total} - 1)",
        "    with torch.no_grad():",
        "        own = F.pad(answer(fed, *reading).argmax(dim=-1)[:, :-1], (1, 0))",
        "    chance = torch.Generator().manual_seed(derive_seed(run.seed, step))",
        "    fed = torch.where(torch.rand(fed.shape, generator=chance) < share, own, fed)",
    ]
    return [
        "    targets = batch.targets[:, : int((batch.targets != 0).sum(dim=1).max()) + 1]  # 0 is the end",
        "    counted = (targets != 0) | ((targets == 0).cumsum(dim=1) == 1)  # up to the end, which counts",
        "    reading, fed = read(batch.inputs, batch.lengths), F.pad(targets[:, :-1], (1, 0))  # one step late",
        *(own if _mixes(spec, run) else []),
        "    loss = F.cross_entropy(answer(fed, *reading)[counted], targets[counted])",
    ]


def _tagging_loop() -> list[str]:
    return [
        "    states, _ = model.encoder(model.embedding(batch.inputs))  # all pieces are of one length",
        "    loss = F.cross_entropy(model.head(states).flatten(0, 1), batch.targets.flatten())",
    ]
