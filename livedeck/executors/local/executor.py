"""``LocalExecutor``: attempts as processes of this machine, which outlive the server.

What is known of an attempt is on disk (``records``); its process belongs to a keeper (``keepers``), and what kind of
process that is sets one executor of this machine apart from another. This module decides who may start
(``admission``), follows what keepers tell, and takes output to the store. Any of it may be killed at any moment.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livedeck.errors import CannotStart, ExecutorError, NoSuchAttempt
from livedeck.executors.api import Attempt, Exit, Queued, ResultStored
from livedeck.executors.local import endings, following, scratch
from livedeck.executors.local.admission import UNSTATED_CPU, Amount, ResourcePool, at_once, capacity
from livedeck.executors.local.keepers import Keepers
from livedeck.executors.local.phases import HAS_EXITED, HEARD, WITHDRAWABLE, Event, Phase, after
from livedeck.executors.local.records import (
    AttemptFiles,
    AttemptRecord,
    ExitRecord,
    Records,
    StoredRecord,
    attempt_name,
)
from livedeck.executors.logs import LogShipper
from livedeck.executors.watchdog import CHECK, Limit, Watchdog
from livedeck.store import open_store

logger = logging.getLogger(__name__)

PRUNE_EVERY = 3600.0


@dataclass(frozen=True)
class LocalSettings:
    """What can be set of any executor of this machine."""

    cpu: float | None = None
    """Cores that may be asked for by all running attempts together; None: all."""
    memory: int | None = None
    """Likewise, bytes."""
    parallel: int | None = None
    """How many attempts may run at once; those that ask for no cores then count for none. None: two a core, and fewer
    where they ask for more."""
    retention: float = 24 * 3600.0
    """Seconds after which the record of an attempt that is over is removed.

    An attempt launched again after that would run again, so it must exceed any time that an engine takes to note an
    outcome; it counts only while an executor is open, from when the record was last asked for.
    """
    log_timeout: float = 5.0
    """Seconds that an outcome waits for a store that does not take the output."""
    result_log_timeout: float = 1.0
    """Seconds that the word of a stored result waits for it, since that is what the next task waits for."""


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False)
class Start:
    """The start of an attempt, which any number of calls may wait for."""

    task: asyncio.Task[None]
    callers: int = 0


@dataclass
class Watch:
    """An attempt that this executor knows of."""

    files: AttemptFiles
    phase: Phase = Phase.LOOKUP
    start: Start | None = None
    """What is under way in ``LOOKUP``, ``QUEUED`` and ``STARTING``."""
    amount: Amount | None = None
    """What it waits for while it is ``QUEUED``, and else what it holds."""
    foreign: AttemptRecord | None = None
    """The attempt's record, if its keeper is another executor's: it is followed by what is on disk."""
    started_at: datetime | None = None
    """When it began, if it was found to have been started before."""
    abort_grace: float | None = None
    """The grace of an abort that was asked for, to be repeated to a keeper that may not have heard of it."""
    log: LogShipper | None = None
    shipping: asyncio.Task[None] | None = None
    """Ships the output while it grows."""
    stored: "asyncio.Future[ResultStored]" = field(default_factory=_future)
    outcome: "asyncio.Future[Exit]" = field(default_factory=_future)
    detached: bool = False
    """Nobody will ask how it ends: its result is enough."""

    @property
    def name(self) -> str:
        return self.files.name

    def move(self, event: Event) -> None:
        self.phase = after(self.phase, event)


class LocalExecutor:
    """Runs each attempt in a process of its own on this machine. See ``api.Executor``.

    Handles are names of files under ``work_dir`` and stay valid for ``settings.retention`` after they were last asked
    for. Attempts that another executor of this machine started there are known to this one, too.

    Requests are admission limits only (see ``admission``): an attempt may use more than it asked for, and when memory
    runs out the kernel's SIGKILL is seen as ``SIGNALLED`` with code 9 and, as far as it tells, ``out_of_memory``.

    Args:
        name: by which it is chosen; on record with each attempt.
        work_dir: where attempts and keepers live; one executor at a time, but any number in turn. Only this user may
            read it.
        keepers: start attempts and see them end.
        settings: limits and times.
    """

    def __init__(self, name: str, work_dir: Path, keepers: Keepers, settings: LocalSettings) -> None:
        self._name = name
        self._settings = settings
        self._keepers = keepers
        self._resources = ResourcePool(capacity(settings.cpu, settings.memory), settings.parallel)
        self._unstated_cpu = UNSTATED_CPU if settings.parallel is None else 0.0
        self._records = Records(work_dir)
        self._watchdog = Watchdog(work_dir)
        self._renewed = asyncio.Event()
        self._watches: dict[str, Watch] = {}
        self._open = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._records.prepare()
        await asyncio.to_thread(scratch.clean, self._records.work_dir)
        await self._keepers.open(self)
        self._open = True
        self._spawn(self._prune(), f"{self._name} executor: prune")
        self._spawn(self._ship_left_over(), f"{self._name} executor: ship what was left over")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._keepers.close()
        for watch in self._watches.values():
            if not watch.outcome.done():
                _fail(watch, ExecutorError("the executor was closed; the attempt runs on"))
        self._watches.clear()

    def binds(self, attempt: Attempt, handle: str = "") -> bool:
        """Tell that every attempt is a process of this machine."""
        del attempt, handle
        return True

    def renew(self, limit: Limit) -> None:
        """Leave word for the keepers of attempts until when these may run."""
        try:
            self._watchdog.write(limit)
        except OSError as error:
            words = "watchdog_not_written until=%.1f error=%s; attempts end when the limit before is reached"
            logger.error(words, limit.until, error)  # noqa: TRY400 - a full disk is no mistake of ours
            return
        self._renewed.set()

    def describe(self) -> str:
        """Say how many attempts run at once; see ``api.Executor.describe``."""
        return at_once(self._settings.parallel)

    async def launch(self, attempt: Attempt) -> str:
        """Start an attempt, once; see ``api.Executor.launch``."""
        if not self._open:
            raise ExecutorError("the executor is not open")
        name = attempt_name(attempt.id)
        watch = self._watches.get(name)
        if watch is None:
            watch = self._watches[name] = Watch(self._records.files(name))
            watch.start = Start(self._spawn(self._start(watch, attempt), f"launch {name}"))
        start = watch.start  # None once ``_start`` is done
        if start is None:
            return name
        start.callers += 1
        try:
            await asyncio.shield(start.task)
        except asyncio.CancelledError:
            if start.task.cancelled():
                raise ExecutorError("the executor was closed before the attempt was started") from None
            if start.callers == 1 and watch.phase in WITHDRAWABLE:
                start.task.cancel()
                if self._watches.get(name) is watch:  # another launch of it begins anew
                    del self._watches[name]
            raise
        finally:
            start.callers -= 1
        return name

    def queued(self, attempt_id: str) -> Queued | None:
        """Return why an attempt waits; see ``api.Executor.queued``."""
        watch = self._watches.get(attempt_name(attempt_id))
        if watch is None or watch.phase is not Phase.QUEUED or watch.amount is None:
            return None
        return self._resources.queued(attempt_id, watch.amount)

    async def find(self, attempt_id: str) -> str | None:
        """Return the handle of an attempt that was started; see ``api.Executor.find``."""
        name = attempt_name(attempt_id)
        watch = self._watches.get(name)
        if watch is not None and watch.start is not None:
            await asyncio.wait([watch.start.task])
        return name if name in self._watches or self._records.files(name).attempt() is not None else None

    async def wait_started(self, handle: str) -> datetime | None:
        """Return at once for every handle that ``launch`` returned: its process exists by then."""
        return (await self._find(handle)).started_at

    async def wait(self, handle: str) -> Exit:
        """Return how the attempt ended, its output in the store (or given up after a few seconds, with a warning)."""
        watch = await self._find(handle)
        outcome = await asyncio.shield(watch.outcome)
        self._detach(watch)
        return outcome

    async def wait_result(self, handle: str) -> ResultStored | Exit:
        """Return when the attempt says that its result is stored, or is over; see ``api.Executor.wait_result``."""
        watch = await self._find(handle)
        either: list[asyncio.Future[Any]] = [watch.stored, watch.outcome]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not watch.stored.done():
            return await self.wait(handle)
        if watch.log is not None and not watch.outcome.done():
            await watch.log.catch_up(timeout=self._settings.result_log_timeout)
        self._detach(watch)
        return watch.stored.result()

    async def abort(self, handle: str, *, grace: float) -> None:
        """Send SIGTERM to the attempt's main process, and SIGKILL to all of it after ``grace`` seconds."""
        watch = await self._find(handle)
        if watch.phase not in HAS_EXITED:
            watch.abort_grace = grace
            self._pass_abort_on(watch)

    # Starting

    async def _start(self, watch: Watch, attempt: Attempt) -> None:
        """Start an attempt, or find that it was started before. Forgets the watch if neither can be."""
        try:
            record = watch.files.attempt()
            if record is None:
                self._refuse_several_nodes(attempt)
                self._refuse_choices(attempt)
                await self._keepers.ready()
                record = await self._start_anew(watch, attempt)
            if record is not None:
                await self._look_up(watch, record)
        except BaseException:
            self._forget(watch)
            raise
        watch.start = None

    def _refuse_several_nodes(self, attempt: Attempt) -> None:
        if attempt.nodes > 1:
            raise CannotStart(
                f"the task is to run on {attempt.nodes} nodes at once (Elastic(nnodes={attempt.nodes})), and the "
                f"executor {self._name!r} has this machine alone: give nnodes=1 and as many processes with "
                "nproc_per_node, or have it run on a Ray cluster (livedeck serve --executor ray, @task(executor='ray'))"
            )

    def _refuse_choices(self, attempt: Attempt) -> None:
        """Refuse what would be left undone without a word: there is one kind of everything on this machine."""
        asked = [f"an accelerator {attempt.accelerator!r}"] if attempt.accelerator else []
        asked += [f"{amount:g} {name}" for name, amount in attempt.custom.items()]
        if asked:
            raise CannotStart(
                f"the task asks for {' and '.join(asked)}, and the executor {self._name!r} cannot choose by that: ask "
                "for gpu alone, or have it run on a Ray cluster (livedeck serve --executor ray, @task(executor='ray'))"
            )

    async def _start_anew(self, watch: Watch, attempt: Attempt) -> AttemptRecord | None:
        """Start an attempt that was never started; return its record if it turns out that it was."""
        amount = watch.amount = self._amount(attempt)
        watch.move(Event.ENQUEUED)
        await self._resources.acquire(amount, what=attempt.id, retried=attempt.retried)
        await self._until_allowed()
        watch.move(Event.ASKED)
        watch.log = _log_shipper(watch.files, attempt.output_prefix)
        while not await self._keepers.start(watch.name, attempt):
            record = watch.files.attempt()
            if record is not None:  # started by somebody else, or by a keeper in its last moment
                watch.move(Event.UNHEARD)
                return record
        watch.move(Event.STARTED)
        return None

    async def _until_allowed(self) -> None:
        """Return when attempts may be started: not while the server's leases may have run out."""
        while self._watchdog.read().reached:
            self._renewed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK):
                    await self._renewed.wait()

    async def _look_up(self, watch: Watch, record: AttemptRecord) -> None:
        """Take up an attempt that was started before: it runs, its end is known, or its keeper died."""
        watch.log = watch.log or _log_shipper(watch.files, record.output_prefix)
        watch.started_at = endings.moment(record.started_at)
        watch.files.touch()
        own = record.executor == self._name
        heard = watch.files.exit() is None and own and await self._keepers.adopt(record)
        ended = watch.files.exit()  # after the keeper is listened to, or what it tells meanwhile would be missed
        if ended is not None or (own and not heard):
            self._end(watch, ended)
        elif own:
            self._adopt(watch, record)
        elif watch.foreign is None:
            watch.foreign = record
            self._adopt(watch, record)
            self._spawn(following.follow(watch.files, record, self, asyncio.Event()), f"follow {watch.name}")

    def _adopt(self, watch: Watch, record: AttemptRecord) -> None:
        """Count a running attempt's requests and follow its output."""
        watch.move(Event.ADOPTED)
        if watch.phase in HAS_EXITED:
            return
        if watch.amount is None:
            amount = self._amount(record)
            watch.amount = amount.without_cores() if watch.stored.done() else amount
            self._resources.occupy(watch.amount)
        self._pass_abort_on(watch)
        self._ship(watch)

    def _pass_abort_on(self, watch: Watch) -> None:
        if watch.abort_grace is None or watch.phase not in HEARD:
            return
        if watch.foreign is not None:
            following.abort(watch.files, watch.foreign, watch.abort_grace)
        else:
            self._keepers.abort(watch.name, watch.abort_grace)

    async def _find(self, handle: str) -> Watch:
        """Return the watch of a handle, made from its record if this executor did not start it."""
        if not self._open:
            raise ExecutorError("the executor is not open")
        watch = self._watches.get(handle)
        if watch is None:
            files = self._records.files(handle)
            record = files.attempt()
            if record is None:
                raise NoSuchAttempt(f"there is no attempt {handle!r} here, or its record has been removed")
            watch = self._watches[handle] = Watch(files)
            watch.start = Start(self._spawn(self._rediscover(watch, record), f"find {handle}"))
        if watch.start is not None:
            await asyncio.shield(watch.start.task)
        return watch

    async def _rediscover(self, watch: Watch, record: AttemptRecord) -> None:
        try:
            await self._look_up(watch, record)
        except BaseException:
            self._forget(watch)
            raise
        watch.start = None

    # What keepers tell (keepers.Listener)

    def on_running(self, record: AttemptRecord) -> None:
        """Follow an attempt that runs."""
        watch = self._watches.get(record.name)
        if watch is None:
            watch = self._watches[record.name] = Watch(self._records.files(record.name))
        watch.log = watch.log or _log_shipper(watch.files, record.output_prefix)
        ended = watch.files.exit()
        if ended is not None:  # told since the keeper wrote this, when nobody here knew of it
            self._end(watch, ended)
        else:
            self._adopt(watch, record)

    def on_grew(self, name: str) -> None:
        """Ship what an attempt printed."""
        if name in self._watches:
            self._ship(self._watches[name])

    def on_stored(self, name: str, stored: StoredRecord) -> None:
        """Note that an attempt's result is stored. From now on it computes no more, but its memory is not free yet."""
        watch = self._watches.get(name)
        if watch is None:
            return
        watch.move(Event.RESULT_STORED)
        if watch.stored.done():
            return
        watch.stored.set_result(ResultStored(endings.moment(stored.started_at), endings.moment(stored.at)))
        if watch.amount is not None:
            amount, watch.amount = watch.amount, watch.amount.without_cores()
            self._resources.release(amount - watch.amount)

    def on_exited(self, name: str, ended: ExitRecord | None) -> None:
        """Settle an attempt that is over."""
        if name in self._watches:
            self._end(self._watches[name], ended)

    def on_unheard(self, name: str) -> None:
        """Look up what became of an attempt whose keeper died, or hung up, since it was not read."""
        watch = self._watches.get(name)
        if watch is not None:
            watch.move(Event.UNHEARD)
            if watch.phase is Phase.LOOKUP:
                self._spawn(self._look_up_again(watch), f"recover {name}")

    async def _look_up_again(self, watch: Watch) -> None:
        record = watch.files.attempt()
        try:
            if record is None:
                raise NoSuchAttempt(f"the record of attempt {watch.name} has been removed")
            await self._look_up(watch, record)
        except ExecutorError as error:
            self._give_up(watch, error)

    # Ending

    def _detach(self, watch: Watch) -> None:
        """Forget an attempt once it is over: its record tells whoever asks again."""
        watch.detached = True
        if watch.outcome.done() and self._watches.get(watch.name) is watch:
            del self._watches[watch.name]

    def _ship(self, watch: Watch) -> None:
        """Ship the output as it grows."""
        if watch.log is None or watch.phase in HAS_EXITED:
            return
        watch.log.grew()
        if watch.shipping is None:
            watch.shipping = self._spawn(watch.log.follow(), f"ship {watch.name}")

    def _end(self, watch: Watch, ended: ExitRecord | None) -> None:
        """Note that an attempt is over; None: its keeper died with it, and nobody knows how it ended."""
        already = watch.phase in HAS_EXITED
        watch.move(Event.EXITED)
        if not already:
            self._release(watch)
            self._spawn(self._settle(watch, ended), f"end {watch.name}")

    async def _settle(self, watch: Watch, ended: ExitRecord | None) -> None:
        if watch.shipping is not None:
            watch.shipping.cancel()
        try:
            if ended is None:
                ended = await self._finalize(watch.files)
            if ended.overdue:
                logger.warning("attempt_overdue attempt=%s; its process was ended, its result stands", watch.name)
            assert watch.log is not None
            await watch.log.finish(timeout=self._settings.log_timeout)
        except OSError as error:
            self._give_up(watch, ExecutorError(f"cannot settle the end of attempt {watch.name}: {error}"))
            return
        watch.move(Event.SETTLED)
        watch.outcome.set_result(endings.to_exit(ended, watch.log.last_words))
        if watch.detached:
            self._detach(watch)

    async def _finalize(self, files: AttemptFiles) -> ExitRecord:
        record = files.attempt()
        assert record is not None  # it was started
        return await endings.finalize(record, files)

    def _give_up(self, watch: Watch, error: ExecutorError) -> None:
        """Tell those who wait that nothing is known for now, and forget the attempt: whoever asks again looks anew."""
        _fail(watch, error)
        self._forget(watch)

    def _forget(self, watch: Watch) -> None:
        self._release(watch)
        if self._watches.get(watch.name) is watch:
            del self._watches[watch.name]

    def _amount(self, attempt: Attempt | AttemptRecord) -> Amount:
        unstated = min(self._unstated_cpu * attempt.processes, self._resources.capacity.milli_cores / 1000)
        slots = min(attempt.processes, self._settings.parallel or attempt.processes)
        amount = replace(Amount.of(attempt.cpu or unstated, attempt.memory, attempt.gpus), attempts=slots)
        return amount.without_cores() if attempt.client else amount

    def _release(self, watch: Watch) -> None:
        amount, watch.amount = watch.amount, None
        if amount is not None and watch.phase is not Phase.QUEUED:
            self._resources.release(amount)

    # Housekeeping

    async def _ship_left_over(self) -> None:
        """Ship what attempts printed that ended while no server ran, and that no engine may ask for any more."""
        for name in await asyncio.to_thread(self._records.unshipped):
            try:
                self._detach(await self._find(name))
            except ExecutorError as error:
                logger.warning("log_left_over attempt=%s error=%s", name, error)

    async def _prune(self) -> None:
        """Remove old records, first when every engine has long asked again for what it was waiting for."""
        while True:
            await asyncio.sleep(PRUNE_EVERY)
            await asyncio.to_thread(self._records.prune, time.time() - self._settings.retention)
            for name, watch in list(self._watches.items()):
                if watch.outcome.done() and watch.files.attempt() is None:
                    del self._watches[name]

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        return task

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("failed task=%s error=%s", task.get_name(), error)


def _log_shipper(files: AttemptFiles, output_prefix: str) -> LogShipper:
    return LogShipper(files.output, lambda: open_store(output_prefix))


def _fail(watch: Watch, error: ExecutorError) -> None:
    if not watch.outcome.done():
        watch.outcome.set_exception(error)
        watch.outcome.exception()  # nobody needs to be waiting
