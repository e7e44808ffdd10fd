"""Serves the calls about nodes, attempts and events."""

from collections.abc import Mapping
from functools import partial

from flyteidl.admin.event_pb2 import (
    NodeExecutionEventRequest,
    NodeExecutionEventResponse,
    TaskExecutionEventRequest,
    TaskExecutionEventResponse,
    WorkflowExecutionEventRequest,
    WorkflowExecutionEventResponse,
)
from flyteidl.admin.node_execution_pb2 import (
    DynamicNodeWorkflowResponse,
    DynamicWorkflowNodeMetadata,
    GetDynamicNodeWorkflowRequest,
    NodeExecution,
    NodeExecutionForTaskListRequest,
    NodeExecutionGetDataRequest,
    NodeExecutionGetDataResponse,
    NodeExecutionGetRequest,
    NodeExecutionList,
    NodeExecutionListRequest,
)
from flyteidl.admin.task_execution_pb2 import (
    TaskExecution,
    TaskExecutionGetDataRequest,
    TaskExecutionGetDataResponse,
    TaskExecutionGetRequest,
    TaskExecutionList,
    TaskExecutionListRequest,
)
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, TaskExecutionIdentifier

from livedeck.admin.db import executions, recording
from livedeck.admin.db.database import Database
from livedeck.admin.db.recording import ExecutionEvent, Reporter
from livedeck.admin.names import (
    check_execution,
    check_identifier,
    check_node,
    check_node_id,
    check_node_or_item,
    describe,
)
from livedeck.admin.offload import run_by_size
from livedeck.admin.records import items
from livedeck.admin.records.shown import check_shown
from livedeck.admin.services.answers import Answers, ItemInputs
from livedeck.admin.services.calls import Handler
from livedeck.admin.services.paging import page_of
from livedeck.errors import NoSuchEntity
from livedeck.store.layout import split_item

_ANYBODY = Reporter(owner=None)


class ProgressCalls:
    """The calls about nodes, attempts and events; the rows are in `db.executions` and `db.recording`."""

    def __init__(self, database: Database, answers: Answers) -> None:
        self._database = database
        self._answers = answers

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers by method name."""
        return {
            "GetNodeExecution": self._get_node,
            "ListNodeExecutions": self._list_nodes,
            "ListNodeExecutionsForTask": self._list_nodes_of_task,
            "GetNodeExecutionData": self._node_data,
            "GetDynamicNodeWorkflow": self._dynamic_workflow,
            "GetTaskExecution": self._get_task,
            "ListTaskExecutions": self._list_tasks,
            "GetTaskExecutionData": self._task_data,
            "CreateWorkflowEvent": self._workflow_event,
            "CreateNodeEvent": self._node_event,
            "CreateTaskEvent": self._task_event,
        }

    async def _get_node(self, request: NodeExecutionGetRequest) -> NodeExecution:
        return await self._node(request.id)

    async def _list_nodes(self, request: NodeExecutionListRequest) -> NodeExecutionList:
        identifier = check_execution(request.workflow_execution_id)
        parent = check_node_id(request.unique_parent_id) if request.unique_parent_id else None
        found, token = await self._database.read(executions.list_nodes, identifier, parent, page_of(request))
        return NodeExecutionList(node_executions=found, token=token)

    async def _list_nodes_of_task(self, request: NodeExecutionForTaskListRequest) -> NodeExecutionList:
        node = check_node(request.task_execution_id.node_execution_id)
        found, token = await self._database.read(
            executions.list_nodes, node.execution_id, node.node_id, page_of(request)
        )
        return NodeExecutionList(node_executions=found, token=token)

    async def _node_data(self, request: NodeExecutionGetDataRequest) -> NodeExecutionGetDataResponse:
        answer = await self._answers.of_node(await self._node(request.id), await self._item_inputs(request.id))
        dynamic = await self._database.read(executions.find_dynamic_workflow, request.id)
        if dynamic is not None:
            answer.dynamic_workflow.CopyFrom(
                DynamicWorkflowNodeMetadata(
                    id=dynamic.id,
                    compiled_workflow=dynamic.compiled_workflow,
                    dynamic_job_spec_uri=dynamic.dynamic_job_spec_uri,
                )
            )
        return answer

    async def _dynamic_workflow(self, request: GetDynamicNodeWorkflowRequest) -> DynamicNodeWorkflowResponse:
        await self._node(request.id)
        dynamic = await self._database.read(executions.find_dynamic_workflow, request.id)
        if dynamic is None:
            raise NoSuchEntity(f"node {request.id.node_id!r} has not compiled a workflow while it ran")
        return DynamicNodeWorkflowResponse(compiled_workflow=dynamic.compiled_workflow)

    async def _get_task(self, request: TaskExecutionGetRequest) -> TaskExecution:
        return await self._task(request.id)

    async def _list_tasks(self, request: TaskExecutionListRequest) -> TaskExecutionList:
        node = check_node_or_item(request.node_execution_id)
        found, token = await self._database.read(executions.list_attempts, node, page_of(request))
        return TaskExecutionList(task_executions=found, token=token)

    async def _task_data(self, request: TaskExecutionGetDataRequest) -> TaskExecutionGetDataResponse:
        task = await self._task(request.id)
        return await self._answers.of_attempt(task, await self._item_inputs(request.id.node_execution_id))

    async def _workflow_event(self, request: WorkflowExecutionEventRequest) -> WorkflowExecutionEventResponse:
        await self._record(request.event)
        return WorkflowExecutionEventResponse()

    async def _node_event(self, request: NodeExecutionEventRequest) -> NodeExecutionEventResponse:
        await self._record(request.event)
        return NodeExecutionEventResponse()

    async def _task_event(self, request: TaskExecutionEventRequest) -> TaskExecutionEventResponse:
        check_identifier(request.event.task_id)
        check_node(request.event.parent_node_execution_id)
        await self._record(request.event)
        return TaskExecutionEventResponse()

    async def _record(self, event: ExecutionEvent) -> None:
        # Not of what an engine of our own reports: that was made here, and comes often.
        await run_by_size(event, check_shown, "the event", event)
        await self._database.write(recording.record, _ANYBODY, [event])

    async def _node(self, identifier: NodeExecutionIdentifier) -> NodeExecution:
        check_node_or_item(identifier)
        array, index = split_item(identifier.node_id)
        of_record = NodeExecutionIdentifier(node_id=array, execution_id=identifier.execution_id)
        found = await self._database.look_up(executions.find_node, of_record)
        if found is None:
            raise NoSuchEntity(f"execution {describe(identifier.execution_id)} has no node {array!r}")
        if index is None:
            return found
        whole = await self._database.read(executions.attempts_of, of_record)
        if not found.metadata.is_array or not items.is_item_of(index, whole):
            raise NoSuchEntity(f"node {array!r} of {describe(identifier.execution_id)} has no item {index}")
        attempts = await self._database.read(executions.attempts_of, identifier)
        return items.as_node(found, attempts, identifier.node_id)

    async def _item_inputs(self, identifier: NodeExecutionIdentifier) -> ItemInputs | None:
        """Return how an item's inputs are found in those of its array node; None: it is no item."""
        array, index = split_item(identifier.node_id)
        if index is None:
            return None
        of_record = NodeExecutionIdentifier(node_id=array, execution_id=identifier.execution_id)
        attempts = await self._database.read(executions.attempts_of, of_record)
        return partial(items.inputs_of, index, array=attempts)

    async def _task(self, identifier: TaskExecutionIdentifier) -> TaskExecution:
        node = check_node_or_item(identifier.node_execution_id)
        check_identifier(identifier.task_id)
        found = await self._database.look_up(executions.find_task, identifier)
        if found is None:
            attempt = f"attempt {identifier.retry_attempt} of {describe(identifier.task_id)}"
            raise NoSuchEntity(f"node {node.node_id!r} of {describe(node.execution_id)} has no {attempt}")
        return found
