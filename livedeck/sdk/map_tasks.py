"""``map_task``: a task that is run once for each member of lists."""

import functools
import hashlib
import math
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from livedeck.errors import TypeMismatch, UnsupportedOption, UserError
from livedeck.sdk import options
from livedeck.sdk.dynamic import DynamicTask
from livedeck.sdk.entities import Entity
from livedeck.sdk.interface import Interface, Parameter
from livedeck.sdk.launch_plans import LaunchPlan
from livedeck.sdk.nodes import NO_OVERRIDES, NodeOverrides
from livedeck.sdk.references import ReferenceLaunchPlan, ReferenceTask
from livedeck.sdk.tasks import Task


@dataclass(frozen=True)
class TaskMetadata:
    """Options of the task as a map runs it, instead of those that ``@task`` said.

    Args:
        cache: whether to reuse outputs of earlier runs on the same inputs, item by item.
        cache_serialize: as in ``@task``.
        cache_version: as in ``@task``.
        cache_ignore_input_vars: refused: give them to ``@task``.
        interruptible: as in ``@task``.
        deprecated: refused: it is about the task.
        retries: how often each item is tried again.
        timeout: seconds that one attempt of an item may take; None or 0: as the task says.
        pod_template_name: changes nothing here, and a warning says so.
        generates_deck: refused: it is about the task.
        is_eager: refused: it is about the task.
        labels: changes nothing here, and a warning says so.
        annotations: changes nothing here, and a warning says so.
    """

    cache: bool | None = None
    cache_serialize: bool | None = None
    cache_version: str | None = None
    cache_ignore_input_vars: tuple[str, ...] = ()
    interruptible: bool | None = None
    deprecated: str = ""
    retries: int | None = None
    timeout: float | timedelta | None = None
    pod_template_name: str | None = None
    generates_deck: bool = False
    is_eager: bool = False
    labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None

    def overrides(self) -> NodeOverrides:
        """Return the same as what a node changes of its task.

        Raises:
            UserError: a value makes no sense.
            UnsupportedOption: it is about the task, and not about how a map runs it.
        """
        for name in ("cache_ignore_input_vars", "deprecated", "generates_deck", "is_eager"):
            if getattr(self, name):
                raise UnsupportedOption(f"TaskMetadata({name}=...) cannot be honoured: give it to @task")
        if noted := tuple(name for name in ("pod_template_name", "labels", "annotations") if getattr(self, name)):
            from livedeck.sdk.noted_options import tell_noted_here

            tell_noted_here("TaskMetadata", noted)
        return NodeOverrides(
            retries=None if self.retries is None else options.read_retries(self.retries),
            timeout=options.read_timeout(self.timeout),
            interruptible=self.interruptible,
            cache=self.cache,
            cache_version=self.cache_version or None,
            cache_serialize=self.cache_serialize,
        )


@dataclass(frozen=True)
class MapOptions:
    """All that ``map_task(...)`` says beyond the task. See there for the meanings."""

    concurrency: int | None = None
    min_successes: int | None = None
    min_success_ratio: float | None = 1.0
    run_all_sub_nodes: bool = False

    @property
    def items_may_fail(self) -> bool:
        """Whether the outputs are lists of optional values: as in flytekit that is up to the ratio alone."""
        return self.min_success_ratio is not None and self.min_success_ratio != 1

    def minimum(self, size: int) -> int:
        """Return how many of so many items have to succeed."""
        if self.min_successes:
            return min(self.min_successes, size)
        return math.ceil(round((self.min_success_ratio or 1.0) * size, 4))  # as the engine counts


Target = Task[..., Any] | LaunchPlan[Any] | ReferenceTask[..., Any] | ReferenceLaunchPlan[..., Any]
"""What can be mapped over."""


class MapTask(Entity[..., Any]):
    """A task or launch plan that is run for each member of its inputs' lists. ``map_task`` makes it.

    Args:
        task: the task or launch plan, or what stands for one that is registered.
        bound: values of inputs that every item is given.
        bound_inputs: names of all inputs that every item is given whole.
        map_options: what ``map_task(...)`` said.
        overrides: options of the task that it changed.
    """

    kind = "map_task"

    def __init__(
        self,
        task: Target,
        bound: Mapping[str, Any],
        bound_inputs: frozenset[str],
        map_options: MapOptions,
        overrides: NodeOverrides,
    ) -> None:
        self.task = task
        self.bound = dict(bound)
        self.bound_inputs = bound_inputs
        self.options = map_options
        self.overrides = overrides
        self.module = task.module
        self.function = task.function
        if not isinstance(task, Task):  # nothing is registered for it
            self.name = task.name
        else:
            self.name = f"{task.module}.map_{task.function.__name__}_{self._digest()}-arraynode"
        self._interface = None

    @property
    def workflow_name(self) -> str:
        """What a workflow is called that holds this map alone."""
        return self.name if isinstance(self.task, Task) else f"{self.name}.map_{self._digest()}"

    def _digest(self) -> str:
        """Return what tells maps over one task apart, made as flytekit makes it."""
        said = self.options
        text = f"{','.join(sorted(self.bound_inputs))}{said.concurrency}{said.min_successes}{said.min_success_ratio}"
        if self.overrides != NO_OVERRIDES or said.run_all_sub_nodes:
            text += repr((self.overrides, said.run_all_sub_nodes))
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def __eq__(self, other: object) -> bool:
        """Tell whether it is registered as the same: what values the bound inputs have is part of a call."""
        return (
            isinstance(other, MapTask)
            and other.task is self.task
            and (other.bound_inputs, other.options, other.overrides)
            == (self.bound_inputs, self.options, self.overrides)
        )

    def __hash__(self) -> int:
        return hash((MapTask, self.name))

    @property
    def display_name(self) -> str:
        """What consoles show of a call: the task's name."""
        return self.task.display_name

    @property
    def callees(self) -> Iterable[Entity[..., Any]]:
        """What has to be registered: a task that takes lists, or the launch plan."""
        return (self if isinstance(self.task, Task) else self.task,)

    @property
    def interface(self) -> Interface:
        """The task's, with lists for inputs that are not bound, and for outputs."""
        if self._interface is None:
            inner = self.task.interface
            inputs = {name: each if name in self.bound_inputs else _listed(each) for name, each in inner.inputs.items()}
            outputs = {name: self._output(each) for name, each in inner.outputs.items()}
            self._interface = Interface(self.name, inputs, outputs, docs=inner.docs)
        return self._interface

    def _output(self, item: Any) -> Any:
        return types.GenericAlias(list, (item | None if self.options.items_may_fail else item,))

    @property
    def mapped_inputs(self) -> tuple[str, ...]:
        """Names of the inputs of which each item is given one member."""
        return tuple(name for name in self.interface.inputs if name not in self.bound_inputs)

    def size(self, lengths: Mapping[str, int]) -> int:
        """Return how many items there are, given the lengths of the lists.

        Raises:
            TypeMismatch: they differ.
        """
        if len(set(lengths.values())) != 1:
            told = ", ".join(f"{name} has {length}" for name, length in sorted(lengths.items()))
            raise TypeMismatch(f"{self.name}: the lists that are mapped over are not of one length: {told}")
        return next(iter(lengths.values()))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it with lists; what ``functools.partial`` bound is added."""
        return super().__call__(*args, **{**self.bound, **kwargs})

    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Refuse overrides that the task's node cannot have: they are those of each item."""
        self.task.check_overrides(given)

    def item_overrides(self, node: NodeOverrides) -> NodeOverrides:
        """Return what is changed of the task for each item: what the node says goes before what the map says."""
        stated = {name: value for name, value in vars(node).items() if value is not None}
        return replace(self.overrides, **stated)

    def __reduce__(self) -> Any:
        return (MapTask, (self.task, self.bound, self.bound_inputs, self.options, self.overrides))

    def __repr__(self) -> str:
        return f"<map of {self.task.name}>"

    def check(self) -> None:
        """Check what is mapped over.

        Raises:
            UserError: it cannot be compiled.
        """
        self.task.check()


def _listed(parameter: Parameter) -> Parameter:
    return Parameter(parameter.name, types.GenericAlias(list, (parameter.type,)), description=parameter.description)


def map_task(
    target: Any,
    concurrency: int | None = None,
    min_successes: int | None = None,
    min_success_ratio: float | None = 1.0,
    run_all_sub_nodes: bool = False,  # noqa: FBT001, FBT002 - flytekit's signature
    *,
    bound_inputs: Iterable[str] | None = None,
    bound_inputs_values: Mapping[str, Any] | None = None,
    metadata: TaskMetadata | None = None,
    **refused: Any,
) -> MapTask:
    """Make of a task or launch plan one that is run for each member of lists.

    ``map_task(square)(x=[1, 2, 3])`` runs ``square`` three times, each as an attempt of its own with its own log, Deck
    and retries, and returns the list of what they return. ``functools.partial(scale, factor=2)`` binds inputs that each
    item is given as they are; all others take lists of one length.

    Args:
        target: the task or launch plan, or a ``functools.partial`` of one. Each item of a launch plan is an execution
            of its own.
        concurrency: how many items may be at work at once; 0: as many as there is room for; None: they count among the
            attempts of the execution that may (``max_parallelism``).
        min_successes: how many items have to succeed; goes before the ratio.
        min_success_ratio: what share of the items has to succeed. Unless it is 1, the output is a list of optional
            values, with ``None`` where an item failed.
        run_all_sub_nodes: whether all items are run although too many have failed already.
        bound_inputs: names of inputs that are given in the call and are the same for all items.
        bound_inputs_values: values of such inputs.
        metadata: options of the task to change.
        refused: options of flytekit that are not supported.

    Raises:
        UserError: the target is no task that can be mapped over, or an option has a value that makes no sense.
    """
    options.refuse(refused, _REFUSED, _KNOWN, "map_task")
    task, bound = _target(target)
    bound |= bound_inputs_values or {}
    made = MapTask(
        task,
        bound,
        frozenset(bound) | frozenset(bound_inputs or ()),
        MapOptions(
            concurrency=_read_count("concurrency", concurrency),
            min_successes=_read_count("min_successes", min_successes),
            min_success_ratio=_read_ratio(min_success_ratio),
            run_all_sub_nodes=options.read_flag("run_all_sub_nodes", run_all_sub_nodes),
        ),
        _read_metadata(metadata),
    )
    if not isinstance(task, Task) and made.overrides != NO_OVERRIDES:
        made.check_overrides({name: value for name, value in vars(made.overrides).items() if value is not None})
    _check(made)
    return made


_KNOWN = ("concurrency", "min_successes", "min_success_ratio", "run_all_sub_nodes", "bound_inputs", "metadata")
_REFUSED: Mapping[str, str] = {"security_ctx": "tasks run as the executor's user"}


def _target(target: Any) -> tuple[Target, dict[str, Any]]:
    task, bound = (target.func, target.keywords) if isinstance(target, functools.partial) else (target, {})
    if isinstance(target, functools.partial) and target.args:
        raise UserError(f"map_task: functools.partial({task!r}, ...) has to bind inputs by name")
    if not isinstance(task, Task | LaunchPlan | ReferenceTask | ReferenceLaunchPlan):
        raise UnsupportedOption(
            f"map_task is for tasks and launch plans, not for {target!r}: call it from a task, and map over that"
        )
    if isinstance(task, DynamicTask):
        raise UnsupportedOption(f"map_task: {task!r} cannot be mapped over: call it in a loop of another @dynamic")
    return task, dict(bound)


def _check(made: MapTask) -> None:
    """Report a mistake where the map is declared."""
    inner = made.task.interface
    for name in made.bound_inputs:
        if name not in inner.inputs:
            raise UserError(f"map_task: {made.task.name} has no input {name!r} that could be bound")
    if not made.mapped_inputs:
        raise UserError(f"map_task: no input of {made.task.name} is left to map over")
    if len(inner.outputs) > 1:
        raise UserError(f"map_task: {made.task.name} has {len(inner.outputs)} outputs; one that is mapped over has one")


def _read_count(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise UserError(f"map_task: {name}={value!r}: give a whole number from 0, or leave it out")
    return value


def _read_ratio(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"map_task: min_success_ratio={value!r}: give a share from 0 to 1")
    return float(value)


def _read_metadata(value: Any) -> NodeOverrides:
    if value is None:
        return NO_OVERRIDES
    if not isinstance(value, TaskMetadata):
        raise UserError(f"map_task: metadata={value!r}: give a TaskMetadata")
    return value.overrides()
