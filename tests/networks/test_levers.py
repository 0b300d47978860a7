"""Levers: what each one sets, and that the network itself is left alone."""

import pytest
import torch

from seqviz.networks.build import build_model
from seqviz.networks.levers import Levers, pulled
from seqviz.specs import ModelSpec


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_no_lever_changes_nothing_and_no_lever_touches_the_original(cell):
    model = build_model(ModelSpec(cell=cell, hidden_size=8), seed=5)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    x = torch.rand(2, 28, 28)
    assert torch.equal(pulled(model, Levers())(x), model.eval()(x))
    pulled(model, Levers("orthogonal", keep_bias=3.0, spectral_radius=2.0, head="concat"))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_every_block_gets_the_radius():
    model = pulled(build_model(ModelSpec(cell="lstm", hidden_size=12, num_layers=2)), Levers(spectral_radius=1.3))
    for name, weight in model.rnn.named_parameters():
        if name.startswith("weight_hh"):
            for block in weight.detach().split(12):
                assert abs(torch.linalg.eigvals(block).abs().max().item() - 1.3) < 1e-5


def test_initialisations():
    spec = ModelSpec(cell="gru", hidden_size=6)
    eye, orthogonal = torch.eye(6), pulled(build_model(spec), Levers("orthogonal")).rnn.weight_hh_l0.detach()
    for block in orthogonal.split(6):
        torch.testing.assert_close(block @ block.T, eye, atol=1e-5, rtol=0)
    for block in pulled(build_model(spec), Levers("identity")).rnn.weight_hh_l0.split(6):
        assert torch.equal(block, eye)
    default = pulled(build_model(spec, seed=9), Levers("default"), seed=4)
    assert torch.equal(default.rnn.weight_hh_l0, build_model(spec, seed=4).rnn.weight_hh_l0)
    xavier = pulled(build_model(spec), Levers("xavier")).rnn
    assert xavier.weight_hh_l0.abs().max() <= (6 / 12) ** 0.5
    assert (xavier.bias_hh_l0 == 0).all()


def test_the_keeping_gates_bias():
    lstm = pulled(build_model(ModelSpec(cell="lstm", hidden_size=3)), Levers(keep_bias=2.0)).rnn
    total = (lstm.bias_ih_l0 + lstm.bias_hh_l0).detach()
    assert total[3:6].tolist() == [2.0] * 3  # PyTorch's order: i, f, g, o
    gru = pulled(build_model(ModelSpec(cell="gru", hidden_size=3)), Levers(keep_bias=-1.0)).rnn
    assert (gru.bias_ih_l0 + gru.bias_hh_l0)[3:6].tolist() == [-1.0] * 3  # r, z, n


def test_a_head_that_fits_is_kept():
    model = build_model(ModelSpec(cell="rnn", hidden_size=3, head="last"))
    longer = pulled(model, Levers(sequence_length=40))
    assert torch.equal(longer.head.weight, model.head.weight)
    assert pulled(model, Levers(head="concat", sequence_length=40)).head.weight.shape == (10, 120)
    relu = pulled(model, Levers(nonlinearity="relu"))
    assert relu.rnn.nonlinearity == "relu"
    assert pulled(build_model(ModelSpec(cell="gru")), Levers(nonlinearity="relu")).spec.nonlinearity == "tanh"
