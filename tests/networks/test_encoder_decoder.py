"""The decoder against plain PyTorch: loops over nn.GRUCell and nn.LSTMCell, packed layers, and identities."""

from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqviz.data.batch import Batch
from seqviz.data.tokens import END
from seqviz.errors import InputError, SpecError
from seqviz.instruments.attention_edits import AttentionEdit
from seqviz.instruments.translation import LONGEST, translate, write_many
from seqviz.instruments.translation_beams import translation_beams
from seqviz.networks.build import build_model, parameter_count
from seqviz.networks.encoder_decoder import EncoderDecoder, longest_target
from seqviz.networks.objectives import OBJECTIVES, up_to_end
from seqviz.specs import ATTENTIONS, DecoderSpec, EmbeddingInput, EncoderDecoderSpec, PictureInput, RecurrentSpec

SOURCE, TARGET = "\nabcdefg", ("<end>", "one", "two", "three", "four")
EXACT = {"atol": 1e-10, "rtol": 0.0}


def translator(cell="gru", attention="dot", layers=1, seed=3) -> EncoderDecoder:
    spec = EncoderDecoderSpec.translator(SOURCE, TARGET, cell, 12, attention=attention, num_layers=layers)
    return build_model(spec, seed).double()


@pytest.fixture
def batch() -> Batch:
    sources = [torch.tensor([1, 2, 3, 4, 5]), torch.tensor([6, 7]), torch.tensor([3, 3, 1])]
    targets = [torch.tensor([1, 2, END]), torch.tensor([4, END]), torch.tensor([2, 2, 3, 1, END])]
    return Batch.collate(sources, targets)


def by_cells(model: EncoderDecoder, batch: Batch, right: torch.Tensor | None, steps: int) -> torch.Tensor:
    """The logits of a plain loop over PyTorch's cells, for one layer; without the right tokens it reads its own."""
    spec = model.spec.decoder
    packed = pack_padded_sequence(
        F.embedding(batch.inputs, model.embedding.weight), batch.lengths, batch_first=True, enforce_sorted=False
    )
    outputs, ends = model.encoder(packed)
    read = pad_packed_sequence(outputs, batch_first=True)[0]
    ends = ends[0] if isinstance(ends, tuple) else ends
    first = torch.tanh(model.bridge(torch.cat([ends[0], ends[1]], dim=1)))
    make = nn.LSTMCell if spec.cell == "lstm" else nn.GRUCell
    cell = make(spec.embedding_size, spec.hidden_size).double()
    weights = {name.removesuffix("_l0"): parameter for name, parameter in model.decoder.named_parameters()}
    state = first.chunk(2, dim=1) if spec.cell == "lstm" else first
    token, logits = torch.zeros(len(batch), dtype=torch.long), []
    for step in range(steps):
        x = F.embedding(token, model.target_embedding.weight)
        state = torch.func.functional_call(cell, weights, (x, state))
        hidden = state[0] if spec.cell == "lstm" else state
        features = hidden
        if spec.attention != "none":
            part = model.attention
            keys = read @ part.keys.weight.T
            if spec.attention == "dot":
                scores = (keys @ hidden[:, :, None])[..., 0] / spec.hidden_size**0.5
            else:
                query = hidden @ part.queries.weight.T + part.queries.bias
                scores = torch.tanh(keys + query[:, None]) @ part.scorer.weight[0]
            looks = scores.masked_fill(~batch.mask, -torch.inf).softmax(dim=1)
            context = (looks[:, :, None] * read).sum(dim=1)
            features = torch.tanh(F.linear(torch.cat([context, hidden], 1), part.combine.weight, part.combine.bias))
        logits.append(F.linear(features, model.head.weight, model.head.bias))
        token = logits[-1].argmax(dim=1) if right is None else right[:, step]
    return torch.stack(logits, dim=1)


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("cell", ["gru", "lstm"])
class TestAgainstPlainLoops:
    def test_teacher_forced_and_its_gradients(self, batch, cell, attention):
        model = translator(cell, attention)
        ours, _ = model.answers(batch)
        parameters = [*model.parameters()]
        mine = torch.autograd.grad(OBJECTIVES["sequence_cross_entropy"].loss(ours, batch), parameters)
        plain = by_cells(model, batch, batch.targets, 5)
        torch.testing.assert_close(ours, plain, **EXACT)
        kept = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]).bool()
        theirs = torch.autograd.grad(F.cross_entropy(plain[kept], batch.targets[kept]), parameters)
        for one, other in zip(mine, theirs, strict=True):
            torch.testing.assert_close(one, other, **EXACT)

    def test_free_and_its_gradients(self, batch, cell, attention):
        model = translator(cell, attention)
        steps = list(model.write(model.read_step_by_step(batch.inputs, batch.lengths), longest=7))
        ours = torch.stack([step.logits for step in steps], dim=1)
        plain = by_cells(model, batch, None, len(steps))
        torch.testing.assert_close(ours, plain, **EXACT)
        parameters = [*model.parameters()]
        mine, theirs = (torch.autograd.grad(each.square().sum(), parameters) for each in (ours, plain))
        for one, other in zip(mine, theirs, strict=True):
            torch.testing.assert_close(one, other, **EXACT)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_what_is_read_step_by_step_is_what_the_fused_layers_read(batch, cell, layers):
    model = translator(cell, layers=layers)
    fused, unrolled = model.read(batch.inputs, batch.lengths), model.read_step_by_step(batch.inputs, batch.lengths)
    torch.testing.assert_close(fused.features[batch.mask], unrolled.features[batch.mask], **EXACT)
    states = fused.state if cell == "lstm" else (fused.state,)
    for one, other in zip(states, unrolled.state if cell == "lstm" else (unrolled.state,), strict=True):
        torch.testing.assert_close(one, other, **EXACT)


@pytest.mark.parametrize("attention", ["dot", "additive"])
def test_attention_is_a_distribution_that_never_looks_at_padding(batch, attention):
    model = translator(attention=attention)
    for step in model.write(model.read(batch.inputs, batch.lengths), longest=6):
        torch.testing.assert_close(step.attention.sum(dim=1), torch.ones(3).double(), **EXACT)
        assert (step.attention[~batch.mask] == 0).all()
        assert (step.attention[batch.mask] > 0).all()


def test_what_stands_behind_a_text_changes_nothing(batch):
    model, other = translator(), batch.inputs.clone()
    other[~batch.mask] = 7
    changed = Batch(other, batch.targets, batch.lengths)
    assert torch.equal(model.answers(batch)[0], model.answers(changed)[0])


def test_alone_and_in_a_batch_are_the_same(batch):
    model = translator("lstm", "additive")
    together = write_many(model, batch.inputs, batch.lengths)
    alone = [write_many(model, batch.inputs[i : i + 1, : batch.lengths[i]])[0] for i in range(3)]
    assert together == alone


def test_a_translation_says_what_the_plain_network_says(batch):
    model = translator()
    found = translate(model, batch.inputs[0])
    logits = by_cells(model, batch[:1], None, len(found.tokens))[0]
    torch.testing.assert_close(found.distributions, logits.softmax(dim=-1), **EXACT)
    assert found.tokens == tuple(logits.argmax(dim=-1).tolist())
    assert found.shares == pytest.approx(found.distributions.max(dim=1).values.tolist())
    forward, backward = found.encoder
    assert (forward.direction, backward.direction) == ("forward", "backward")
    assert forward.hidden.shape == (1, 5, 6)
    assert found.decoder[0].hidden.shape == (1, len(found.tokens), 12)


def test_teacher_forcing_reads_the_right_tokens_and_another_road_those_before_it(batch):
    model = translator()
    taught = translate(model, batch.inputs[0], right=[1, 2])
    assert taught.inputs == (END, 1, 2)
    logits, _ = model.answers(batch[:1])
    torch.testing.assert_close(taught.distributions, logits[0].softmax(dim=-1), **EXACT)
    free = translate(model, batch.inputs[0])
    other = (free.tokens[1] + 1) % len(TARGET)
    road = translate(model, batch.inputs[0], forced={1: other})
    assert road.tokens[:2] == (free.tokens[0], other)
    torch.testing.assert_close(road.distributions[:2], free.distributions[:2], **EXACT)


class Endless(EncoderDecoder):
    """A network that never writes an end."""

    def _attended(self, states, reading, redirected=None):
        self.head.bias.data[END] = -1e9
        return super()._attended(states, reading, redirected)


def test_generation_always_ends():
    model = translator()
    model.__class__ = Endless
    found = translate(model, torch.tensor([1, 2, 3]))
    assert len(found.tokens) == LONGEST
    assert not found.ended
    assert len(translation_beams(model, torch.tensor([1, 2]), 3)[0].tokens) == LONGEST


@pytest.mark.parametrize("attention", ["none", "dot"])
def test_a_beam_that_holds_every_prefix_finds_what_brute_force_finds(attention):
    model = translator(attention=attention)
    x, longest = torch.tensor([1, 2, 3]), 4
    texts = [
        (*words, END) for length in range(longest) for words in product(range(1, len(TARGET)), repeat=length)
    ]  # every text of up to four tokens that ends

    def log_probability(text: tuple[int, ...]) -> float:
        logits = model(x[None], torch.tensor([text]))[0].detach().log_softmax(dim=-1)
        return float(logits[torch.arange(len(text)), torch.tensor(text)].sum())

    scores = {text: log_probability(text) for text in texts}
    best = sorted(texts, key=scores.__getitem__, reverse=True)
    found = translation_beams(model, x, width=512, longest=longest)
    complete = [text for text in found if text.ended]
    assert [text.tokens for text in complete[:20]] == best[:20]
    assert [text.log_probability for text in complete[:20]] == pytest.approx([scores[text] for text in best[:20]])


def test_a_beam_of_one_is_greedy_writing():
    model = translator(seed=5)
    for source in ([1, 2], [3, 4, 5], [7]):
        x = torch.tensor(source)
        assert translation_beams(model, x, 1)[0].tokens == translate(model, x).tokens


def test_attention_in_ones_own_hands(batch):
    model, x = translator(), batch.inputs[0]
    free = translate(model, x, right=[1, 2, 3])
    blurred = translate(model, x, right=[1, 2, 3], edit=AttentionEdit("blur", 100, 1))
    torch.testing.assert_close(blurred.attention[0], free.attention[0], **EXACT)
    torch.testing.assert_close(blurred.attention[1:], torch.full((3, 5), 0.2, dtype=torch.float64), **EXACT)
    moved = translate(model, x, right=[1, 2, 3], edit=AttentionEdit("move", 2))
    torch.testing.assert_close(moved.attention, free.attention.roll(2, dims=1), **EXACT)
    frozen = translate(model, x, right=[1, 2, 3], edit=AttentionEdit("freeze", start=2))
    torch.testing.assert_close(frozen.attention[:2], free.attention[:2], **EXACT)
    torch.testing.assert_close(frozen.attention[2:], free.attention[1:2].expand(2, -1), **EXACT)
    unchanged = translate(model, x, edit=AttentionEdit("blur", 0))
    assert unchanged.tokens == translate(model, x).tokens


def test_exact_answers_are_those_that_greedy_writing_gives(batch):
    """The identity by which the share of exact answers is scored without writing."""
    model = translator(seed=8)
    written = write_many(model, batch.inputs, batch.lengths)
    targets = [[*row, END] + [END] * (5 - len(row)) for row in written]
    asked = Batch(batch.inputs, torch.tensor([row[:5] for row in targets]), batch.lengths)
    short = torch.tensor([len(row) < 5 for row in written])
    outputs, _ = model.answers(asked)
    right = OBJECTIVES["sequence_cross_entropy"].right(outputs, asked)
    assert right[short].all()
    other = Batch(batch.inputs, (asked.targets + 1) % len(TARGET), batch.lengths)
    assert not OBJECTIVES["sequence_cross_entropy"].right(model.answers(other)[0], other).any()


def test_targets_count_up_to_their_end():
    targets = torch.tensor([[3, END, END], [END, END, END], [1, 2, END]])
    assert up_to_end(targets).tolist() == [[True, True, False], [True, False, False], [True, True, True]]
    assert longest_target(targets) == 3


def test_with_its_own_answers_alone_a_network_reads_those_that_it_gives_to_the_right_ones(batch):
    model = translator()
    right, _ = model.answers(batch)
    drawn, _ = model.answers(batch, own_share=1.0, generator=torch.Generator().manual_seed(0))
    own = F.pad(right.argmax(dim=-1)[:, :-1], (1, 0))
    torch.testing.assert_close(drawn, model.answer(model.read(batch.inputs, batch.lengths), own), **EXACT)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_picture_is_read_by_convolutions(attention):
    model = build_model(
        EncoderDecoderSpec.captioner("\nabc", size=16, channels=8, attention=attention), seed=1
    ).double()
    pictures = torch.rand(2, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    grid = model.encoder.layers(pictures[:, None])  # (batch, channels, 2, 2)
    features = F.layer_norm(grid.permute(0, 2, 3, 1).flatten(1, 2), (8,)) + model.encoder.places
    reading = model.read(pictures)
    torch.testing.assert_close(reading.features, features, **EXACT)
    found = translate(model, pictures[0])
    assert found.attention is None if attention == "none" else found.attention.shape[1] == 4
    assert found.encoder == ()


def test_what_cannot_be_read_is_said():
    model = translator()
    with pytest.raises(InputError, match="tokens from 1 to 99; this network's go from 0 to 7"):
        translate(model, torch.tensor([1, 99]))
    with pytest.raises(InputError, match="reads pictures and no text"):
        build_model(EncoderDecoderSpec.captioner("\nab", size=16)).source  # noqa: B018
    with pytest.raises(InputError, match=r"reads pictures \(batch, 16, 16\)"):
        translate(build_model(EncoderDecoderSpec.captioner("\nab", size=16)), torch.zeros(4, 4))
    with pytest.raises(InputError, match="width of 0; it must be from 1 to 512"):
        translation_beams(model, torch.tensor([1]), 0)
    with pytest.raises(InputError, match="The token 9 is none of the network's"):
        translate(model, torch.tensor([1]), forced={0: 9})


def test_specs_that_cannot_be():
    with pytest.raises(SpecError, match="recurrent layers read tokens, convolutions a picture"):
        EncoderDecoderSpec(PictureInput(), DecoderSpec("\nab"), RecurrentSpec())
    with pytest.raises(SpecError, match="attention is 'hard', it must be one of none, dot, additive"):
        DecoderSpec("\nab", attention="hard")
    with pytest.raises(SpecError, match="size is 20, it must be a multiple of 8"):
        PictureInput(20)
    spec = EncoderDecoderSpec(EmbeddingInput("\nab", 4), DecoderSpec("\nab", hidden_size=4), RecurrentSpec("gru", 4))
    assert EncoderDecoderSpec.from_dict(spec.to_dict()) == spec
    assert parameter_count(spec) == sum(parameter.numel() for parameter in build_model(spec).parameters())
