"""The house's rules (docs/architecture.md): who may import whom."""

import ast
import re
import runpy
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from seqviz.ui.shell.contents import PAGES
from seqviz.ui.shell.parameters import PARAMETERS

PACKAGE = Path(__file__).parents[1] / "seqviz"
ORDER = [
    ["data"],
    ["networks"],
    ["instruments", "training"],
    ["workers"],
    ["jobs", "experiments"],
    ["figures", "player"],
    ["timelines", "snippets"],
    ["ui"],
]
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
KEPT_TO = {
    "streamlit": {"ui"},
    "plotly": {"figures"},
    "captum": {"instruments"},
    "threading": {"jobs", "workers", "global_state.py"},
}
FILES = sorted(PACKAGE.rglob("*.py"))
BESIDE = sorted(path for room in ("scripts", "benchmarks") for path in (PACKAGE.parent / room).glob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_imports_one_to_its_right(path):
    room = room_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "seqviz" and len(parts) > 1 and parts[1] in RANK and room in RANK:
            assert parts[1] == room or RANK[parts[1]] < RANK[room], f"{room} imports {name}"
        if parts[0] in KEPT_TO:
            assert room in KEPT_TO[parts[0]], f"{parts[0]} does not belong into {room}"


def test_a_pages_folder_knows_the_shell_and_no_other_page():
    for path in (PACKAGE / "ui").rglob("*.py"):
        folder = path.relative_to(PACKAGE / "ui").parts[0]
        for name in imports(path):
            if name.startswith("seqviz.ui."):
                assert name.split(".")[2] in (folder, "shell"), f"{path.relative_to(PACKAGE)} imports {name}"


def test_a_page_is_an_entry_a_folder_and_a_file_of_one_call(project):
    files = {page.stem for page in (project / "pages").glob("*.py")} - {"navigation"}
    folders = {path.name for path in (PACKAGE / "ui").iterdir() if (path / "__init__.py").exists()} - {"shell"}
    assert files == folders == {page.file.removesuffix(".py") for page in PAGES.values()}
    for name in files:
        lines = (project / "pages" / f"{name}.py").read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 10, f"{name}: a piece of it belongs in a room"


LINKED = {
    "choose", "slide", "pick", "whole", "span", "switch", "text", "recalled", "remember", "from_text", "to_link",
    "assign", "forget", "choose_network", "choose_digit", "choose_layer", "choose_writer", "_choose_donor",
    "choose_another", "choose_any_network", "choose_network_beside", "choose_sentence",
    "choose_translator", "choose_number", "choose_forecaster", "sketch_pad",
}  # fmt: skip
"""The functions of the pages that are given the name of a parameter."""


def test_every_parameter_of_a_link_is_used():
    """Names that end in a number or in a choice are made by f-strings, of which the constant part is compared."""
    used = {"present", "branch", "road", "drawing", "step", "view"}  # read by the player, and through a constant
    for path in (PACKAGE / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LINKED:
                used |= {part for argument in node.args for part in constants(argument)}
    for name in PARAMETERS:
        stem = re.sub(r"(?<=[a-z])\d$|(?<=_)(digits|mnist)$|(?<=-)(input|forget|output|reset|update)$", "", name)
        assert {name, stem} & used, name


def constants(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
        yield str(argument.values[0].value)


def test_no_two_files_import_each_other():
    """Nor do three in a circle: the files can be sorted so that each imports only what comes before it."""
    modules = {module_of(path) for path in FILES}
    graph = {module_of(path): set(imported_modules(path, modules)) - {module_of(path)} for path in FILES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("a circle of imports: " + " imports ".join(reversed(error.args[1])))


def imported_modules(path: Path, modules: set[str]) -> Iterator[str]:
    """The project's files that a file imports, also for its types alone or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names} & modules
            yield from names or {node.module} & modules


@pytest.mark.parametrize("path", BESIDE, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_scripts_and_benchmarks_import_is_there(path):
    runpy.run_path(str(path), run_name="loaded, not run")
