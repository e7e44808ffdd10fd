"""Types that hold themselves: which ones are being written down, so that the writing comes to an end."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

_being_written: ContextVar[tuple[Any, ...]] = ContextVar("being_written", default=())


def being_written() -> tuple[Any, ...]:
    """Return the types whose literal type or schema is being made, outermost first."""
    return _being_written.get()


@contextlib.contextmanager
def writing(python_type: Any) -> Iterator[None]:
    """Note that a type's literal type or schema is being made."""
    token = _being_written.set((*_being_written.get(), python_type))
    try:
        yield
    finally:
        _being_written.reset(token)
