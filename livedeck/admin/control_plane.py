"""The control plane as propeller sees it: leases on executions, and a place to report events.

`DatabaseControlPlane` satisfies ``livedeck.propeller.control_plane.ControlPlane`` by its shape; the two packages know
nothing of each other.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flyteidl.admin.execution_pb2 import Execution, ExecutionCreateRequest, ExecutionMetadata, ExecutionSpec
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.execution_pb2 import ExecutionError, WorkflowExecution
from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    ResourceType,
    SignalIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.types_pb2 import LiteralType
from flyteidl.event.event_pb2 import WorkflowExecutionEvent

from livedeck.admin.compiler import dynamic
from livedeck.admin.db import cache, entities, executions, leases, recording, signals
from livedeck.admin.db.cache import CachedOutputs, Reservation
from livedeck.admin.db.database import Database
from livedeck.admin.db.leases import Leased, Renewed
from livedeck.admin.db.recording import ExecutionEvent, Reporter
from livedeck.admin.names import describe
from livedeck.admin.objects import Objects
from livedeck.admin.phases import OPEN
from livedeck.admin.services.launching import Launcher
from livedeck.admin.services.registrar import Registrar
from livedeck.errors import EntityExists, InvalidRequest, LimitReached, NoSuchEntity
from livedeck.executors.api import Queued

_log = logging.getLogger(__name__)

_LOOK_AGAIN = 10.0
"""Seconds after which is looked for what another process may have recorded: a signal, an execution's end."""
_CREATE_AGAIN = 1.0
"""Seconds until the creation of a child is tried again whose name is taken for now."""


@dataclass(frozen=True)
class Claim:
    """One execution under a propeller's lease, with all that was recorded of it."""

    id: WorkflowExecutionIdentifier
    closure: CompiledWorkflowClosure
    spec: ExecutionSpec
    created_at: datetime
    inputs: LiteralMap
    """The workflow's inputs, defaults and fixed inputs merged in."""
    phase: "WorkflowExecution.Phase"
    error: ExecutionError | None
    abort_cause: str
    """Why it is to be aborted; meaningful while ``phase`` is ABORTING."""
    prefix: str
    """URI of the execution's folder."""
    raw_data_prefix: str
    """URI under which user data of this execution goes."""
    nodes: tuple[NodeExecution, ...]
    tasks: tuple[TaskExecution, ...]
    reserving: tuple[str, ...]
    """Nodes that have outputs reserved that others wait for, by their unique ids."""
    taken_over: bool = False
    """Whether another propeller held the lease, and let it run out."""


@dataclass(frozen=True)
class Recorded:
    """All that is on record of the nodes of an execution."""

    nodes: Sequence[NodeExecution]
    tasks: Sequence[TaskExecution]


Queues = Callable[[str], Mapping[str, Queued]]
"""From an execution's key to what holds back its nodes that could run, by their unique ids."""


class DatabaseControlPlane:
    """Leases on executions, and a place to report events. One per process; all state is in the database."""

    def __init__(self, database: Database, objects: Objects) -> None:
        self._database = database
        self._objects = objects
        self._launcher = Launcher(database, objects, Registrar(database))
        # Who was given what by this process. An owner that does not appear here was restarted, and gets its own
        # leases back at once.
        self._given: dict[str, set[str]] = {}
        self._reported: Callable[[Sequence[ExecutionEvent]], None] = lambda _events: None
        self._heard = 0
        self._queues: Queues = lambda _key: {}

    def on_reported(self, reported: Callable[[Sequence[ExecutionEvent]], None]) -> None:
        """Have a function called with what an engine of this process has reported, once it is on record."""
        self._reported = reported

    def show_queues(self, queues: Queues) -> None:
        """Take the way to learn what holds back an execution's nodes now, for viewers who ask."""
        self._queues = queues

    def queued(self, key: str) -> Mapping[str, Queued]:
        """Return what holds back nodes of an execution that could run, by their ids; empty without an engine here."""
        return self._queues(key)

    async def claim(self, owner: str, *, limit: int, ttl: float) -> Sequence[Claim]:
        """Lease up to ``limit`` unfinished executions that nobody holds, for ``ttl`` seconds, oldest first.

        An owner that was restarted together with this process, under the same name, takes back its own leases at
        once. A claim that is cancelled leaves its leases to run out.
        """
        given = self._given.setdefault(owner, set())
        leased = await self._database.write(leases.claim, owner, limit=limit, ttl=ttl, holding=tuple(given))
        keys = {_key(each.message.id) for each in leased}
        given.update(keys)
        claims: list[Claim] = []
        try:
            loaded = await asyncio.gather(*(self._claim(each) for each in leased), return_exceptions=True)
            for each, result in zip(leased, loaded, strict=True):
                if isinstance(result, Claim):
                    claims.append(result)
                else:
                    await self._put_aside(owner, each, result)
        finally:
            # What is not handed out is not held: the next claim finds it again.
            given.difference_update(keys - {_key(claim.id) for claim in claims})
        return claims

    async def renew(self, owner: str, keys: Collection[str], *, ttl: float) -> Renewed:
        """Prolong the leases; tell which still stand and which executions are to be aborted."""
        renewed = await self._database.write(leases.renew, owner, tuple(keys), ttl=ttl)
        self._given.setdefault(owner, set()).difference_update(set(keys) - renewed.held)
        return renewed

    async def release(self, owner: str, key: str) -> None:
        """Give a lease back (the execution ended, or this propeller is shutting down)."""
        await self._database.write(leases.release, owner, key)
        self._given.setdefault(owner, set()).discard(key)

    async def retain(self, owner: str, key: str) -> None:
        """Let go of an execution without giving its lease back: it is for the next claim of the same owner."""
        self._given.setdefault(owner, set()).discard(key)

    async def wait_for_work(self, *, timeout: float) -> None:
        """Return when an execution was created or asked to abort since the last return, or after ``timeout`` seconds.

        What another process wrote is not heard of: the timeout is how late that may be noticed.
        """
        await self._database.wanted.wait(self._heard, timeout=timeout)
        self._heard = self._database.wanted.count

    async def report(self, owner: str, events: Sequence[ExecutionEvent]) -> None:
        """Record events in one transaction, in order. An event that was recorded already changes nothing.

        Raises:
            LeaseLost: ``owner`` does not hold the lease of an event's execution.
            StateForbids: An event would change an entity that is over.
            NoSuchEntity: An attempt or a child belongs to a node that was never reported.
        """
        await self._database.write(recording.record, Reporter(owner), events)
        self._reported(events)

    async def find_cached(self, key: str, user: WorkflowExecutionIdentifier) -> CachedOutputs | None:
        """Look a task's cached outputs up for an execution, which keeps them from being deleted from then on."""
        if await self._database.read(cache.find, key) is None:  # as for most tasks: that takes no transaction
            return None
        return await self._database.write(cache.take, key, user)

    async def store_cached(
        self, key: str, output_uri: str, source: TaskExecutionIdentifier, *, overwrite: bool = False
    ) -> None:
        """Remember a task's outputs under ``key``, and end the reservation of the node that made them.

        The first entry wins, unless it is to be overwritten.
        """
        await self._database.write(cache.keep, key, CachedOutputs(output_uri, source), overwrite=overwrite)

    async def reserve_cached(self, key: str, node: NodeExecutionIdentifier, *, overwrite: bool) -> Reservation:
        """Look a task's cached outputs up; have the node compute them if they are not there and no other node does.

        A reservation is renewed with the lease of the node's execution, and ends with it.
        """
        heard = self._database.released.count
        answer = await self._database.write(cache.reserve, key, node, overwrite=overwrite)
        return replace(answer, heard=heard)

    async def wait_for_release(self, heard: int) -> None:
        """Return when a reservation may have ended since the answer that has this ``heard`` was given.

        What another process has ended, or a lease that runs out, may be noticed some seconds later.
        """
        await self._database.released.wait(heard, timeout=_LOOK_AGAIN)

    async def release_cached(self, node: NodeExecutionIdentifier) -> None:
        """End a node's reservation, if it has one: it will not make the outputs."""
        await self._database.write(cache.release, node)

    async def compile_dynamic_workflow(
        self, node: NodeExecutionIdentifier, attempt: int, spec: DynamicJobSpec, outputs: VariableMap
    ) -> CompiledWorkflowClosure:
        """Check and compile the nodes that an attempt of a dynamic task has left to be run in its place.

        Args:
            node: The attempt's node.
            attempt: Its number.
            spec: What it has left.
            outputs: What the nodes have to give together.

        Raises:
            InvalidRequest: The nodes are cyclic, refer to what does not exist, or bind what does not fit.
            NoSuchEntity: They run a task or launch plan that neither came with them nor was registered.
        """
        brought = await asyncio.to_thread(dynamic.brought_tasks, spec)
        workflow = await asyncio.to_thread(dynamic.workflow_spec, node, attempt, spec, outputs)
        library = await self._database.read(
            entities.find_library,
            dynamic.referenced_elsewhere(workflow, ResourceType.TASK, brought),
            dynamic.referenced_elsewhere(workflow, ResourceType.LAUNCH_PLAN),
        )
        return await asyncio.to_thread(dynamic.compile_dynamic, workflow, brought, library)

    async def find_dynamic_workflow(self, node: NodeExecutionIdentifier) -> CompiledWorkflowClosure | None:
        """Return the nodes that a dynamic node was last reported to run; None if none were."""
        found = await self._database.read(executions.find_dynamic_workflow, node)
        return None if found is None else found.compiled_workflow

    async def wait_for_signal(self, identifier: SignalIdentifier, literal_type: LiteralType) -> Literal:
        """Return the value of a signal once somebody has set it. The signal is made if there is none.

        What another process has set may be noticed some seconds later.

        Raises:
            InvalidRequest: Another node waits for it, and for values of another type.
        """
        signal = await self._database.write(signals.get_or_create, identifier, literal_type)
        while not signal.HasField("value"):
            heard = self._database.signalled.count
            found = await self._database.look_up(signals.find, identifier)
            signal = found if found is not None else signal
            if not signal.HasField("value"):
                await self._database.signalled.wait(heard, timeout=_LOOK_AGAIN)
        return signal.value

    async def find_recorded(self, execution: WorkflowExecutionIdentifier) -> Recorded | None:
        """Return what is on record of an execution's nodes; None if there is no such execution."""
        if await self._database.look_up(executions.find, execution) is None:
            return None
        nodes, tasks = await self._database.read(executions.recorded_of, execution)
        return Recorded(nodes, tasks)

    async def create_child(self, owner: str, request: ExecutionCreateRequest) -> None:
        """Create the execution that a node starts; one that the node has started already stays as it is.

        Raises:
            LeaseLost: ``owner`` does not hold the lease of the node's execution.
            InvalidRequest: An input is missing, unknown or of the wrong type.
            NoSuchEntity: The launch plan does not exist.
            EntityExists: Its name is taken by an execution that is not the node's.
            LimitReached: As many executions of the launch plan run as its concurrency policy lets.
        """
        identifier = WorkflowExecutionIdentifier(project=request.project, domain=request.domain, name=request.name)
        while True:
            found = await self._database.look_up(executions.find, identifier)
            if found is not None:
                _check_own(found, request)
                return
            await self._check_recovered(request)
            try:
                await self._launcher.create(request, started_by=owner)
            except LimitReached:
                raise
            except EntityExists:
                # By another engine a moment ago, or of an execution of that name that is being removed still.
                await asyncio.sleep(_CREATE_AGAIN)
            else:
                return

    async def _check_recovered(self, request: ExecutionCreateRequest) -> None:
        """Have a child begin anew whose node has started something else in the execution that is recovered."""
        metadata = request.spec.metadata
        if metadata.mode == ExecutionMetadata.RECOVERED:
            source = await self._database.look_up(executions.find, metadata.reference_execution)
            if source is None or source.spec.launch_plan != request.spec.launch_plan:
                metadata.mode = ExecutionMetadata.CHILD_WORKFLOW
                metadata.ClearField("reference_execution")

    async def wait_for_execution(self, identifier: WorkflowExecutionIdentifier) -> Execution:
        """Return an execution once it is over. What another process records may be noticed some seconds later.

        Raises:
            NoSuchEntity: There is none.
        """
        with self._database.ended.listening(_key(identifier)) as ended:
            while True:
                found = await self._database.look_up(executions.find, identifier)
                if found is None:
                    raise NoSuchEntity(f"there is no execution {describe(identifier)}")
                if found.closure.phase not in OPEN:
                    return found
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN):
                        await ended.wait()

    async def abort_child(
        self, child: WorkflowExecutionIdentifier, parent: NodeExecutionIdentifier, cause: str
    ) -> None:
        """Ask for an execution to be aborted, if it is one that the node ``parent`` has started, and is not over."""
        await self._database.write(executions.abort_child, child, parent, cause)

    async def _put_aside(self, owner: str, leased: Leased, error: BaseException) -> None:
        """Keep one execution that cannot be loaded from keeping all others from being claimed."""
        identifier = leased.message.id
        _log.warning("claim_failed", extra={"execution": _key(identifier)}, exc_info=error)
        if not isinstance(error, NoSuchEntity | InvalidRequest):
            return  # the store is failing for now: another claim will try again
        failed = WorkflowExecutionEvent(
            execution_id=identifier,
            phase=WorkflowExecution.FAILED,
            error=ExecutionError(code="InputsLost", message=str(error), kind=ExecutionError.SYSTEM),
        )
        failed.occurred_at.GetCurrentTime()
        await self.report(owner, [failed])
        await self.release(owner, _key(identifier))

    async def _claim(self, leased: Leased) -> Claim:
        message = leased.message
        return Claim(
            id=message.id,
            closure=leased.closure,
            spec=message.spec,
            created_at=message.closure.created_at.ToDatetime(UTC),
            inputs=await self._objects.read_literals(leased.inputs_uri),
            phase=message.closure.phase,
            error=message.closure.error if message.closure.HasField("error") else None,
            abort_cause=leased.abort_cause,
            prefix=self._objects.store.uri_of(leased.folder),
            raw_data_prefix=self._objects.raw_data_prefix(message),
            nodes=leased.nodes,
            tasks=leased.tasks,
            reserving=leased.reserving,
            taken_over=leased.taken_over,
        )


def _check_own(found: Execution, request: ExecutionCreateRequest) -> None:
    """Refuse an execution that has the name of a node's child and is not the node's."""
    parent = request.spec.metadata.parent_node_execution
    if found.spec.metadata.parent_node_execution != parent:
        raise EntityExists(
            f"execution {describe(found.id)} exists already, and it was not started by node {parent.node_id!r} of "
            f"{describe(parent.execution_id)}: delete it, or give the parent another name"
        )


def _key(identifier: WorkflowExecutionIdentifier) -> str:
    return f"{identifier.project}/{identifier.domain}/{identifier.name}"
