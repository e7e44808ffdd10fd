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
        bare = _bare(python_type)
        for family in self._families:
            handler = family(bare, self)
            if handler is not None:
                return handler
        raise UnsupportedType(f"{type_name(python_type)} is not a type whose values can be carried between tasks")

    def add(self, family: Family) -> None:
        """Ask ``family`` before all others."""
        self._families.insert(0, family)
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


_FAMILIES: list[Family] = [
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
    _later("records"),
    _later("frames", "pandas", "polars", "pyarrow"),
    _later("arrays", "numpy"),
    _later("pickles"),
]
_inside = Registry([_later("record_fields"), *_FAMILIES])
_outside = Registry(list(_FAMILIES), _inside)

handler_for = _outside


def _bare(python_type: Any) -> Any:
    """Return the type without ``Annotated``, ``NewType`` and ``type`` aliases."""
    while True:
        if typing.get_origin(python_type) is Annotated:
            python_type = typing.get_args(python_type)[0]
        elif isinstance(python_type, typing.NewType):
            python_type = python_type.__supertype__
        elif type(python_type).__name__ == "TypeAliasType":
            python_type = python_type.__value__
        else:
            return python_type


def register(family: Family) -> None:
    """Add a family of types. The latest is asked first, so a built-in handling can be replaced.

    Args:
        family: called with a type (never ``Annotated``) and a function that finds the handler of another type;
            returns the handler, or None if the type is not of the family.
    """
    _inside.add(family)
    _outside.add(family)
