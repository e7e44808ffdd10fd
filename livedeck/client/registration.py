"""Registering many entities: those that nothing waits for at once, and in the order that the rest needs."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
    from flyteidl.admin.task_pb2 import TaskCreateRequest
    from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest

    Entity = TaskCreateRequest | WorkflowCreateRequest | LaunchPlanCreateRequest

_AT_ONCE = 8


def register(entities: "Iterable[Entity]", create: "Callable[[Entity], bool]") -> int:
    """Create tasks, then workflows in the order given, then launch plans; return how many were new.

    A workflow may hold the ones before it, so workflows go one by one.

    Raises:
        RemoteError: the first that the control plane refused; what was created before stays.
    """
    kinds = {"TaskCreateRequest": 0, "WorkflowCreateRequest": 1, "LaunchPlanCreateRequest": 2}
    groups: tuple[list[Entity], list[Entity], list[Entity]] = ([], [], [])
    for entity in entities:
        groups[kinds[type(entity).__name__]].append(entity)
    tasks, workflows, plans = groups
    new = _at_once(tasks, create)
    new += sum(create(workflow) for workflow in workflows)
    return new + _at_once(plans, create)


def _at_once(entities: "list[Entity]", create: "Callable[[Entity], bool]") -> int:
    if len(entities) < 2:
        return sum(map(create, entities))
    with ThreadPoolExecutor(min(_AT_ONCE, len(entities)), thread_name_prefix="livedeck-register") as pool:
        return sum(pool.map(create, entities))
