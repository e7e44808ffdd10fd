"""Tasks, workflows and launch plans: registering and reading them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from livedeck.client.connection import Connection
from livedeck.client.registration import register

if TYPE_CHECKING:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanSpec
    from flyteidl.admin.task_pb2 import Task, TaskSpec
    from flyteidl.admin.workflow_pb2 import Workflow, WorkflowSpec
    from flyteidl.core.identifier_pb2 import Identifier

    from livedeck.client.registration import Entity

_CREATE = {
    "TaskCreateRequest": "CreateTask",
    "WorkflowCreateRequest": "CreateWorkflow",
    "LaunchPlanCreateRequest": "CreateLaunchPlan",
}


class Entities(Connection):
    """What can be registered. Registering what is there already, and is the same, is no error."""

    def create_task(self, id: "Identifier", spec: "TaskSpec") -> bool:
        """Register a task; return whether it is new.

        Args:
            id: its full name.
            spec: its template.

        Raises:
            RemoteInvalid: it is malformed, or another task has this id.
        """
        from flyteidl.admin.task_pb2 import TaskCreateRequest

        return self._create(TaskCreateRequest(id=id, spec=spec))

    def create_workflow(self, id: "Identifier", spec: "WorkflowSpec") -> bool:
        """Register a workflow; return whether it is new.

        Args:
            id: its full name.
            spec: its template, with those of its sub-workflows.

        Raises:
            RemoteInvalid: it is malformed, names what is not registered, or another workflow has this id.
        """
        from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest

        return self._create(WorkflowCreateRequest(id=id, spec=spec))

    def create_launch_plan(self, id: "Identifier", spec: "LaunchPlanSpec") -> bool:
        """Register a launch plan; return whether it is new.

        Args:
            id: its full name.
            spec: the workflow's id, and what is given to it.

        Raises:
            RemoteInvalid: it is malformed, or another launch plan has this id.
            RemoteNotFound: its workflow is not registered.
        """
        from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest

        return self._create(LaunchPlanCreateRequest(id=id, spec=spec))

    def activate_launch_plan(self, id: "Identifier") -> None:
        """Make a version of a launch plan the active one of its name.

        Args:
            id: its full name.

        Raises:
            RemoteNotFound: there is none.
        """
        from flyteidl.admin.launch_plan_pb2 import LaunchPlanState, LaunchPlanUpdateRequest

        self._calls.call("UpdateLaunchPlan", LaunchPlanUpdateRequest(id=id, state=LaunchPlanState.ACTIVE))

    def register(self, entities: "Iterable[Entity]") -> int:
        """Register requests of all three kinds, as many at once as can be; return how many were new.

        Args:
            entities: the requests, in any order of the kinds; a workflow after those that it calls.

        Raises:
            RemoteError: the first that the control plane refused; what was registered before stays.
        """
        return register(entities, self._create)

    def _create(self, request: "Entity") -> bool:
        return bool(self._calls.call(_CREATE[type(request).__name__], request, settle=_same_is_there) is not _SAME)

    def get_task(self, id: "Identifier") -> "Task":
        """Return a registered task.

        Args:
            id: its full name.

        Raises:
            RemoteNotFound: there is none.
        """
        return self._get("GetTask", id)  # type: ignore[no-any-return]

    def get_workflow(self, id: "Identifier") -> "Workflow":
        """Return a registered workflow, compiled.

        Args:
            id: its full name.

        Raises:
            RemoteNotFound: there is none.
        """
        return self._get("GetWorkflow", id)  # type: ignore[no-any-return]

    def get_launch_plan(self, id: "Identifier") -> "LaunchPlan":
        """Return a registered launch plan.

        Args:
            id: its full name.

        Raises:
            RemoteNotFound: there is none.
        """
        return self._get("GetLaunchPlan", id)  # type: ignore[no-any-return]

    def _get(self, method: str, id: "Identifier") -> Any:
        from flyteidl.admin.common_pb2 import ObjectGetRequest

        return self._calls.call(method, ObjectGetRequest(id=id))

    def list_tasks(self, name: str = "", *, filters: str = "", limit: int | None = None) -> "Iterator[Task]":
        """Yield registered tasks, newest first.

        Args:
            name: only those of that name; empty: all of the project and domain.
            filters: as Flyte has them, ``eq(version,v1)+...``.
            limit: how many at most; None: all.

        Returns:
            An iterator over the tasks, which asks for them page by page.
        """
        return self._list("ListTasks", "tasks", name, filters, limit)

    def list_workflows(self, name: str = "", *, filters: str = "", limit: int | None = None) -> "Iterator[Workflow]":
        """Yield registered workflows, newest first.

        Args:
            name: only those of that name; empty: all of the project and domain.
            filters: as Flyte has them, ``eq(version,v1)+...``.
            limit: how many at most; None: all.

        Returns:
            An iterator over the workflows, which asks for them page by page.
        """
        return self._list("ListWorkflows", "workflows", name, filters, limit)

    def list_launch_plans(
        self, name: str = "", *, filters: str = "", limit: int | None = None
    ) -> "Iterator[LaunchPlan]":
        """Yield registered launch plans, newest first.

        Args:
            name: only those of that name; empty: all of the project and domain.
            filters: as Flyte has them, ``eq(version,v1)+...``.
            limit: how many at most; None: all.

        Returns:
            An iterator over the launch plans, which asks for them page by page.
        """
        return self._list("ListLaunchPlans", "launch_plans", name, filters, limit)

    def _list(self, method: str, field: str, name: str, filters: str, limit: int | None) -> Iterator[Any]:
        from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort

        scope = NamedEntityIdentifier(project=self.project, domain=self.domain, name=name)
        newest_first = Sort(key="created_at", direction=Sort.DESCENDING)
        request = ResourceListRequest(id=scope, filters=filters, sort_by=newest_first)
        return self._pages(method, request, field, limit)


_SAME = object()
"""In place of an answer: what was to be created is there already."""


def _same_is_there(code: str, tries: int) -> Any:  # noqa: ARG001 - the client's rule for settling an error
    return _SAME if code == "ALREADY_EXISTS" else None
