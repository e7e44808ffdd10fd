"""The environment of the process as it was when stores were first to be reached: a task may change its own since."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_kept: list[Mapping[str, str]] = []


@contextmanager
def kept() -> Iterator[None]:
    """Have stores that are opened inside reached as the environment says now, whatever becomes of it.

    It is a task's to change: the store that a task reads its data from may have an endpoint and keys of its own.
    """
    _kept.append(dict(os.environ))
    try:
        yield
    finally:
        _kept.pop()


def last() -> Mapping[str, str] | None:
    """Return what was kept last; None if nothing is."""
    return _kept[-1] if _kept else None
