"""Where sequences come from: digits read row by row, drawn by hand or transformed, and texts by character."""

from seqviz.data.adding import adding_problem
from seqviz.data.datasets import DATASETS, SequenceData, available, load_dataset
from seqviz.data.drawing import decode_strokes, encode_strokes, rasterize
from seqviz.data.planted import Planted, planted_digits
from seqviz.data.split import Split
from seqviz.data.text import TEXTS, TextData, available_texts, load_text
from seqviz.data.transforms import BlankRows, BottomUp, Columns, PermutedRows, Transform
from seqviz.data.vocabulary import Vocabulary, named, visible

__all__ = [
    "DATASETS",
    "TEXTS",
    "BlankRows",
    "BottomUp",
    "Columns",
    "PermutedRows",
    "Planted",
    "SequenceData",
    "Split",
    "TextData",
    "Transform",
    "Vocabulary",
    "adding_problem",
    "available",
    "available_texts",
    "decode_strokes",
    "encode_strokes",
    "load_dataset",
    "load_text",
    "named",
    "planted_digits",
    "rasterize",
    "visible",
]
