"""Which network reads which text, and how: what the views of this page have in common."""

from dataclasses import dataclass, replace

from seqviz.data.tokens import Tokens
from seqviz.instruments.attention_edits import CHANGES, AttentionChange, AttentionEdit
from seqviz.instruments.translation import Translation, translate
from seqviz.snippets.subjects import Translator
from seqviz.specs import SIGNALS
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.translators import choose_text, choose_translator
from seqviz.ui.shell.url import choose, pick, whole
from seqviz.ui.translate import roads

READS = {"own": "Its own words", "right": "The right words", "both": "Both, side by side"}
BEGINNING = 16  # tokens of a text that comes to no end
CHANGE_NAMES: dict[AttentionChange, str] = {
    "none": "As it is",
    "blur": "Blurred",
    "move": "Moved",
    "freeze": "Frozen",
}


@dataclass(frozen=True)
class Subject:
    """A network, what it reads, what it should write if that is known, and what is done to it.

    `reads` is whether the decoder reads its own words, the right ones, or is shown both ways; `forced` are tokens of
    another road by their step.
    """

    translator: Translator
    text: str
    right: tuple[int, ...] | None
    reads: str = "own"
    forced: tuple[tuple[int, int], ...] = ()
    edit: AttentionEdit | None = None
    signal: str = "hidden"

    @property
    def source(self) -> Tokens:
        return self.translator.model.source

    @property
    def target(self) -> Tokens:
        return self.translator.model.target

    @property
    def tokens(self) -> list[str]:
        """What is read, token by token."""
        return self.source.split(self.text)

    @property
    def free(self) -> Translation:
        """What it writes when it reads its own words."""
        return self._translated(None)

    @property
    def taught(self) -> Translation:
        """What it writes when it reads the right words."""
        assert self.right is not None
        return self._translated(self.right)

    @property
    def shown(self) -> Translation:
        return self.taught if self.reads == "right" else self.free

    @property
    def as_trained(self) -> "Subject":
        """The same without another attention."""
        return replace(self, edit=None)

    def _translated(self, right: tuple[int, ...] | None) -> Translation:
        one = self.translator
        forced = () if right is not None else self.forced
        return _translated(one.name, one.version, self.text, forced, right, self.edit, one)


@remembered(128)
def _translated(
    name: str,
    version: int,
    source: str,
    forced: tuple[tuple[int, int], ...],
    right: tuple[int, ...] | None,
    edit: AttentionEdit | None,
    _translator: Translator,
) -> Translation:
    model = _translator.model
    return translate(model, model.source.encode(source), forced=dict(forced), right=right, edit=edit)


def choose_subject() -> Subject:
    """The controls of Translate.

    Raises:
        InputError: there is nothing to read, or something that the network does not know.
    """
    translator = choose_translator("translator")
    read, right = choose_text(translator)
    reads = pick("The decoder reads", list(READS), "decoder_reads", names=READS) if right is not None else "own"
    edit = _choose_edit(translator, len(translator.model.source.split(read)))
    signals = SIGNALS[translator.spec.cell]
    signal = choose("Signal", signals, "decoder_signal", names=str.capitalize, default="hidden", width=180)
    about = (translator.name, read)
    forced = roads.recalled(about, len(translator.model.target)) if reads == "own" else ()
    return Subject(translator, read, right, reads, forced, edit, signal)


def _choose_edit(translator: Translator, places: int) -> AttentionEdit | None:
    """Attention in one's own hands, where there is any."""
    if translator.model.attention is None:
        return None
    change = choose("Attention", CHANGES, "attention_change", names=CHANGE_NAMES, width=180)
    if change == "none":
        return None
    amount = 0
    if change == "blur":
        amount = whole("Blurred by (%)", "attention_blur", slider=True)
    elif change == "move":
        amount = whole("Moved by (places)", "attention_shift", slider=True)
    start = whole("From which written token on", "attention_start", low=1, width=200) - 1
    return AttentionEdit(change, amount, start)


def in_words(target: Tokens, translation: Translation) -> str:
    """What was written, as a text; of one that comes to no end, how it begins."""
    if translation.ended:
        return target.text(translation.tokens)
    return f"{target.text(translation.tokens[:BEGINNING])} … and comes to no end"
