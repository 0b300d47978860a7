"""Shapes: every tensor of PyTorch's recurrent layers, with its numbers."""

from seqviz.ui.shapes import ends, inputs, ledger, steps, weights
from seqviz.ui.shell.stage import stage

stage("shapes", (inputs.VIEW, weights.VIEW, steps.VIEW, ends.VIEW, ledger.VIEW))
