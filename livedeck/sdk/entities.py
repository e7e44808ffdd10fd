"""Entities, which can be called in a workflow: tasks and workflows, each a function with a name and an interface.

Annotations are read where a function is declared, so that a mistake is told with its place. But an attempt runs code
that was checked like this when it was registered, and needs one task of it: there, reading the signatures of all
others would be most of its start.
"""

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Generic, ParamSpec, Protocol, TypeVar, Unpack

from livedeck.errors import InvalidWorkflow, UserError
from livedeck.sdk.interface import Interface, read_interface
from livedeck.sdk.modules import module_of
from livedeck.sdk.options import Overrides

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

if TYPE_CHECKING:

    class AsyncCall(Coroutine[Any, Any, R_co], Any):  # type: ignore[misc]  # what is derived from Any goes everywhere
        """A call of an ``async`` task, as type checkers see it.

        It is a coroutine, which gives what the function returns. In a workflow it is a promise instead, which may go
        wherever the value that is promised can: so it is taken where any other type is asked for.
        """


_lazily: ContextVar[bool] = ContextVar("_lazily", default=False)


@contextmanager
def interfaces_read_lazily() -> Iterator[None]:
    """Leave the annotations of what is declared meanwhile unread until somebody asks for an interface."""
    token = _lazily.set(True)
    try:
        yield
    finally:
        _lazily.reset(token)


def reads_lazily() -> bool:
    """Return whether what is declared now was checked when it was registered, as in an attempt."""
    return _lazily.get()


class Caller(Protocol):
    """Takes the calls of tasks and workflows: the trace of a workflow, or what runs them in this process."""

    def call(self, entity: "AnyEntity", args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return what the call returns: promises, or the function's values."""


_caller: ContextVar[Caller | None] = ContextVar("_caller", default=None)
_default_caller: list[Callable[[], Caller]] = []


@contextmanager
def calls_go_to(caller: Caller | None) -> Iterator[None]:
    """Have a caller take the calls that are made meanwhile; None: the default caller."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


def current_caller() -> Caller | None:
    """Return who takes calls now; None if that is up to the default caller."""
    return _caller.get()


def set_default_caller(find: Callable[[], Caller]) -> None:
    """Say who takes the calls that no other caller does; asked at each such call, so that it can be loaded late."""
    _default_caller[:] = [find]


class Entity(ABC, Generic[P, R]):
    """A function under its full name, and with its interface."""

    kind: ClassVar[str]
    """The decorator's name."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.module = module_of(function)
        self.name = f"{self.module}.{function.__name__}"
        self.function = function
        self._interface: Interface | None = None
        functools.update_wrapper(self, function)
        if not _lazily.get():
            _ = self.interface

    @property
    def interface(self) -> Interface:
        """The inputs and outputs.

        Raises:
            UnsupportedType: an annotation is missing, cannot be evaluated, or names a type that cannot be carried.
            TypeMismatch: a default does not fit its parameter.
        """
        if self._interface is None:
            self._interface = self._read_interface()
        return self._interface

    def _read_interface(self) -> Interface:
        """Read the inputs and outputs of the function.

        Raises:
            UnsupportedType: an annotation is missing, cannot be evaluated, or names a type that cannot be carried.
            TypeMismatch: a default does not fit its parameter.
        """
        return read_interface(self.function, self.name)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function; what that means is up to the caller that is set: see ``Caller``."""
        caller = _caller.get() or _default_caller[0]()
        returned: R = caller.call(self, args, kwargs)
        return returned

    @property
    def display_name(self) -> str:
        """What consoles call a node that calls the entity, unless the node is given a name."""
        return self.function.__name__

    @property
    def upstream(self) -> Iterable[Any]:
        """The nodes that a node which calls the entity waits for besides those whose outputs it is given."""
        return ()

    @property
    def callees(self) -> Iterable["AnyEntity"]:
        """What a call of the entity is a call of: itself, unless it is no more than a choice of others."""
        return (self,)

    @property
    def without_output(self) -> str:
        """What to say to somebody who wants the output of a node that has none."""
        return "use >> to run one after the other"

    def with_overrides(self, **overrides: Unpack[Overrides]) -> "Overridden[P, R]":
        """Return what makes nodes with options of their own: ``second = measure.with_overrides(retries=3)(width=2)``.

        The same as ``measure(width=2).with_overrides(retries=3)``, but known to type checkers, to which a call returns
        what the function returns.

        Args:
            overrides: Options of the node; those left out stay as the task says.
        """
        return Overridden(self, overrides)

    def check(self) -> None:
        """Report a mistake inside of the entity, before a call of it becomes a node.

        Raises:
            UserError: there is one.
        """

    @abstractmethod
    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Refuse overrides that a node which calls the entity cannot have.

        Args:
            given: the overrides by name.

        Raises:
            UserError: one of them cannot be honoured.
        """

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"

    def __reduce__(self) -> str:
        # Pickled by name, as functions are: multiprocessing inside a task passes its functions on.
        return self.function.__qualname__


AnyEntity = Entity[..., Any]


class Overridden(Generic[P, R]):
    """A task or workflow whose calls make nodes with options of their own; see ``Entity.with_overrides``."""

    def __init__(self, entity: Entity[P, R], overrides: Overrides) -> None:
        self._entity = entity
        self._overrides = overrides

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Make the node.

        Raises:
            InvalidWorkflow: no workflow is being read, so that there is no node.
            UserError: an option cannot be honoured, or its value makes no sense.
        """
        caller = _caller.get()
        if caller is None:
            raise InvalidWorkflow(
                f"{self._entity.name}.with_overrides(...)(...) is for workflows: here the call makes no node whose "
                f"options could differ; call {self._entity.name.rpartition('.')[2]}(...) itself"
            )
        returned: R = caller.call(self._entity, args, kwargs).with_overrides(**self._overrides)
        return returned


def undecorated(given: Any) -> Any:
    """Return the function that a decorator of tasks is put on: a `ClassDecorator` below it stands for one."""
    decorates = hasattr(type(given), "as_task_function") and given.task_function is not None
    return given.as_task_function() if decorates else given


def check_function(function: Any, decorator: str) -> None:
    """Check that what a decorator was put on is a function that can be found by its name again.

    Raises:
        UserError: it is not.
    """
    if isinstance(function, staticmethod | classmethod) or not inspect.isfunction(function):
        raise UserError(f"{decorator} is for functions, not for {function!r}; options go in parentheses, by name")
    if function.__name__ == "<lambda>":
        raise UserError(f"{decorator} is for functions with a name: write it with def")
    if function.__code__.co_flags & inspect.CO_ASYNC_GENERATOR or (
        function.__code__.co_flags & inspect.CO_GENERATOR and not _returns_iterator(function)
    ):
        raise UserError(
            f"{decorator}: {function.__name__} yields: annotate what, as in -> Iterator[int], or return a list"
        )


def _returns_iterator(function: Any) -> bool:
    annotation = function.__annotations__.get("return")
    name = annotation if isinstance(annotation, str) else repr(annotation)
    return "Iterator[" in name or "Generator[" in name
