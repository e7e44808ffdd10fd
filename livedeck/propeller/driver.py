"""One execution, driven to its end: events in, the machine's commands carried out.

The loop is the only place that steps the machine, so events have an order. Commands that take time run as tasks beside
it and end by telling the loop an event.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, cast

from livedeck.errors import InvalidWorkflow, UserError
from livedeck.executors.api import Executor, Queued
from livedeck.propeller.addresses import Addresses, execution_key
from livedeck.propeller.attempts import AttemptEnvironment, AttemptWriter
from livedeck.propeller.commands import Command, Gather, Launch, Prepare, ReportNode, ReportTask, ReportWorkflow, Stop
from livedeck.propeller.control_plane import Claim, ControlPlane, ExecutionEvent
from livedeck.propeller.data import Data
from livedeck.propeller.event_writer import EventWriter, Observations
from livedeck.propeller.events import (
    AskedToAbort,
    CacheHit,
    Event,
    Gathered,
    GatherFailed,
    Path,
    Prepared,
    PrepareFailed,
    Resume,
)
from livedeck.propeller.failures import Failure, aborted
from livedeck.propeller.force_end import force_end
from livedeck.propeller.launcher import Launcher
from livedeck.propeller.machine import step
from livedeck.propeller.nodes import KINDS
from livedeck.propeller.phases import NodePhase, WorkflowPhase
from livedeck.propeller.plan import ScopePlan, TaskPlan
from livedeck.propeller.planner import Planner
from livedeck.propeller.recorder import EventRecorder
from livedeck.propeller.recovery import rebuild, records_of, walk
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.slots import Slots
from livedeck.propeller.state import ExecutionState, ScopeState, node_at, plan_at
from livedeck.propeller.task_cache import Cache

log = logging.getLogger("livedeck.propeller")

FEW_NODES = 1_000
"""Nodes that are planned on the event loop: some 10 ms."""


class Driver:
    """Drives one execution.

    Args:
        claim: the execution, under this engine's lease.
        control: where events are recorded.
        executor: who runs attempts.
        owner: this engine's name.
        environment: what is added to each attempt's environment.
        settings: budgets and times.
    """

    def __init__(
        self,
        claim: Claim,
        control: ControlPlane,
        executor: Executor,
        *,
        owner: str,
        environment: AttemptEnvironment,
        settings: PropellerSettings,
    ) -> None:
        self.key = execution_key(claim.id)
        self._claim = claim
        self._executor = executor
        self._owner = owner
        self._settings = settings
        self._addresses = Addresses(claim.id, claim.prefix, claim.raw_data_prefix)
        self._data = Data(self._addresses, claim.inputs, self._root, settings)
        self._observations = Observations(self._data.outputs_uris)
        self._cache = Cache(control, self._observations, overwrite=claim.spec.overwrite_cache)
        self._writer = EventWriter(self._addresses, owner, self._observations)
        self._recorder = EventRecorder(control, owner, settings)
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._events.put_nowait(Resume())  # before anything else: an abort may be asked for at once
        self._effects: set[asyncio.Task[None]] = set()
        self._ahead = Slots(settings.ahead)
        self._preparing = Slots(settings.ahead)
        self._launcher = Launcher(
            executor=executor,
            writer=AttemptWriter(self._addresses, claim.spec, claim.closure.primary.template.id, environment),
            addresses=self._addresses,
            data=self._data,
            observations=self._observations,
            cache=self._cache,
            ahead=self._ahead,
            settings=settings,
            root=self._root,
            recorded=self._recorder.recorded,
            tell=self._events.put_nowait,
            parallelism=claim.spec.max_parallelism,
        )
        self._state: ExecutionState
        self._group: asyncio.TaskGroup

    def ask_to_abort(self, cause: str) -> None:
        """Somebody wants the execution ended. May be repeated."""
        self._events.put_nowait(AskedToAbort(cause))

    def queued(self) -> dict[str, Queued]:
        """Return what holds back nodes that could run, by their unique ids.

        Nodes whose attempts are not made yet, because others wait already, stand behind those.
        """
        attempts = self._launcher.queued()
        found = dict(attempts)
        if attempts:
            last = max(attempts.values(), key=lambda queued: queued.ahead)
            for path, position in self._ahead.positions().items():
                found[cast("Path", path)] = Queued(last.ahead + 1 + position, last.reason)
        return {self._addresses.node(self._state.root, path): queued for path, queued in found.items()}

    async def run(self) -> None:
        """Drive the execution to its end; when this returns, the end is on record.

        Raises:
            ExceptionGroup: with ``LeaseLost``, or with whatever made the engine fail.
        """
        try:
            planner = Planner(self._claim.closure, KINDS, system_retries=self._settings.system_retries)
            plan = planner.plan() if planner.nodes <= FEW_NODES else await asyncio.to_thread(planner.plan)
        except UserError as error:
            await self.give_up(Failure("CannotRun", f"This execution cannot be run: {error}."))
            return
        self._recover(plan)
        async with asyncio.TaskGroup() as self._group:
            reporting = self._group.create_task(self._recorder.run(), name=f"report {self.key}")
            await self._loop()
            await self._recorder.recorded()
            for task in (reporting, *self._effects):
                task.cancel()

    async def give_up(self, failure: Failure) -> None:
        """Stop what runs of the execution as far as it is on record, and fail it (or abort it, if that was asked)."""
        self._recorder.add(await force_end(self._claim, self._executor, self._owner, self._settings))
        stands = WorkflowPhase(self._claim.phase)
        phases = [WorkflowPhase.FAILING, WorkflowPhase.FAILED]
        if stands is WorkflowPhase.ABORTING:
            phases, failure = [WorkflowPhase.ABORTED], aborted(self._claim.abort_cause)
        elif stands is WorkflowPhase.UNDEFINED:
            phases.insert(0, WorkflowPhase.QUEUED)
        reports = [ReportWorkflow(phase, failure if phase is not WorkflowPhase.QUEUED else None) for phase in phases]
        self._recorder.add([self._writer.write_workflow(report) for report in reports])
        await self._recorder.flush()

    async def flush(self) -> None:
        """Record what is still to be recorded, after ``run`` was cancelled."""
        await self._recorder.flush()

    def _root(self) -> ScopeState:
        return self._state.root

    def _recover(self, plan: ScopePlan) -> None:
        """Start from what is on record."""
        records = records_of(self._claim)
        self._state = rebuild(plan, records, WorkflowPhase(self._claim.phase), self._claim.abort_cause)
        for path, record in walk(plan, records):
            if record.output_uri:
                self._data.outputs_uris[path] = record.output_uri
            for number, attempt in record.attempts.items():
                if attempt.started_at is not None:
                    self._observations.started[path, number] = attempt.started_at

    # The loop.

    async def _loop(self) -> None:
        while not self._state.phase.terminal:
            event = await self._events.get()
            self._state, commands = step(self._state, event)
            self._carry_out(commands)

    def _carry_out(self, commands: tuple[Command, ...]) -> None:
        reports: list[ExecutionEvent] = [
            self._writer.write(command, self._state.root)
            for command in commands
            if isinstance(command, ReportWorkflow | ReportNode | ReportTask)
        ]
        self._recorder.add(reports)
        for command in commands:
            match command:
                case Prepare(path):
                    self._begin(self._prepare(path), f"prepare {self.key} {path}")
                case Gather(path):
                    self._begin(self._gather(path), f"gather {self.key} {path}")
                case Launch(path, attempt, adopt):
                    self._begin(self._launcher.start(path, attempt, adopt=adopt), f"run {self.key} {path} {attempt}")
                case Stop(path, attempt):
                    self._begin(self._stop(path, attempt), f"stop {self.key} {path} {attempt}")

    def _begin(self, effect: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = self._group.create_task(effect, name=name)
        self._effects.add(task)
        task.add_done_callback(self._effects.discard)
        return task

    # Commands that take time. Each ends by telling an event.

    async def _prepare(self, path: Path) -> None:
        """Prepare a node when a slot for that is free.

        The first tasks of a wide fan-out are to run while the inputs of the last are not put together yet, and tasks
        that will wait for hours for others need not have theirs in memory: so they are prepared a few ahead. What may
        be over without running, or holds other nodes, waits only for others to be prepared.
        """
        detail = plan_at(self._state.root, path).detail
        slots = self._ahead if isinstance(detail, TaskPlan) and not detail.cacheable else self._preparing
        await slots.acquire(path)
        try:
            node = node_at(self._state.root, path)
            if node.phase is not NodePhase.QUEUED or node.attempt is not None:
                return  # it was stopped meanwhile
            with self._recorder.expecting():
                self._events.put_nowait(await self._prepared(path))
            await asyncio.sleep(0)  # the loop takes the event: an attempt that follows is counted before others enter
        finally:
            slots.release()

    async def _prepared(self, path: Path) -> Event:
        try:
            inputs = await self._data.prepare(path)
        except InvalidWorkflow as error:
            return PrepareFailed(path, _binding_failure("inputs", error))
        detail = plan_at(self._state.root, path).detail
        hit = isinstance(detail, TaskPlan) and await self._find_cached(path, detail, inputs.literals)
        return CacheHit(path) if hit else Prepared(path)

    async def _find_cached(self, path: Path, task: TaskPlan, inputs: Any) -> bool:
        uri = await self._cache.find(path, task, inputs)
        if uri is None:
            return False
        try:
            await self._data.read(uri)
        except InvalidWorkflow:
            log.warning("propeller.cache_stale execution=%s outputs=%s", self.key, uri)
            self._cache.forget(path)
            return False
        self._data.outputs_uris[path] = uri
        return True

    async def _stop(self, path: Path, number: int) -> None:
        # What it is stopped for must be on record first: else an engine that takes over sees only that it was killed,
        # and tries it again.
        await self._recorder.recorded()
        self._launcher.stop(path, number)

    async def _gather(self, path: Path) -> None:
        with self._recorder.expecting():
            self._events.put_nowait(await self._gathered(path))

    async def _gathered(self, path: Path) -> Event:
        try:
            await self._data.gather(path)
        except InvalidWorkflow as error:
            return GatherFailed(path, _binding_failure("outputs", error))
        return Gathered(path)


def _binding_failure(what: str, error: InvalidWorkflow) -> Failure:
    return Failure("BindingError", f"The {what} cannot be put together: {error}.")
