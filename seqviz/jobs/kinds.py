"""What a run trains, as pages tell runs apart."""

from typing import Literal

from seqviz.specs import EncoderDecoderSpec, LearnedSpec, ObjectiveName

RunKind = Literal["digits", "text", "words", "pairs", "captions", "tags", "series", "other"]


def run_kind(spec: LearnedSpec, objective: ObjectiveName) -> RunKind:
    """What reads or writes what: digits, characters, words, pairs, captions, tags, series; or what no page shows.

    >>> from seqviz.specs import ModelSpec
    >>> run_kind(ModelSpec.classifier(), "cross_entropy"), run_kind(ModelSpec.classifier(), "squared_error")
    ('digits', 'other')
    """
    if isinstance(spec, EncoderDecoderSpec):
        return "pairs" if spec.encoder else "captions"
    if spec.forecasts:
        return "series"
    answers_once = spec.head.kind != "each_step"
    if spec.words is not None and answers_once:
        return "words"
    if spec.characters is not None and objective == "step_cross_entropy":
        return "text" if spec.writes else "tags"
    return "digits" if spec.input.kind == "dense" and objective == "cross_entropy" else "other"
