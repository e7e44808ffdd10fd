"""``ProcessExecutor``: attempts as processes of this machine, which outlive the server.

What is known of an attempt is on disk (``records``); the processes belong to a zygote (``zygote``), reached over a
``Link``. This module joins the two: it decides who may start (``admission``), follows what the zygote says, and takes
output to the store (``shipping``). Any of it may be killed at any moment.
"""

import asyncio
import logging
import os
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livedeck.errors import CannotStart, ExecutorError
from livedeck.executors.api import Attempt, Exit, Queued, ResultStored
from livedeck.executors.local import endings, scratch
from livedeck.executors.local.admission import UNSTATED_CPU, Amount, ResourcePool, capacity
from livedeck.executors.local.records import AttemptFiles, AttemptRecord, ExitRecord, Records, attempt_name
from livedeck.executors.logs import LogShipper
from livedeck.executors.process import messages
from livedeck.executors.process.links import Link, ZygoteFolder
from livedeck.executors.process.pool import ZygotePool
from livedeck.executors.process.zygote import Settings
from livedeck.store import open_store

logger = logging.getLogger(__name__)

COMMANDS = {"livedeck-execute": "livedeck.runtime.entry:main"}
PRUNE_EVERY = 3600.0
SHIP_PATIENCE = 5.0
"""Seconds that an outcome waits for a store that does not take the output."""
SHIP_RESULT = 1.0
"""Seconds that the word of a stored result waits for it, since that is what the next task waits for."""


@dataclass
class Watch:
    """One attempt that this executor knows of."""

    files: AttemptFiles
    starting: asyncio.Task[None] | None = None
    """The start, until the process exists."""
    callers: int = 0
    """How many calls of ``launch`` wait for the start."""
    sent: bool = False
    """A zygote has been asked: the process may exist."""
    answer: asyncio.Future[messages.FromZygote] | None = None
    """What the zygote will say to that."""
    amount: Amount | None = None
    """What it holds of the gate; None: it has not been let through, or is over."""
    waiting: Amount | None = None
    """What it waits for at the gate."""
    link: Link | None = None
    """To the zygote that runs it; None before and after."""
    aborting: float | None = None
    """The grace of an abort that no zygote may have heard of."""
    shipper: LogShipper | None = None
    following: asyncio.Task[None] | None = None
    """Ships the output while it grows."""
    ending: asyncio.Task[None] | None = None
    """Ships the rest, once the process is over."""
    stored: asyncio.Future[ResultStored] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    let_go: bool = False
    """Nobody will ask how it ends: its result is enough."""
    outcome: asyncio.Future[Exit] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class ProcessExecutor:
    """Runs each attempt in a process of its own, forked from a warm interpreter. See ``api.Executor``.

    Handles are names of files under ``work_dir`` and stay valid for ``retention`` after they were last asked for.

    Requests are admission limits only (see ``admission``): an attempt may use more than it asked for, and when memory
    runs out the kernel's SIGKILL is seen as ``SIGNALLED`` with code 9 and, as far as it tells, ``out_of_memory``.

    Args:
        work_dir: where attempts and zygotes live; one executor at a time, but any number in turn. Only this user
            may read it.
        cpu: cores that may be asked for by all running attempts together; None: all.
        memory: likewise, bytes.
        parallel: how many attempts may run at once; those that ask for no cores then count for none. None: two a
            core, and fewer where they ask for more.
        preload: modules that the zygote imports before it forks. They must start no thread. A function
            ``warm_up`` of such a module is called there too, and again in each fork that waits for an attempt.
        commands: console scripts to call in the fork, by name (``module:function``, called with the arguments);
            anything else is executed.
        idle: seconds that a zygote lingers after this process died, with nothing to run.
        log_cap: bytes kept of one attempt's output; past it the middle is dropped.
        exit_timeout: seconds that an attempt's process may go on after its result was stored, to end its Deck and to
            run exit handlers; then all of its session is ended.
        retention: seconds after which the record of an attempt that is over is removed. An attempt launched again
            after that would run again, so it must exceed any time that an engine takes to note an outcome; it counts
            only while an executor is open, from when the record was last asked for.
        ship_patience: seconds that an outcome is held up for the rest of the log to be stored.
    """

    def __init__(
        self,
        *,
        work_dir: Path,
        cpu: float | None = None,
        memory: int | None = None,
        parallel: int | None = None,
        preload: Sequence[str] = ("livedeck.runtime.entry",),
        commands: Mapping[str, str] = COMMANDS,
        idle: float = 60.0,
        log_cap: int = 16 << 20,
        exit_timeout: float = 300.0,
        retention: float = 24 * 3600.0,
        ship_patience: float = SHIP_PATIENCE,
    ) -> None:
        work_dir = work_dir.absolute()
        self._resources = ResourcePool(capacity(cpu, memory), parallel)
        self._unstated_cpu = UNSTATED_CPU if parallel is None else 0.0
        self._records = Records(work_dir)
        self._zygotes = ZygoteFolder(work_dir)
        self._settings = Settings(str(work_dir), -1, list(preload), dict(commands), idle, log_cap, exit_timeout)
        self._retention = retention
        self._ship_patience = ship_patience
        self._watches: dict[str, Watch] = {}
        self._lock: int | None = None
        self._pool: ZygotePool | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._records.prepare()
        self._zygotes.prepare()
        self._lock = await asyncio.to_thread(self._records.lock)
        await asyncio.to_thread(scratch.clean, self._records.work_dir)
        self._pool = ZygotePool(self._zygotes, self._settings, os.environ, self)
        await self._pool.open()
        self._spawn(self._prune(), "process executor: prune")
        self._spawn(self._ship_left_over(), "process executor: ship what was left over")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        for watch in self._watches.values():
            if not watch.outcome.done():
                _fail(watch, ExecutorError("the executor was closed; the attempt runs on"))
        self._watches.clear()

    async def launch(self, attempt: Attempt) -> str:
        """Start an attempt, once; see ``api.Executor.launch``.

        A call that is cancelled while it waits for room withdraws. Once the zygote has been asked the attempt runs
        whether or not the call is cancelled; launching again gives its handle.
        """
        name = attempt_name(attempt.id)
        watch = self._watches.get(name)
        if watch is None:
            watch = self._watches[name] = Watch(self._records.files(name))
            watch.starting = self._spawn(self._start(watch, attempt), f"launch {name}")
        starting = watch.starting  # forgotten there once it is done
        if starting is None:
            return name
        watch.callers += 1
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            if starting.cancelled():
                raise ExecutorError("the executor was closed before the attempt was started") from None
            if watch.callers == 1 and not watch.sent:
                starting.cancel()
            raise
        finally:
            watch.callers -= 1
        return name

    def queued(self, attempt_id: str) -> Queued | None:
        """Return why an attempt waits; see ``api.Executor.queued``."""
        watch = self._watches.get(attempt_name(attempt_id))
        return None if watch is None or watch.waiting is None else self._resources.queued(attempt_id, watch.waiting)

    async def find(self, attempt_id: str) -> str | None:
        """Return the handle of an attempt that was started; see ``api.Executor.find``.

        While a launch of it is under way, what becomes of that is waited for.
        """
        name = attempt_name(attempt_id)
        watch = self._watches.get(name)
        if watch is not None and watch.starting is not None:
            await asyncio.wait([watch.starting])
        return name if name in self._watches or self._records.files(name).attempt() is not None else None

    async def wait_started(self, handle: str) -> None:
        """Return at once for every handle that ``launch`` returned: its process exists by then."""
        await self._find(handle)

    async def wait(self, handle: str) -> Exit:
        """Return how the attempt ended, its output in the store (or given up after a few seconds, with a warning)."""
        watch = await self._find(handle)
        outcome = await asyncio.shield(watch.outcome)
        self._let_go(watch)
        return outcome

    async def wait_result(self, handle: str) -> ResultStored | Exit:
        """Return when the attempt says that its result is stored, or is over; see ``api.Executor.wait_result``."""
        watch = await self._find(handle)
        either: list[asyncio.Future[Any]] = [watch.stored, watch.outcome]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not watch.stored.done():
            return await self.wait(handle)
        if watch.shipper is not None and not watch.outcome.done():
            await watch.shipper.catch_up(patience=SHIP_RESULT)
        self._let_go(watch)
        return watch.stored.result()

    async def abort(self, handle: str, *, grace: float) -> None:
        """Send SIGTERM to the attempt's main process, and SIGKILL to all of it after ``grace`` seconds."""
        watch = await self._find(handle)
        if watch.ending is None:
            watch.aborting = grace
        if watch.link is not None:
            watch.link.send(messages.Abort(handle, grace))

    # Starting

    async def _start(self, watch: Watch, attempt: Attempt) -> None:
        """Start an attempt or find out that it was started before. Forgets the watch if neither can be."""
        try:
            await self._open_pool().primary()
            record = watch.files.attempt()
            if record is not None:
                await self._resume(watch, record)
            else:
                await self._admit(watch, attempt)
        except BaseException:
            self._release(watch)
            self._watches.pop(watch.files.name, None)
            raise
        watch.starting = None

    async def _admit(self, watch: Watch, attempt: Attempt) -> None:
        amount = watch.waiting = self._amount(attempt)
        await self._resources.acquire(amount, what=attempt.id, retried=attempt.retried)
        watch.amount, watch.waiting = amount, None
        watch.shipper = _shipper(watch.files, attempt.output_prefix)
        answer = await self._ask(watch, attempt)
        while not isinstance(answer, messages.Launched):
            if isinstance(answer, messages.Refused):
                raise (CannotStart if answer.final else ExecutorError)(answer.reason)
            record = watch.files.attempt()
            if record is not None:  # started by somebody else, or by a zygote in its last moment
                self._release(watch)
                await self._resume(watch, record)
                return
            answer = await self._ask(watch, attempt)

    async def _ask(self, watch: Watch, attempt: Attempt) -> messages.FromZygote:
        """Have the zygote start an attempt. ``Known`` is also the answer of one that died meanwhile."""
        link = await self._open_pool().primary()
        watch.answer = asyncio.get_running_loop().create_future()
        watch.link = link
        watch.sent = True
        link.send(
            messages.Launch(
                name=watch.files.name,
                id=attempt.id,
                command=list(attempt.command),
                environment=dict(attempt.environment),
                output_prefix=attempt.output_prefix,
                cpu=attempt.cpu,
                memory=attempt.memory,
                gpus=attempt.gpus,
            )
        )
        try:
            return await watch.answer
        finally:
            watch.answer = None

    async def _resume(self, watch: Watch, record: AttemptRecord) -> None:
        """Take up an attempt that was started before: it runs, its end is known, or its zygote died."""
        watch.link = None
        watch.shipper = _shipper(watch.files, record.output_prefix)
        link = await self._open_pool().link_to(record.zygote)
        ended = watch.files.exit()
        watch.files.touch()
        if link is None or ended is not None:
            self._end(watch, ended)
        elif watch.ending is None:
            self._hold(watch, record, link)

    def _hold(self, watch: Watch, record: AttemptRecord, link: Link) -> None:
        """Count a running attempt's requests and follow its output."""
        watch.link = link
        if watch.amount is None:
            amount = self._amount(record)
            watch.amount = amount.without_cores() if watch.stored.done() else amount
            self._resources.occupy(watch.amount)
        if watch.aborting is not None:  # asked for while the link was down
            link.send(messages.Abort(watch.files.name, watch.aborting))
        self._follow(watch)

    async def _find(self, handle: str) -> Watch:
        """Return the watch of a handle, made from its record if this executor did not start it."""
        watch = self._watches.get(handle)
        if watch is None:
            files = self._records.files(handle)
            record = files.attempt()
            if record is None:
                raise ExecutorError(f"there is no attempt {handle!r} here, or its record has been removed")
            watch = self._watches[handle] = Watch(files)
            watch.starting = self._spawn(self._rediscover(watch, record), f"find {handle}")
        if watch.starting is not None:
            await asyncio.shield(watch.starting)
        return watch

    async def _rediscover(self, watch: Watch, record: AttemptRecord) -> None:
        try:
            await self._resume(watch, record)
        except BaseException:
            self._watches.pop(watch.files.name, None)
            raise
        watch.starting = None

    def _open_pool(self) -> ZygotePool:
        if self._pool is None:
            raise ExecutorError("the executor is not open")
        return self._pool

    # What zygotes say (pool.Listener)

    def on_welcome(self, link: Link, welcome: messages.Welcome) -> None:
        """Follow the attempts that a zygote runs."""
        stored = {each.name: each for each in welcome.stored}
        for record in welcome.running:
            watch = self._watches.get(record.name)
            if watch is None:
                watch = self._watches[record.name] = Watch(self._records.files(record.name))
            watch.shipper = watch.shipper or _shipper(watch.files, record.output_prefix)
            ended = watch.files.exit()
            if ended is not None:  # told since the welcome was written, when nobody here knew of it
                self._end(watch, ended)
            else:
                self._hold(watch, record, link)
                if record.name in stored:
                    self._on_stored(watch, stored[record.name])

    def on_primary(self) -> None:
        self._dismiss_unused()

    def on_message(self, link: Link, message: messages.FromZygote) -> None:
        match message:
            case messages.Launched(name=name) | messages.Known(name=name) | messages.Refused(name=name):
                self._answer(name, message)
            case messages.Grew(sizes=sizes):
                for name in sizes:
                    if name in self._watches:
                        self._follow(self._watches[name])
            case messages.Stored(name=name):
                if name in self._watches:
                    self._on_stored(self._watches[name], message)
            case messages.Exited(name=name, exit=ended):
                if name in self._watches:
                    self._end(self._watches[name], ended)
                self._dismiss_unused()
            case messages.Welcome():
                self.on_welcome(link, message)

    def on_lost(self, link: Link) -> None:
        """Settle what a zygote ran that hung up: it died, or found us too slow."""
        for watch in list(self._watches.values()):
            if watch.link is not link:
                continue
            if watch.answer is not None:
                self._answer(watch.files.name, messages.Known(watch.files.name))
            else:
                self._spawn(self._recover(watch), f"recover {watch.files.name}")

    async def _recover(self, watch: Watch) -> None:
        record = watch.files.attempt()
        try:
            if record is not None and watch.ending is None:
                await self._resume(watch, record)
        except ExecutorError as error:
            _fail(watch, error)

    def _answer(self, name: str, message: messages.FromZygote) -> None:
        watch = self._watches.get(name)
        if watch is not None and watch.answer is not None and not watch.answer.done():
            watch.answer.set_result(message)

    def _dismiss_unused(self) -> None:
        if self._pool is not None:
            self._pool.dismiss_unused(watch.link for watch in self._watches.values() if watch.link is not None)

    # Ending

    def _on_stored(self, watch: Watch, message: messages.Stored) -> None:
        """Note that an attempt's result is stored. From now on it computes no more, but its memory is not free yet."""
        if watch.stored.done():
            return
        watch.stored.set_result(ResultStored(endings.moment(message.started_at), endings.moment(message.at)))
        if watch.amount is not None:
            amount, watch.amount = watch.amount, watch.amount.without_cores()
            self._resources.release(amount - watch.amount)

    def _let_go(self, watch: Watch) -> None:
        """Forget an attempt once it is over: its record tells whoever asks again."""
        watch.let_go = True
        if watch.outcome.done() and self._watches.get(watch.files.name) is watch:
            del self._watches[watch.files.name]

    def _follow(self, watch: Watch) -> None:
        """Ship the output as it grows."""
        if watch.shipper is None or watch.ending is not None:
            return
        watch.shipper.grew()
        if watch.following is None:
            watch.following = self._spawn(watch.shipper.follow(), f"ship {watch.files.name}")

    def _end(self, watch: Watch, ended: ExitRecord | None) -> None:
        """Note that an attempt is over; None: its zygote died with it, and nobody knows how it ended."""
        if watch.ending is None:
            watch.link = None
            self._release(watch)
            watch.ending = self._spawn(self._finish(watch, ended), f"end {watch.files.name}")

    async def _finish(self, watch: Watch, ended: ExitRecord | None) -> None:
        if watch.following is not None:
            watch.following.cancel()
        try:
            if ended is None:
                ended = await self._finalize(watch.files)
            if ended.overdue:
                logger.warning(
                    "attempt_overdue attempt=%s; its result was stored, its process was ended", watch.files.name
                )
            assert watch.shipper is not None
            await watch.shipper.finish(patience=self._ship_patience)
        except OSError as error:
            _fail(watch, ExecutorError(f"cannot settle the end of attempt {watch.files.name}: {error}"))
        else:
            watch.outcome.set_result(endings.to_exit(ended, watch.shipper.last_words))
            if watch.let_go:
                self._let_go(watch)

    async def _finalize(self, files: AttemptFiles) -> ExitRecord:
        record = files.attempt()
        assert record is not None  # it was started
        return await endings.finalize(record, files)

    def _amount(self, attempt: Attempt | AttemptRecord) -> Amount:
        unstated = min(self._unstated_cpu, self._resources.capacity.milli_cores / 1000)
        return Amount.of(attempt.cpu or unstated, attempt.memory, attempt.gpus)

    def _release(self, watch: Watch) -> None:
        amount, watch.amount = watch.amount, None
        if amount is not None:
            self._resources.release(amount)

    # Housekeeping

    async def _ship_left_over(self) -> None:
        """Ship what attempts printed that ended while no server ran, and that no engine may ask for any more."""
        for name in await asyncio.to_thread(self._records.unshipped):
            try:
                self._let_go(await self._find(name))
            except ExecutorError as error:
                logger.warning("log_left_over attempt=%s error=%s", name, error)

    async def _prune(self) -> None:
        """Remove old records, first when every engine has long asked again for what it was waiting for."""
        while True:
            await asyncio.sleep(PRUNE_EVERY)
            await asyncio.to_thread(self._records.prune, time.time() - self._retention)
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


def _shipper(files: AttemptFiles, output_prefix: str) -> LogShipper:
    return LogShipper(files, lambda: open_store(output_prefix))


def _fail(watch: Watch, error: ExecutorError) -> None:
    watch.outcome.set_exception(error)
    watch.outcome.exception()  # nobody needs to be waiting
