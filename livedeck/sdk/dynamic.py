"""The ``dynamic`` decorator."""

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ParamSpec, TypeVar, Unpack, overload

from livedeck.errors import UserError
from livedeck.sdk.entities import AnyEntity, Entity, check_function, undecorated
from livedeck.sdk.options import TaskKeywords, TaskOptions
from livedeck.sdk.tasks import Task, check_made, read_options

P = ParamSpec("P")
R = TypeVar("R")


class DynamicTask(Task[P, R]):
    """A task whose function says, given its inputs, what is to run in its place. ``@dynamic`` makes it.

    Args:
        function: the function.
        task_options: what ``@dynamic(...)`` said.
        hints: what it may call, to be registered with it.
    """

    kind = "dynamic"

    def __init__(self, function: Callable[P, R], task_options: TaskOptions, hints: tuple[AnyEntity, ...] = ()) -> None:
        super().__init__(function, task_options)
        self.hints = hints


@overload
def dynamic(function: Callable[P, R], /) -> DynamicTask[P, R]: ...


@overload
def dynamic(
    *, node_dependency_hints: Iterable[AnyEntity] | None = ..., **options: Unpack[TaskKeywords]
) -> Callable[[Callable[P, R]], DynamicTask[P, R]]: ...


def dynamic(
    function: Callable[P, R] | None = None,
    /,
    *,
    node_dependency_hints: Iterable[AnyEntity] | None = None,
    **options: Any,
) -> DynamicTask[P, R] | Callable[[Callable[P, R]], DynamicTask[P, R]]:
    """Make a function a dynamic task: a workflow that is written down when its inputs are known.

    The function runs as a task does, with real values as its inputs, so it may loop over them and decide by them. The
    tasks and workflows that it calls meanwhile do not run there: each call becomes a node, returns promises, and runs
    once the function has returned. The outputs are what its promises come to. If it calls nothing, it is an ordinary
    task.

    ``retries`` and ``timeout`` are for the function itself; a node that fails for good fails the dynamic task.

    Args:
        function: the function, when the decorator is written without parentheses. Not ``async``.
        node_dependency_hints: entities to be registered together with the task, because it may call them. Tasks and
            workflows need not be named: it brings what it calls.
        options: those of ``@task``.

    Returns:
        The dynamic task: called like the function.

    Raises:
        UserError: the function cannot be a dynamic task, or an option has a value that makes no sense.
        UnsupportedType: an annotation is missing or names a type that cannot be carried between tasks.
        UnsupportedOption: an option of flytekit's that cannot be honoured here.
    """
    hints = tuple(node_dependency_hints or ())
    for hint in hints:
        if not isinstance(hint, Entity):
            raise UserError(f"@dynamic: node_dependency_hints has {hint!r}: give tasks, workflows and launch plans")
    make = partial(_make, task_options=read_options("@dynamic", options), hints=hints)
    return make if function is None else make(function)


def _make(function: Callable[P, R], task_options: TaskOptions, hints: tuple[AnyEntity, ...]) -> DynamicTask[P, R]:
    function = undecorated(function)
    check_function(function, "@dynamic")
    if inspect.iscoroutinefunction(function):
        raise UserError(f"@dynamic: {function.__name__} is async; it only says what runs: write it with def")
    made = DynamicTask(function, task_options, hints)
    check_made("@dynamic", made)
    return made
