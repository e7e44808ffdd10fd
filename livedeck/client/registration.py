"""Registering many entities: those that nothing waits for at once, and in the order that the rest needs."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
    from flyteidl.admin.task_pb2 import TaskCreateRequest
    from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest, WorkflowSpec
    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.workflow_pb2 import Node

    Entity = TaskCreateRequest | WorkflowCreateRequest | LaunchPlanCreateRequest

_AT_ONCE = 8


def register(entities: "Iterable[Entity]", create: "Callable[[Entity], bool]") -> int:
    """Create tasks, then workflows in the order given, then launch plans; return how many were new.

    A workflow may hold the ones before it, so workflows go one by one; launch plans that it starts go before it.

    Raises:
        RemoteError: the first that the control plane refused; what was created before stays.
    """
    kinds = {"TaskCreateRequest": 0, "WorkflowCreateRequest": 1, "LaunchPlanCreateRequest": 2}
    groups: tuple[list[Entity], list[Entity], list[Entity]] = ([], [], [])
    for entity in entities:
        groups[kinds[type(entity).__name__]].append(entity)
    tasks, workflows, plans = groups
    new = _at_once(tasks, create)
    waiting = {_key(plan.id): plan for plan in plans}
    for workflow in workflows:
        started = {_key(each) for each in _started_by(workflow)}
        new += _at_once([waiting.pop(key) for key in list(waiting) if key in started], create)
        new += create(workflow)
    return new + _at_once(list(waiting.values()), create)


def _key(id: "Identifier") -> tuple[str, str, str, str]:
    return id.project, id.domain, id.name, id.version


def _started_by(workflow: "Entity") -> "Iterator[Identifier]":
    """Yield the launch plans that nodes of a workflow start, those inside of other nodes too."""
    spec: WorkflowSpec = workflow.spec  # type: ignore[assignment]
    nodes: list[Node] = []
    for template in (spec.template, *spec.sub_workflows):
        nodes += [*template.nodes, template.failure_node]
    while nodes:
        node = nodes.pop()
        match node.WhichOneof("target"):
            case "workflow_node":
                yield node.workflow_node.launchplan_ref
            case "array_node":
                nodes.append(node.array_node.node)
            case "branch_node":
                block = node.branch_node.if_else
                nodes += [case.then_node for case in (block.case, *block.other)]
                nodes.append(block.else_node)
            case _:
                pass


def _at_once(entities: "list[Entity]", create: "Callable[[Entity], bool]") -> int:
    if len(entities) < 2:
        return sum(map(create, entities))
    with ThreadPoolExecutor(min(_AT_ONCE, len(entities)), thread_name_prefix="livedeck-register") as pool:
        return sum(pool.map(create, entities))
