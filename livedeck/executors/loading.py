"""Executors by name: what packages, livedeck among them, declare in the entry-point group ``livedeck.executors``."""

from importlib.metadata import EntryPoint, entry_points
from typing import cast

from livedeck.errors import InvalidSetting
from livedeck.executors.api import ExecutorFactory

GROUP = "livedeck.executors"


def available() -> dict[str, EntryPoint]:
    """Return the executors that are installed, by name."""
    return {found.name: found for found in sorted(entry_points(group=GROUP), key=lambda each: each.name)}


def load(name: str) -> ExecutorFactory:
    """Return what makes the executor of that name. Starts nothing.

    Raises:
        InvalidSetting: there is none, or what it needs cannot be imported.
    """
    found = available()
    if name not in found:
        raise InvalidSetting(
            f"there is no executor {name!r} (--executor, LIVEDECK_EXECUTOR); there are: {', '.join(found) or 'none'}"
        )
    try:
        factory = found[name].load()
    except (ImportError, AttributeError) as error:
        raise InvalidSetting(f"the executor {name!r} ({found[name].value}) cannot be loaded: {error}") from error
    if not callable(factory):
        raise InvalidSetting(f"the executor {name!r} ({found[name].value}) is a {type(factory).__name__}, no function")
    return cast("ExecutorFactory", factory)
