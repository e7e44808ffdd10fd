"""The node that runs when a workflow has failed: a call of what ``@workflow(on_failure=...)`` names."""

import sys
import typing
from collections.abc import Sequence

from livedeck.errors import InvalidWorkflow
from livedeck.sdk.bindings import bind
from livedeck.sdk.entities import AnyEntity
from livedeck.sdk.interface import Interface
from livedeck.sdk.nodes import Node, Reference
from livedeck.sdk.promises import Promise
from livedeck.sdk.types import Location, type_name

FAILURE_NODE = "fn0"
"""The id of a failure node, as flytekit gives it."""


def failure_node(entity: AnyEntity, workflow: Interface, siblings: Sequence[Node]) -> Node:
    """Return a call of ``entity`` with the inputs of the workflow; those that it has beside them are left out.

    Args:
        entity: the task or workflow that is to run.
        workflow: the interface of the workflow that may fail.
        siblings: the workflow's other nodes.

    Raises:
        InvalidWorkflow: it does not take all inputs of the workflow, or needs others.
        TypeMismatch: an input of the workflow does not fit.
    """
    entity.check()
    inputs = entity.interface.inputs
    for name, each in workflow.inputs.items():
        if name not in inputs:
            raise InvalidWorkflow(
                f"{workflow.entity}: on_failure is given the workflow's inputs, but {entity.name} has no input "
                f"{name!r} ({type_name(each.type)}): add it"
            )
    needed = [name for name, each in inputs.items() if each.required and name not in workflow.inputs]
    if needed:
        raise InvalidWorkflow(
            f"{workflow.entity}: on_failure is given the workflow's inputs, and {entity.name} needs {needed[0]!r} too: "
            "give that a default"
        )
    given = {name: Promise(Reference(None, name), each.type) for name, each in workflow.inputs.items()}
    node = Node(FAILURE_NODE, entity, siblings)
    node.bindings = {
        name: bind(value, inputs[name].type, Location(entity.name, name))
        for name, value in entity.interface.complete(given).items()
    }
    return node


def error_inputs(interface: Interface, *, given: typing.Collection[str] = ()) -> list[str]:
    """Return the inputs that are told what the workflow failed by: those of type ``FlyteError``, or optionally of it.

    Args:
        interface: the interface of what runs then.
        given: inputs that the workflow gives.
    """
    errors = sys.modules.get("livedeck.sdk.types.errors")
    if errors is None:  # so no annotation names it
        return []
    return [
        name
        for name, each in interface.inputs.items()
        if name not in given and errors.FlyteError in (each.type, *typing.get_args(each.type))
    ]
