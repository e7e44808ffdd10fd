"""The array node: it holds one scope, whose nodes are its items."""

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Self

from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.workflow_pb2 import ArrayNode, Node
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent

from livedeck.errors import ImpossibleTransition, InvalidWorkflow, UnsupportedOption
from livedeck.propeller.commands import NodeCommand, Prepare, ReportNode, ReportTask
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import NodeEvent, Prepared, PrepareFailed
from livedeck.propeller.failures import Failure
from livedeck.propeller.node_handler import NodeHandler, ScopeBuilder
from livedeck.propeller.nodes.array import reports, shell
from livedeck.propeller.nodes.array.item import ItemHandler, ItemPlans, TaskItemHandler
from livedeck.propeller.nodes.array.messages import Collect, Collected, CollectFailed
from livedeck.propeller.nodes.array.policy import ItemPolicy
from livedeck.propeller.phases import NodePhase, NodeTrigger, TaskTrigger
from livedeck.propeller.plan import Items, Path, ScopePlan, generates_deck
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import AttemptState, NodeState, ScopeState
from livedeck.propeller.transition import Transition

_TOLD = 10
"""Items whose errors are told in the error of the node."""


@dataclass(frozen=True, slots=True)
class ArrayHandler(NodeHandler):
    """QUEUED while its inputs are put together, RUNNING while its items run, FAILING while they are stopped."""

    array: ArrayNode
    entity: Identifier
    """The task or launch plan that the items run."""
    outputs: VariableMap
    """The outputs of an item; of each the node gives a list."""
    inner: NodeHandler
    task: TaskTemplate | None
    """The task, which takes lists; None of items that run something else: those are nodes of their own on record."""

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.HasField("array_node")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        array = node.array_node
        if array.WhichOneof("success_criteria") == "min_success_ratio" and not 0 <= array.min_success_ratio <= 1:
            raise InvalidWorkflow(
                f"node {node.id!r} asks for a ratio of {array.min_success_ratio:g} of its items to succeed: "
                "give one from 0 to 1"
            )
        if array.node.HasField("task_node"):
            task = planner.task(array.node.task_node.reference_id)
            # One that was registered to be run once takes no lists: each item is given its own inputs.
            takes_lists = not array.is_original_sub_node_interface.value
            handler = planner.handler(array.node)
            return cls(array, task.id, task.interface.outputs, handler, task if takes_lists else None)
        if array.node.workflow_node.HasField("launchplan_ref"):
            plan = planner.launch_plan(array.node.workflow_node.launchplan_ref)
            return cls(array, plan.id, plan.interface.outputs, planner.handler(array.node), None)
        what = _WORDS.get(array.node.WhichOneof("target") or "", "node without a target")
        raise UnsupportedOption(
            f"node {node.id!r} maps over a {what}, and only tasks and launch plans can be mapped over"
        )

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Prepare(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        node = transition.node(path)
        match event:
            case Prepared(scope=ScopeState() as scope) if node.scope is None:
                self._run(transition, path)
                transition.hold(path, scope)
                _policy(scope).begin(transition, path)
            case PrepareFailed(failure=failure) if node.scope is None:
                self._fail(transition, path, failure)
            case Collected() if node.scope is not None:
                self._end_attempt(transition, path, TaskTrigger.SUCCEED)
                transition.succeed(path)
            case CollectFailed(failure=failure) if node.scope is not None:
                self._fail(transition, path, failure)
            case _:
                pass  # told twice

    def _run(self, transition: Transition, path: Path) -> None:
        """Have the node run, with the attempt that stands for all items that are not on record themselves."""
        if transition.node(path).phase is NodePhase.QUEUED:
            transition.move(path, NodeTrigger.RUN)
        if self.task is not None and transition.node(path).attempt is None:
            transition.put(path, replace(transition.node(path), attempt=AttemptState(0)))
            transition.move_attempt(path, TaskTrigger.QUEUE)
            transition.move_attempt(path, TaskTrigger.START)

    def _fail(self, transition: Transition, path: Path, failure: Failure) -> None:
        self._end_attempt(transition, path, TaskTrigger.FAIL, failure)
        transition.fail(path, failure)

    def _end_attempt(
        self, transition: Transition, path: Path, trigger: TaskTrigger, failure: Failure | None = None
    ) -> None:
        if transition.node(path).attempt is not None:
            transition.move_attempt(path, trigger, failure)

    def resume(self, transition: Transition, path: Path) -> None:
        queued = transition.node(path).phase is NodePhase.QUEUED
        if queued and transition.ends(path):
            transition.abort(path)
        else:
            transition.ask(Prepare(path))

    def stop(self, transition: Transition, path: Path) -> None:
        node = transition.node(path)
        if node.phase is NodePhase.QUEUED:
            transition.abort(path)
        elif node.scope is not None:
            transition.close(path)
        # else the items are still being found out, and are stopped when they are put under the node

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        scope = transition.scope(path)
        if scope.failure is not None:
            self._fail(transition, path, _failure(scope, scope.failure))
        elif succeeded and not scope.closing:
            transition.ask(Collect(path))
        else:
            self._end_attempt(transition, path, TaskTrigger.ABORT)
            transition.abort(path)

    def carry_out(self, shell_: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        match command:
            case Collect(path):
                return shell.collect(self.outputs, self.task, shell_, path)
            case Prepare(path):
                return shell.prepare(self.array, self.scope_of, shell_, path)
            case _:
                raise ImpossibleTransition(f"an array node does not ask for {command}")

    def scope_of(self, size: int) -> ScopePlan:
        """Return the plan of so many items."""
        policy = ItemPolicy.of(self.array, size)
        if self.task is None:
            handler = ItemHandler(self.inner, policy)
        else:
            handler = TaskItemHandler(self.inner, policy, generates_deck(self.task.metadata))
        plans = ItemPlans(size, self.array.node, handler, are_nodes=self.task is None)
        return ScopePlan(plans, {}, policy, items=self.items)

    @property
    def items(self) -> Items:
        """What is true of each item."""
        return Items(
            bound=frozenset(self.array.bound_inputs),
            are_nodes=self.task is None,
            limited=not self.array.HasField("parallelism"),
        )

    async def inputs_of(self, shell_: Shell, path: Path) -> LiteralMap:
        """Return the inputs of an item that is a node: its members of the array's."""
        inputs = await shell_.data.all_loaded(await shell_.data.inputs(path[:-1]), leave=self.items.bound)
        return self.items.inputs_of(path[-1], inputs)

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        attempt = record.attempts.get(0)
        return node if attempt is None else replace(node, attempt=AttemptState(0, attempt.phase))

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        reports.describe_node(event, self.entity)

    def describe_attempt(self, event: TaskExecutionEvent, report: ReportTask, context: ReportContext) -> None:
        scope = context.scope
        facts: dict[str, Any] = {reports.BOUND: sorted(self.array.bound_inputs)}
        if scope is not None:
            facts |= {reports.SIZE: len(scope.nodes), reports.MINIMUM: _policy(scope).minimum}
        reports.describe_attempt(event, self.entity, facts)


_WORDS = {
    "workflow_node": "workflow",
    "branch_node": "conditional",
    "gate_node": "gate",
    "array_node": "map",
}
"""What to call what cannot be mapped over, by the field of ``flyteidl.core.Node`` that holds it."""


def _policy(scope: ScopeState) -> ItemPolicy:
    policy = scope.plan.policy
    assert isinstance(policy, ItemPolicy)
    return policy


def _failure(scope: ScopeState, decisive: Failure) -> Failure:
    """Return the failure of a node too many of whose items have failed."""
    size, minimum = len(scope.nodes), _policy(scope).minimum
    failed = [
        (index, node.failure.message if node.failure is not None else "no message")
        for index, node in enumerate(scope.nodes)
        if node.phase is NodePhase.FAILED
    ]
    told = [f"[{index}]: {message}" for index, message in failed[:_TOLD]]
    if len(failed) > _TOLD:
        told.append(f"... and {len(failed) - _TOLD} more")
    summary = f"{len(failed)} of {size} items failed, and {minimum} of them have to succeed."
    return replace(decisive, message="\n".join([summary, *told]), recoverable=False)
