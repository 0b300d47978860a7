"""The front page: the one picture that carries everything, moving."""

from seqviz.ui.home import front
from seqviz.ui.shell.stage import stage

stage("home", (front.VIEW,))
