"""A control plane in memory, for tests of engines and of what is built on them."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from flyteidl.admin.execution_pb2 import Execution, ExecutionCreateRequest, ExecutionSpec
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl.core.execution_pb2 import NodeExecution as NodePhase
from flyteidl.core.execution_pb2 import TaskExecution as TaskPhase
from flyteidl.core.execution_pb2 import WorkflowExecution as WorkflowPhase
from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    SignalIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.types_pb2 import LiteralType
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent

from livedeck.admin.compiler import dynamic
from livedeck.admin.compiler.workflow import Library
from livedeck.errors import EntityExists, InvalidRequest, LeaseLost, NoSuchEntity
from livedeck.propeller.addresses import execution_key
from livedeck.propeller.control_plane import Queues
from livedeck.store import join_uri, layout

_Message = TypeVar("_Message", NodeExecution, TaskExecution)
ExecutionEvent = WorkflowExecutionEvent | NodeExecutionEvent | TaskExecutionEvent

_LOOK_AGAIN = 0.05
"""Seconds after which it is looked again whether a lease has run out."""

_WORKFLOW_ENDS = {WorkflowPhase.SUCCEEDED, WorkflowPhase.FAILED, WorkflowPhase.ABORTED, WorkflowPhase.TIMED_OUT}
_NODE_ENDS = frozenset(NodePhase.Phase.values()) - {
    NodePhase.UNDEFINED,
    NodePhase.QUEUED,
    NodePhase.RUNNING,
    NodePhase.FAILING,
    NodePhase.DYNAMIC_RUNNING,
}
_TASK_ENDS = {TaskPhase.SUCCEEDED, TaskPhase.ABORTED, TaskPhase.FAILED, TaskPhase.RETRYABLE_FAILED}


@dataclass
class FakeExecution:
    """One execution and all that was recorded of it; also the ``Claim`` that an engine gets.

    What an engine reads is described in ``livedeck.propeller.control_plane.Claim``: ``id``, ``closure``, ``spec``,
    ``inputs``, ``prefix`` and ``raw_data_prefix``.
    """

    id: WorkflowExecutionIdentifier
    closure: CompiledWorkflowClosure
    spec: ExecutionSpec
    inputs: LiteralMap
    prefix: str
    raw_data_prefix: str
    phase: "WorkflowPhase.Phase" = WorkflowPhase.UNDEFINED
    """Where it stands."""
    abort_cause: str = ""
    """Why it is to be aborted; empty if nobody asked for that."""
    error: ExecutionError | None = None
    """Why it failed."""
    output_uri: str = ""
    """Where its outputs are, once it succeeded."""
    by_node: dict[str, NodeExecution] = field(default_factory=dict)
    """What is recorded of its nodes, by id."""
    by_attempt: dict[tuple[str, int], TaskExecution] = field(default_factory=dict)
    """What is recorded of its attempts, by the node's id and the attempt's number."""
    by_dynamic_node: dict[str, CompiledWorkflowClosure] = field(default_factory=dict)
    """What its dynamic nodes run, by id."""
    history: list[ExecutionEvent] = field(default_factory=list)
    """Every event that changed something, in order."""
    owner: str = ""
    """Which engine holds its lease; empty if none does."""
    lease_until: float = 0.0
    """When the lease ends, in seconds of the control plane's clock."""

    @property
    def key(self) -> str:
        """``project/domain/name``."""
        return f"{self.id.project}/{self.id.domain}/{self.id.name}"

    @property
    def over(self) -> bool:
        """Whether it is in a terminal phase."""
        return self.phase in _WORKFLOW_ENDS

    @property
    def nodes(self) -> Sequence[NodeExecution]:
        """What is recorded of its nodes, oldest first."""
        return [_copy(node) for node in self.by_node.values()]

    @property
    def tasks(self) -> Sequence[TaskExecution]:
        """What is recorded of its attempts, oldest first."""
        return [_copy(task) for task in self.by_attempt.values()]

    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it was created."""
    taken_over: bool = False
    """Whether another engine held its lease, which had run out, when it was last claimed."""
    reserving: Sequence[str] = ()
    """The nodes that had outputs reserved when the execution was last claimed, by their unique ids."""


@dataclass(frozen=True)
class FakeRenewal:
    """The answer to ``renew``."""

    held: Collection[str]
    """Keys of the executions whose lease was prolonged."""
    aborting: dict[str, str]
    """Keys of those that are to be aborted, and why."""


@dataclass(frozen=True)
class FakeCacheEntry:
    """The answer to ``find_cached``."""

    output_uri: str
    """Where the cached outputs are."""
    source: TaskExecutionIdentifier
    """The attempt that made them."""


@dataclass(frozen=True)
class FakeReservation:
    """The answer to ``reserve_cached``."""

    found: FakeCacheEntry | None
    """The outputs, if they are cached."""
    owner: NodeExecutionIdentifier
    """Else the node that computes them."""
    heard: int
    """How many reservations had ended before."""


class MemoryControlPlane:
    """A control plane whose state is in memory, with the rules of the real one for leases and repeated events.

    Args:
        root: URI of the store that executions lie under.
        clock: seconds, for leases.
    """

    queues: Queues
    """What the last propeller offered: from an execution's key to what holds back its nodes."""

    def __init__(self, root: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.executions: dict[str, FakeExecution] = {}
        self.cache: dict[str, FakeCacheEntry] = {}
        self.reservations: dict[str, NodeExecutionIdentifier] = {}
        """By key the nodes that compute outputs which others wait for."""
        self.signals: dict[tuple[str, str], LiteralType] = {}
        """The signals that were waited for: by execution and id, what they may be set to."""
        self.launch_plans: dict[str, CompiledWorkflowClosure] = {}
        """What launch plans run, by name."""
        self.values: dict[tuple[str, str], Literal] = {}
        """What signals were set to."""
        self.transactions: list[Sequence[ExecutionEvent]] = []
        """The events of every call of ``report``."""
        self._root = root
        self._clock = clock
        self._changed = asyncio.Condition()
        self._work = asyncio.Event()
        self._released = 0

    # What a test does.

    def create(
        self, name: str, closure: CompiledWorkflowClosure, *, inputs: LiteralMap | None = None, **spec: object
    ) -> FakeExecution:
        """Create an execution of a compiled workflow and return it.

        Args:
            name: The execution's.
            closure: The workflow.
            inputs: Its inputs.
            spec: Fields of ``ExecutionSpec``.
        """
        execution = FakeExecution(
            id=WorkflowExecutionIdentifier(project="flytesnacks", domain="development", name=name),
            closure=closure,
            spec=ExecutionSpec(**spec),  # type: ignore[arg-type]
            inputs=inputs or LiteralMap(),
            prefix=join_uri(self._root, layout.execution_prefix("flytesnacks", "development", name)),
            raw_data_prefix=join_uri(self._root, layout.raw_data_prefix("flytesnacks", "development", name)),
        )
        self.executions[execution.key] = execution
        self._work.set()
        return execution

    async def terminate(self, execution: FakeExecution, cause: str) -> None:
        """Ask for ``execution`` to be aborted, and say the ``cause``."""
        if not execution.over:
            execution.phase, execution.abort_cause = WorkflowPhase.ABORTING, cause
            self._work.set()
            await self._announce()

    async def set_signal(self, execution: FakeExecution, signal: str, value: Literal) -> None:
        """Set a ``signal`` of ``execution``, which need not wait for it yet, to a ``value``."""
        self.values[execution.key, signal] = value
        await self._announce()

    async def until(self, condition: Callable[[], bool], *, deadline: float = 60.0) -> None:
        """Return when ``condition`` is true, which is looked at after each change.

        Raises:
            TimeoutError: it was not true within ``deadline`` seconds.
        """
        async with asyncio.timeout(deadline), self._changed:
            await self._changed.wait_for(condition)

    async def until_over(self, execution: FakeExecution, *, deadline: float = 60.0) -> FakeExecution:
        """Return ``execution`` once it is in a terminal phase.

        Raises:
            TimeoutError: it was not within ``deadline`` seconds.
        """
        await self.until(lambda: execution.over, deadline=deadline)
        return execution

    def steal(self, execution: FakeExecution, thief: str = "thief") -> None:
        """Give the lease of ``execution`` to another engine, called ``thief``."""
        execution.owner, execution.lease_until = thief, self._clock() + 3600.0

    # What an engine does: see ``livedeck.propeller.control_plane.ControlPlane``.

    async def claim(self, owner: str, *, limit: int, ttl: float) -> Sequence[FakeExecution]:
        """Lease unfinished executions that nobody holds."""
        self._work.clear()
        free = [each for each in self.executions.values() if not each.over and self._may_hold(owner, each)]
        free.sort(key=lambda each: each.owner == owner)  # those last that the engine may well know of
        for execution in free[:limit]:
            mine = [
                node.node_id for node in self.reservations.values() if execution_key(node.execution_id) == execution.key
            ]
            execution.reserving = mine
            execution.taken_over = execution.owner not in {"", owner}
            execution.owner, execution.lease_until = owner, self._clock() + ttl
        return free[:limit]

    async def renew(self, owner: str, keys: Collection[str], *, ttl: float) -> FakeRenewal:
        """Prolong leases."""
        held = [self.executions[key] for key in keys if self._holds(owner, self.executions[key])]
        for execution in held:
            execution.lease_until = self._clock() + ttl
        aborting = {each.key: each.abort_cause for each in held if each.phase == WorkflowPhase.ABORTING}
        return FakeRenewal({each.key for each in held}, aborting)

    async def release(self, owner: str, key: str) -> None:
        """Give a lease back."""
        if self.executions[key].owner == owner:
            self.executions[key].owner = ""
            await self._announce()

    async def retain(self, owner: str, key: str) -> None:
        """Do nothing: an engine of that name may claim it again."""

    async def wait_for_work(self, *, timeout: float) -> None:
        """Return when there may be something to do."""
        try:
            async with asyncio.timeout(timeout):
                await self._work.wait()
                self._work.clear()
        except TimeoutError:
            pass

    async def report(self, owner: str, events: Sequence[ExecutionEvent]) -> None:
        """Record events, all or none."""
        for event in events:
            if not self._holds(owner, self._of(event)):
                raise LeaseLost(f"{owner} does not hold {self._of(event).key}")
        self.transactions.append(list(events))
        for event in events:
            if self._record(self._of(event), event):
                self._of(event).history.append(event)
                if isinstance(event, NodeExecutionEvent):
                    self._abort_left_by(self._of(event).by_node[event.id.node_id])
        await self._end_reservations(lambda node: self.executions[execution_key(node.execution_id)].over)
        await self._announce()

    def _abort_left_by(self, node: NodeExecution) -> None:
        if node.metadata.is_eager and node.closure.phase in _NODE_ENDS:
            for child in self.executions.values():
                if child.spec.metadata.parent_node_execution == node.id and not child.over:
                    child.phase, child.abort_cause = WorkflowPhase.ABORTING, "The eager task that started it has ended."
                    self._work.set()

    def show_queues(self, queues: Queues) -> None:
        """Keep it for the test."""
        self.queues = queues

    async def find_cached(self, key: str, user: WorkflowExecutionIdentifier) -> FakeCacheEntry | None:
        """Look outputs up."""
        del user  # here nothing is deleted
        return self.cache.get(key)

    async def store_cached(
        self, key: str, output_uri: str, source: TaskExecutionIdentifier, *, overwrite: bool = False
    ) -> None:
        """Remember outputs, and end the reservation of what made them."""
        if overwrite or key not in self.cache:
            self.cache[key] = FakeCacheEntry(output_uri, source)
        await self.release_cached(source.node_execution_id)

    async def reserve_cached(self, key: str, node: NodeExecutionIdentifier, *, overwrite: bool) -> FakeReservation:
        """Look outputs up, or have a node compute them."""
        if not overwrite and key in self.cache:
            return FakeReservation(self.cache[key], node, self._released)
        owner = self.reservations.get(key)
        if owner is None or self.executions[execution_key(owner.execution_id)].lease_until < self._clock():
            owner = self.reservations[key] = node
        await self._announce()
        return FakeReservation(None, owner, self._released)

    async def wait_for_release(self, heard: int) -> None:
        """Wait until a reservation ends; a lease that runs out is looked for as by the real one, after a time."""
        try:
            async with asyncio.timeout(_LOOK_AGAIN), self._changed:
                await self._changed.wait_for(lambda: self._released > heard)
        except TimeoutError:
            pass

    async def release_cached(self, node: NodeExecutionIdentifier) -> None:
        """End a node's reservation."""
        await self._end_reservations(lambda owner: owner == node)

    async def _end_reservations(self, ends: Callable[[NodeExecutionIdentifier], bool]) -> None:
        left = {key: owner for key, owner in self.reservations.items() if not ends(owner)}
        if len(left) < len(self.reservations):
            self.reservations = left
            self._released += 1
            await self._announce()

    async def compile_dynamic_workflow(
        self, node: NodeExecutionIdentifier, attempt: int, spec: DynamicJobSpec, outputs: VariableMap
    ) -> CompiledWorkflowClosure:
        """Compile by the real rules; nothing but what came with the nodes is registered."""
        workflow = dynamic.workflow_spec(node, attempt, spec, outputs)
        return dynamic.compile_dynamic(workflow, dynamic.brought_tasks(spec), Library({}, {}, {}))

    async def find_dynamic_workflow(self, node: NodeExecutionIdentifier) -> CompiledWorkflowClosure | None:
        """Look up what was reported."""
        name = node.execution_id
        return self.executions[f"{name.project}/{name.domain}/{name.name}"].by_dynamic_node.get(node.node_id)

    async def find_recorded(self, execution: WorkflowExecutionIdentifier) -> FakeExecution | None:
        """Look an execution up."""
        return self.executions.get(execution_key(execution))

    async def create_child(self, owner: str, request: ExecutionCreateRequest) -> None:
        """Create an execution of one of ``launch_plans``."""
        parent = self.executions[execution_key(request.spec.metadata.parent_node_execution.execution_id)]
        if not self._holds(owner, parent):
            raise LeaseLost(f"{owner} does not hold {parent.key}")
        if request.spec.launch_plan.name not in self.launch_plans:
            raise NoSuchEntity(f"there is no launch plan {request.spec.launch_plan.name!r}")
        known = self.executions.get(f"{request.project}/{request.domain}/{request.name}")
        if known is None:
            child = self.create(request.name, self.launch_plans[request.spec.launch_plan.name], inputs=request.inputs)
            child.spec = request.spec
        elif known.spec.metadata.parent_node_execution != request.spec.metadata.parent_node_execution:
            raise EntityExists(f"execution {request.name!r} exists already")
        await self._announce()

    async def wait_for_execution(self, identifier: WorkflowExecutionIdentifier) -> Execution:
        """Wait for its end."""
        execution = self.executions[execution_key(identifier)]
        async with self._changed:
            await self._changed.wait_for(lambda: execution.over)
        found = Execution(id=identifier, spec=execution.spec)
        found.closure.phase = execution.phase
        if execution.phase == WorkflowPhase.ABORTED:
            found.closure.abort_metadata.cause = execution.abort_cause
        elif execution.error is not None:
            found.closure.error.CopyFrom(execution.error)
        else:
            found.closure.outputs.uri = execution.output_uri
        return found

    async def abort_child(
        self, child: WorkflowExecutionIdentifier, parent: NodeExecutionIdentifier, cause: str
    ) -> None:
        """Ask for its abortion, if it is that node's."""
        execution = self.executions.get(execution_key(child))
        if execution is not None and execution.spec.metadata.parent_node_execution == parent:
            await self.terminate(execution, cause)

    async def wait_for_signal(self, identifier: SignalIdentifier, literal_type: LiteralType) -> Literal:
        """Wait for ``set_signal``."""
        key = (execution_key(identifier.execution_id), identifier.signal_id)
        if self.signals.setdefault(key, literal_type) != literal_type:
            raise InvalidRequest(f"signal {identifier.signal_id!r} is of another type for another node")
        await self._announce()
        async with self._changed:
            await self._changed.wait_for(lambda: key in self.values)
        return self.values[key]

    def _may_hold(self, owner: str, execution: FakeExecution) -> bool:
        return execution.owner in ("", owner) or execution.lease_until < self._clock()

    def _holds(self, owner: str, execution: FakeExecution) -> bool:
        return execution.owner == owner and execution.lease_until >= self._clock()

    def _of(self, event: ExecutionEvent) -> FakeExecution:
        match event:
            case WorkflowExecutionEvent():
                name = event.execution_id
            case NodeExecutionEvent():
                name = event.id.execution_id
            case _:
                name = event.parent_node_execution_id.execution_id
        return self.executions[f"{name.project}/{name.domain}/{name.name}"]

    def _record(self, execution: FakeExecution, event: ExecutionEvent) -> bool:
        match event:
            case WorkflowExecutionEvent():
                return _record_workflow(execution, event)
            case NodeExecutionEvent():
                return _record_node(execution, event)
            case _:
                return _record_task(execution, event)

    async def _announce(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _copy(message: _Message) -> _Message:
    copied = type(message)()
    copied.CopyFrom(message)
    return copied


def _record_workflow(execution: FakeExecution, event: WorkflowExecutionEvent) -> bool:
    if execution.over or execution.phase == event.phase:
        return False
    if execution.phase == WorkflowPhase.ABORTING and event.phase not in _WORKFLOW_ENDS:
        return False
    execution.phase = event.phase
    execution.output_uri = event.output_uri
    execution.error = event.error if event.HasField("error") else None
    return True


def _record_node(execution: FakeExecution, event: NodeExecutionEvent) -> bool:
    node = execution.by_node.setdefault(event.id.node_id, NodeExecution(id=event.id))
    closure = node.closure
    if closure.phase in _NODE_ENDS or (closure.phase == event.phase and closure.deck_uri == event.deck_uri):
        return False
    closure.phase = event.phase
    node.input_uri = event.input_uri
    node.metadata.spec_node_id = event.spec_node_id
    node.metadata.is_parent_node |= event.is_parent
    node.metadata.is_dynamic |= event.is_dynamic
    node.metadata.is_array |= event.is_array
    node.metadata.is_eager |= event.is_eager
    node.metadata.retry_group = event.retry_group
    if event.task_node_metadata.HasField("dynamic_workflow"):
        told = event.task_node_metadata.dynamic_workflow.compiled_workflow
        execution.by_dynamic_node[event.id.node_id] = told
        closure.dynamic_job_spec_uri = event.task_node_metadata.dynamic_workflow.dynamic_job_spec_uri
    if event.HasField("task_node_metadata"):
        closure.task_node_metadata.cache_status = event.task_node_metadata.cache_status
        closure.task_node_metadata.catalog_key.CopyFrom(event.task_node_metadata.catalog_key)
    closure.deck_uri = event.deck_uri or closure.deck_uri
    if event.HasField("workflow_node_metadata"):
        closure.workflow_node_metadata.executionId.CopyFrom(event.workflow_node_metadata.execution_id)
    if event.output_uri:
        closure.output_uri = event.output_uri
    if event.HasField("error"):
        closure.error.CopyFrom(event.error)
    if event.phase == NodePhase.RUNNING and not closure.HasField("started_at"):
        closure.started_at.CopyFrom(event.occurred_at)
    return True


def _record_task(execution: FakeExecution, event: TaskExecutionEvent) -> bool:
    key = (event.parent_node_execution_id.node_id, event.retry_attempt)
    identifier = TaskExecutionIdentifier(
        task_id=event.task_id, node_execution_id=event.parent_node_execution_id, retry_attempt=event.retry_attempt
    )
    closure = execution.by_attempt.setdefault(key, TaskExecution(id=identifier)).closure
    if closure.phase in _TASK_ENDS or closure.phase == event.phase:
        return False
    closure.phase = event.phase
    closure.metadata.CopyFrom(event.metadata)
    if event.output_uri:
        closure.output_uri = event.output_uri
    if event.HasField("error"):
        closure.error.CopyFrom(event.error)
    if event.phase == TaskPhase.RUNNING:
        closure.started_at.CopyFrom(event.occurred_at)
    return True
