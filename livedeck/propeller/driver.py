"""One execution, driven to its end: events in, the machine's commands carried out.

The loop is the only place that steps the machine, so events have an order. Commands that take time run as tasks beside
it and end by handing the loop an event.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

from flyteidl.admin.execution_pb2 import ExecutionMetadata
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure

from livedeck.deck.numerals import format_duration
from livedeck.errors import ExecutorError, NoSuchAttempt, UserError
from livedeck.executors.api import Executor, ExecutorNames, Queued
from livedeck.propeller.addresses import Addresses, execution_key
from livedeck.propeller.attempts import AttemptEnvironment, AttemptWriter
from livedeck.propeller.children import Children
from livedeck.propeller.commands import Command, NodeCommand, ReportWorkflow
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.control_plane import Claim, ControlPlane, ExecutionEvent, Recorded
from livedeck.propeller.data import Data
from livedeck.propeller.event_writer import EventWriter
from livedeck.propeller.events import AskedToAbort, DeadlinePassed, Event, Resume
from livedeck.propeller.failures import Blame, Failure, aborted
from livedeck.propeller.force_end import stop_recorded
from livedeck.propeller.launcher import Launcher
from livedeck.propeller.machine import step
from livedeck.propeller.node_handler import NodeHandler
from livedeck.propeller.observations import Observations
from livedeck.propeller.phases import TaskPhase, WorkflowPhase
from livedeck.propeller.plan import Path
from livedeck.propeller.recorder import EventRecorder
from livedeck.propeller.recovered_nodes import RecoveredNodes
from livedeck.propeller.recovery import RecordedNodes, failure_of, rebuild, records_of, walk
from livedeck.propeller.retry import retry
from livedeck.propeller.sequencer import Sequencer
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.shell import Shell
from livedeck.propeller.slots import Slots
from livedeck.propeller.state import ExecutionState, ScopeState, plan_at
from livedeck.propeller.task_cache import TaskCache

log = logging.getLogger("livedeck.propeller")

FEW_NODES = 1_000
"""Nodes that are planned and recovered on the event loop: some 10 ms. More are beside it."""
SLICE = 200
"""Commands of one step that are begun before the event loop lets others run: some 5 ms."""

_T = TypeVar("_T")


class Driver:
    """Drives one execution.

    Args:
        claim: the execution, under this engine's lease.
        control: where events are recorded.
        executor: who runs attempts.
        names: of the executors that it goes by.
        owner: this engine's name.
        environment: what is added to each attempt's environment.
        settings: budgets and times.
        kinds: the kinds of nodes that it can run.
    """

    def __init__(
        self,
        claim: Claim,
        control: ControlPlane,
        executor: Executor,
        *,
        names: ExecutorNames,
        owner: str,
        environment: AttemptEnvironment,
        settings: PropellerSettings,
        kinds: Sequence[type[NodeHandler]],
    ) -> None:
        self.key = execution_key(claim.id)
        self._claim = claim
        self._control = control
        self._executor = executor
        self._owner = owner
        self._settings = settings
        self._kinds = kinds
        self._addresses = Addresses(claim.id, claim.prefix, claim.raw_data_prefix)
        self._observations = Observations()
        self._data = Data(self._addresses, claim.inputs, self._observations, self._root, settings)
        self._cache = TaskCache(control, claim.id, self._observations, overwrite=claim.spec.overwrite_cache)
        self._writer = EventWriter(self._addresses, owner, self._observations)
        self._recorder = EventRecorder(control, owner, settings)
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._events.put_nowait(Resume())  # before anything else: an abort may be asked for at once
        self._effects: set[asyncio.Task[None]] = set()
        self._starting = Slots(settings.ahead)
        self._launcher = Launcher(
            executor=executor,
            names=names,
            writer=AttemptWriter(
                self._addresses,
                claim.spec,
                claim.closure.primary.template.id,
                environment,
                surroundings=settings.surroundings,
                secrets_in=settings.secrets_in,
            ),
            addresses=self._addresses,
            data=self._data,
            observations=self._observations,
            cache=self._cache,
            starting=self._starting,
            settings=settings,
            root=self._root,
            recorded=self._recorder.recorded,
            emit=self._events.put_nowait,
            parallelism=claim.spec.max_parallelism,
            taken_over=claim.taken_over,
        )
        self._children = Children(control, owner, claim.spec, self._addresses, settings)
        self._large = False
        self._resumed = False
        self._state: ExecutionState
        self._shell: Shell
        self._group: asyncio.TaskGroup

    def ask_to_abort(self, cause: str) -> None:
        """Have the execution end. May be repeated. Never blocks."""
        self._events.put_nowait(AskedToAbort(cause))

    def queued(self) -> dict[str, Queued]:
        """Return what holds back nodes that could run, by their unique ids.

        Nodes whose attempts are not made yet, because others wait already, stand behind those.
        """
        attempts = self._launcher.queued()
        found = self._cache.waiting() | attempts
        if attempts:
            last = max(attempts.values(), key=lambda queued: queued.ahead)
            for path, position in self._starting.positions().items():
                found[cast("Path", path)] = Queued(last.ahead + 1 + position, last.reason)
        return {self._addresses.node(self._state.root, path): queued for path, queued in found.items()}

    def count(self) -> Mapping[tuple[str, str], int]:
        """Return how many attempts there are, by executor and by ``running`` or ``queued``."""
        return self._launcher.count()

    @property
    def held_back(self) -> int:
        """How many nodes wait behind the attempts that are queued."""
        return self._starting.waiting

    @property
    def awaits_children(self) -> bool:
        """Whether nodes wait for executions that they have started, which need an engine themselves."""
        return self._children.awaited > 0

    async def run(self) -> None:
        """Drive the execution to its end; when this returns, the end is on record.

        Raises:
            ExceptionGroup: with ``LeaseLost``, or with whatever made the engine fail.
        """
        try:
            await self._recover()
        except UserError as error:
            await self.force_end(Failure("CannotRun", f"This execution cannot be run: {error}."))
            return
        async with asyncio.TaskGroup() as self._group:
            reporting = self._group.create_task(self._recorder.run(), name=f"report {self.key}")
            deadline = self._watch_deadline()
            await self._loop()
            deadline.cancel()
            await self._recorder.recorded()
            for task in (reporting, *self._effects):
                task.cancel()

    def _watch_deadline(self) -> asyncio.Handle:
        """Have the execution fail when it has taken as long as it may, whichever engines have driven it."""
        loop, limit = asyncio.get_running_loop(), self._settings.execution_deadline
        if not limit:
            return loop.call_soon(lambda: None)
        left = (self._claim.created_at - datetime.now(UTC)).total_seconds() + limit
        message = f"The execution took longer than {format_duration(limit)}, which is as long as this server lets them."
        event = DeadlinePassed(Failure("TimeoutExpired", message, Blame.USER))
        return loop.call_later(max(left, 0.0), self._events.put_nowait, event)

    async def force_end(self, failure: Failure) -> None:
        """End the execution without driving it: stop what is on record, and fail it (abort it, if that was asked)."""
        self._recorder.add(await stop_recorded(self._claim, self._control, self._executor, self._owner, self._settings))
        stands = WorkflowPhase(self._claim.phase)
        phases = [WorkflowPhase.FAILING, WorkflowPhase.FAILED]
        if stands is WorkflowPhase.ABORTING:
            phases, failure = [WorkflowPhase.ABORTED], aborted(self._claim.abort_cause)
        elif stands is WorkflowPhase.UNDEFINED:
            phases.insert(0, WorkflowPhase.QUEUED)
        reports = [ReportWorkflow(phase, failure if phase is not WorkflowPhase.QUEUED else None) for phase in phases]
        self._recorder.add([self._writer.write_workflow(report) for report in reports])
        await self._recorder.flush()

    async def runs_bound_attempts(self) -> bool:
        """Tell, after ``run`` was cancelled, whether attempts may go on that only this server reaches."""
        if not self._resumed:  # it knows of none yet, and there may be some on record
            return not self._claim.taken_over and any(
                not TaskPhase(task.closure.phase).terminal for task in self._claim.tasks
            )
        try:
            return bool(await self._launcher.bound())
        except ExecutorError:
            return True

    async def abandon(self) -> None:
        """End the attempts that only this server reaches, after ``run`` was cancelled: another has the execution."""
        for handle in await self._launcher.bound():
            with contextlib.suppress(NoSuchAttempt):
                await self._executor.abort(handle, grace=0.0)

    async def flush(self) -> None:
        """Record what is still to be recorded, after ``run`` was cancelled."""
        await self._recorder.flush()

    def _root(self) -> ScopeState:
        return self._state.root

    async def _recover(self) -> None:
        """Plan the execution and start from what is on record."""
        planner = self._planner(self._claim.closure)
        self._large = planner.nodes + len(self._claim.nodes) > FEW_NODES
        records = await asyncio.to_thread(self._rebuild, planner) if self._large else self._rebuild(planner)
        self._shell = Shell(
            key=self.key,
            root=self._root,
            emit=self._events.put_nowait,
            addresses=self._addresses,
            data=self._data,
            observations=self._observations,
            records=records,
            recorder=self._recorder,
            control=self._control,
            planner=self._planner,
            cache=self._cache,
            launcher=self._launcher,
            children=self._children,
            recovered=RecoveredNodes(await self._find_recovered(), self._data, self._observations),
            starting=self._starting,
            preparing=Slots(self._settings.ahead),
            sequencer=Sequencer(self._settings.in_order),
            settings=self._settings,
        )
        await self._release_of_ended(records)

    async def _find_recovered(self) -> Recorded | None:
        """What is on record of the execution that this one recovers, if it does."""
        metadata = self._claim.spec.metadata
        if metadata.mode != ExecutionMetadata.RECOVERED or not metadata.HasField("reference_execution"):
            return None
        source = metadata.reference_execution
        return await retry("find recorded", lambda: self._control.find_recorded(source), self._settings)

    async def _release_of_ended(self, records: RecordedNodes) -> None:
        """Let others compute what nodes have reserved that are over, as their engine died before it could.

        And what is reserved by those of which nothing is on record: they may never begin, and ask again if they do.
        """
        for name in self._claim.reserving:
            if name not in records or not records[name].phase.active:
                await self._cache.release(self._addresses.node_id(name))

    def _planner(self, closure: CompiledWorkflowClosure) -> Planner:
        deadline = self._settings.attempt_deadline
        return Planner(
            closure,
            self._kinds,
            system_retries=self._settings.system_retries,
            timeout=timedelta(seconds=deadline) if deadline else None,
        )

    def _rebuild(self, planner: Planner) -> RecordedNodes:
        plan, records = planner.plan(), records_of(self._claim)
        self._state = rebuild(
            plan,
            records,
            WorkflowPhase(self._claim.phase),
            failure=None if self._claim.error is None else failure_of(self._claim.error),
            abort_cause=self._claim.abort_cause,
        )
        self._observations.add_recorded(walk(self._state.root, records))
        return records

    # The loop.

    async def _loop(self) -> None:
        while not self._state.phase.terminal:
            event = await self._events.get()
            if self._touches_many(event):
                self._state, commands = await asyncio.to_thread(step, self._state, event)
            else:
                self._state, commands = step(self._state, event)
            await self._carry_out(commands)
            self._resumed = True

    def _touches_many(self, event: Event) -> bool:
        """Whether a step would hold up the event loop: it begins, resumes or stops a great many nodes."""
        if isinstance(event, Resume):
            return self._large
        if len(self._effects) > FEW_NODES and (isinstance(event, AskedToAbort) or getattr(event, "failure", None)):
            return True  # stops the other nodes, each of which has an effect
        scope = getattr(event, "scope", None)  # of kinds whose nodes are known only once something has run
        return isinstance(scope, ScopeState) and len(scope.nodes) > FEW_NODES

    async def _carry_out(self, commands: tuple[Command, ...]) -> None:
        """Record what the step reports, as one, and begin the rest in the order of the commands."""
        reports: list[ExecutionEvent] = []
        for part in _slices(commands, SLICE):
            reports += [
                self._writer.write(each, self._state.root) for each in part if not isinstance(each, NodeCommand)
            ]
            if len(commands) > SLICE:
                await asyncio.sleep(0)
        self._recorder.add(reports)
        for part in _slices(commands, SLICE):
            for command in part:
                if isinstance(command, NodeCommand):
                    self._begin(command)
            if len(commands) > SLICE:
                await asyncio.sleep(0)

    def _begin(self, command: NodeCommand) -> None:
        effect = plan_at(self._state.root, command.path).handler.carry_out(self._shell, command)
        task = self._group.create_task(effect, name=f"{type(command).__name__} {self.key} {command.path}")
        self._effects.add(task)
        task.add_done_callback(self._effects.discard)


def _slices(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
