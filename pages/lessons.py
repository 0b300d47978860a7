"""Lessons: scenes to walk through on the real pages, with predictions that are held against measurements."""

from seqviz.ui.lessons import overview
from seqviz.ui.shell.stage import stage

stage("lessons", (overview.VIEW,))
