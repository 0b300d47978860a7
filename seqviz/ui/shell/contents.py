"""The table of contents: every page with its group in the navigation, its title, and what one sees there."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """`key` is its place in the URL and, with underscores, its file; `leads` says on the front page what it is for."""

    key: str
    group: str
    title: str
    icon: str
    leads: str
    sentence: str

    @property
    def file(self) -> str:
        return f"{self.key.replace('-', '_')}.py"


HOME = Page(
    "home",
    "",
    "SeqViz",
    "timeline",
    "",
    "A handwritten digit is read row by row, 28 rows of 28 pixels, and the memory of a recurrent network (a GRU with "
    "128 units) changes with every row.",
)
_PAGES = (
    HOME,
    Page(
        "hidden-states",
        "Look inside",
        "Hidden states",
        "memory",
        "what every unit remembers after each row, of a digit that you draw",
        "A network reads a digit row by row, or a text word by word: you see what every unit of its memory holds after "
        "each, and what the network would answer if it had to stop there.",
    ),
    Page(
        "gates",
        "Look inside",
        "Gates",
        "tune",
        "what lets a memory in, keeps it and lets it out, with every number",
        "Gates decide, step by step and unit by unit, what a memory takes in, keeps and shows: watch all of them, read "
        "one with its numbers, or take hold of one and see what breaks.",
    ),
    Page(
        "gradient-flow",
        "Look inside",
        "Gradient flow",
        "waterfall_chart",
        "the learning signal on its way back, fading or exploding",
        "After the last row or word the loss sends its gradient back, step by step, to everything that caused it: "
        "watch how much "
        "arrives, and what makes it fade or explode.",
    ),
    Page(
        "attribution",
        "Look inside",
        "Attribution",
        "search_insights",
        "which rows and pixels made the answer, and which method to trust",
        "Which rows and pixels, or which words, made the answer? Several methods say so, each in its own way: watch "
        "them side by side, "
        "and put the methods themselves to the test.",
    ),
    Page(
        "train",
        "Tasks",
        "Train",
        "model_training",
        "a network learns digits while you watch",
        "A recurrent network learns to read digits while you watch: its loss falls, its answers settle, and you can "
        "pause it, take single steps, or stop it at any time.",
    ),
    Page(
        "sampling",
        "Tasks",
        "Sampling",
        "edit_note",
        "a network writes, character by character, hot or cold",
        "A network that has read a text character by character writes a new one: watch every choice, turn the "
        "temperature, take another road, and see what its units keep in mind.",
    ),
    Page(
        "words",
        "Tasks",
        "Words",
        "rate_review",
        "a review is read word by word, from both ends",
        "A network reads a review word by word, once from the start and once from the end: watch what each reader "
        "remembers and would answer, and what happens when a word is changed.",
    ),
    Page(
        "translate",
        "Tasks",
        "Translation and other shapes",
        "translate",
        "one sequence in, another out, and what each word looks at",
        "A network reads one sequence and writes another: numbers from German into English, a picture spelled out, a "
        "tag on every letter. Watch it read and write on one clock, and what each word looks at.",
    ),
    Page(
        "forecast",
        "Tasks",
        "Forecast",
        "query_stats",
        "a series in time: what will come, how sure, and whether it only repeats yesterday",
        "A network reads the last values of a series and says the next ones, with intervals. You see what it reads, "
        "what it must say and what it must never have seen, and whether it beats last year and yesterday.",
    ),
    Page(
        "heads",
        "Experiments",
        "Heads",
        "call_split",
        "last row against all rows: a race, seeds, and every row's vote",
        "The same recurrent network with two ways to answer: from its last hidden state alone, or from all 28. Race "
        "them, repeat it until chance is ruled out, and look at every row's vote.",
    ),
    Page(
        "lessons",
        "Learn",
        "Lessons",
        "school",
        "ten minutes each, on the real pages, with a prediction before every answer",
        "Lessons walk through the pages, scene by scene: a few sentences, one thing to do, and questions that you "
        "answer before the page measures.",
    ),
    Page(
        "shapes",
        "Learn",
        "Shapes",
        "view_in_ar",
        "every tensor of nn.RNN, nn.GRU and nn.LSTM, with its numbers",
        "Every tensor of PyTorch's recurrent layers with its shape and its numbers: what goes in, the weights gate by "
        "gate, three steps written out, what comes out, and the gradient on its way back.",
    ),
)
PAGES: Mapping[str, Page] = {page.key: page for page in _PAGES}
GROUPS: Mapping[str, tuple[Page, ...]] = {
    group: tuple(page for page in _PAGES if page.group == group)
    for group in dict.fromkeys(page.group for page in _PAGES)
}
"""The pages of each group in the navigation; the front page stands alone."""
