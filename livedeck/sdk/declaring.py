"""Functions that are declared as tasks and workflows: their names, and when their annotations are read.

That is done where they are declared, so that a mistake is told with its place. But an attempt runs code that was
checked like this when it was registered, and needs one task of it: there, reading the signatures of all others would
be most of its start.
"""

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

from livedeck.sdk.interface import Interface, read_interface
from livedeck.sdk.modules import module_of

if TYPE_CHECKING:
    from livedeck.sdk.tracing import Trace

P = ParamSpec("P")
R = TypeVar("R")

_checked_before: ContextVar[bool] = ContextVar("_checked_before", default=False)


@contextmanager
def checked_before() -> Iterator[None]:
    """Leave what is declared meanwhile unread for as long as nobody asks for it."""
    token = _checked_before.set(True)
    try:
        yield
    finally:
        _checked_before.reset(token)


_trace: ContextVar["Trace | None"] = ContextVar("_trace", default=None)


def active_trace() -> "Trace | None":
    """Return the trace of the workflow that is being read, which a call belongs to; None where none is."""
    return _trace.get()


@contextmanager
def reading(trace: "Trace") -> Iterator[None]:
    """Have calls belong to a trace. It is known here, so that a program that only declares need not load the rest."""
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)


class Declared(ABC, Generic[P, R]):
    """A function under its full name, and with its interface."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.module = module_of(function)
        self.name = f"{self.module}.{function.__name__}"
        self.function = function
        self._interface: Interface | None = None
        functools.update_wrapper(self, function)
        if not _checked_before.get():
            _ = self.interface

    @property
    def interface(self) -> Interface:
        """Its inputs and outputs.

        Raises:
            UnsupportedType: an annotation is missing, cannot be evaluated, or names a type that cannot be carried.
            TypeMismatch: a default does not fit its parameter.
        """
        if self._interface is None:
            self._interface = read_interface(self.function, self.name)
        return self._interface

    @abstractmethod
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it, or add it to the workflow that is being read."""

    def __reduce__(self) -> str:
        # By name, like a function: multiprocessing inside a task hands its functions on.
        return self.function.__qualname__
