"""The kind of nodes that run a task: its parts put together."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self

from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent

from livedeck.propeller.commands import NodeCommand, ReportNode, ReportTask
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import NodeEvent
from livedeck.propeller.node_handler import HoldsNoScope, ScopeBuilder
from livedeck.propeller.nodes.task import reports, rules
from livedeck.propeller.nodes.task.planning import task_plan
from livedeck.propeller.nodes.task.shell import carry_out
from livedeck.propeller.plan import Path, TaskPlan
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import NodeState
from livedeck.propeller.transition import Transition


@dataclass(frozen=True, slots=True)
class TaskHandler(HoldsNoScope):
    """Runs attempts of a task until one succeeds."""

    task: TaskPlan

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.HasField("task_node")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        template = planner.task(node.task_node.reference_id)
        return cls(task_plan(node, template, system_retries=planner.system_retries, timeout=planner.timeout))

    def ready(self, transition: Transition, path: Path) -> None:
        rules.ready(transition, path)

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        rules.handle(self.task, transition, path, event)

    def resume(self, transition: Transition, path: Path) -> None:
        rules.resume(self.task, transition, path)

    def stop(self, transition: Transition, path: Path) -> None:
        rules.stop(self.task, transition, path)

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        return carry_out(self.task, shell, command)

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return rules.rebuild(node, record)

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        reports.describe_node(self.task, event, report, context)

    def describe_attempt(self, event: TaskExecutionEvent, report: ReportTask, context: ReportContext) -> None:
        reports.describe_attempt(self.task, event, report, context)
