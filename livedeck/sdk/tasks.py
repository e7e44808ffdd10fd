"""The ``task`` decorator."""

import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, overload

from livedeck.deck.settings import DeckPublish
from livedeck.errors import UnsupportedOption, UserError
from livedeck.sdk import options
from livedeck.sdk.entities import Entity, check_function, reads_lazily, undecorated
from livedeck.sdk.options import Cache, DeckField, Resources, TaskOptions

if TYPE_CHECKING:
    from livedeck.sdk.descriptions import Documentation
    from livedeck.sdk.entities import AsyncCall
    from livedeck.sdk.secrets import Secret

P = ParamSpec("P")
R = TypeVar("R")

_REFUSED: Mapping[str, str] = {
    "execution_mode": "write @dynamic for a task that says what is to run",
    "node_dependency_hints": "they are for @dynamic",
    "task_resolver": "tasks are found by module and name",
    "pickle_untyped": "annotate every input and output",
}

_KNOWN = (
    *("enable_deck", "deck_fields", "deck_publish", "retries", "timeout", "requests", "limits", "environment"),
    *("interruptible", "cache", "cache_version", "cache_serialize", "cache_ignore_input_vars", "resources"),
    *("deprecated", "disable_deck", "container_image", "labels", "annotations", "pod_template", "pod_template_name"),
    *("shared_memory", "secret_requests", "docs", "executor", "task_config"),
    *("accelerator", "custom_resources"),
)

_NO_PLUGINS = "there are no task plugins but Elastic; do in the task's function what its plugin would do"

_OVERRIDES = (
    *("name", "retries", "timeout", "interruptible", "requests", "limits"),
    *("cache", "cache_version", "cache_serialize", "image", "accelerator"),
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

    @property
    def source(self) -> str:
        """What is shown as the task's source: that of its function."""
        return inspect.getsource(self.function)

    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Refuse overrides that a task's node cannot have.

        Args:
            given: the overrides by name.

        Raises:
            UserError: one of them says nothing, or cannot be honoured.
        """
        from livedeck.sdk.nodes import refuse_overrides

        refuse_overrides(given, _OVERRIDES, "a task", f"those that do are {', '.join(_OVERRIDES)}")
        for name in ("cache_version", "cache_serialize"):
            if given.get(name) and not given.get("cache", self.options.cache is not None):
                raise UserError(f"with_overrides({name}={given[name]!r}) says nothing without cache=True")


class TaskDecorator(Protocol):
    """Makes a function a task, with the options that ``task`` was given."""

    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> "Task[P, AsyncCall[R]]": ...

    @overload
    def __call__(self, function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def task(function: Callable[P, Coroutine[Any, Any, R]], /) -> "Task[P, AsyncCall[R]]": ...


@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def task(
    *,
    enable_deck: bool | None = ...,
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
    resources: Resources | None = ...,
    secret_requests: "list[Secret] | None" = ...,
    docs: "Documentation | str | None" = ...,
    container_image: Any = ...,
    deprecated: str | None = ...,
    labels: Mapping[str, str] | None = ...,
    annotations: Mapping[str, str] | None = ...,
    pod_template: Any = ...,
    pod_template_name: str | None = ...,
    shared_memory: bool | str | None = ...,
    executor: str | None = ...,
    task_config: Any = ...,
    accelerator: Any = ...,
    custom_resources: Mapping[str, float] | None = ...,
) -> TaskDecorator: ...


def task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    enable_deck: bool | None = None,
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
    **others: Any,
) -> Any:
    """Make a function a task. Every parameter needs a type; the return annotation says what comes out.

    A task that is called as a plain function runs in this process. Then ``environment`` holds while it runs,
    ``retries`` are made as on a server, outputs are cached on this machine, and an attempt that takes longer than
    ``timeout`` is stopped: as by Ctrl-C in the main thread, at the next ``await`` if it is ``async``, not at all in
    another thread (a warning says so). ``requests``, ``limits`` and ``interruptible`` are about other processes and
    say nothing here.

    Args:
        function: the function, when the decorator is written without parentheses. May be ``async``.
        enable_deck: whether the task has a Deck. None: as soon as something is put on it, and it costs nothing before;
            True: from the start; False: never, and a warning says so if something is put on one.
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
        others: of flytekit's: ``resources``, requests and limits in one, as in ``Resources(cpu=("1", "2"))``;
            ``secret_requests``, the secrets that it reads (see ``Secret``); ``docs``, a ``Documentation`` in place of
            the docstring; ``deprecated``, a text that is registered with it. ``container_image``, ``labels``,
            ``annotations``, ``pod_template``, ``pod_template_name`` and ``shared_memory`` change nothing here, and a
            warning says so. ``task_config`` may be ``Elastic``, livedeck's or that of flytekit's plugin, for a task
            that runs as several processes. ``accelerator`` is the kind of GPU, flytekit's or its name
            (``"nvidia-tesla-t4"``), for an executor that can choose one, as ``ray`` can. What else flytekit has is
            refused, with the reason. Of livedeck's own: ``executor``, the name of the executor that runs it on a
            server that has several; ``custom_resources``, amounts of what nodes of a Ray cluster were started with
            (``{"license": 1}``).

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
        **others,
    }
    task_options = read_options("@task", given)
    return partial(_make, task_options=task_options) if function is None else _make(function, task_options)


def _make(function: Callable[P, R], task_options: TaskOptions) -> Task[P, R]:
    function = undecorated(function)
    check_function(function, "@task")
    made = Task(function, task_options)
    check_made("@task", made)
    return made


def check_made(decorator: str, made: Task[..., Any]) -> None:
    """Check what options say about inputs, and tell of options that change nothing.

    Raises:
        UserError: an input that is named does not exist.
    """
    check_ignored_inputs(made)
    if made.options.noted and not reads_lazily():
        from livedeck.sdk.noted_options import tell_noted

        tell_noted(decorator, made.options.noted, made.function)
    if made.options.elastic_noted and not reads_lazily():
        from livedeck.sdk.elastic import tell_noted as tell_of_fields

        tell_of_fields(decorator, made.options.elastic_noted, made.function)


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
    enable_deck, interruptible = value("enable_deck"), value("interruptible")
    if value("disable_deck") is not None:  # flytekit's older word for it
        enable_deck = not options.read_flag("disable_deck", value("disable_deck"))
    requests, limits = options.read_both_resources(value("resources"), value("requests"), value("limits"))
    return TaskOptions(
        enable_deck=None if enable_deck is None else options.read_flag("enable_deck", enable_deck),
        deck_fields=options.read_deck_fields(value("deck_fields", options.EVERY_FIELD)),
        deck_publish=options.read_deck_publish(value("deck_publish"), enable_deck=enable_deck),
        retries=options.read_retries(value("retries", 0)),
        timeout=options.read_timeout(value("timeout")),
        requests=requests,
        limits=limits,
        environment=options.read_environment(value("environment")),
        interruptible=None if interruptible is None else options.read_flag("interruptible", interruptible),
        cache=options.read_cache(
            value("cache", False),
            value("cache_version", ""),
            value("cache_serialize", False),
            value("cache_ignore_input_vars", ()),
        ),
        **_read_rarer(decorator, given),
        **_read_config(decorator, value("task_config"), value("deck_publish")),
    )


_RARER = (
    *("container_image", "secret_requests", "docs", "deprecated", "labels", "annotations", "pod_template"),
    *("pod_template_name", "shared_memory", "executor", "accelerator", "custom_resources"),
)


def _read_rarer(decorator: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check options whose modules are loaded only where one is given."""
    if all(given.get(name) is None for name in _RARER):
        return {}
    from livedeck.sdk.accelerators import read_accelerator, read_custom_resources
    from livedeck.sdk.descriptions import read_documentation
    from livedeck.sdk.images import read_image
    from livedeck.sdk.noted_options import NOTED, check_noted
    from livedeck.sdk.secrets import read_secrets

    value = given.get
    check_noted(decorator, given)
    return {
        "image": read_image(value("container_image")),
        "secrets": read_secrets(value("secret_requests")),
        "docs": read_documentation(value("docs")),
        "deprecated": _read_text("deprecated", value("deprecated")),
        "executor": _read_text("executor", value("executor")),
        "accelerator": read_accelerator(value("accelerator")),
        "custom_resources": read_custom_resources(value("custom_resources")),
        "noted": tuple(name for name in NOTED if value(name) not in (None, False, "")),
    }


def _read_config(decorator: str, config: Any, deck_publish: DeckPublish | None) -> dict[str, Any]:
    """Check ``task_config``: what runs a task as a gang, or nothing."""
    if config is None:
        if deck_publish is not None and deck_publish.every_rank:
            raise UserError(f"{decorator}: DeckPublish(every_rank=True) says nothing without task_config=Elastic(...)")
        return {}
    from livedeck.sdk.elastic import is_elastic, read_gang

    if not is_elastic(config):
        raise UnsupportedOption(f"{decorator}: task_config={config!r} cannot be honoured: {_NO_PLUGINS}")
    if decorator != "@task":
        raise UnsupportedOption(
            f"{decorator}: task_config=Elastic(...) is for what computes: give it to the @task that {decorator} calls"
        )
    gang, noted = read_gang(decorator, config)
    return {"gang": gang, "elastic_noted": noted}


def _read_text(name: str, value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise UserError(f"{name}={value!r}: give a text")
    return value or ""


def check_ignored_inputs(made: Task[..., Any]) -> None:
    """Refuse a cache that is to ignore inputs which the task does not have.

    Raises:
        UserError: it is.
    """
    cache = made.options.cache
    for name in cache.ignored_inputs if cache is not None else ():
        if name not in made.interface.inputs:
            raise UserError(f"{made.name}: the cache is to ignore the input {name!r}, which does not exist")
