"""Where the time of an execution went, as Flyte's spans."""

from collections.abc import Sequence

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.core.metrics_pb2 import Span


def span_of(execution: Execution, nodes: Sequence[NodeExecution], depth: int) -> Span:
    """Return an execution's span with those of its nodes, and within each node how long it waited and ran.

    Args:
        execution: The execution.
        nodes: Its nodes, oldest first.
        depth: How many levels: 0 or less for all, 1 for the execution alone, 2 with its nodes.
    """
    closure = execution.closure
    span = Span(workflow_id=execution.id, start_time=closure.created_at, end_time=closure.updated_at)
    if depth != 1:
        span.spans.extend(_node(node, depth) for node in nodes)
    return span


def _node(node: NodeExecution, depth: int) -> Span:
    closure = node.closure
    span = Span(node_id=node.id, start_time=closure.created_at, end_time=closure.updated_at)
    if depth != 2 and closure.HasField("started_at"):
        waited = Span(operation_id="NODE_SETUP", start_time=closure.created_at, end_time=closure.started_at)
        ran = Span(operation_id="EXECUTION", start_time=closure.started_at, end_time=closure.updated_at)
        span.spans.extend([waited, ran])
    return span
