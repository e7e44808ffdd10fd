"""Reading a workflow: its function is called once with promises, and every task called meanwhile becomes a node."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livedeck.errors import InvalidWorkflow
from livedeck.sdk.bindings import bind
from livedeck.sdk.context import compiling
from livedeck.sdk.entities import AnyEntity, calls_go_to
from livedeck.sdk.failure_nodes import failure_node
from livedeck.sdk.nodes import Binding, Carried, Constant, DictOf, ListOf, Node, Reference, in_order
from livedeck.sdk.promises import Promise, result_of
from livedeck.sdk.types import Location


@dataclass(frozen=True)
class Traced:
    """What a workflow consists of."""

    nodes: tuple[Node, ...]
    """In an order in which they can run."""
    outputs: Mapping[str, Binding]
    failure_node: Node | None = None
    """The node that runs when the others have failed."""


Carry = Callable[[Any, Any, Location], Any]
"""Writes a value down: from the value, its type, and where it is given."""


class Trace:
    """A workflow while its function runs: collects the nodes.

    Args:
        prefix: what the nodes' ids begin with.
        carry: writes down the values that are given, where the function may change them later on.
    """

    def __init__(self, prefix: str = "n", carry: Carry | None = None) -> None:
        self.nodes: list[Node] = []
        self._prefix = prefix
        self._carry = carry
        self._sections: list[tuple[str, list[Node]]] = []
        """Conditionals that have begun and not ended, the innermost last, each with what was called in it."""

    def call(self, entity: AnyEntity, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Add a node that calls ``entity``, and return the promises of its outputs."""
        entity.check()  # a mistake in a workflow is reported where that is called
        interface = entity.interface
        given = interface.complete(interface.bind(args, kwargs))
        return result_of(
            self.add(
                entity,
                {
                    name: self.bind(value, interface.inputs[name].type, Location(entity.name, name))
                    for name, value in given.items()
                },
            )
        )

    def add(self, entity: AnyEntity, bindings: Mapping[str, Binding]) -> Node:
        """Add a node to the workflow, or to the conditional that is being written.

        Args:
            entity: what it runs.
            bindings: what the entity is given.

        Raises:
            InvalidWorkflow: it is given an output of a node that it cannot wait for.
        """
        siblings = self._sections[-1][1] if self._sections else self.nodes
        node = Node(_free_id(self._prefix, siblings), entity, siblings)
        node.bindings = bindings
        self._check_upstream(node)
        siblings.append(node)
        return node

    def bind(self, value: Any, python_type: Any, location: Location) -> Binding:
        """Bind a value or promise, as ``bindings.bind`` does."""
        bound = bind(value, python_type, location)
        return bound if self._carry is None else _carried(bound, self._carry, location)

    def outputs(self, entity: AnyEntity, returned: Any) -> dict[str, Binding]:
        """Bind what the function has returned."""
        interface = entity.interface
        if not interface.outputs and isinstance(returned, Node):
            returned = None  # "return last_task()", where neither has an output
        return {
            name: self.bind(value, interface.outputs[name], Location(entity.name, name, "output"))
            for name, value in interface.split(returned).items()
        }

    def open_section(self, name: str) -> list[Node]:
        """Begin a conditional: return the list of the nodes that are called in it from now on."""
        self._sections.append((name, []))
        return self._sections[-1][1]

    def close_section(self) -> None:
        """End the innermost conditional."""
        self._sections.pop()

    def finish(self) -> None:
        """Check that nothing is left half-way.

        Raises:
            InvalidWorkflow: a conditional has no end, or a node waits for one that it cannot wait for.
        """
        if self._sections:
            raise InvalidWorkflow(
                f"{self._sections[0][0]} does not end: end it with .else_().then(...) or .else_().fail('why')"
            )
        for node in self.nodes:
            self._check_upstream(node)

    def _check_upstream(self, node: Node) -> None:
        for before in node.upstream:
            if self._sections and before in self._sections[-1][1]:
                raise InvalidWorkflow(
                    f"{node} cannot wait for {before}, which is called inside of {self._sections[-1][0]} too: a way is "
                    f"one call. Call {before} before the conditional, or put both into a @workflow and call that"
                )
            if before not in self.nodes:
                raise InvalidWorkflow(
                    f"{node} cannot wait for {before}, which is a node of another workflow or a way of a conditional: "
                    "what comes after a conditional waits for its result"
                )


def _free_id(prefix: str, siblings: Sequence[Node]) -> str:
    taken = {node.id for node in siblings}
    number = len(siblings)
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def _carried(bound: Binding, carry: Carry, location: Location) -> Binding:
    match bound:
        case Constant(value, python_type):
            return Carried(carry(value, python_type, location))
        case ListOf(items):
            return ListOf(tuple(_carried(item, carry, location) for item in items))
        case DictOf(items):
            return DictOf({key: _carried(item, carry, location) for key, item in items.items()})
        case _:
            return bound


def trace(workflow: AnyEntity, *, on_failure: AnyEntity | None = None) -> Traced:
    """Call a workflow's function with promises for its inputs and return what it consists of.

    Args:
        workflow: the workflow.
        on_failure: what runs when it has failed.

    Raises:
        InvalidWorkflow: it has no nodes, or a cycle, or needs a value that is not there yet.
        TypeMismatch: a value or promise does not fit where it is given.
    """
    current = Trace()
    interface = workflow.interface
    inputs = {name: Promise(Reference(None, name), each.type) for name, each in interface.inputs.items()}
    with calls_go_to(current), compiling(current.nodes):
        returned = workflow.function(**inputs)
        current.finish()
        if not current.nodes:
            raise InvalidWorkflow(
                f"{workflow.name} is empty: it calls no task and no workflow, and an engine has nothing to run. "
                "Call a task that returns what this does"
            )
        outputs = current.outputs(workflow, returned)
    handler = None if on_failure is None else failure_node(on_failure, interface, current.nodes)
    return Traced(in_order(current.nodes, workflow.name), outputs, handler)


def trace_dynamic(task: AnyEntity, inputs: Mapping[str, Any], carry: Carry) -> Traced:
    """Call a dynamic task's function with its inputs and return what it has called: nothing, perhaps.

    Args:
        task: the task.
        inputs: real values.
        carry: writes down the values that it gives to what it calls.

    Raises:
        InvalidWorkflow: what it called has a cycle, or needs a value that is not there yet.
        TypeMismatch: a value or promise does not fit where it is given.
    """
    current = Trace("dn", carry)  # as flytekit names them
    with calls_go_to(current):
        returned = task.function(**inputs)
        current.finish()
        outputs = current.outputs(task, returned)
    return Traced(in_order(current.nodes, task.name), outputs)
