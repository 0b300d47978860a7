"""What a run trains, as pages tell runs apart."""

from typing import Literal

from seqviz.specs import ModelSpec, ObjectiveName

RunKind = Literal["digits", "text", "words", "other"]


def run_kind(spec: ModelSpec, objective: ObjectiveName) -> RunKind:
    """A classifier of digits, a character model, a classifier of texts, or what no page shows.

    >>> run_kind(ModelSpec.classifier(), "cross_entropy"), run_kind(ModelSpec.classifier(), "squared_error")
    ('digits', 'other')
    """
    answers_once = spec.head.kind != "each_step"
    if spec.words is not None and answers_once:
        return "words"
    if spec.characters is not None and objective == "step_cross_entropy":
        return "text"
    return "digits" if spec.input.kind == "dense" and objective == "cross_entropy" else "other"
