"""Modifications: what each one sets, and that the network itself is left alone."""

import pytest
import torch

from seqviz.errors import SpecError
from seqviz.networks.build import build_model
from seqviz.networks.modifications import Modifications, with_modifications
from seqviz.specs import ModelSpec


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_no_modification_changes_nothing_and_none_touches_the_original(cell):
    model = build_model(ModelSpec.classifier(cell=cell, hidden_size=8), seed=5)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    x = torch.rand(2, 28, 28)
    assert torch.equal(with_modifications(model, Modifications())(x), model.eval()(x))
    with_modifications(model, Modifications("orthogonal", memory_gate_bias=3.0, spectral_radius=2.0, head="max"))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_every_block_gets_the_radius():
    model = with_modifications(
        build_model(ModelSpec.classifier("lstm", 12, num_layers=2)), Modifications(spectral_radius=1.3)
    )
    for name, weight in model.encoder.named_parameters():
        if name.startswith("weight_hh"):
            for block in weight.detach().split(12):
                assert abs(torch.linalg.eigvals(block).abs().max().item() - 1.3) < 1e-5


def test_initialisations():
    spec = ModelSpec.classifier("gru", 6)
    eye, orthogonal = (
        torch.eye(6),
        with_modifications(build_model(spec), Modifications("orthogonal")).encoder.weight_hh_l0.detach(),
    )
    for block in orthogonal.split(6):
        torch.testing.assert_close(block @ block.T, eye, atol=1e-5, rtol=0)
    for block in with_modifications(build_model(spec), Modifications("identity")).encoder.weight_hh_l0.split(6):
        assert torch.equal(block, eye)
    default = with_modifications(build_model(spec, seed=9), Modifications("default"), seed=4)
    assert torch.equal(default.encoder.weight_hh_l0, build_model(spec, seed=4).encoder.weight_hh_l0)
    xavier = with_modifications(build_model(spec), Modifications("xavier")).encoder
    assert xavier.weight_hh_l0.abs().max() <= (6 / 12) ** 0.5
    assert (xavier.bias_hh_l0 == 0).all()


def test_the_keeping_gates_bias():
    lstm = with_modifications(build_model(ModelSpec.classifier("lstm", 3)), Modifications(memory_gate_bias=2.0)).encoder
    total = (lstm.bias_ih_l0 + lstm.bias_hh_l0).detach()
    assert total[3:6].tolist() == [2.0] * 3  # PyTorch's order: i, f, g, o
    gru = with_modifications(build_model(ModelSpec.classifier("gru", 3)), Modifications(memory_gate_bias=-1.0)).encoder
    assert (gru.bias_ih_l0 + gru.bias_hh_l0)[3:6].tolist() == [-1.0] * 3  # r, z, n


def test_a_head_that_fits_is_kept():
    model = build_model(ModelSpec.classifier("rnn", 3, head="last"))
    longer = with_modifications(model, Modifications(sequence_length=40))
    assert torch.equal(longer.head.weight, model.head.weight)
    with pytest.raises(SpecError, match="sequence_length is None"):
        with_modifications(model, Modifications(head="concat"))
    assert with_modifications(model, Modifications(head="concat", sequence_length=40)).head.weight.shape == (10, 120)
    relu = with_modifications(model, Modifications(nonlinearity="relu"))
    assert relu.encoder.nonlinearity == "relu"
    gru = with_modifications(build_model(ModelSpec.classifier("gru")), Modifications(nonlinearity="relu"))
    assert gru.spec.encoder.nonlinearity == "tanh"
