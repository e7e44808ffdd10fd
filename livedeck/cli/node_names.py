"""What an execution's nodes are called in a terminal."""

import re
from collections.abc import Callable, Iterable, Mapping

from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.identifier_pb2 import Identifier, NodeExecutionIdentifier
from flyteidl.core.workflow_pb2 import GateNode, Node, WorkflowTemplate

from livedeck.admin.compiler.nodes import inner_nodes
from livedeck.client import Client
from livedeck.store.layout import ITEM

_BOUNDARIES = ("start-node", "end-node")

_ATTEMPT = re.compile("-[0-9]+-")
"""Between a node and one inside of it stands the outer one's attempt: ``n0-0-n3``."""


class NodeNames:
    """The names that a workflow gives its nodes, those inside of sub-workflows and dynamic nodes too.

    Args:
        workflow: As it was registered.
        find_dynamic: Returns what a dynamic node runs.
    """

    def __init__(
        self,
        workflow: CompiledWorkflowClosure | None = None,
        find_dynamic: Callable[[NodeExecutionIdentifier], CompiledWorkflowClosure] | None = None,
    ) -> None:
        workflow = workflow or CompiledWorkflowClosure()
        self._find_dynamic = find_dynamic
        self._dynamic: dict[str, NodeNames] = {}
        """Of dynamic nodes that were met, by their ids: a node is met before those inside of it."""
        self._nodes = _by_id(_nodes_of(workflow.primary.template))
        self._inside = {_key(sub.template.id): _by_id(_nodes_of(sub.template)) for sub in workflow.sub_workflows}

    def of(self, execution: NodeExecution) -> str:
        """Return the node's name; what its id ends with if none is known; "" if that is all of the id."""
        id_, spec = execution.id.node_id, execution.metadata.spec_node_id
        if execution.metadata.is_dynamic and id_ not in self._dynamic and self._find_dynamic is not None:
            self._dynamic[id_] = NodeNames(self._find_dynamic(execution.id))
        return self.of_id(id_) or ("" if spec == id_ else spec)

    def of_id(self, id_: str) -> str:
        """Return the name of a node of which nothing is on record yet, or of an item's map; "" if none is known."""
        planned = self._planned(id_.partition(ITEM)[0])
        return planned.metadata.name if planned is not None else ""

    def gate_of(self, execution: NodeExecution) -> GateNode:
        """Return what the node waits for; an empty message for one that is no gate."""
        planned = self._planned(execution.id.node_id)
        return planned.gate_node if planned is not None else GateNode()

    def _planned(self, id_: str) -> Node | None:
        return self._find_below_dynamic(id_) or self._find(id_, self._nodes)

    def _find_below_dynamic(self, id_: str) -> Node | None:
        """Return a node of the innermost dynamic one that it is inside of."""
        for attempt in reversed([*_ATTEMPT.finditer(id_)]):
            inside = self._dynamic.get(id_[: attempt.start()])
            if inside is not None:
                return inside._find(id_[attempt.end() :], inside._nodes)  # noqa: SLF001 - its own
        return None

    def _find(self, id_: str, nodes: Mapping[str, Node]) -> Node | None:
        if id_ in nodes:
            return nodes[id_]
        for attempt in _ATTEMPT.finditer(id_):
            parent = nodes.get(id_[: attempt.start()])
            if parent is not None and parent.WhichOneof("target") == "array_node":
                item = id_[attempt.end() :]
                inside = _ATTEMPT.search(item)
                if inside is None:
                    return parent  # all its items run the same, and go by its name
                return self._find(item[inside.end() :], self._inside_of(parent.array_node.node))
            if parent is not None:
                return self._find(id_[attempt.end() :], self._inside_of(parent))
        return None

    def _inside_of(self, parent: Node) -> Mapping[str, Node]:
        """Return the nodes of a sub-workflow, or the ways of a branch."""
        if parent.WhichOneof("target") == "branch_node":
            return {node.id: node for node in inner_nodes(parent)}
        return self._inside.get(_key(parent.workflow_node.sub_workflow_ref), {})


def is_boundary(node: NodeExecution) -> bool:
    """Say whether it is where a workflow starts or ends, which does nothing."""
    return (node.metadata.spec_node_id or node.id.node_id) in _BOUNDARIES


def node_names(client: Client, workflow: Identifier) -> NodeNames:
    """Return what the nodes of a registered workflow are called."""
    return NodeNames(client.get_workflow(workflow).closure.compiled_workflow, client.dynamic_workflow)


def _nodes_of(template: WorkflowTemplate) -> Iterable[Node]:
    return (*template.nodes, template.failure_node)


def _by_id(nodes: Iterable[Node]) -> dict[str, Node]:
    return {node.id: node for node in nodes}


def _key(id_: Identifier) -> tuple[str, str, str, str]:
    return id_.project, id_.domain, id_.name, id_.version
