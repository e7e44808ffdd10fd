"""``ClassDecorator``: decorators of a task's function that are classes, as flytekit has them."""

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final

CONFIG: Final = "__livedeck_config__"
"""Attribute of a function that holds what its decorator has registered with the task."""


class ClassDecorator(ABC):
    """A decorator that is put between ``@task`` and the function, with or without arguments. Derive from it.

    Args:
        task_function: the function, when the decorator is written without parentheses.
        kwargs: the decorator's arguments.
    """

    LINK_TYPE_KEY = "link_type"
    PORT_KEY = "port"

    def __init__(self, task_function: Callable[..., Any] | None = None, **kwargs: Any) -> None:
        self.task_function = task_function
        self.decorator_kwargs = kwargs
        if task_function is not None:
            functools.update_wrapper(self, task_function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run what is decorated; of a decorator with arguments, which is given the function now, decorate that."""
        if self.task_function is None:
            return type(self)(args[0], **self.decorator_kwargs)
        return self.execute(*args, **kwargs)

    @abstractmethod
    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the task does, in place of its function."""

    @abstractmethod
    def get_extra_config(self) -> dict[str, str]:
        """Return what is registered with the task, as ``config`` of its template."""

    def as_task_function(self) -> Callable[..., Any]:
        """Return a function that does the same, of the name and annotations of the one that is decorated."""
        inner = self.task_function
        assert inner is not None
        execute = type(self).execute  # of the closure: what the class does is a part of the task's code

        if inspect.iscoroutinefunction(inner):

            @functools.wraps(inner)
            async def decorated(*args: Any, **kwargs: Any) -> Any:
                returned = execute(self, *args, **kwargs)
                return await returned if inspect.isawaitable(returned) else returned

        else:

            @functools.wraps(inner)
            def decorated(*args: Any, **kwargs: Any) -> Any:
                return execute(self, *args, **kwargs)

        setattr(decorated, CONFIG, {str(key): str(value) for key, value in (self.get_extra_config() or {}).items()})
        return decorated
