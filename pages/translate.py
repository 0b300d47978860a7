"""Translation and other shapes: one sequence is read, another is written."""

from seqviz.ui.shell.stage import stage
from seqviz.ui.translate import bottleneck, caption, learn, shapes, tag, translate

stage("translate", (translate.VIEW, bottleneck.VIEW, caption.VIEW, tag.VIEW, shapes.VIEW, learn.VIEW))
