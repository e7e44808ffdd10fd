"""The functions that a decorated function consists of: what its author wrote, and what decorators put around that."""

import ast
import inspect
import os
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef


def layers(function: Any) -> Iterator[FunctionType]:
    """Yield a function and each one that it wraps, the outermost first; none of an installed package, or livedeck's.

    A decorator keeps what it wraps as ``__wrapped__``, as ``functools.wraps`` has it, or in the closure of the
    function that it returns.
    """
    waiting, seen = [function], set()
    while waiting:
        layer = waiting.pop(0)
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        if isinstance(layer, FunctionType):
            waiting += [each for each in _closed_over(layer) if isinstance(each, FunctionType)]
            if not _is_installed(Path(layer.__code__.co_filename)):
                yield layer
        wrapped = inspect.getattr_static(layer, "__wrapped__", None)
        if wrapped is not None:
            waiting.append(wrapped)


def _closed_over(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a variable that has no value yet
            continue


def _is_installed(file: Path) -> bool:
    known = file.is_relative_to(_STANDARD_LIBRARY) or file.is_relative_to(_LIVEDECK)
    return known or not {"site-packages", "dist-packages"}.isdisjoint(file.parts)


_STANDARD_LIBRARY = Path(os.__file__).parent
_LIVEDECK = Path(__file__).parents[1]


def definition_of(layer: FunctionType) -> Function | None:
    """Return a layer's syntax tree, with the decorators that are around the function but not those of livedeck.

    Returns:
        The tree; None for what no ``def`` makes: a lambda, which is part of the statement that it stands in, or a task
        that is an object.

    Raises:
        OSError: its source cannot be found.
        SyntaxError: its source cannot be read.
    """
    if layer.__name__ == "<lambda>" or layer.__code__.co_name == "<lambda>":
        return None
    definition = ast.parse(textwrap.dedent(inspect.getsource(layer.__code__))).body[0]
    if not isinstance(definition, Function):
        return None
    declares = [_declares(decorator, layer.__globals__) for decorator in definition.decorator_list]
    below = len(declares) - declares[::-1].index(True) if True in declares else 0
    definition.decorator_list = definition.decorator_list[below:]
    return definition


def _declares(decorator: ast.expr, names: dict[str, Any]) -> bool:
    """Return whether a decorator is one of livedeck's: it says how the function is run, and changes nothing in it."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    path = []
    while isinstance(node, ast.Attribute):
        path.append(node.attr)
        node = node.value
    found = names.get(node.id) if isinstance(node, ast.Name) else None
    for name in reversed(path):
        found = getattr(found, name, None)
    if isinstance(found, partial):
        found = found.func
    return str(getattr(found, "__module__", "")).partition(".")[0] == "livedeck"
