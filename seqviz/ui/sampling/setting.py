"""What the views that write share: the network, the prompt, the temperature and the noise."""

from dataclasses import dataclass
from functools import cached_property

from seqviz.instruments.sampling import SampleStep, draw
from seqviz.snippets.subjects import Network, WritingSetting
from seqviz.ui.shell.crowd import offload
from seqviz.ui.shell.memo import remembered
from seqviz.ui.shell.texts import choose_writer
from seqviz.ui.shell.url import slide, text, whole

PROMPTS = {"shakespeare": "ROMEO:", "python": "class "}


@dataclass(frozen=True)
class Writing:
    """A character model, and how it is to write."""

    writer: Network
    setting: WritingSetting

    @cached_property
    def steps(self) -> tuple[SampleStep, ...]:
        """The text that it writes so."""
        return written(self.writer, self.setting)


def choose_writing(*, with_heat: bool = False, with_cuts: bool = False) -> Writing:
    """Network, prompt, length, temperature, cuts and seed; what is not asked for is 1 and off."""
    writer = choose_writer("writer", "shakespeare")
    heat = float(slide("Temperature T", "temperature", width=200)) if with_heat else 1.0
    prompt = text("Prompt", "prompt", PROMPTS.get(writer.checkpoint.dataset, ""), width=190)
    length = whole("Characters", "length", width=125)
    seed = whole("Seed", "noise", width=110, help="The same seed is the same noise at every temperature.")
    top_k, top_p = "all", "1"
    if with_cuts:
        top_k = slide("Top-k: characters kept", "k", width=170)
        top_p = slide("Top-p: share kept", "p", width=185)
    cuts = (None if top_k == "all" else int(top_k), None if top_p == "1" else float(top_p))
    return Writing(writer, WritingSetting(prompt, length, heat, *cuts, seed))


def written(writer: Network, setting: WritingSetting) -> tuple[SampleStep, ...]:
    """The text that this network writes so."""
    return _written(writer.name, writer.version, setting, writer)


@remembered(24)
def _written(name: str, version: int, setting: WritingSetting, _writer: Network) -> tuple[SampleStep, ...]:
    drawn = offload(
        draw,
        _writer.model,
        setting.prompt,
        setting.length,
        temperature=setting.temperature,
        top_k=setting.top_k,
        top_p=setting.top_p,
        seed=setting.seed,
        forced=dict(setting.forced),
    )
    return tuple(drawn.steps())
