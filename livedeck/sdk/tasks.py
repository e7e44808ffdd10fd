"""The ``task`` decorator."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, ParamSpec, TypeVar, overload

from livedeck.deck.settings import DeckPublish
from livedeck.errors import UserError
from livedeck.sdk import options
from livedeck.sdk.entities import Entity, check_function
from livedeck.sdk.options import Cache, DeckField, Resources, TaskOptions

P = ParamSpec("P")
R = TypeVar("R")

_REFUSED: Mapping[str, str] = {
    "container_image": "tasks run in the environment of the executor, not in images",
    "secret_requests": "give secrets to the executor's environment",
    "task_config": "there are no task plugins",
    "execution_mode": "write @dynamic for a task that says what is to run",
    "node_dependency_hints": "they are for @dynamic",
    "task_resolver": "tasks are found by module and name",
    "disable_deck": "write enable_deck=True or leave it out",
    "pod_template": "tasks do not run in pods",
    "pod_template_name": "tasks do not run in pods",
    "accelerator": "a task cannot choose the kind of GPU: give requests=Resources(gpu=1) for one of the machine's",
    "pickle_untyped": "annotate every input and output",
    "shared_memory": "tasks use the machine's",
    "resources": "give requests and limits",
    "labels": "tasks do not run in pods",
    "annotations": "tasks do not run in pods",
    "deprecated": "remove the task instead",
    "docs": "write a docstring",
}

_KNOWN = (
    *("enable_deck", "deck_fields", "deck_publish", "retries", "timeout", "requests", "limits", "environment"),
    *("interruptible", "cache", "cache_version", "cache_serialize", "cache_ignore_input_vars"),
)

_OVERRIDES = (
    *("name", "retries", "timeout", "interruptible", "requests", "limits"),
    *("cache", "cache_version", "cache_serialize"),
)


class Task(Entity[P, R]):
    """A function that can run as a node of a workflow. ``@task`` makes it.

    Called inside a workflow's function it becomes a node and returns promises; called anywhere else it runs here and
    now, with its inputs and outputs checked, and its Deck written to a local folder.

    Args:
        function: the function.
        task_options: what ``@task(...)`` said.
    """

    kind = "task"

    def __init__(self, function: Callable[P, R], task_options: TaskOptions) -> None:
        super().__init__(function)
        self.options = task_options
        self.is_async = inspect.iscoroutinefunction(function)

    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Refuse overrides that a task's node cannot have.

        Args:
            given: the overrides by name.

        Raises:
            UserError: one of them says nothing, or cannot be honoured.
        """
        from livedeck.sdk.nodes import refuse_overrides

        refuse_overrides(given, _OVERRIDES, "a task")
        for name in ("cache_version", "cache_serialize"):
            if given.get(name) and not given.get("cache", self.options.cache is not None):
                raise UserError(f"with_overrides({name}={given[name]!r}) says nothing without cache=True")


@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def task(
    *,
    enable_deck: bool = ...,
    deck_fields: Iterable[DeckField] = ...,
    deck_publish: DeckPublish | None = ...,
    retries: int = ...,
    timeout: float | timedelta | None = ...,
    requests: Resources | None = ...,
    limits: Resources | None = ...,
    environment: Mapping[str, str] | None = ...,
    interruptible: bool | None = ...,
    cache: bool | Cache = ...,
    cache_version: str = ...,
    cache_serialize: bool = ...,
    cache_ignore_input_vars: tuple[str, ...] = ...,
) -> Callable[[Callable[P, R]], Task[P, R]]: ...


def task(
    function: Callable[P, R] | None = None,
    /,
    *,
    enable_deck: bool = False,
    deck_fields: Iterable[DeckField] = options.EVERY_FIELD,
    deck_publish: DeckPublish | None = None,
    retries: int = 0,
    timeout: float | timedelta | None = None,
    requests: Resources | None = None,
    limits: Resources | None = None,
    environment: Mapping[str, str] | None = None,
    interruptible: bool | None = None,
    cache: bool | Cache = False,
    cache_version: str = "",
    cache_serialize: bool = False,
    cache_ignore_input_vars: tuple[str, ...] = (),
    **refused: Any,
) -> Task[P, R] | Callable[[Callable[P, R]], Task[P, R]]:
    """Make a function a task. Every parameter needs a type; the return annotation says what comes out.

    A task that is called as a plain function runs in this process. Then ``environment`` holds while it runs,
    ``retries`` are made as on a server, outputs are cached on this machine, and an attempt that takes longer than
    ``timeout`` is stopped: as by Ctrl-C in the main thread, at the next ``await`` if it is ``async``, not at all in
    another thread (a warning says so). ``requests``, ``limits`` and ``interruptible`` are about other processes and
    say nothing here.

    Args:
        function: the function, when the decorator is written without parentheses. May be ``async``.
        enable_deck: whether the task has a Deck.
        deck_fields: tabs that are added to the Deck when the task ends; all of them, if not said otherwise.
        deck_publish: how the Deck is published.
        retries: how often a failed attempt is tried again: after a ``RecoverableError``, when it took longer than
            ``timeout``, or when its process ended without a result (killed, crashed). Any other error is final, as
            in Flyte.
        timeout: seconds that one attempt may take; longer ones are stopped and count as failed.
        requests: what the task needs. See ``Resources`` for who honours what: livedeck's executor of processes has it
            wait until that much ``cpu`` and ``mem`` is free.
        limits: what it may use at most; also what it needs, where ``requests`` does not say.
        environment: environment variables of its process.
        interruptible: whether it may run on a machine that can be taken away. It is registered with the task and its
            nodes and shown with each attempt, for engines that have such machines; livedeck's has one kind. A task
            that does not say goes by its workflow.
        cache: True, or a ``Cache``: reuse the outputs of an earlier run on the same inputs.
        cache_version: version of the cached outputs; taken from the function's own code if empty (see ``Cache``).
        cache_serialize: whether only one at a time computes outputs that are not cached yet (see ``Cache``).
        cache_ignore_input_vars: inputs that make no difference to the outputs.
        refused: options of flytekit that are not supported.

    Returns:
        The task: called like the function.

    Raises:
        UserError: the function cannot be a task, or an option has a value that makes no sense.
        UnsupportedType: an annotation is missing or names a type that cannot be carried between tasks.
        UnsupportedOption: an option of flytekit's that cannot be honoured here.
    """
    given = {
        "enable_deck": enable_deck,
        "deck_fields": deck_fields,
        "deck_publish": deck_publish,
        "retries": retries,
        "timeout": timeout,
        "requests": requests,
        "limits": limits,
        "environment": environment,
        "interruptible": interruptible,
        "cache": cache,
        "cache_version": cache_version,
        "cache_serialize": cache_serialize,
        "cache_ignore_input_vars": cache_ignore_input_vars,
        **refused,
    }
    task_options = read_options("@task", given)
    return partial(_make, task_options=task_options) if function is None else _make(function, task_options)


def _make(function: Callable[P, R], task_options: TaskOptions) -> Task[P, R]:
    check_function(function, "@task")
    made = Task(function, task_options)
    check_ignored_inputs(made)
    return made


def read_options(decorator: str, given: Mapping[str, Any]) -> TaskOptions:
    """Check what a task's decorator was given.

    Args:
        decorator: its name, for messages.
        given: options by name.

    Raises:
        UserError: an option has a value that makes no sense.
        UnsupportedOption: an option of flytekit's that cannot be honoured here.
        TypeError: there is no such option.
    """
    options.refuse({name: value for name, value in given.items() if name not in _KNOWN}, _REFUSED, _KNOWN, decorator)
    value = given.get
    enable_deck, interruptible = value("enable_deck", False), value("interruptible")
    return TaskOptions(
        enable_deck=options.read_flag("enable_deck", enable_deck),
        deck_fields=options.read_deck_fields(value("deck_fields", options.EVERY_FIELD)),
        deck_publish=options.read_deck_publish(value("deck_publish"), enable_deck=enable_deck),
        retries=options.read_retries(value("retries", 0)),
        timeout=options.read_timeout(value("timeout")),
        requests=options.read_resources("requests", value("requests")),
        limits=options.read_resources("limits", value("limits")),
        environment=options.read_environment(value("environment")),
        interruptible=None if interruptible is None else options.read_flag("interruptible", interruptible),
        cache=options.read_cache(
            value("cache", False),
            value("cache_version", ""),
            value("cache_serialize", False),
            value("cache_ignore_input_vars", ()),
        ),
    )


def check_ignored_inputs(made: Task[..., Any]) -> None:
    """Refuse a cache that is to ignore inputs which the task does not have.

    Raises:
        UserError: it is.
    """
    cache = made.options.cache
    for name in cache.ignored_inputs if cache is not None else ():
        if name not in made.interface.inputs:
            raise UserError(f"{made.name}: the cache is to ignore the input {name!r}, which does not exist")
