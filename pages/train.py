"""Train: a network learns to read digits while you watch."""

from seqviz.ui.shell.stage import stage
from seqviz.ui.train import watch

stage("train", (watch.VIEW,))
