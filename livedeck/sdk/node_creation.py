"""``create_node``: a call in a workflow of which the node is wanted, more than what it returns."""

from collections.abc import Mapping
from typing import Any

from livedeck.errors import InvalidWorkflow, UserError
from livedeck.sdk.entities import AnyEntity, Entity, current_caller
from livedeck.sdk.nodes import CallResult, Node, Reference
from livedeck.sdk.promises import Promise
from livedeck.sdk.tracing import Trace


class CreatedNode(CallResult):
    """A node of the workflow, with the promises of its outputs as attributes: ``create_node(...)`` makes it."""

    def __init__(self, node: Node, outputs: Mapping[str, Promise]) -> None:
        self._node = node
        self.outputs = dict(outputs)
        """The promises by the outputs' names."""

    @property
    def id(self) -> str:
        """The node's id in the execution."""
        return self._node.id

    def runs_before(self, other: Any) -> None:
        """Have ``other``, the result of a call or of ``create_node``, run only after this node has succeeded.

        Raises:
            InvalidWorkflow: it is no such result.
        """
        self._node.precede(other)

    def __getattr__(self, name: str) -> Promise:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.outputs[name]
        except KeyError:
            there = f"its outputs are: {', '.join(self.outputs)}" if self.outputs else "it has none"
            raise InvalidWorkflow(f"{self._node} has no output {name!r}; {there}") from None

    def _node_for(self, operation: str) -> Node:
        return self._node

    def __repr__(self) -> str:
        return repr(self._node)


def create_node(entity: AnyEntity, *args: Any, **kwargs: Any) -> CreatedNode:
    """Call a task or workflow inside of a workflow, and return the node of the call.

    For calls that are to be ordered, and whose outputs are taken by name: ``create_node(fetch, url="...").o0``.

    Args:
        entity: the task or workflow.
        args: not allowed: inputs are given by name.
        kwargs: its inputs.

    Raises:
        UserError: it is nothing that can be called in a workflow, or inputs are given by position.
        InvalidWorkflow: no workflow is being read.
    """
    if not isinstance(entity, Entity):
        raise UserError(f"create_node is for tasks and workflows, not for {entity!r}")
    if args:
        raise UserError(f"create_node({entity.name}, ...): give inputs by name, not by position: {args!r}")
    if not isinstance(current_caller(), Trace):
        raise InvalidWorkflow(
            f"create_node({entity.name}) is for functions of workflows and dynamic tasks: elsewhere call it itself"
        )
    node = entity(**kwargs)._node_for("create_node")
    outputs = {name: Promise(Reference(node, name), kind) for name, kind in entity.interface.outputs.items()}
    return CreatedNode(node, outputs)
