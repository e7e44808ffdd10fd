"""Ending an execution that the engine itself cannot drive: from the records alone, without plan or state."""

import asyncio
import logging

from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.errors import ExecutorError
from livedeck.executors.api import Executor
from livedeck.propeller.addresses import child_id, execution_key
from livedeck.propeller.children import PARENT_ENDED, abort_child
from livedeck.propeller.control_plane import Claim, ControlPlane, ExecutionEvent
from livedeck.propeller.phases import NodePhase, TaskPhase
from livedeck.propeller.settings import PropellerSettings

log = logging.getLogger("livedeck.propeller")


async def stop_recorded(
    claim: Claim, control: ControlPlane, executor: Executor, owner: str, settings: PropellerSettings
) -> list[ExecutionEvent]:
    """Stop every attempt and child execution that may run; return the events that call attempts and nodes aborted."""
    tasks = [task for task in claim.tasks if not TaskPhase(task.closure.phase).terminal]
    nodes = [node for node in claim.nodes if not NodePhase(node.closure.phase).terminal]
    await asyncio.gather(*(_end(claim, task, executor, settings) for task in tasks))
    attempted = {task.id.node_execution_id.node_id for task in claim.tasks}
    for node in nodes:
        if node.id.node_id not in attempted:  # those that have attempts start no executions
            await abort_child(control, child_id(node.id), node.id, PARENT_ENDED.format(claim.id.name), settings)
    # Children before the nodes that hold them, and attempts before their nodes.
    nodes.sort(key=lambda node: len(node.id.node_id), reverse=True)
    return [*(_task_event(task, owner) for task in tasks), *(_node_event(node, owner) for node in nodes)]


async def _end(claim: Claim, task: TaskExecution, executor: Executor, settings: PropellerSettings) -> None:
    name = f"{execution_key(claim.id)}/{task.id.node_execution_id.node_id}/{task.id.retry_attempt}"
    try:
        handle = await executor.find(name)
        if handle:
            await executor.abort(handle, grace=settings.grace)
            await executor.wait(handle)
    except ExecutorError as error:
        log.warning("propeller.force_end attempt=%s error=%s", name, error)


def _now() -> Timestamp:
    stamp = Timestamp()
    stamp.GetCurrentTime()
    return stamp


def _task_event(task: TaskExecution, owner: str) -> TaskExecutionEvent:
    return TaskExecutionEvent(
        task_id=task.id.task_id,
        parent_node_execution_id=task.id.node_execution_id,
        retry_attempt=task.id.retry_attempt,
        phase="ABORTED",
        producer_id=owner,
        occurred_at=_now(),
        input_uri=task.input_uri,
        task_type=task.closure.task_type,
        event_version=1,
    )


def _node_event(node: NodeExecution, owner: str) -> NodeExecutionEvent:
    return NodeExecutionEvent(
        id=node.id,
        phase="ABORTED",
        producer_id=owner,
        occurred_at=_now(),
        input_uri=node.input_uri,
        spec_node_id=node.metadata.spec_node_id,
        retry_group=node.metadata.retry_group,
        is_parent=node.metadata.is_parent_node,
        event_version=1,
    )
