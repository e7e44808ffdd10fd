"""The ``eager`` decorator."""

import inspect
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, Unpack, overload

from livedeck.errors import UserError
from livedeck.sdk.entities import check_function, undecorated
from livedeck.sdk.options import TaskKeywords, TaskOptions
from livedeck.sdk.tasks import Task, check_ignored_inputs, read_options

if TYPE_CHECKING:
    from livedeck.sdk.entities import AsyncCall

P = ParamSpec("P")
R = TypeVar("R")


class EagerTask(Task[P, R]):
    """A task whose calls of tasks and workflows are executions of their own. ``@eager`` makes it.

    Args:
        function: the function.
        task_options: what ``@eager(...)`` said.
    """

    kind = "eager"


class EagerDecorator(Protocol):
    """Makes an ``async`` function an eager task, with the options that ``eager`` was given."""

    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> "EagerTask[P, AsyncCall[R]]":
        """Return the eager task."""


@overload
def eager(function: Callable[P, Coroutine[Any, Any, R]], /) -> "EagerTask[P, AsyncCall[R]]": ...


@overload
def eager(**options: Unpack[TaskKeywords]) -> EagerDecorator: ...


def eager(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make an ``async`` function an eager task: a workflow that is plain Python.

    The function gets real values and may do with them what Python can: loop, branch, catch errors. A task or workflow
    that it calls is run as an execution of its own, on the server that runs the eager task, and the call returns what
    comes out. Calls of ``async`` tasks are awaited, and run at once with ``asyncio.gather``; any other call waits until
    its execution is over.

    While it waits it takes no core from others, and does not count among the attempts that run at once, so the server
    gives it none to compute with: leave what computes to the tasks that it calls. Executions that still run when it
    ends, in whatever way, are aborted. The next attempt of an eager task finds the executions of the one before it,
    and starts again only those that failed.

    Args:
        function: the function, when the decorator is written without parentheses.
        options: those of ``@task``. It has a Deck unless ``enable_deck=False`` is given; the tab *Eager Executions*
            shows what it has called.

    Returns:
        The eager task: called like the function.

    Raises:
        UserError: the function cannot be an eager task, or an option has a value that makes no sense.
        UnsupportedType: an annotation is missing or names a type that cannot be carried between tasks.
        UnsupportedOption: an option of flytekit's that cannot be honoured here.
    """
    task_options = read_options("@eager", {"enable_deck": True, **options})
    make = partial(_make, task_options=task_options)
    return make if function is None else make(function)


def _make(function: Callable[P, R], task_options: TaskOptions) -> EagerTask[P, R]:
    function = undecorated(function)
    check_function(function, "@eager")
    is_async = inspect.iscoroutinefunction(function)
    if not is_async:
        raise UserError(f"@eager: {function.__name__} is not async; it waits for what it calls: write async def")
    made = EagerTask(function, task_options)
    check_ignored_inputs(made)
    return made
