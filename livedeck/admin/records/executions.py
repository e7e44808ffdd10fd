"""A workflow execution, event by event."""

from flyteidl.admin.execution_pb2 import AbortMetadata, Execution
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.event.event_pb2 import WorkflowExecutionEvent

from livedeck.admin.phases import WORKFLOW
from livedeck.admin.records.times import duration, occurred, span, timestamp


def apply(execution: Execution, event: WorkflowExecutionEvent, now: int) -> None:
    """Change ``execution`` as ``event`` says. The caller has asked `phases.judge` before."""
    at = occurred(event.occurred_at, now)
    closure = execution.closure
    closure.phase = event.phase
    closure.updated_at.CopyFrom(timestamp(at))
    if event.phase == WorkflowExecution.RUNNING and not closure.HasField("started_at"):
        closure.started_at.CopyFrom(timestamp(at))
    if event.phase in WORKFLOW.terminal:
        closure.duration.CopyFrom(duration(span(closure.started_at, at)))
    _apply_result(execution, event)


def _apply_result(execution: Execution, event: WorkflowExecutionEvent) -> None:
    closure = execution.closure
    match event.WhichOneof("output_result"):
        case "output_uri":
            closure.outputs.uri = event.output_uri
        case "output_data":
            closure.outputs.values.CopyFrom(event.output_data)
        case "error" if event.phase == WorkflowExecution.ABORTED:
            # The wish to abort, with its cause and who had it, says more than the engine's report of it.
            if not closure.HasField("abort_metadata"):
                closure.abort_metadata.CopyFrom(AbortMetadata(cause=event.error.message))
        case "error":
            closure.error.CopyFrom(event.error)
        case _:
            return
