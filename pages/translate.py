"""Translation and other shapes: one sequence is read, another is written."""

from seqviz.ui.shell.stage import stage
from seqviz.ui.translate import bottleneck, shapes, translate

stage("translate", (translate.VIEW, bottleneck.VIEW, shapes.VIEW))
