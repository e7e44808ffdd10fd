"""Which ids the nodes of a workflow may have: allowed ones, each once, and none that a node inside of another gets.

What is inside of a node goes by that node's id, the number of its attempt and its own id, as in Flyte: ``b-0-n1``. A
node beside it that its author has called so would have the same record, folder and page.
"""

import re
from collections.abc import Sequence
from typing import Final

from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate

from livedeck.admin.compiler.nodes import END, START, branches_of
from livedeck.admin.names import check_node_id
from livedeck.errors import InvalidRequest

_ATTEMPT: Final = re.compile("-[0-9]+(?=-.)")
"""Between the id of a node and that of one inside of it."""


def check_node_ids(template: WorkflowTemplate) -> None:
    """Check the ids of a workflow's nodes, of those inside of its branches, and of its failure node.

    What is inside of a dynamic task is known only once that has run: the engine checks it then.

    Raises:
        InvalidRequest: An id is not allowed, or two nodes of an execution would have the same.
    """
    failure_node = [template.failure_node] if template.HasField("failure_node") else []
    _check(template.id.name, [*template.nodes, *failure_node])


def _check(workflow: str, nodes: Sequence[Node]) -> None:
    ids = {START, END}
    for node in nodes:
        check_node_id(node.id)
        if node.id in ids:
            raise InvalidRequest(f"workflow {workflow!r} has two nodes called {node.id!r}")
        ids.add(node.id)
    holders = {node.id for node in nodes if _holds_nodes(node)}
    for node in nodes:
        for attempt in _ATTEMPT.finditer(node.id):
            if (outer := node.id[: attempt.start()]) in holders:
                raise InvalidRequest(
                    f"workflow {workflow!r} has a node called {node.id!r}, which is how a node inside of {outer!r} is "
                    "called in an execution: call it something else"
                )
        if node.WhichOneof("target") == "branch_node":
            _check(workflow, [*branches_of(node.branch_node.if_else)])


def _holds_nodes(node: Node) -> bool:
    match node.WhichOneof("target"):
        case "branch_node":
            return True
        case "workflow_node":
            return bool(node.workflow_node.HasField("sub_workflow_ref"))
        case "array_node":  # items that are tasks go by a number
            return not node.array_node.node.HasField("task_node")
        case _:
            return False
