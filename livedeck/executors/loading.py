"""Executors by name: what packages, livedeck among them, declare in the entry-point group ``livedeck.executors``."""

import contextlib
import importlib.util
import inspect
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from livedeck.errors import InvalidSetting
from livedeck.executors.api import ExecutorFactory

GROUP = "livedeck.executors"
_LOCAL = ("process", "subprocess")
"""Those of this machine: either takes up what the other has left in the same folder."""


def available() -> dict[str, EntryPoint]:
    """Return the executors that are installed, by name."""
    return {found.name: found for found in sorted(entry_points(group=GROUP), key=lambda each: each.name)}


def compatible(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of executors that one server may have together, each once.

    Raises:
        InvalidSetting: they would run in each other's folder.
    """
    if set(_LOCAL) <= set(names):
        raise InvalidSetting(f"one server has {' or '.join(_LOCAL)} (--executor, LIVEDECK_EXECUTOR), not both")
    return tuple(dict.fromkeys(names))


def load(name: str) -> ExecutorFactory:
    """Return what makes the executor of that name. Starts nothing.

    Raises:
        InvalidSetting: there is none, or what it needs cannot be imported, or it takes no settings.
    """
    found = available()
    value = found[name].value if name in found else ""
    own = _own(name)
    if own not in {"", value} and (not value or value.startswith(f"{GROUP}.")):
        declared = f"has {value} for it" if value else "does not know it"
        raise InvalidSetting(
            f"the executor {name!r} is {own} in the code of livedeck that runs, and its installation {declared}: "
            "the code is newer. Install livedeck again; in a clone: make .venv/.dev (or pip install --editable .)"
        )
    if name not in found:
        raise InvalidSetting(
            f"there is no executor {name!r} (--executor, LIVEDECK_EXECUTOR); there are: {', '.join(found) or 'none'}"
        )
    try:
        factory = found[name].load()
    except (ImportError, AttributeError) as error:
        raise InvalidSetting(f"the executor {name!r} ({value}) cannot be loaded: {error}") from error
    if not callable(factory):
        raise InvalidSetting(f"the executor {name!r} ({value}) is a {type(factory).__name__}, no function")
    try:
        with contextlib.suppress(ValueError):  # it has no signature that could be asked for
            inspect.signature(factory).bind(None)
    except TypeError as error:
        raise InvalidSetting(
            f"the executor {name!r} ({value}) cannot be called with ExecutorSettings alone: {error}"
        ) from error
    return cast("ExecutorFactory", factory)


def _own(name: str) -> str:
    """Return what livedeck's own entry point of that name is in the code that runs; empty: it has none.

    In a clone the code is what was pulled last, while entry points are what was installed some time before.
    """
    package = f"{GROUP}.{name}"
    if not name.isidentifier() or importlib.util.find_spec(package) is None:
        return ""
    module = importlib.import_module(package)  # light: what an executor needs is imported when it is asked for
    return f"{package}:create" if "create" in getattr(module, "__all__", ()) else ""
