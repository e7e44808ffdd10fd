"""Serves the calls about executions."""

from collections.abc import Mapping

from flyteidl.admin.common_pb2 import ResourceListRequest
from flyteidl.admin.execution_pb2 import (
    Execution,
    ExecutionCreateRequest,
    ExecutionCreateResponse,
    ExecutionList,
    ExecutionMetadata,
    ExecutionRecoverRequest,
    ExecutionRelaunchRequest,
    ExecutionState,
    ExecutionTerminateRequest,
    ExecutionTerminateResponse,
    ExecutionUpdateRequest,
    ExecutionUpdateResponse,
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetDataResponse,
    WorkflowExecutionGetMetricsRequest,
    WorkflowExecutionGetMetricsResponse,
    WorkflowExecutionGetRequest,
)

from livedeck.admin.db import executions
from livedeck.admin.db.database import Database
from livedeck.admin.names import check_execution, check_member, check_scope
from livedeck.admin.services.answers import Answers
from livedeck.admin.services.calls import Handler
from livedeck.admin.services.launching import Launcher, find_origin
from livedeck.admin.services.metrics import span_of
from livedeck.admin.services.paging import page_of
from livedeck.errors import InvalidRequest


class ExecutionCalls:
    """The calls about executions: the rules of creating are in `Launcher`, the rows in `db.executions`."""

    def __init__(self, database: Database, launcher: Launcher, answers: Answers) -> None:
        self._database = database
        self._launcher = launcher
        self._answers = answers

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers by method name."""
        return {
            "CreateExecution": self._create,
            "RelaunchExecution": self._relaunch,
            "RecoverExecution": self._recover,
            "GetExecution": self._get,
            "ListExecutions": self._list,
            "UpdateExecution": self._update,
            "TerminateExecution": self._terminate,
            "GetExecutionData": self._data,
            "GetExecutionMetrics": self._metrics,
        }

    async def _create(self, request: ExecutionCreateRequest) -> ExecutionCreateResponse:
        if request.spec.metadata.mode == ExecutionMetadata.RECOVERED:
            raise InvalidRequest("spec.metadata.mode is RECOVERED: call RecoverExecution, which takes the same spec")
        return ExecutionCreateResponse(id=await self._launcher.create(request))

    async def _relaunch(self, request: ExecutionRelaunchRequest) -> ExecutionCreateResponse:
        return ExecutionCreateResponse(id=await self._launcher.relaunch(request))

    async def _recover(self, request: ExecutionRecoverRequest) -> ExecutionCreateResponse:
        return ExecutionCreateResponse(id=await self._launcher.recover(request))

    async def _get(self, request: WorkflowExecutionGetRequest) -> Execution:
        return (await find_origin(self._database, request.id)).message

    async def _list(self, request: ResourceListRequest) -> ExecutionList:
        check_scope(request.id.project, request.id.domain)
        found, token = await self._database.read(
            executions.list_executions, request.id.project, request.id.domain, page_of(request)
        )
        return ExecutionList(executions=found, token=token)

    async def _update(self, request: ExecutionUpdateRequest) -> ExecutionUpdateResponse:
        check_execution(request.id)
        check_member("state", request.state, ExecutionState)
        await self._database.write(executions.set_state, request.id, request.state, "")
        return ExecutionUpdateResponse()

    async def _terminate(self, request: ExecutionTerminateRequest) -> ExecutionTerminateResponse:
        check_execution(request.id)
        await self._database.write(executions.terminate, request.id, request.cause, "")
        return ExecutionTerminateResponse()

    async def _data(self, request: WorkflowExecutionGetDataRequest) -> WorkflowExecutionGetDataResponse:
        origin = await find_origin(self._database, request.id)
        return await self._answers.of_execution(origin.message, origin.inputs_uri)

    async def _metrics(self, request: WorkflowExecutionGetMetricsRequest) -> WorkflowExecutionGetMetricsResponse:
        origin = await find_origin(self._database, request.id)
        nodes = await self._database.read(executions.nodes_of, request.id)
        return WorkflowExecutionGetMetricsResponse(span=span_of(origin.message, nodes, request.depth))
