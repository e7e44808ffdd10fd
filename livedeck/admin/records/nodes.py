"""A node execution, event by event."""

from flyteidl.admin.node_execution_pb2 import NodeExecution, TaskNodeMetadata, WorkflowNodeMetadata
from flyteidl.core import execution_pb2 as core
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.admin.phases import NODE
from livedeck.admin.records.results import apply_result
from livedeck.admin.records.times import duration, occurred, span, timestamp


def create(event: NodeExecutionEvent, now: int) -> NodeExecution:
    """Return the node execution that a first event speaks of; `apply` the event to it next."""
    node = NodeExecution(id=event.id)
    node.closure.created_at.CopyFrom(timestamp(occurred(event.occurred_at, now)))
    return node


def says_something_new(node: NodeExecution, event: NodeExecutionEvent) -> bool:
    """Tell whether an event that repeats the phase is more than a repeat: another Deck, or a child's id."""
    closure = node.closure
    if event.deck_uri and event.deck_uri != closure.deck_uri:
        return True
    child = event.workflow_node_metadata.execution_id
    return bool(child.name) and child != closure.workflow_node_metadata.executionId


def apply(node: NodeExecution, event: NodeExecutionEvent, now: int) -> None:
    """Change ``node`` as ``event`` says. The caller has asked `phases.judge` before."""
    at = occurred(event.occurred_at, now)
    closure = node.closure
    closure.phase = event.phase
    closure.updated_at.CopyFrom(timestamp(at))
    if event.phase in NODE.active and not closure.HasField("started_at"):
        closure.started_at.CopyFrom(timestamp(at))
    if event.phase in NODE.terminal:
        closure.duration.CopyFrom(duration(span(closure.started_at, at)))
    if event.input_uri:
        node.input_uri = event.input_uri
    if event.deck_uri:  # never taken back
        closure.deck_uri = event.deck_uri
    _apply_metadata(node, event)
    _apply_target(node, event)
    apply_result(closure, event)
    if event.phase == core.NodeExecution.RUNNING and not event.WhichOneof("output_result"):
        closure.ClearField("error")  # a retry runs: what the attempt before failed with is its own story


def _apply_metadata(node: NodeExecution, event: NodeExecutionEvent) -> None:
    metadata = node.metadata
    metadata.spec_node_id = event.spec_node_id or metadata.spec_node_id or event.id.node_id
    metadata.retry_group = event.retry_group or metadata.retry_group
    metadata.is_parent_node = event.is_parent or metadata.is_parent_node
    metadata.is_dynamic = event.is_dynamic or metadata.is_dynamic
    metadata.is_array = event.is_array or metadata.is_array
    metadata.is_eager = event.is_eager or metadata.is_eager


def _apply_target(node: NodeExecution, event: NodeExecutionEvent) -> None:
    closure = node.closure
    match event.WhichOneof("target_metadata"):
        case "workflow_node_metadata":
            child = event.workflow_node_metadata.execution_id
            closure.workflow_node_metadata.CopyFrom(WorkflowNodeMetadata(executionId=child))
        case "task_node_metadata":
            told = event.task_node_metadata
            known = TaskNodeMetadata(cache_status=told.cache_status, checkpoint_uri=told.checkpoint_uri)
            if told.HasField("catalog_key"):
                known.catalog_key.CopyFrom(told.catalog_key)
            closure.task_node_metadata.CopyFrom(known)
            if told.dynamic_workflow.dynamic_job_spec_uri:
                closure.dynamic_job_spec_uri = told.dynamic_workflow.dynamic_job_spec_uri
        case _:
            return
