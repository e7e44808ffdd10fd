"""What an event tells of the result of a node or an attempt: outputs, where they lie, or an error."""

from flyteidl.admin.node_execution_pb2 import NodeExecutionClosure
from flyteidl.admin.task_execution_pb2 import TaskExecutionClosure
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent


def apply_result(
    closure: NodeExecutionClosure | TaskExecutionClosure, event: NodeExecutionEvent | TaskExecutionEvent
) -> None:
    """Note the result that an event tells of; one that tells of none changes nothing."""
    match event.WhichOneof("output_result"):
        case "output_uri":
            closure.output_uri = event.output_uri
        case "output_data":
            closure.output_data.CopyFrom(event.output_data)
        case "error":
            closure.error.CopyFrom(event.error)
        case _:
            return
