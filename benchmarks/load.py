"""Thirty visitors at once, a server that runs for long, and a folder with many runs."""

import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from benchmarks.report import Figure
from benchmarks.visitors import (
    PATIENCE,
    Request,
    Visitor,
    another_example,
    another_noise,
    answers,
    other_epochs,
    visiting,
)
from seqviz.data.datasets import load_dataset
from seqviz.data.text import load_text
from seqviz.jobs.jobs import JobRequest, new_run
from seqviz.jobs.queue import JobQueue
from seqviz.specs import ModelSpec, TrainSpec
from tests.e2e.conftest import Server

VISITORS, ANSWERS, PAUSE = 30, 8, 0.5
ALONE = 20  # answers to a visitor who has the server alone
RERUNS = 600  # between two looks at the server's memory
FEW, MANY = 5, 600  # runs in the folder
PAGES: dict[str, tuple[str, str, Request]] = {
    "Hidden states": ("hidden-states", "", another_example),
    "Gates": ("gates", "", another_example),
    "Gradient flow": ("gradient-flow", "", another_example),
    "Heads, inside": ("heads", "view=inside", another_example),
    "Attribution": ("attribution", "", another_example),
    "Sampling": ("sampling", "", another_noise),
}
"""Where each page is, and what a visitor asks for again and again."""


def thirty_visitors() -> list[Figure]:
    """Answers to thirty visitors at once, and the server's memory after them; then what many runs cost."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server.start(Path(folder))
        try:
            figures = [asyncio.run(_page(server, name)) for name in PAGES]
            figures.append(asyncio.run(_memory(server)))
        finally:
            server.stop()
    return [*figures, _runs()]


async def _page(server: Server, name: str) -> Figure:
    """Every visitor asks again half a second after the last answer; the first answer of each is a warm-up."""
    async with AsyncExitStack() as stack:
        page, query, request = PAGES[name]
        alone = await stack.enter_async_context(visiting(server.url, page, query))
        single = (await answers(alone, request, range(ALONE + 1), PAUSE))[1:]
        arriving = (stack.enter_async_context(visiting(server.url, page, query)) for _ in range(VISITORS - 1))
        visitors = [alone, *[await one for one in arriving]]
        spent = await asyncio.gather(*(_class(visitor, request, place) for place, visitor in enumerate(visitors, 1)))
    milliseconds = [second * 1e3 for seconds in spent for second in seconds[1:]]
    median = statistics.median(milliseconds)
    reference = f"median {median:.0f} ms; one visitor alone: p95 {_p95(single) * 1e3:.0f} ms"
    return Figure(f"{VISITORS} on {name}, p95", _p95(milliseconds), "ms", reference, 1000.0, at_least=False)


async def _class(visitor: Visitor, request: Request, place: int) -> list[float]:
    """The answers to the visitor in this place, whose requests are numbered so that no two are alike."""
    await asyncio.sleep(PAUSE * place / VISITORS)
    return await answers(visitor, request, range(place * 100, place * 100 + ANSWERS + 1), PAUSE)


async def _memory(server: Server) -> Figure:
    """Sessions that stay, spread over all pages, and nobody waits."""
    async with AsyncExitStack() as stack:
        wanted = [place for place in PAGES.values() for _ in range(VISITORS // len(PAGES))]
        crowd = [
            (await stack.enter_async_context(visiting(server.url, page, query)), request)
            for page, query, request in wanted
        ]
        await _all_ask(crowd, range(1), first=4000)
        before = _resident(server)
        await _all_ask(crowd, range(RERUNS // len(crowd)), first=6000)
        after = _resident(server)
    reference = f"{before:.0f} MiB before, {after:.0f} after"
    return Figure(
        f"memory after {RERUNS} more reruns", after / before, "of that before", reference, 1.1, at_least=False
    )


async def _all_ask(crowd: Sequence[tuple[Visitor, Request]], numbers: range, first: int) -> None:
    """Each so many times, with numbers that no other asks for."""
    await asyncio.gather(
        *(
            answers(visitor, request, range(first + place * len(numbers), first + (place + 1) * len(numbers)))
            for place, (visitor, request) in enumerate(crowd)
        )
    )


def _resident(server: Server) -> float:
    """Mebibytes of the server's memory (Linux)."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def _runs() -> Figure:
    """A visitor's answers beside few and many runs on disk, in turns, on the page where the difference is largest."""
    pages = [PAGES[name] for name in ("Hidden states", "Gates", "Sampling")]
    pages.append(("train", "", other_epochs))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = []
        trained = _trained(Path(folder) / "trained")
        for count in (FEW, MANY):
            runs = Path(folder) / str(count)
            _fill(runs, trained, count)
            servers.append(Server.start(runs))
            stack.callback(servers[-1].stop)
        compared = {page: asyncio.run(_in_turns(servers, page, query, request)) for page, query, request in pages}
    slowest = max(compared, key=lambda page: compared[page][1] - compared[page][0])
    few, many = compared[slowest]
    others = ", ".join(f"{page} {more - less:+.0f}" for page, (less, more) in compared.items() if page != slowest)
    reference = f"{few:.0f} ms with {FEW}, {many:.0f} with {MANY}; {others}"
    return Figure(f"{MANY} runs on disk, {slowest}", many - few, "ms", reference, 50.0, at_least=False)


async def _in_turns(servers: Sequence[Server], page: str, query: str, request: Request) -> tuple[float, float]:
    """The median milliseconds of an answer from each of two servers."""
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(visiting(server.url, page, query)) for server in servers]
        spent: tuple[list[float], list[float]] = ([], [])
        for number in range(ALONE):
            for visitor, seconds in zip(visitors, spent, strict=True):
                seconds += await answers(visitor, request, range(number + 1, number + 2))
    few, many = (statistics.median(seconds[2:]) * 1e3 for seconds in spent)
    return few, many


def _trained(folder: Path) -> list[tuple[ModelSpec, Path]]:
    """One small network that reads digits and one that writes, as the pages would leave them on disk."""
    text = load_text(b"A text is read one character after another. " * 100)
    queue = JobQueue(folder)
    requests = [
        JobRequest(ModelSpec.classifier("lstm", 8), TrainSpec(epochs=4), load_dataset("digits"), owner="benchmark"),
        JobRequest(
            ModelSpec.language_model(text.vocabulary.characters, hidden_size=8),
            TrainSpec(epochs=4, batch_size=8),
            text,
            owner="benchmark",
        ),
    ]
    jobs = [queue.submit(request) for request in requests]
    for job in jobs:
        job.join(PATIENCE)
        assert job.state == "finished", job.view().message
    return [(job.request.model, folder / f"{job.run}.safetensors") for job in jobs]


def _fill(folder: Path, trained: Sequence[tuple[ModelSpec, Path]], count: int) -> None:
    """Copies of these runs, in turns, under names as runs have them."""
    folder.mkdir()
    made = 0
    while made < count:
        spec, path = trained[made % len(trained)]
        copy = folder / f"{new_run(spec)}.safetensors"
        if not copy.exists():  # two names of one second may be the same
            shutil.copyfile(path, copy)
            made += 1


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
