"""`import seqviz`: a list of names, each loaded when it is first used."""

import ast
import re
import subprocess
import sys
from importlib import import_module

import pytest
import torch

import seqviz

HEAVY = ("torch", "numpy", "streamlit", "plotly", "captum", "pandas")


def test_every_name_is_what_its_module_has(project):
    stub = ast.parse((project / "seqviz" / "__init__.pyi").read_text(encoding="utf-8"))
    imported = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    names = {alias.asname: node.module for node in imported for alias in node.names}
    assert dir(seqviz) == sorted(names)
    for name, module in names.items():
        assert getattr(seqviz, name) is getattr(import_module(module), name)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'seqviz' has no attribute 'nonsense'"):
        _ = seqviz.nonsense
    with pytest.raises(ImportError, match="cannot import name 'nonsense'"):
        from seqviz import nonsense  # noqa: F401


@pytest.mark.parametrize(
    ("program", "loaded"),
    [
        ("import seqviz", ()),
        ("from seqviz import ModelSpec", ()),
        ("from seqviz import load_checkpoint, build_model, train, trace", ("torch", "numpy")),
        ("from seqviz import attribute", ("torch", "numpy", "captum")),
    ],
)
def test_what_an_import_loads(program, loaded):
    asked = f"{program}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert set(ast.literal_eval(done.stdout)) <= set(loaded)


def test_the_examples_of_the_readme_run_and_give_what_they_say(project, monkeypatch):
    monkeypatch.chdir(project)
    blocks = re.findall(r"```python\n(.*?)```", (project / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    lines = "".join(blocks).splitlines()
    shapes = {line.split("  #")[0]: re.search(r"# \(([\d, ]+)\)", line) for line in lines}
    torch.manual_seed(0)  # the second one draws its words
    scope: dict = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), scope)
        for expression, shape in shapes.items():
            if shape and expression in block:
                assert tuple(eval(expression, scope).shape) == ast.literal_eval(f"({shape[1]})")
    assert scope["evaluate"](scope["model"], scope["data"]).accuracy > 0.9
