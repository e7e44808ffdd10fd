"""Warnings about the types that a task declares, with the line of its author that they are about."""

import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_declared: ContextVar[Callable[..., Any] | None] = ContextVar("_declared", default=None)


@contextmanager
def about(function: Callable[..., Any]) -> Iterator[None]:
    """Have warnings name the line at which ``function`` is declared: its annotations may be read far from there.

    On a server they are read when an attempt asks for them, and no line of the author's is being executed.
    """
    token = _declared.set(function)
    try:
        yield
    finally:
        _declared.reset(token)


def warn(message: str, category: type[Warning]) -> None:
    """Warn about a type of the function that is being read; of none, about the line that asked."""
    function = _declared.get()
    if function is None:
        warnings.warn(message, category, stacklevel=_level_of_caller())
        return
    function = inspect.unwrap(function)
    code, module = function.__code__, function.__globals__
    warnings.warn_explicit(
        message,
        category,
        code.co_filename,
        code.co_firstlineno,
        module=function.__module__,
        registry=module.setdefault("__warningregistry__", {}),
    )


def _level_of_caller() -> int:
    """Return how many frames up the first one is that is not livedeck's."""
    level, frame = 1, sys._getframe(1)  # there is no other way to walk frames without loading much
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "livedeck":
        level, frame = level + 1, frame.f_back
    return level
