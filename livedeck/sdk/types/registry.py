"""Finds the handler of a type, and keeps it."""

import importlib
import sys
import typing
from collections.abc import Callable
from typing import Annotated, Any, cast

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import dicts, lists, plain, scalars, unions
from livedeck.sdk.types.handler import Handler, Resolve
from livedeck.sdk.types.mismatches import type_name

Family = Callable[[Any, Resolve], Handler | None]
Wrapper = Callable[[Any, tuple[Any, ...], Resolve], Handler | None]
"""Finds the handler of a type by what stands beside it in ``Annotated``, too."""

_MOST = 4096


class Registry:
    """Families of types, asked in order, and the handlers found so far."""

    def __init__(self, families: list[Family], inside: "Registry | None" = None) -> None:
        self._families = families
        self.inside = inside or self
        # Types are found by identity: ``int | str`` and ``str | int`` are equal but have different literal types, and
        # the metadata of an ``Annotated`` may not be hashable. The type is kept, lest its id comes to mean another.
        self._found: dict[int, tuple[Any, Handler]] = {}

    def __call__(self, python_type: Any) -> Handler:
        """Return the handler of a type.

        Raises:
            UnsupportedType: values of the type cannot be carried between tasks.
        """
        entry = self._found.get(id(python_type))
        if entry is not None and entry[0] is python_type:
            return entry[1]
        handler = self._make(python_type)
        if len(self._found) >= _MOST:  # a program that makes types in a loop
            self._found.clear()
        self._found[id(python_type)] = (python_type, handler)
        return handler

    def _make(self, python_type: Any) -> Handler:
        bare, annotations = _bare(python_type)
        if annotations:
            for wrapper in _WRAPPERS:
                handler = wrapper(bare, annotations, self)
                if handler is not None:
                    return handler
        for family in self._families:
            handler = family(bare, self)
            if handler is not None:
                return handler
        raise UnsupportedType(f"{type_name(python_type)} is not a type whose values can be carried between tasks")

    def add(self, family: Family) -> None:
        """Ask ``family`` before all others."""
        self._families.insert(0, family)
        self._found.clear()

    def forget(self) -> None:
        """Find the handler of each type anew."""
        self._found.clear()


def _later(module: str, *libraries: str) -> Family:
    """Return a family whose module is loaded when a type comes that it may know.

    Args:
        module: its name in this package.
        libraries: whose types it knows; unless one of them is loaded there can be no such type.
    """

    def family(python_type: Any, resolve: Resolve) -> Handler | None:
        if libraries and sys.modules.keys().isdisjoint(libraries):
            return None
        loaded = importlib.import_module(f"livedeck.sdk.types.{module}")
        return cast("Handler | None", loaded.family(python_type, resolve))

    return family


_FRAME_MODULES = ("pandas", "polars", "pyarrow", "livedeck.sdk.types.datasets", "livedeck.sdk.types.codecs")
"""Modules of which one is loaded if there is a type of frames."""

_FAMILIES: list[Family] = [
    _later("transformers", "livedeck.sdk.types.transformers"),
    scalars.family,
    plain.family,
    lists.family,
    dicts.family,
    unions.family,
    _later("times"),
    _later("enums"),
    _later("blobs"),
    _later("models", "pydantic"),  # before the dataclasses: pydantic has its own, which are not models
    _later("errors", "livedeck.sdk.types.errors"),  # before the dataclasses, too
    _later("tensors", "torch", "livedeck.sdk.types.tensors"),  # before the dataclasses, as of their own is one
    _later("records"),
    _later("iterators"),
    _later("frames", *_FRAME_MODULES),
    _later("arrays", "numpy"),
    _later("pickles"),
]
_inside = Registry([_later("record_fields"), *_FAMILIES])
_outside = Registry(list(_FAMILIES), _inside)

handler_for = _outside


def _hashed(python_type: Any, annotations: tuple[Any, ...], resolve: Resolve) -> Handler | None:
    hashes = sys.modules.get("livedeck.sdk.types.hashes")
    return hashes.wrapped(python_type, annotations, resolve) if hashes is not None else None


def _frame(python_type: Any, annotations: tuple[Any, ...], resolve: Resolve) -> Handler | None:
    if sys.modules.keys().isdisjoint(_FRAME_MODULES):
        return None
    frames = importlib.import_module("livedeck.sdk.types.frames")
    return cast("Handler | None", frames.family(python_type, resolve, annotations))


_WRAPPERS: list[Wrapper] = [_hashed, _frame]


def _bare(python_type: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the type without ``Annotated``, ``NewType`` and ``type`` aliases, and what stood in ``Annotated``."""
    annotations: tuple[Any, ...] = ()
    while True:
        if typing.get_origin(python_type) is Annotated:
            annotations += python_type.__metadata__
            python_type = typing.get_args(python_type)[0]
        elif isinstance(python_type, typing.NewType):
            python_type = python_type.__supertype__
        elif type(python_type).__name__ == "TypeAliasType":
            python_type = python_type.__value__
        else:
            return python_type, annotations


def forget_handlers() -> None:
    """Find the handlers of all types anew: how some are written has changed."""
    _inside.forget()
    _outside.forget()


def register(family: Family) -> None:
    """Add a family of types. The latest is asked first, so a built-in handling can be replaced.

    Args:
        family: called with a type (never ``Annotated``) and a function that finds the handler of another type;
            returns the handler, or None if the type is not of the family.
    """
    _inside.add(family)
    _outside.add(family)
