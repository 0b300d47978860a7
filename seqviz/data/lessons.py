"""Lessons: scenes to walk through, each a page in a state, a few sentences, and where it fits a prediction.

A lesson is one TOML file (`lessons/`): a title, what it is about, and scenes.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from seqviz.errors import DataError, InputError

FOLDER = Path(__file__).parents[2] / "lessons"
PICTURES = FOLDER / "pictures"
"""Of scenes that have nothing to predict, for handouts (`scripts/lesson_pictures`)."""
MOST_SCENES, MOST_CHOICES = 40, 6
LONGEST, LONGEST_CHOICE = 700, 120
"""Characters of what a scene says, and of a choice."""
MOST_BYTES = 200_000


@dataclass(frozen=True)
class Prediction:
    """A question whose answer is measured: `measured` names how (`ui.shell.reveals`); without it the page answers.

    `choices` are what may be answered, by the key that the measurement gives to the right one. In their place there may
    be a `sketch`: the name of a curve that is drawn before it is seen. `misconception` is what the question looks for,
    `source` where it is described.
    """

    question: str
    choices: Mapping[str, str] = field(default_factory=dict)
    sketch: str = ""
    measured: str = ""
    misconception: str = ""
    source: str = ""


@dataclass(frozen=True)
class Scene:
    """A page by its key, the values of its link, what is said, at most one thing to do, and a prediction."""

    page: str
    link: Mapping[str, str]
    text: str
    do: str = ""
    predict: Prediction | None = None


@dataclass(frozen=True)
class Lesson:
    """A lesson by name."""

    name: str
    title: str
    about: str
    scenes: tuple[Scene, ...]
    minutes: int = 10


def read_lesson(text: str, name: str) -> Lesson:
    """A lesson from TOML.

    Raises:
        InputError: it is no lesson; the message names every place and what to do.

    >>> lesson = read_lesson('title = "One"\\nabout = "A."\\n[[scene]]\\npage = "gates?unit=3"\\ntext = "Look."', "one")
    >>> lesson.scenes[0].page, dict(lesson.scenes[0].link)
    ('gates', {'unit': '3'})
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The lesson {name} is no TOML: {error}.") from error
    problems = _problems(content)
    if problems:
        raise InputError(f"The lesson {name} cannot be read. " + " ".join(problems))
    scenes = tuple(_scene(one) for one in content["scene"])
    return Lesson(name, content["title"], content["about"], scenes, content.get("minutes", 10))


def lesson_names() -> list[str]:
    """The lessons that ship, in their order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_lesson(name: str) -> Lesson:
    """A lesson that ships.

    Raises:
        DataError: there is none of this name.
    """
    if name not in lesson_names():
        raise DataError(f"There is no lesson {name[:60]!r}; choose one of {', '.join(lesson_names())}.")
    return read_lesson((FOLDER / f"{name}.toml").read_text("utf-8"), name)


def _problems(content: Mapping[str, Any]) -> list[str]:
    """A sentence for each thing that is missing, too long, or unknown."""
    found = [f"{field} is missing." for field in ("title", "about") if not _is_text(content.get(field))]
    if unknown := sorted(set(content) - {"title", "about", "minutes", "scene"}):
        found.append(f"A lesson has no {', '.join(unknown)}.")
    minutes = content.get("minutes", 10)
    if not isinstance(minutes, int) or not 1 <= minutes <= 240:
        found.append(f"minutes is {minutes!r}; it must be a whole number from 1 to 240.")
    scenes = content.get("scene")
    if not isinstance(scenes, list) or not 1 <= len(scenes) <= MOST_SCENES:
        return [*found, f"It must have 1 to {MOST_SCENES} scenes, each under [[scene]]."]
    for number, scene in enumerate(scenes, 1):
        found += [f"Scene {number}: {problem}" for problem in _scene_problems(scene)]
    return found


def _scene_problems(scene: object) -> list[str]:
    if not isinstance(scene, dict):
        return [f"it is {str(scene)[:40]!r}; a scene stands under [[scene]]."]
    found = [f"{field} is missing." for field in ("page", "text") if not _is_text(scene.get(field))]
    found += [
        f"{field} has more than {LONGEST} characters."
        for field in ("text", "do")
        if len(str(scene.get(field, ""))) > LONGEST
    ]
    if not isinstance(scene.get("do", ""), str):
        found.append(f"do is {scene['do']!r}; it must be a text in quotes.")
    if unknown := sorted(set(scene) - {"page", "text", "do", "predict"}):
        found.append(f"a scene has no {', '.join(unknown)}.")
    predict = scene.get("predict")
    if predict is None:
        return found
    if not isinstance(predict, dict) or not _is_text(predict.get("question")):
        return [*found, "its prediction has no question."]
    if unknown := sorted(set(predict) - {"question", "choices", "sketch", "measured", "misconception", "source"}):
        found.append(f"a prediction has no {', '.join(unknown)}.")
    texts = ("question", "sketch", "measured", "misconception", "source")
    found += [
        f"{name} of a prediction must be a text in quotes."
        for name in texts
        if not isinstance(predict.get(name, ""), str)
    ]
    found += [
        f"{name} has more than {LONGEST} characters." for name in texts if len(str(predict.get(name, ""))) > LONGEST
    ]
    if _is_text(predict.get("sketch")):
        return found + (["a prediction has choices or a sketch, not both."] if predict.get("choices") else [])
    choices = predict.get("choices")
    if (
        not isinstance(choices, dict)
        or not 2 <= len(choices) <= MOST_CHOICES
        or not all(map(_is_text, choices.values()))
    ):
        return [*found, f"its prediction must have 2 to {MOST_CHOICES} choices, each key = 'what is said'."]
    found += [
        f"a choice has more than {LONGEST_CHOICE} characters." for one in choices.values() if len(one) > LONGEST_CHOICE
    ]
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _scene(content: Mapping[str, Any]) -> Scene:
    page, _, link = content["page"].partition("?")
    predict = content.get("predict")
    return Scene(
        page,
        dict(parse_qsl(link, keep_blank_values=True)),
        content["text"].strip(),
        content.get("do", ""),
        None if predict is None else Prediction(**predict),
    )
