"""Fields that every log line has which is written meanwhile: ids are bound once, where they are known.

They belong to the running task (`contextvars`), and to the tasks that it starts from then on.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_bound: ContextVar[Mapping[str, str]] = ContextVar("livedeck_log_fields", default={})  # noqa: B039 - never changed


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Add fields to the log lines that are written within the block.

    Args:
        fields: Their values by name.
    """
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def bound_fields() -> Mapping[str, str]:
    """Return the fields that are bound here."""
    return _bound.get()
