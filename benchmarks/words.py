"""Words: reading a sentence and training on reviews beside plain loops, and what training reaches."""

import random
import time
from dataclasses import replace
from statistics import mean

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

from benchmarks.report import Figure
from benchmarks.timing import in_turns
from seqviz.data.batch import shuffled
from seqviz.data.labelled_texts import LabelledTexts, available_reviews, load_reviews
from seqviz.experiments.word_counts import counting_words
from seqviz.instruments.trace import trace
from seqviz.machine import cores
from seqviz.networks.build import build_model
from seqviz.networks.network import SequenceNetwork
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.events import EvalCompleted, StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import words_recipe

WORDS, STEPS, ROUNDS, MINUTE, SPLITS = 60, 100, 4, 60.0, 5


def words() -> list[Figure]:
    """Reading one sentence, training steps, and what the recipe learns; the reviews of people where they are here."""
    figures = [_reading(), _training(), _planted()]
    return [*figures, _written_by_people()] if "reviews" in available_reviews() else figures


def _reading() -> Figure:
    """All signals of both directions and the answer after every prefix, beside the same with `nn.LSTMCell`."""
    vocabulary = ("<pad>", "<unk>", *(f"word{number}" for number in range(200)))
    model = build_model(ModelSpec.text_classifier(vocabulary, "lstm", 48, embedding_size=32))
    tokens = torch.randint(2, 200, (1, WORDS), generator=torch.Generator().manual_seed(0))
    torch.set_num_threads(1)
    spent, reference = in_turns(lambda: trace(model, tokens), lambda: _with_cells(model, tokens), rounds=20)
    text = f"nn.LSTMCell {reference * 1e3:.1f} ms, ours {spent * 1e3:.1f} ms"
    return Figure(f"reading {WORDS} words in both directions", spent / reference, "× cells", text, 1.5, False)


@torch.no_grad()
def _with_cells(model: SequenceNetwork, tokens: Tensor) -> tuple[list[Tensor], Tensor]:
    """The forward direction once; the backward one for all prefixes side by side, each from its own end."""
    forward, backward = (_cell(model, suffix) for suffix in ("", "_reverse"))
    x = model.embed(tokens)[0]
    signals, h, c = [], torch.zeros(1, forward.hidden_size), torch.zeros(1, forward.hidden_size)
    for vector in x:
        gates = F.linear(vector[None], forward.weight_ih, forward.bias_ih)
        signals.append(gates + F.linear(h, forward.weight_hh, forward.bias_hh))
        h, c = forward(vector[None], (h, c))
        signals += [h, c]
    h, c = (torch.zeros(WORDS, backward.hidden_size) for _ in range(2))
    for step in range(WORDS - 1, -1, -1):  # prefix t begins at its own last word, t
        gates = F.linear(x[step : step + 1], backward.weight_ih, backward.bias_ih)
        signals.append(gates + F.linear(h[step:], backward.weight_hh, backward.bias_hh))
        begun = backward(x[step].expand(WORDS - step, -1), (h[step:], c[step:]))
        h, c = torch.cat([h[:step], begun[0]]), torch.cat([c[:step], begun[1]])
        signals += [h, c]
    ends = torch.stack(list(signals[1 : 3 * WORDS : 3]))[:, 0]
    return signals, model.head.weight @ torch.cat([ends, h], dim=1).T


def _cell(model: SequenceNetwork, suffix: str) -> nn.LSTMCell:
    encoder = model.encoder
    cell = nn.LSTMCell(encoder.input_size, encoder.hidden_size)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(cell, name).data = getattr(encoder, f"{name}_l0{suffix}").data
    return cell


def _training() -> Figure:
    """Steps a second on reviews of different lengths, beside a loop over `pack_padded_sequence`."""
    data = load_reviews("planted")
    spec, run = words_recipe(data)
    torch.set_num_threads(cores())
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_bare_training(spec, run, data))
        ours.append(_our_training(spec, run, data))
    share = max(ours) / max(bare)
    text = f"bare loop {max(bare):.0f} steps/s, train {max(ours):.0f}"
    return Figure("training on reviews", share, "of bare loop", text, 0.9, at_least=True)


def _our_training(spec: ModelSpec, run: TrainSpec, data: LabelledTexts) -> float:
    started, done = 0.0, 0
    for event in train(build_model(spec), data, run):
        if isinstance(event, StepCompleted):
            started = started or time.perf_counter()  # the first step warms up
            done += 1
            if done > STEPS:
                break
    return STEPS / (time.perf_counter() - started)


def _bare_training(spec: ModelSpec, run: TrainSpec, data: LabelledTexts) -> float:
    split, model = data.for_network(spec).train, build_model(spec)
    assert model.embedding is not None
    assert split.lengths is not None
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.learning_rate, weight_decay=run.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, run.learning_rate, total_steps=10 * STEPS)
    order = torch.Generator().manual_seed(run.seed)
    started, done = 0.0, 0
    while True:
        for rows in shuffled(len(split), run.batch_size, order, split.lengths):
            lengths = split.lengths[rows]
            vectors = model.embedding(split.inputs[rows][:, : int(lengths.max())])
            _, (h_n, _) = model.encoder(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))
            logits = F.linear(torch.cat([h_n[0], h_n[1]], dim=1), model.head.weight, model.head.bias)
            loss = F.binary_cross_entropy_with_logits(logits[:, 0], split.targets[rows].float())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), run.clip or 1.0)
            optimizer.step()
            schedule.step()
            loss.item()
            started = started or time.perf_counter()
            done += 1
            if done > STEPS:
                return STEPS / (time.perf_counter() - started)


def _planted() -> Figure:
    """The recipe on the planted reviews: the time until 98 % of those held out are read rightly."""
    scores, seconds = _learn(load_reviews("planted"))
    reached = next((at for at, score in zip(seconds, scores, strict=True) if score >= 0.98), float("inf"))
    text = f"in the end {scores[-1]:.1%}"
    return Figure("planted reviews, time to 98 %", reached, "s", text, 30.0, at_least=False)


def _written_by_people() -> Figure:
    """The recipe on the sentences that people wrote, beside logistic regression on the same split."""
    data = load_reviews("reviews")
    baseline = counting_words(data, together=2)
    scores, seconds = _learn(data)
    in_time = [score for at, score in zip(seconds, scores, strict=True) if at <= MINUTE]
    text = f"logistic regression on words and pairs {baseline:.1%}; {len(scores)} epochs in {seconds[-1]:.0f} s"
    return Figure("reviews, accuracy in 60 s", 100 * max(in_time, default=0.0), "%", text, 76.0, at_least=True)


def reviews() -> list[Figure]:
    """The recipe beside logistic regression on words and pairs, on five splits of the reviews that people wrote."""
    whole = load_reviews("reviews")
    found, baselines = [], []
    for seed in range(SPLITS):
        data = _split_anew(whole, seed)
        baselines.append(100 * counting_words(data, together=2))
        found.append(100 * _learn(data)[0][-1])
    text = f"logistic regression {mean(baselines):.1f} %, ours {mean(found):.1f} % (means of {SPLITS} splits)"
    lead = mean(found) - mean(baselines)
    return [Figure("reviews, ahead of counting words", lead, "points", text, -1.0, at_least=True)]


def _split_anew(data: LabelledTexts, seed: int) -> LabelledTexts:
    """The same texts, of which others are held out, as many as before."""
    texts = list(zip(data.train + data.test, data.train_labels + data.test_labels, strict=True))
    random.Random(seed).shuffle(texts)
    words, labels = (tuple(column) for column in zip(*texts, strict=True))
    border = len(data.train)
    train, test, train_labels, test_labels = words[:border], words[border:], labels[:border], labels[border:]
    return replace(data, train=train, test=test, train_labels=train_labels, test_labels=test_labels)


def _learn(data: LabelledTexts) -> tuple[list[float], list[float]]:
    """The accuracy after each epoch of the recipe, and when it was reached, in seconds."""
    spec, run = words_recipe(data)
    torch.set_num_threads(cores())
    started = time.perf_counter()
    scores, seconds = [], []
    for event in train(build_model(spec), data, run):
        if isinstance(event, EvalCompleted):
            scores.append(event.evaluation.accuracy)
            seconds.append(time.perf_counter() - started)
    return scores, seconds
