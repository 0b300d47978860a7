"""Gradient flow: the learning signal on its way back, dying, exploding or arriving."""

from seqviz.ui.gradient_flow import clip, distance, flow, forecast, theory, translation
from seqviz.ui.shell.stage import stage

stage("gradient-flow", (flow.VIEW, theory.VIEW, clip.VIEW, distance.VIEW, translation.VIEW, forecast.VIEW))
