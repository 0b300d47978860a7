"""What the tasks of the Translation page reach live, and training and reading beside plain loops."""

import time
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.report import Figure
from benchmarks.timing import in_turns
from seqviz.data.batch import shuffled
from seqviz.data.captions import captions
from seqviz.data.dates import dates
from seqviz.data.numbers import numbers
from seqviz.data.pairs import Pairs
from seqviz.data.tags import tags
from seqviz.data.tasks import Task
from seqviz.instruments.translation import translate
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.networks.encoder_decoder import EncoderDecoder
from seqviz.networks.objectives import up_to_end
from seqviz.specs import LearnedSpec, TrainSpec
from seqviz.training.events import EvalCompleted, StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import captions_recipe, pairs_recipe, tags_recipe

STEPS, ROUNDS = 60, 4


def tasks() -> list[Figure]:
    """Reading beside cells, training beside a plain loop, and what the recipes reach within their time."""
    torch.set_num_threads(cores())
    return [
        _translating(),
        _training(),
        _reached("German numbers in English", numbers(), pairs_recipe(numbers()), "exact", 0.99, 60),
        _reached("dates in ISO form", dates(), pairs_recipe(dates()), "exact", 0.99, 60),
        _reached("pictures of one digit", captions(), captions_recipe(captions()), "exact", 0.95, 60),
        _reached("tags, both directions", tags(), tags_recipe(tags()), "accuracy", 0.965, 45),
    ]


def _reached(
    name: str, data: Task, recipe: tuple[LearnedSpec, TrainSpec], metric: str, wanted: float, seconds: float
) -> Figure:
    """The share that is right on held-out examples at the last evaluation within the time."""
    spec, training = recipe
    every = max(1, data.steps_per_epoch(training) // 2)
    started, share, at = time.perf_counter(), 0.0, 0.0
    for event in train(build_model(spec, training.seed), data, replace(training, eval_every=every)):
        spent = time.perf_counter() - started
        if spent > seconds:
            break
        if isinstance(event, EvalCompleted):
            share, at = event.evaluation.metrics[metric], spent
    text = f"{share:.2%} on held-out examples after {at:.0f} s ({seconds:.0f} s at most)"
    return Figure(f"{name}, live", share, "right", text, wanted, at_least=True)


def _translating() -> Figure:
    """One number, with every signal, attention and distribution, beside a loop over `nn.GRUCell`."""
    data = numbers()
    spec, _ = pairs_recipe(data)
    model = build_model(spec, 0).eval()
    read, written = data.test[0]
    tokens, right = model.source.encode(read), model.target.encode(written).tolist()
    torch.set_num_threads(1)
    ours, bare = in_turns(
        lambda: translate(model, tokens, right=right), lambda: _with_cells(model, tokens, right), rounds=20
    )
    torch.set_num_threads(cores())
    text = f"nn.GRUCell {bare * 1e3:.1f} ms, ours {ours * 1e3:.1f} ms"
    return Figure("a translation with all its signals", ours / bare, "× cells", text, 1.6, False)


@torch.no_grad()
def _with_cells(model: EncoderDecoder, tokens: Tensor, right: list[int]) -> list[Tensor]:
    """Both directions and the decoder, cell by cell, each gate kept."""
    assert isinstance(model.encoder, nn.GRU)
    vectors, sides, signals = model.embedding(tokens), [], []
    for suffix, order in (("", range(len(tokens))), ("_reverse", reversed(range(len(tokens))))):
        cell, states = _cell(model.encoder, suffix), {}
        h = torch.zeros(1, cell.hidden_size)
        for step in order:
            signals += [F.linear(vectors[step][None], cell.weight_ih), F.linear(h, cell.weight_hh)]
            h = states[step] = cell(vectors[step][None], h)
        sides.append(torch.cat([states[step] for step in range(len(tokens))]))
    read = torch.cat(sides, dim=1)
    hidden = read.shape[1] // 2
    h = torch.tanh(model.bridge(torch.cat([read[-1, :hidden], read[0, hidden:]])))[None]
    cell, attention = _cell(model.decoder, ""), model.attention
    assert attention is not None
    keys, written = attention.keys(read), []
    for token in [0, *right]:
        x = model.target_embedding.weight[token][None]
        signals += [F.linear(x, cell.weight_ih), F.linear(h, cell.weight_hh)]
        h = cell(x, h)
        look = (h @ keys.T / keys.shape[1] ** 0.5).softmax(dim=1)
        written.append(model.head(torch.tanh(attention.combine(torch.cat([look @ read, h], dim=1)))).softmax(dim=1))
    return [*signals, *written]


def _cell(layer: nn.RNNBase, suffix: str) -> nn.GRUCell:
    cell = nn.GRUCell(layer.input_size, layer.hidden_size)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(cell, name).data = getattr(layer, f"{name}_l0{suffix}").data
    return cell


def _training() -> Figure:
    """Steps a second on numbers, beside a loop that is written out."""
    data = numbers()
    recipe = pairs_recipe(data)
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_steps_a_second(lambda: _bare_steps(data, recipe)))
        ours.append(_steps_a_second(lambda: _our_steps(data, recipe)))
    share = max(ours) / max(bare)
    text = f"bare loop {max(bare):.1f} steps/s, train {max(ours):.1f}"
    return Figure("training a translator", share, "of bare loop", text, 0.9, at_least=True)


def _steps_a_second(steps: Callable[[], None]) -> float:
    started = time.perf_counter()
    steps()
    return STEPS / (time.perf_counter() - started)


def _our_steps(data: Pairs, recipe: tuple[LearnedSpec, TrainSpec]) -> None:
    done = 0
    for event in train(build_model(recipe[0]), data, recipe[1]):
        done += isinstance(event, StepCompleted)
        if done == STEPS:
            return


def _bare_steps(data: Pairs, recipe: tuple[LearnedSpec, TrainSpec]) -> None:
    spec, run = recipe
    split, model = data.for_network(spec).train, build_model(spec)
    assert isinstance(model, EncoderDecoder)
    assert isinstance(model.encoder, nn.GRU)
    assert split.lengths is not None
    optimizer = torch.optim.Adam(model.parameters(), lr=run.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, run.learning_rate, total_steps=626)
    batches = shuffled(len(split), run.batch_size, torch.Generator().manual_seed(run.seed), split.lengths)
    for rows in batches[:STEPS]:
        lengths, targets = split.lengths[rows], split.targets[rows]
        targets = targets[:, : int((targets != 0).sum(dim=1).max()) + 1]
        vectors = model.embedding(split.inputs[rows][:, : int(lengths.max())])
        packed, ends = model.encoder(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))
        read = pad_packed_sequence(packed, batch_first=True)[0]
        first = torch.tanh(model.bridge(torch.cat([ends[0], ends[1]], dim=1)))[None]
        states, _ = model.decoder(model.target_embedding(F.pad(targets[:, :-1], (1, 0))), first)
        assert model.attention is not None
        scores = states @ model.attention.keys(read).mT / states.shape[-1] ** 0.5
        mask = torch.arange(read.shape[1]) < lengths[:, None]
        looks = scores.masked_fill(~mask[:, None], -torch.inf).softmax(dim=-1)
        logits = model.head(torch.tanh(model.attention.combine(torch.cat([looks @ read, states], dim=-1))))
        counted = up_to_end(targets)
        loss = F.cross_entropy(logits[counted], targets[counted])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), run.clip or 1.0)
        optimizer.step()
        schedule.step()
