"""Words: a review is read word by word, in both directions."""

from seqviz.ui.shell.stage import stage
from seqviz.ui.words import directions, embedding, learn, padding, read

stage("words", (read.VIEW, padding.VIEW, directions.VIEW, embedding.VIEW, learn.VIEW))
