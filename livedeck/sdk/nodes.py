"""Nodes: the calls that make up a workflow, and what the inputs of each are bound to."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, Self

from livedeck.errors import InvalidName, InvalidWorkflow, UnsupportedOption
from livedeck.sdk import options
from livedeck.sdk.entities import AnyEntity

_ID = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LONGEST = 63
"""Characters of a label in the names of hosts, which ids of nodes are made to be."""
_RESERVED = ("start-node", "end-node", "fn0")

_REFUSED: Mapping[str, str] = {
    "aliases": "name the outputs with a NamedTuple",
    "task_config": "give it to @task",
    "custom_resources": "give it to @task",
    "cache_ignore_input_vars": "give it to @task, or with @task(cache=Cache(ignored_inputs=...))",
}

_NOTED = ("container_image", "pod_template", "shared_memory")

_KNOWN = (
    *("node_name", "name", "retries", "timeout", "interruptible", "requests", "limits"),
    *("cache", "cache_version", "cache_serialize", "resources", "accelerator", *_NOTED),
)


@dataclass(frozen=True)
class NodeOverrides:
    """What ``with_overrides`` changed for one node; None: as the task says."""

    name: str | None = None
    retries: int | None = None
    timeout: timedelta | None = None
    interruptible: bool | None = None
    requests: options.Resources | None = None
    limits: options.Resources | None = None
    cache: bool | None = None
    cache_version: str | None = None
    cache_serialize: bool | None = None
    image: str | None = None
    accelerator: str | None = None


NO_OVERRIDES = NodeOverrides()


Step = str | int
"""A step into a value: a field's name, a key, or an index."""


@dataclass(frozen=True)
class Reference:
    """The output of a node, or, with ``node`` None, an input of the workflow; and the way into it."""

    node: "Node | None"
    output: str
    path: tuple[Step, ...] = ()

    def __str__(self) -> str:
        place = f"{self.node.id}.{self.output}" if self.node is not None else f"input {self.output}"
        return place + "".join(f"[{step!r}]" for step in self.path)


@dataclass(frozen=True)
class Constant:
    """A value that is known when the workflow is compiled."""

    value: Any
    type: Any


@dataclass(frozen=True)
class Carried:
    """A value that was written down when it was given, because who gave it may change it afterwards."""

    value: Any
    """A ``LocalValue``."""


@dataclass(frozen=True)
class ListOf:
    """A list some of whose items are promises."""

    items: tuple["Binding", ...]


@dataclass(frozen=True)
class DictOf:
    """A dict some of whose values are promises."""

    items: Mapping[str, "Binding"]


Binding = Constant | Carried | Reference | ListOf | DictOf


def references(binding: Binding) -> Iterator[Reference]:
    """Yield the references inside a binding, in order."""
    match binding:
        case Reference():
            yield binding
        case ListOf(items):
            for item in items:
                yield from references(item)
        case DictOf(items):
            for item in items.values():
                yield from references(item)
        case Constant() | Carried():
            pass


class CallResult:
    """What a call of a task or workflow returns while its workflow is traced: the node, or promises of its outputs.

    Underscored names, so that none hides a field of a promised value; ``with_overrides`` and ``>>`` are flytekit's.
    """

    __slots__ = ()

    def _node_for(self, operation: str) -> "Node":
        """Return the node, or raise an error that names the operation."""
        raise NotImplementedError

    def with_overrides(self, **overrides: Any) -> Self:
        """Change options of the node of this call; see ``Node.with_overrides``."""
        self._node_for("with_overrides").with_overrides(**overrides)
        return self

    def __rshift__(self, other: Any) -> Any:
        self._node_for(">>").precede(other)
        return other


class Node(CallResult):
    """A call of a task or workflow inside a workflow that is being traced.

    A task without outputs returns its node there, so that ``first() >> second()`` can be written.
    """

    def __init__(self, node_id: str, entity: AnyEntity, siblings: Iterable["Node"]) -> None:
        self.id = node_id
        self.entity = entity
        self.bindings: Mapping[str, Binding] = {}
        self.after: list[Node] = []
        """Nodes that ``>>`` put before this one."""
        self.overrides = NodeOverrides()
        self._siblings = siblings

    @property
    def upstream(self) -> tuple["Node", ...]:
        """The nodes that must have succeeded before this one starts, without repetition."""
        bound = [reference.node for binding in self.bindings.values() for reference in references(binding)]
        return tuple(dict.fromkeys(node for node in (*bound, *self.after, *self.entity.upstream) if node is not None))

    def with_overrides(
        self,
        *,
        node_name: str | None = None,
        name: str | None = None,
        retries: int | None = None,
        timeout: Any = None,
        interruptible: bool | None = None,
        requests: options.Resources | None = None,
        limits: options.Resources | None = None,
        cache: "bool | options.Cache | None" = None,
        cache_version: str | None = None,
        cache_serialize: bool | None = None,
        resources: options.Resources | None = None,
        accelerator: Any = None,
        container_image: Any = None,
        pod_template: Any = None,
        shared_memory: bool | str | None = None,
        **refused: Any,
    ) -> Self:
        """Change options of this node; those left out stay as the task says.

        Args:
            node_name: the node's id in the execution, instead of ``n0``, ``n1``, ...
            name: what consoles show.
            retries: as in ``@task``. What holds a workflow is not run again: there it has no effect, and a warning
                says so.
            timeout: as in ``@task``, but not 0: to Flyte that means the task's. Of a sub-workflow all of it is stopped,
                its failure node runs, and the node fails; of an approval or input, how long it may take to be given.
            interruptible: as in ``@task``.
            requests: as in ``@task``.
            limits: as in ``@task``.
            cache: False runs the task even if its outputs are cached; ``Cache(version=..., serialize=...)`` says the
                three in one.
            cache_version: as in ``@task``.
            cache_serialize: as in ``@task``.
            resources: as in ``@task``.
            accelerator: as in ``@task``.
            container_image: registered with the node; changes nothing here, and a warning says so.
            pod_template: changes nothing here, and a warning says so.
            shared_memory: changes nothing here, and a warning says so.
            refused: options of flytekit that are not supported.

        Returns:
            The node itself.

        Raises:
            UnsupportedOption: the option cannot be honoured.
            UserError: its value makes no sense.
            InvalidName: the name is not allowed or is taken.
        """
        options.refuse(refused, _REFUSED, _KNOWN, "with_overrides")
        noted = {"container_image": container_image, "pod_template": pod_template, "shared_memory": shared_memory}
        if resources is not None:
            requests, limits = _read_both(resources, requests, limits)
        cache, cache_version, cache_serialize = options.read_node_cache(cache, cache_version, cache_serialize)
        changes: dict[str, Any] = {
            "name": name,
            "retries": None if retries is None else options.read_retries(retries),
            "timeout": None if timeout is None else _read_timeout(timeout),
            "interruptible": None if interruptible is None else options.read_flag("interruptible", interruptible),
            "requests": None if requests is None else options.read_resources("requests", requests),
            "limits": None if limits is None else options.read_resources("limits", limits),
            "cache": cache,
            "cache_version": cache_version,
            "cache_serialize": cache_serialize,
            "accelerator": _read_accelerator(accelerator),
            "image": _read_noted({name: value for name, value in noted.items() if value not in (None, False, "")}),
        }
        given = {option: value for option, value in changes.items() if value is not None}
        overrides = replace(self.overrides, **given)
        self.entity.check_overrides({name: value for name, value in vars(overrides).items() if value is not None})
        self.overrides = overrides
        if node_name is not None:
            self._rename(node_name)
        return self

    def _rename(self, node_name: str) -> None:
        node_id = dns_label(str(node_name))
        if not _ID.fullmatch(node_id) or node_id in _RESERVED:
            raise InvalidName(f"node_name={node_name!r}: use letters, digits and dashes")
        if any(node.id == node_id for node in self._siblings if node is not self):
            raise InvalidName(f"node_name={node_name!r}: another node of this workflow is named so")
        self.id = node_id

    def _node_for(self, operation: str) -> "Node":
        return self

    def precede(self, other: Any) -> None:
        """Have ``other``, the result of a call, run only after this node has succeeded.

        Raises:
            InvalidWorkflow: it is no such result.
        """
        if not isinstance(other, CallResult):
            raise InvalidWorkflow(f"{self} >> {other!r}: the right side is not what a task returned in this workflow")
        node = other._node_for(">>")
        if self not in node.after:
            node.after.append(self)

    def __str__(self) -> str:
        return f"{self.id} ({self.entity.name})"

    def __repr__(self) -> str:
        return f"<node {self}>"

    def __iter__(self) -> Any:
        raise InvalidWorkflow(f"{self} has no output to unpack: {self.entity.without_output}")

    def __bool__(self) -> bool:
        raise InvalidWorkflow(f"{self} has no output, and none that could be a condition before it has run")


def _read_noted(given: Mapping[str, Any]) -> str | None:
    """Tell of overrides that change nothing, and return the image's name if there is one."""
    if not given:
        return None
    from livedeck.sdk.images import read_image
    from livedeck.sdk.noted_options import tell_noted_here

    image = read_image(given.get("container_image"))
    tell_noted_here("with_overrides", tuple(given))
    return image or None


def _read_accelerator(value: Any) -> str | None:
    if value is None:
        return None
    from livedeck.sdk.accelerators import read_accelerator

    return read_accelerator(value)


def _read_both(resources: Any, requests: Any, limits: Any) -> tuple[options.Resources | None, options.Resources | None]:
    """Return requests and limits, None where nothing is said: that leaves them as the task says."""
    nothing = options.Resources()
    both = options.read_both_resources(resources, requests, limits)
    return both[0] if both[0] != nothing else None, both[1] if both[1] != nothing else None


def _read_timeout(value: Any) -> timedelta:
    time = options.read_timeout(value)
    if time is None:
        # flytekit writes a timeout of zero on every node, so that no engine can tell it from none.
        raise UnsupportedOption(
            f"with_overrides: timeout={value!r} cannot be honoured: to Flyte a node's 0 means the task's own timeout; "
            "give a long one, or leave it out of @task"
        )
    return time


def chain(*results: object) -> None:
    """Have each of these calls run only after the one before it has succeeded: ``chain(a, b, c)`` is ``a >> b >> c``.

    Known to type checkers, to which a call returns what the function returns: of that they refuse ``>>``, or take it
    for a shift of bits.

    Args:
        results: What calls in this workflow returned.

    Raises:
        InvalidWorkflow: One of them is something else.
    """
    for before, after in pairwise(results):
        if not isinstance(before, CallResult):
            raise InvalidWorkflow(f"chain: {before!r} is not what a task returned in this workflow")
        before._node_for("chain").precede(after)


def in_order(nodes: Iterable[Node], workflow: str) -> tuple[Node, ...]:
    """Return nodes so that each comes after all that it waits for, else in the order of their calls.

    Raises:
        InvalidWorkflow: some wait for each other.
    """
    waiting = list(nodes)
    done: dict[Node, None] = {}
    while waiting:
        ready = next((node for node in waiting if all(before in done for before in node.upstream)), None)
        if ready is None:
            raise InvalidWorkflow(f"{workflow} is cyclic: {_cycle(waiting)}; remove one of the >>")
        done[ready] = None
        waiting.remove(ready)
    return tuple(done)


def _cycle(waiting: list[Node]) -> str:
    """Return one cycle among nodes of which each waits for another, in words."""
    path = [waiting[0]]
    while True:
        before = next(node for node in path[-1].upstream if node in waiting)
        if before in path:
            cycle = [*path[path.index(before) :], before]
            return " >> ".join(str(node) for node in reversed(cycle))
        path.append(before)


CACHE: Final = ("cache", "cache_version", "cache_serialize")
"""Overrides that have the outputs of a sub-workflow or launch plan cached: there it is the node that says so."""


def refuse_overrides(
    given: Mapping[str, Any], allowed: tuple[str, ...], what: str, instead: str = "set it on its tasks"
) -> None:
    """Refuse overrides that say nothing about this kind of entity."""
    for option in given:
        if option not in allowed:
            raise UnsupportedOption(f"with_overrides({option}=...) does not apply to {what}: {instead}")


def refuse_overrides_of_workflow(given: Mapping[str, Any], what: str) -> None:
    """Refuse overrides that say nothing about what runs a whole workflow; warn of retries, which it does not get."""
    refuse_overrides(given, ("name", "retries", "timeout", "interruptible", *CACHE), what)
    if given.get("retries"):
        from livedeck.sdk.noted_options import NoEffectWarning
        from livedeck.sdk.types import type_warnings

        type_warnings.warn(
            f"with_overrides(retries=...) has no effect on {what}: as in Flyte, it does not run again once it has "
            "failed; give retries to its tasks",
            NoEffectWarning,
        )


def dns_label(name: str) -> str:
    """Return the id that flytekit gives to a node of some name: ``of_a.wineTask`` becomes ``of-a-wine-task``.

    Other characters than letters, digits, dashes, dots and underlines stay as they are.
    """
    if len(name) >= _LONGEST:
        digest = hashlib.sha224(name.encode()).hexdigest()[:10]
        name = f"{digest}-{name[len(digest) + 1 - _LONGEST :]}"
    dashed = re.sub(r"[._]", "-", name)
    return re.sub(r"(?<=[^-])(?=[A-Z])", "-", dashed).lower().removeprefix("-").removesuffix("-")
