"""Everything that is public says what it is: each class, function and method, each parameter, field and error."""

import ast
import enum
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

import pytest

import livedeck
import livedeck.testing
from livedeck.client import Client
from livedeck.executors.api import Executor
from livedeck.propeller.control_plane import ControlPlane
from livedeck.sdk import docstrings
from livedeck.testing.control_plane import MemoryControlPlane
from livedeck.testing.executors import ScriptedExecutor


def _public() -> Iterator[tuple[str, Any]]:
    for name in livedeck.__all__:
        yield f"livedeck.{name}", getattr(livedeck, name)
    yield "livedeck.client.Client", Client
    for found in pkgutil.iter_modules(livedeck.testing.__path__):
        module = importlib.import_module(f"livedeck.testing.{found.name}")
        for name, value in vars(module).items():
            if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__:
                yield f"{module.__name__}.{name}", value


def _callables() -> Iterator[tuple[str, Any, str]]:
    """Yield each public function and method, and for a class its constructor, with the docstring that tells of it."""
    for name, value in _public():
        if not inspect.isclass(value):
            yield name, value, value.__doc__ or ""
            continue
        made = "__init__" in vars(value) and not is_dataclass(value) and not getattr(value, "_is_protocol", False)
        own = value.__init__ if made else None
        if own is not None:
            yield name, own, value.__doc__ or ""
        interface = INTERFACES.get(value)
        for base in reversed(value.__mro__):  # what a class overrides comes last, and stays
            if base.__module__.startswith(("livedeck.client", "livedeck.testing", "livedeck.sdk", "livedeck.deck")):
                for method, each in vars(base).items():
                    function = getattr(each, "__func__", each)
                    hidden = method.startswith(("_", "test_"))  # a test's name is its description
                    if inspect.isfunction(function) and not hidden and not hasattr(interface, method):
                        yield f"{name}.{method}", function, function.__doc__ or ""


INTERFACES: Mapping[type, type] = {MemoryControlPlane: ControlPlane, ScriptedExecutor: Executor}
"""Fakes of an interface, which says itself what its methods take."""


CALLABLES = {name: (function, text) for name, function, text in _callables()}


@pytest.mark.parametrize("name", [name for name, _ in _public()])
def test_each_public_name_says_what_it_is(name: str) -> None:
    value = dict(_public())[name]
    if value.__module__ == "builtins":  # another name of a type of Python's own
        return
    text = inspect.getdoc(value) or ""
    assert text.splitlines()[0].endswith((".", "``")), text
    made = f"{value.__name__}{inspect.signature(value)}" if isinstance(value, type) and is_dataclass(value) else None
    assert text != made, "made by dataclasses"


@pytest.mark.parametrize("name", CALLABLES)
def test_each_parameter_is_described(name: str) -> None:
    function, text = CALLABLES[name]
    described = docstrings.read(text).arguments
    parameters = inspect.signature(inspect.unwrap(function)).parameters.keys() - {"self", "cls"}
    missing = [each for each in parameters if each not in described and f"``{each}``" not in text]
    assert not missing, f"{name} says nothing of {', '.join(missing)}"
    assert described.keys() <= parameters, f"{name} describes what it does not take"


@pytest.mark.parametrize("name", CALLABLES)
def test_what_is_returned_and_raised_is_said(name: str) -> None:
    function, text = CALLABLES[name]
    assert text, name
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    raises = {name for node in _own_nodes(tree.body[0]) if (name := _raised(node))}
    said = text.partition("Raises:")[2]
    assert all(error in said for error in raises), f"{name} raises {raises}"
    returned = inspect.signature(function).return_annotation
    if function.__name__ != "__init__" and returned not in {None, "None", inspect.Signature.empty}:
        words = text.replace("(", " ").split()
        assert words[0] in NOUNS or SAYS_SO & set(words), (name, returned)


NOUNS = {"A", "An", "The", "How", "Where", "Whether", "What", "Which", "Seconds", "Name", "Number", "URI", "None"}
"""Words that begin a docstring which tells what is returned, and nothing else."""

SAYS_SO = {"Return", "Returns:", "return", "returns", "yield", "Yields:"}


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a function, but not in functions inside it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ExceptHandler):
            yield node
            waiting += ast.iter_child_nodes(node)


def _raised(node: ast.AST) -> str:
    if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call) or not isinstance(node.exc.func, ast.Name):
        return ""
    return node.exc.func.id if node.exc.func.id[:1].isupper() else ""


@pytest.mark.parametrize("name", [name for name, value in _public() if inspect.isclass(value)])
def test_each_field_and_member_is_described(name: str) -> None:
    value = dict(_public())[name]
    if not is_dataclass(value) and not issubclass(value, enum.Enum):
        return
    text = value.__doc__ or ""
    described = {**docstrings.read(text).arguments}
    if not (is_dataclass(value) and name.startswith("livedeck.") and name.count(".") == 1):  # help() shows these
        described |= _described_below(value)
    names = value.__members__ if issubclass(value, enum.Enum) else value.__dataclass_fields__
    public = [each for each in names if not each.startswith("_")]
    missing = [each for each in public if each not in described and f"``{each}``" not in text]
    assert not missing, f"{name} says nothing of {', '.join(missing)}"


def _described_below(kind: type) -> Mapping[str, str]:
    """Return the texts below the fields of a class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for before, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            target: ast.expr | None = before.target if isinstance(before, ast.AnnAssign) else None
            target = before.targets[0] if isinstance(before, ast.Assign) else target
            if isinstance(target, ast.Name):
                found[target.id] = after.value.value
    return found
