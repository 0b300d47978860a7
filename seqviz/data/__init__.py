"""Where sequences come from: `load_dataset` for digits read row by row, transforms, and digits drawn by hand."""

from seqviz.data.adding import adding_problem
from seqviz.data.datasets import DATASETS, SequenceData, available, load_dataset
from seqviz.data.drawing import decode_strokes, encode_strokes, rasterize
from seqviz.data.split import Split
from seqviz.data.transforms import BlankRows, BottomUp, Columns, PermutedRows, Transform

__all__ = [
    "DATASETS",
    "BlankRows",
    "BottomUp",
    "Columns",
    "PermutedRows",
    "SequenceData",
    "Split",
    "Transform",
    "adding_problem",
    "available",
    "decode_strokes",
    "encode_strokes",
    "load_dataset",
    "rasterize",
]
