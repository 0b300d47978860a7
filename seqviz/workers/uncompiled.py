"""A worker compiles nothing, and does without what `torch.compile` needs."""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch

COMPILER = "torch._dynamo"


def leave_out_compiler() -> None:
    """Let something small stand for the compiler, which is loaded only when more is asked of it than to stay away.

    Every optimizer imports it to say what must not be compiled: 1.5 s and 67 MB for nothing (PyTorch 2.13).
    """
    if COMPILER not in sys.modules:
        sys.modules[COMPILER] = torch._dynamo = _Absent(COMPILER)


class _Absent(ModuleType):
    """The two functions that optimizers call, as they are where nothing is compiled."""

    @staticmethod
    def graph_break(msg: str = "") -> None:
        """Would end a piece of compiled code."""

    @staticmethod
    def disable(fn: Callable[..., Any], recursive: bool = True, *, wrapping: bool = True) -> Callable[..., Any]:
        """Would keep `fn` from being compiled."""
        return fn

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":  # what anyone may ask of a module
            raise AttributeError(name)
        if sys.modules.get(COMPILER) is self:
            del sys.modules[COMPILER]
        torch._dynamo = importlib.import_module(COMPILER)
        return getattr(torch._dynamo, name)
