"""Tags of Python source: by hand, by `tokenize`, and where the pieces of the standard library begin and end."""

import io
import sys
import tokenize

import pytest
import torch

from seqviz.data import stdlib
from seqviz.data.datasets import Dataset
from seqviz.data.tags import CHARACTERS, LENGTH, TAGS, cut, tag_characters, tags
from seqviz.data.vocabulary import Vocabulary
from seqviz.errors import DataMissing, InputError
from seqviz.specs import EmbeddingInput, HeadSpec, ModelSpec, RecurrentSpec, TrainSpec

SIGNS = "kn9s#o."
"""One sign for each tag, in their order."""


@pytest.mark.parametrize(
    ("source", "signs"),
    [
        ("def f(x):\n    return 1.5e3 if x else None\n", "kkk.nonoo.....kkkkkk.99999.kk.n.kkkk.kkkk."),
        ("a += 'b\\'c'  # 'd' if\n", "n.oo.ssssss..########."),
        ('s = r"""x\n1 # if\n"""\n', "n.o.ssssss" + "sssssss" + "sss."),
        ("match = [\n    0xF,\n]", "nnnnn.o.o.....999o.o"),
        ("x = 1 + \\\n  2", "n.o.9.o.....9"),
        ("@a\nclass B: pass", "on.kkkkk.no.kkkk"),
        ("type = print(é)", "nnnn.o.nnnnnono"),
        ("    x = 1\n", "....n.o.9."),
        ("", ""),
    ],
)
def test_tags_known_by_hand(source, signs):
    assert tag_characters(source) == tuple(map(SIGNS.index, signs))


def test_an_f_string_is_tagged_as_this_version_of_python_has_it():
    signs = "".join(SIGNS[tag] for tag in tag_characters("f'a{{b}}{x!r:>{4}}c'\n"))
    whole, in_parts = "ssssssssssssssssssss.", "ssssssssononoso9ooss."
    assert signs == (in_parts if sys.version_info >= (3, 12) else whole)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\ny = (1,\nz = [2]\n", r"The bracket '\(' that opens in line 2 is not closed; close it"),
        ("f(\n  [1, 2\n", r"The bracket '\[' that opens in line 2"),
        ('x = 1\ns = """abc\n\n', "The string that begins in line 2 has no end; close it"),
        ("x = 1\n\ns = 'abc\n", "The string that begins in line 3 has no end"),
        ("s = rb'abc\\\nd\n", "The string that begins in line 1 has no end"),
        ("if x:\n        y\n    z\n", "Line 3 is not indented as any block around it .*; indent it as one of them"),
        ("x = 1 + \\\n", "Python cannot read line .*; correct it"),
        ("x\ud800", r"Python cannot read .*'\\ud800'.*; take it out"),
    ],
)
def test_what_python_cannot_tokenize_is_refused_with_its_line(source, message):
    with pytest.raises(InputError, match=message):
        tag_characters(source)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="later versions take such a character for an operator")
def test_a_character_that_is_no_python_is_named():
    with pytest.raises(InputError, match=r"Python cannot read '\$' in line 2; take it out"):
        tag_characters("x = 1\ny = $5\n")


needs_source = pytest.mark.skipif(not stdlib.present(), reason="this Python came without its source")


@pytest.fixture(scope="module")
def held_out() -> str:
    return stdlib.read()[1]


@needs_source
def test_every_token_of_real_modules_has_its_tag_from_end_to_end(held_out):
    """`tokenize` gives rows and columns; the reference finds the characters by cutting lines."""
    source = held_out[: held_out.index("\n\n\n", 40_000) + 3]
    source = source if compiles(source) else held_out
    lines, covered = source.splitlines(keepends=True), 0
    rest = [list(signs) for signs in split_like(lines, tag_characters(source))]
    expected = {"NUMBER": {2}, "STRING": {3}, "COMMENT": {4}, "OP": {5}, "NAME": {0, 1}}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        (top, left), (bottom, right) = token.start, token.end
        if name in expected and top == bottom:
            signs = rest[top - 1][left:right]
            assert len(set(signs)) == 1
            assert set(signs) <= expected[name]
            rest[top - 1][left:right] = [None] * (right - left)
            covered += 1
    assert covered > 5_000
    if sys.version_info < (3, 12):
        assert {sign for signs in rest for sign in signs} == {None, 3, 6}  # strings over many lines, and blanks


def compiles(source: str) -> bool:
    try:
        compile(source, "", "exec")
    except SyntaxError:
        return False
    return True


def split_like(lines: list[str], values: tuple[int, ...]) -> list[tuple[int, ...]]:
    parts, start = [], 0
    for line in lines:
        parts.append(values[start : start + len(line)])
        start += len(line)
    return parts


def pieces_of(split):
    for tokens, marks, length in zip(
        split.inputs.tolist(), split.targets.tolist(), split.lengths.tolist(), strict=True
    ):
        yield Vocabulary(CHARACTERS).decode(tokens[:length]), marks[:length]


@needs_source
def test_pieces_begin_with_a_line_of_the_modules_that_no_string_spans():
    data = tags()
    for split, source in zip((data.train, data.test), stdlib.read(), strict=True):
        assert split.inputs.shape == split.targets.shape == (len(split), LENGTH)
        for number, (piece, _) in enumerate(pieces_of(split)):
            assert len(piece) == LENGTH
            if number % 100 == 0:
                assert "\n" + piece in "\n" + source


@needs_source
def test_pieces_have_the_tags_of_their_place():
    """The tags of a whole module, at a piece's place in it."""
    source = stdlib.read()[1]
    marks = tag_characters(source)
    for number, (piece, own) in enumerate(pieces_of(tags().test)):
        if number % 50 == 0:
            start = source.index(piece)
            assert list(marks[start : start + LENGTH]) == own


@needs_source
def test_held_out_pieces_are_not_among_those_learned_and_all_is_always_the_same():
    data = tags()
    learned, others = ({piece for piece, _ in pieces_of(split)} for split in (data.train, data.test))
    assert (len(learned), len(others)) == (6_000, 1_000)
    assert not learned & others
    again = tags.__wrapped__()
    assert torch.equal(again.train.inputs, data.train.inputs)
    assert torch.equal(again.test.targets, data.test.targets)
    assert isinstance(data, Dataset)


def test_what_is_not_ascii_is_left_out_and_no_piece_begins_in_a_string():
    short = "".join(f"name_{number} = {number}\n" for number in range(20))
    long, accent = f's = """{"text " * 60}\n{"text " * 60}"""\n', f"s = 'é'  # {'x' * 200}\n"
    pieces = [piece for piece, _ in cut(short + long + accent + short)]
    assert pieces[0].startswith("name_0 = 0")
    assert not any("é" in piece or piece.startswith("text") for piece in pieces)


def test_a_python_without_source_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(stdlib, "_folder", lambda: tmp_path)
    stdlib.read.cache_clear()
    with pytest.raises(DataMissing, match="came without the source of its standard library"):
        tags.__wrapped__()
    stdlib.read.cache_clear()


def tagger(vocabulary: str | tuple[str, ...], outputs: int = len(TAGS), kind: str = "each_step") -> ModelSpec:
    return ModelSpec(
        EmbeddingInput(vocabulary, 8), RecurrentSpec("gru", 8, bidirectional=True), HeadSpec(kind, outputs)
    )


@needs_source
def test_a_network_gets_the_pieces_in_its_own_vocabulary():
    data = tags()
    assert data.for_network(tagger(CHARACTERS)).train is data.train
    turned = "é" + CHARACTERS[::-1]
    other = data.for_network(tagger(turned))
    assert other.objective == data.objective == "step_cross_entropy"
    assert torch.equal(other.test.targets, data.test.targets)
    length = int(data.test.lengths[0])
    piece = Vocabulary(turned).decode(other.test.inputs[0, :length].tolist())
    assert piece == next(pieces_of(data.test))[0]


@needs_source
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (ModelSpec.classifier(), "does not read characters and answer after each one, so it cannot learn from tags"),
        (tagger(("a", "b")), "does not read characters"),
        (tagger(CHARACTERS, kind="last"), "does not read characters and answer after each one"),
        (tagger(CHARACTERS, outputs=95), "has 95 outputs at each step, and there are 7 tags; choose one with 7"),
        (tagger(CHARACTERS.replace("x", "")), "does not know 'x'"),
    ],
)
def test_a_network_that_cannot_learn_from_them_is_refused(spec, message):
    with pytest.raises(InputError, match=message):
        tags().for_network(spec)


@needs_source
def test_batches_are_those_of_sequence_data():
    data, training = tags(), TrainSpec(batch_size=500, seed=3)
    batches = list(data.training_batches(training, torch.device("cpu")))
    assert len(batches) == data.steps_per_epoch(training) == 12
    assert sum(map(len, data.test_batches())) == 1_000
    assert torch.equal(next(data.training_batches(training, torch.device("cpu"), after=5)).inputs, batches[5].inputs)
