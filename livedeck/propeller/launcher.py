"""The attempts of one execution that are at work: begun on ``Launch``, ended on ``Stop``, reported as events."""

import asyncio
from collections import Counter as Counts
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from flyteidl.core.tasks_pb2 import TaskTemplate

from livedeck.errors import InvalidWorkflow
from livedeck.executors.api import Attempt, Executor, ExecutorNames, Queued
from livedeck.literals.task_config import EXECUTOR
from livedeck.propeller.addresses import Addresses
from livedeck.propeller.attempts import TASK_TEMPLATE, AttemptWriter
from livedeck.propeller.data import Data
from livedeck.propeller.events import (
    AttemptExpired,
    AttemptFailed,
    AttemptLeftNodes,
    AttemptStarted,
    AttemptSucceeded,
    AttemptWaits,
    Event,
)
from livedeck.propeller.failures import Blame, Failure
from livedeck.propeller.observations import Observations
from livedeck.propeller.outcomes import Futures, Outputs
from livedeck.propeller.plan import Path, TaskPlan
from livedeck.propeller.retry import retry
from livedeck.propeller.runs import Run, RunListener
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.slots import Slots
from livedeck.propeller.state import ScopeState, scope_at
from livedeck.propeller.store_access import save
from livedeck.propeller.task_cache import TaskCache
from livedeck.propeller.templates import mentioned
from livedeck.store import join_uri
from livedeck.telemetry.log_fields import bound
from livedeck.telemetry.metrics import Counter

_ENDED: Final = Counter(
    "livedeck_ended_attempts",
    "Attempts that have ended: succeeded, failed by the user's code or by the system, stopped before their end.",
    ["outcome"],
)


class Launcher:
    """Runs the attempts of one execution.

    Args:
        executor: runs the attempts.
        names: of the executors that it goes by.
        writer: makes them from plans.
        addresses: names, and where things lie.
        data: inputs and outputs.
        observations: where is noted what is found out about them.
        cache: remembers their outputs.
        starting: counts those that wait to be started.
        settings: budgets and times.
        root: gives the execution's nodes as they stand now.
        recorded: returns when all that was reported so far is on record.
        emit: takes events to the execution's loop.
        parallelism: how many attempts may run at once; 0: any number.
        taken_over: whether attempts that an earlier engine launched were another server's, which is gone.
    """

    def __init__(
        self,
        *,
        executor: Executor,
        names: ExecutorNames,
        writer: AttemptWriter,
        addresses: Addresses,
        data: Data,
        observations: Observations,
        cache: TaskCache,
        starting: Slots,
        settings: PropellerSettings,
        root: Callable[[], ScopeState],
        recorded: Callable[[], Awaitable[None]],
        emit: Callable[[Event], None],
        parallelism: int,
        taken_over: bool,
    ) -> None:
        self._executor = executor
        self._names = names
        self._writer = writer
        self._addresses = addresses
        self._data = data
        self._observations = observations
        self._cache = cache
        self._starting = starting
        self._settings = settings
        self._root = root
        self._recorded = recorded
        self._emit = emit
        self._taken_over = taken_over
        self._slots = Slots(parallelism) if parallelism > 0 else None
        self._runs: dict[tuple[Path, int], Run] = {}
        self._places: dict[tuple[Path, int], str] = {}
        """The name of the executor of each run."""
        self._unstarted: set[tuple[Path, int]] = set()

    def start(self, path: Path, number: int, task: TaskPlan, *, adopt: bool) -> Coroutine[Any, Any, None]:
        """Make a run, which ``stop`` can reach from now on; await what is returned to have it run.

        Args:
            path: the attempt's node.
            number: the attempt's, from 0.
            task: what it runs.
            adopt: whether an earlier engine may have launched it.
        """
        listener = RunListener(
            waits=lambda reason: self._emit(AttemptWaits(path, number, reason)),
            started=lambda handle, began: self._on_started(path, number, handle, began),
            expired=lambda: self._emit(AttemptExpired(path, number)),
        )
        run = Run(
            self._executor,
            lambda: self._make(path, number, task),
            listener,
            self._settings,
            has_outputs=bool(task.template.interface.outputs.variables),
            may_have_deck=task.generates_deck is None,
            adopt=adopt,
            taken_over=self._taken_over,
            timeout=task.timeout,
            started_at=self._observations.started.get((path, number)),
            number=number,
            slots=None if task.eager else self.slots_of(path),
        )
        self._runs[path, number] = run
        self._places[path, number] = self._names.name_of(task.template.config.get(EXECUTOR, ""))
        self._unstarted.add((path, number))
        self._starting.acquire_over()
        return self._run_to_end(run, path, number, task)

    def stated_environment(self, template: TaskTemplate | None) -> Mapping[str, str]:
        """Return what is stated of the environment of a task's attempts; None: of any task's."""
        return self._writer.stated_environment(template)

    def slots_of(self, path: Path) -> Slots | None:
        """What limits how many nodes are at work at once, for the node at ``path``; None: nothing."""
        items = scope_at(self._root(), path[:-1]).plan.items
        return self._slots if items is None or items.limited else None

    def stop(self, path: Path, number: int) -> None:
        """End an attempt that runs or is about to. Its run tells when it is over."""
        run = self._runs.get((path, number))
        if run is not None:
            run.stop()

    async def bound(self) -> list[str]:
        """Return the handles of the attempts that may run and that only this server reaches, once runs are cancelled.

        Raises:
            ExecutorError: that is not known now.
        """
        handles = await asyncio.gather(*(run.bound_handle() for run in self._runs.values()))
        return [handle for handle in handles if handle is not None]

    def queued(self) -> dict[Path, Queued]:
        """Return why attempts wait to be started, and how many go before each, by their nodes."""
        found = ((path, self._runs[path, number].queued()) for path, number in self._unstarted)
        return {path: queued for path, queued in found if queued is not None}

    def count(self) -> Mapping[tuple[str, str], int]:
        """Return how many attempts there are, by executor and by ``running`` or ``queued``."""
        return Counts((name, "queued" if key in self._unstarted else "running") for key, name in self._places.items())

    async def _run_to_end(self, run: Run, path: Path, number: int, task: TaskPlan) -> None:
        """Await a run and emit the event that its outcome makes."""
        with bound(node=self._addresses.node(self._root(), path), attempt=str(number)):
            try:
                result = await run.result()
            except InvalidWorkflow as error:
                result = Failure("BadCommand", f"The task cannot be started: {error}.")
        _ENDED.add("stopped" if run.stopped else _outcome(result))
        self._leave_queue(path, number)
        del self._runs[path, number], self._places[path, number]
        if run.deck:
            self._observations.decks[path, number] = run.deck
        if run.ended_at is not None:
            self._observations.ended[path, number] = run.ended_at
        if run.flushing:
            self._observations.flushing.add((path, number))
        match result:
            case Failure():
                self._emit(AttemptFailed(path, number, result))
            case Futures():
                self._observations.ended.pop((path, number), None)  # the node goes on: this is not its end
                self._emit(AttemptLeftNodes(path, number))
            case Outputs():
                await self._note_outputs(result, path, number, task)
                self._emit(AttemptSucceeded(path, number))

    async def _make(self, path: Path, number: int, task: TaskPlan) -> Attempt:
        """Make the attempt, and wait until its being queued is on record: an engine that takes over must find it."""
        name = self._addresses.node(self._root(), path)
        variables = mentioned((*task.template.container.command, *task.template.container.args))
        inputs = (await self._data.inputs(path)).literals if "inputs" in variables else {}
        attempt = self._writer.write(name, number, task, inputs)
        if "tasktemplatepath" in variables:
            uri, template = join_uri(attempt.output_prefix, TASK_TEMPLATE), task.template.SerializeToString()
            await retry("store", lambda: save(uri, template), self._settings)
        await self._recorded()
        return attempt

    def _leave_queue(self, path: Path, number: int) -> None:
        if (path, number) in self._unstarted:
            self._unstarted.remove((path, number))
            self._starting.release()

    def _on_started(self, path: Path, number: int, handle: str, began: datetime | None) -> None:
        self._leave_queue(path, number)
        self._places[path, number] = self._names.name_of("", handle)
        self._observations.handles[path, number] = handle
        self._observations.started.setdefault((path, number), began or datetime.now(UTC))
        self._emit(AttemptStarted(path, number))

    async def _note_outputs(self, outputs: Outputs, path: Path, number: int, task: TaskPlan) -> None:
        """Note where the outputs lie, here for the nodes downstream and in the cache for later executions."""
        name = self._addresses.node(self._root(), path)
        uri = self._addresses.outputs_uri(name, number)
        self._data.keep(path, uri, outputs.literals, outputs.size)
        if task.cacheable:
            inputs = (await self._data.inputs(path)).literals
            source = self._addresses.task_id(name, task.template.id, number)
            await self._cache.keep(path, task, inputs, uri, source)


def _outcome(result: Outputs | Futures | Failure) -> str:
    if not isinstance(result, Failure):
        return "succeeded"
    return "failed_by_user" if result.blame is Blame.USER else "failed_by_system"
