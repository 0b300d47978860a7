"""Specs refuse what cannot work, and say everything that is wrong at once."""

import json

import pytest
from hypothesis import given

from seqviz.errors import SpecError
from seqviz.specs import ModelSpec, TrainSpec
from tests.strategies import specs


def test_every_problem_is_named_at_once():
    with pytest.raises(SpecError) as caught:
        ModelSpec.classifier(
            cell="elman", hidden_size=-3, num_layers=2.5, dropout=1.0, nonlinearity="sigmoid", head="first"
        )
    message = str(caught.value)
    for part in ("'elman'", "-3", "2.5", "dropout is 1.0", "'sigmoid'", "'first'"):
        assert part in message
    assert len(caught.value.problems) == 6


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"cell": "lstm", "nonlinearity": "relu"}, "a lstm is always tanh"),
        ({"dropout": 0.2}, "acts between layers and there is one"),
        ({"hidden_size": True}, "hidden_size is True"),
        ({"dropout": float("nan"), "num_layers": 2}, "dropout is nan"),
    ],
)
def test_model_specs_that_cannot_be(fields, says):
    with pytest.raises(SpecError, match=says):
        ModelSpec.classifier(**fields)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"learning_rate": 0}, "learning_rate is 0, it must be above 0"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
        ({"clip": -1.0}, "clip is -1.0"),
        ({"device": "tpu"}, "device is 'tpu'"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_train_specs_that_cannot_be(fields, says):
    with pytest.raises(SpecError, match=says):
        TrainSpec(**fields)


@given(specs())
def test_a_spec_survives_json(spec):
    assert ModelSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_a_vocabulary_of_words_survives_json():
    spec = ModelSpec.language_model(("not", "good"), hidden_size=4)
    assert ModelSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"input": {"kind": "picture"}}, "the input's kind is 'picture', it must be one of dense, embedding"),
        ({}, "the input's kind is None"),
        ({"input": {"kind": "dense", "vocabulary": "abc"}}, "DenseInput has no field vocabulary"),
        ({"input": {"kind": "dense"}, "head": {"kind": "concat"}}, "sequence_length is None"),
        ({"input": {"kind": "dense"}, "head": {"sequence_length": 3}}, "only a concat head has one"),
        ({"input": {"kind": "dense"}, "head": {"kind": "each_step", "tied": True}}, "tied weights need an embedding"),
        ({"input": {"kind": "dense"}, "head": {"tied": True}}, "this one is last"),
        ({"input": {"kind": "dense"}, "memory": {}}, "has no field memory"),
    ],
)
def test_parts_that_cannot_be(values, says):
    with pytest.raises(SpecError, match=says):
        ModelSpec.from_dict(values)


def test_an_unknown_field_is_named():
    with pytest.raises(SpecError, match="no field colour"):
        TrainSpec.from_dict({"colour": "red"})
