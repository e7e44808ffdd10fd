"""Serves the calls about tasks, workflows and launch plans."""

from collections.abc import Mapping

from flyteidl.admin.common_pb2 import (
    NamedEntityIdentifierList,
    NamedEntityIdentifierListRequest,
    ObjectGetRequest,
    ResourceListRequest,
)
from flyteidl.admin.launch_plan_pb2 import (
    ActiveLaunchPlanListRequest,
    ActiveLaunchPlanRequest,
    LaunchPlan,
    LaunchPlanCreateRequest,
    LaunchPlanCreateResponse,
    LaunchPlanList,
    LaunchPlanState,
    LaunchPlanUpdateRequest,
    LaunchPlanUpdateResponse,
)
from flyteidl.admin.task_pb2 import Task, TaskCreateRequest, TaskCreateResponse, TaskList
from flyteidl.admin.workflow_pb2 import Workflow, WorkflowCreateRequest, WorkflowCreateResponse, WorkflowList

from livedeck.admin.db import entities
from livedeck.admin.db.database import Database
from livedeck.admin.db.entities import LAUNCH_PLAN, TASK, WORKFLOW, Kind
from livedeck.admin.names import check_entity_name, check_identifier, check_member, check_scope, describe
from livedeck.admin.services.calls import Handler
from livedeck.admin.services.paging import page_of
from livedeck.admin.services.registrar import Registrar
from livedeck.errors import NoSuchEntity


class EntityCalls:
    """The calls about tasks, workflows and launch plans: the rules are in `Registrar`, the rows in `db.entities`."""

    def __init__(self, database: Database, registrar: Registrar) -> None:
        self._database = database
        self._registrar = registrar

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers by method name."""
        return {
            "CreateTask": self._create_task,
            "GetTask": self._get_task,
            "ListTasks": self._list_tasks,
            "ListTaskIds": self._list_task_ids,
            "CreateWorkflow": self._create_workflow,
            "GetWorkflow": self._get_workflow,
            "ListWorkflows": self._list_workflows,
            "ListWorkflowIds": self._list_workflow_ids,
            "CreateLaunchPlan": self._create_launch_plan,
            "GetLaunchPlan": self._get_launch_plan,
            "GetActiveLaunchPlan": self._get_active,
            "ListActiveLaunchPlans": self._list_active,
            "ListLaunchPlans": self._list_launch_plans,
            "ListLaunchPlanIds": self._list_launch_plan_ids,
            "UpdateLaunchPlan": self._update_launch_plan,
        }

    async def _create_task(self, request: TaskCreateRequest) -> TaskCreateResponse:
        await self._registrar.add_task(request.id, request.spec)
        return TaskCreateResponse()

    async def _create_workflow(self, request: WorkflowCreateRequest) -> WorkflowCreateResponse:
        await self._registrar.add_workflow(request.id, request.spec)
        return WorkflowCreateResponse()

    async def _create_launch_plan(self, request: LaunchPlanCreateRequest) -> LaunchPlanCreateResponse:
        await self._registrar.add_launch_plan(request.id, request.spec)
        return LaunchPlanCreateResponse()

    async def _get_task(self, request: ObjectGetRequest) -> Task:
        return await self._get(TASK, request)

    async def _get_launch_plan(self, request: ObjectGetRequest) -> LaunchPlan:
        return await self._get(LAUNCH_PLAN, request)

    async def _get_workflow(self, request: ObjectGetRequest) -> Workflow:
        workflow = await self._get(WORKFLOW, request)
        found = await self._database.read(entities.find_closure, request.id)
        assert found is not None  # nothing is ever deleted
        workflow.closure.compiled_workflow.CopyFrom(found[1])
        return workflow

    async def _get(self, kind: Kind[entities.M], request: ObjectGetRequest) -> entities.M:
        check_identifier(request.id)
        found = await self._database.read(entities.find, kind, request.id)
        if found is None:
            raise NoSuchEntity(f"there is no {kind.name} {describe(request.id)}")
        return found

    async def _list_tasks(self, request: ResourceListRequest) -> TaskList:
        found, token = await self._list(TASK, request)
        return TaskList(tasks=found, token=token)

    async def _list_workflows(self, request: ResourceListRequest) -> WorkflowList:
        found, token = await self._list(WORKFLOW, request)
        return WorkflowList(workflows=found, token=token)

    async def _list_launch_plans(self, request: ResourceListRequest) -> LaunchPlanList:
        found, token = await self._list(LAUNCH_PLAN, request)
        return LaunchPlanList(launch_plans=found, token=token)

    async def _list(self, kind: Kind[entities.M], request: ResourceListRequest) -> tuple[list[entities.M], str]:
        check_scope(request.id.project, request.id.domain)
        if request.id.name:
            check_entity_name("name", request.id.name)
        return await self._database.read(entities.list_entities, kind, request.id, page_of(request))

    async def _list_task_ids(self, request: NamedEntityIdentifierListRequest) -> NamedEntityIdentifierList:
        return await self._list_ids(TASK, request)

    async def _list_workflow_ids(self, request: NamedEntityIdentifierListRequest) -> NamedEntityIdentifierList:
        return await self._list_ids(WORKFLOW, request)

    async def _list_launch_plan_ids(self, request: NamedEntityIdentifierListRequest) -> NamedEntityIdentifierList:
        return await self._list_ids(LAUNCH_PLAN, request)

    async def _list_ids(
        self, kind: Kind[entities.M], request: NamedEntityIdentifierListRequest
    ) -> NamedEntityIdentifierList:
        check_scope(request.project, request.domain)
        found, token = await self._database.read(
            entities.list_names, kind, request.project, request.domain, page_of(request)
        )
        return NamedEntityIdentifierList(entities=found, token=token)

    async def _get_active(self, request: ActiveLaunchPlanRequest) -> LaunchPlan:
        check_scope(request.id.project, request.id.domain)
        check_entity_name("name", request.id.name)
        found = await self._database.read(entities.find_active, request.id)
        if found is None:
            path = f"{request.id.project}/{request.id.domain}/{request.id.name}"
            raise NoSuchEntity(f"no version of launch plan {path} is active")
        return found

    async def _list_active(self, request: ActiveLaunchPlanListRequest) -> LaunchPlanList:
        check_scope(request.project, request.domain)
        found, token = await self._database.read(
            entities.list_active, request.project, request.domain, page_of(request)
        )
        return LaunchPlanList(launch_plans=found, token=token)

    async def _update_launch_plan(self, request: LaunchPlanUpdateRequest) -> LaunchPlanUpdateResponse:
        check_identifier(request.id)
        check_member("state", request.state, LaunchPlanState)
        await self._database.write(entities.set_launch_plan_state, request.id, request.state)
        return LaunchPlanUpdateResponse()
