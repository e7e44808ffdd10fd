"""Reading a workflow: its function is called once with promises, and every task called meanwhile becomes a node."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livedeck.errors import InvalidWorkflow
from livedeck.sdk.bindings import bind
from livedeck.sdk.entities import AnyEntity, calls_go_to
from livedeck.sdk.nodes import Binding, Node, Reference, in_order
from livedeck.sdk.promises import Promise, result_of
from livedeck.sdk.types import Location


@dataclass(frozen=True)
class Traced:
    """What a workflow consists of."""

    nodes: tuple[Node, ...]
    """In an order in which they can run."""
    outputs: Mapping[str, Binding]


class Trace:
    """A workflow while its function runs: collects the nodes."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def call(self, entity: AnyEntity, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Add a node that calls ``entity``, and return the promises of its outputs."""
        entity.check()  # a mistake in a workflow is reported where that is called
        interface = entity.interface
        given = interface.complete(interface.bind(args, kwargs))
        node = Node(self._free_id(), entity, self.nodes)
        node.bindings = {
            name: bind(value, interface.inputs[name].type, Location(entity.name, name)) for name, value in given.items()
        }
        for before in node.upstream:
            if before not in self.nodes:
                raise InvalidWorkflow(f"{entity.name} was given an output of {before}, a node of another workflow")
        self.nodes.append(node)
        return result_of(node)

    def _free_id(self) -> str:
        taken = {node.id for node in self.nodes}
        number = len(self.nodes)
        while f"n{number}" in taken:
            number += 1
        return f"n{number}"


def trace(workflow: AnyEntity) -> Traced:
    """Call a workflow's function with promises for its inputs and return what it consists of.

    Raises:
        InvalidWorkflow: it has no nodes, or a cycle, or needs a value that is not there yet.
        TypeMismatch: a value or promise does not fit where it is given.
    """
    current = Trace()
    interface = workflow.interface
    inputs = {name: Promise(Reference(None, name), each.type) for name, each in interface.inputs.items()}
    with calls_go_to(current):
        returned = workflow.function(**inputs)
        if not current.nodes:
            raise InvalidWorkflow(f"{workflow.name} is empty: it calls no task and no workflow")
        if not interface.outputs and isinstance(returned, Node):
            returned = None  # "return last_task()", where neither has an output
        outputs = {
            name: bind(value, interface.outputs[name], Location(workflow.name, name, "output"))
            for name, value in interface.split(returned).items()
        }
    return Traced(in_order(current.nodes, workflow.name), outputs)
