"""SeqViz: a laboratory for recurrent networks that shows their real tensors.

>>> import seqviz
>>> seqviz.load_dataset("digits").name
'digits'

The public API is the list in `__init__.pyi`. Each name is imported from its module at its first use: `import seqviz`
itself loads neither PyTorch nor Streamlit.
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

_MODULES = {
    alias.name: str(statement.module)
    for statement in ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")).body
    if isinstance(statement, ast.ImportFrom)
    for alias in statement.names
}
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'seqviz' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return __all__
