"""A run: one attempt on its way through the executor, from its launch to its outcome."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from livedeck.deck.numerals import format_duration
from livedeck.errors import CannotStart, ExecutorError, NoSuchAttempt
from livedeck.executors.api import Attempt, Executor, Exit, ExitKind, Queued, ResultStored
from livedeck.propeller.failures import Blame, Failure
from livedeck.propeller.outcomes import Futures, Outputs, read_outcome, read_result
from livedeck.propeller.retry import retry
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.slots import Slots
from livedeck.propeller.store_access import found
from livedeck.store import join_uri
from livedeck.store.layout import DECK

log = logging.getLogger("livedeck.propeller")

_T = TypeVar("_T")


@dataclass(frozen=True)
class RunListener:
    """Callbacks for what happens during a run."""

    waits: Callable[[str], None]
    """Called with the reason when the attempt has waited for a while to be started. May be called many times."""
    started: Callable[[str, datetime | None], None]
    """Called once, with the attempt's handle and when it began, when its process exists; None: just now."""
    expired: Callable[[], None]
    """Called when the attempt has run for as long as it may. May be called twice."""


class Run:
    """One attempt, from its launch to its outcome.

    Args:
        executor: runs the attempt.
        make: makes the attempt, once it may be launched.
        listener: called when something happens.
        settings: grace, and pauses between repeated calls.
        has_outputs: whether the task has outputs.
        may_have_deck: whether the attempt may have a Deck that its task does not ask for.
        adopt: whether an earlier engine may have launched it.
        taken_over: whether that was another server's, which is gone.
        timeout: how long the attempt may run.
        started_at: since when the attempt runs, if an earlier engine saw it start.
        number: the attempt's, from 0.
        slots: how many attempts of the execution may run at once; None: any number.
    """

    def __init__(
        self,
        executor: Executor,
        make: Callable[[], Awaitable[Attempt]],
        listener: RunListener,
        settings: PropellerSettings,
        *,
        has_outputs: bool = True,
        may_have_deck: bool = False,
        adopt: bool = False,
        taken_over: bool = False,
        timeout: timedelta | None = None,
        started_at: datetime | None = None,
        number: int = 0,
        slots: Slots | None = None,
    ) -> None:
        self._executor = executor
        self._make = make
        self._attempt: Attempt
        self._listener = listener
        self._settings = settings
        self._has_outputs = has_outputs
        self._may_have_deck = may_have_deck
        self._timeout = timeout
        self._started_at = started_at
        self._number = number
        self._slots = slots
        self._holds_slot = False
        self._asked = adopt  # whether the executor may know of the attempt
        self._taken_over = adopt and taken_over
        self._made = False
        self._stopping = asyncio.Event()
        self._waited_for: str | None = None
        """What the attempt has waited for until it was withdrawn, for it had waited too long."""
        self._launching: asyncio.Task[str] | None = None
        self._waiting_check: asyncio.TimerHandle
        self.ended_at: datetime | None = None
        """When the attempt's result was stored or its process ended, if the executor knows."""
        self.flushing = False
        """Whether the process went on when the result was stored, with the end of its Deck."""
        self.deck = ""
        """Where the Deck lies of an attempt whose task need not have one; empty: none was found."""
        self._exceeded_timeout = False
        """Whether the attempt had expired when it ended: the engine that stopped it for that may have died since."""

    @property
    def stopped(self) -> bool:
        """Whether it was to end before its time."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """End the attempt: SIGTERM, after a grace SIGKILL; withdraw it if it was not started yet. Never blocks."""
        self._stopping.set()
        if self._launching is not None and not self._launching.done():
            self._launching.cancel()

    async def bound_handle(self) -> str | None:
        """Return the handle of an attempt that may run and that only this server reaches, once ``result`` is cancelled.

        Raises:
            ExecutorError: that is not known now.
        """
        if not self._asked or not self._made:
            return None
        try:
            handle = await self._executor.find(self._attempt.id)
        except ExecutorError:
            if not self._executor.binds(self._attempt):
                return None
            raise
        return handle if handle is not None and self._executor.binds(self._attempt, handle) else None

    def queued(self) -> Queued | None:
        """Return why the attempt waits to be started, as of now; None if it does not wait, or not for that."""
        if self._launching is None or self._launching.done():
            return None
        if self._slots is not None and not self._holds_slot:
            position = self._slots.positions().get(self)
            return None if position is None else Queued(position, _FOR_A_SLOT.format(self._slots.size))
        return self._executor.queued(self._attempt.id)

    def _check_waiting_later(self) -> None:
        """Report that the attempt waits once it has for long enough to be worth an event."""
        loop = asyncio.get_running_loop()
        self._waiting_check = loop.call_later(self._settings.report_waiting_after, self._report_waiting)

    def _report_waiting(self) -> None:
        queued = self.queued()
        if queued is None:
            self._check_waiting_later()
        else:
            self._listener.waits(queued.reason)

    async def result(self) -> Outputs | Futures | Failure:
        """Run the attempt, and return its outcome.

        Raises:
            InvalidWorkflow: its command line cannot be put together.
        """
        self._attempt = await self._make()
        self._made = True
        if self._taken_over and await self._is_gone():
            self._asked = False
            return await self._outcome_of(Exit(ExitKind.LOST, reason=_TAKEN_OVER))
        try:
            handle = await self._started_handle()
            if handle is None:
                return self._not_started()
            result = await self._run_to_outcome(handle)
        except CannotStart as refused:
            return Failure("CannotStart", str(refused), Blame.SYSTEM, recoverable=False)
        except _NotStarted as refused:
            await self._back_off()
            return Failure("CannotStart", str(refused), Blame.SYSTEM, recoverable=True)
        finally:
            self._release_slot()
        if isinstance(result, Failure) and self._exceeded_timeout:
            self._listener.expired()
        return result

    async def _is_gone(self) -> bool:
        """Tell whether an attempt of an execution that was another server's is over, its machine being that server's.

        Where it ran is on record only for a task that says so: the other server's default may have been another one.
        """
        if self._attempt.executor and self._executor.binds(self._attempt):
            return True
        handle = await self._find()
        if handle is not None:
            return self._executor.binds(self._attempt, handle)
        return self._started_at is not None or self._executor.binds(self._attempt)

    def _not_started(self) -> Failure:
        if self._waited_for is None:
            return Failure("Withdrawn", "The attempt was stopped before it was started.", Blame.SYSTEM)
        limit = format_duration(self._settings.queue_deadline)
        message = f"The attempt waited longer than {limit} to be started, as this server lets them: {self._waited_for}."
        return Failure("QueueTimeExpired", message, Blame.SYSTEM, recoverable=False)

    def _watch_queue(self) -> asyncio.TimerHandle | None:
        """Withdraw the attempt once it has waited to be started for as long as it may."""
        limit = self._settings.queue_deadline
        return asyncio.get_running_loop().call_later(limit, self._withdraw_waiting) if limit else None

    def _withdraw_waiting(self) -> None:
        queued = self.queued()
        if queued is not None:  # else it is being started
            self._waited_for = queued.reason
            assert self._launching is not None
            self._launching.cancel()

    async def _back_off(self) -> None:
        """Let what keeps the executor from starting attempts pass, for another follows at once; a stop ends that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.start_again * 2**self._number):
                await self._stopping.wait()

    async def _started_handle(self) -> str | None:
        """Launch the attempt and return its handle; None if it was stopped before."""
        if not self._stopping.is_set():
            self._launching = asyncio.create_task(self._launch(), name=f"launch {self._attempt.id}")
            self._check_waiting_later()
            deadline = self._watch_queue()
            try:
                return await self._launching
            except asyncio.CancelledError:
                self._launching.cancel()
                given_up = self._stopping.is_set() or self._waited_for is not None
                if not given_up or _cancelled():
                    raise
            finally:
                self._waiting_check.cancel()
                if deadline is not None:
                    deadline.cancel()
        return await self._find() if self._asked else None

    async def _launch(self) -> str:
        found = await self._find() if self._asked else None
        if self._slots is not None:
            if found is not None:
                self._slots.acquire_over()  # an attempt that runs already is not held back
            else:
                await self._slots.acquire(self, first=self._attempt.retried)
            self._holds_slot = True
        if found is not None:  # wherever it runs: what its task asks for, or the default, may be another by now
            return found
        known, self._asked = self._asked, True
        try:
            return await self._executor.launch(self._attempt)
        except CannotStart:
            raise
        except ExecutorError as error:
            if not known:
                raise _NotStarted(str(error)) from error
            # The attempt may run: to call it failed would let the next one run beside it.
            log.warning("propeller.adopt_failed attempt=%s error=%s", self._attempt.id, error)
        return await self._until_answered(lambda: self._executor.launch(self._attempt))

    def _release_slot(self) -> None:
        if self._holds_slot and self._slots is not None:
            self._holds_slot = False
            self._slots.release()

    async def _find(self) -> str | None:
        """The handle of an attempt whose launch was given up, or that an earlier engine may have launched."""
        return await self._until_answered(lambda: self._executor.find(self._attempt.id))

    async def _run_to_outcome(self, handle: str) -> Outputs | Futures | Failure:
        """Return the outcome; meanwhile tell of the start and of the timeout, and stop the attempt when asked to."""
        stopper = asyncio.create_task(self._stop_when_asked(handle), name=f"stop {self._attempt.id}")
        timer: asyncio.TimerHandle | None = None
        try:
            began = None
            with contextlib.suppress(NoSuchAttempt):  # its result may be in the store all the same
                began = await self._until_answered(lambda: self._executor.wait_started(handle))
            self._started_at = self._started_at or began
            self._listener.started(handle, began)
            timer = self._start_timeout()
            return await self._outcome(handle)
        finally:
            stopper.cancel()
            if timer is not None:
                timer.cancel()

    async def _outcome(self, handle: str) -> Outputs | Futures | Failure:
        """Return the outcome as soon as it is in the store, even if the process goes on to flush its Deck."""
        prefix = self._attempt.output_prefix
        told = await self._exit_or_lost(lambda: self._executor.wait_result(handle))
        if isinstance(told, ResultStored):
            self._note_times(told.started_at, told.at)
            result, self.deck = await asyncio.gather(
                retry("read result", lambda: read_result(prefix, self._settings), self._settings), self._find_deck()
            )
            if result is not None:
                self.flushing = True
                return result
            told = await self._exit_or_lost(lambda: self._executor.wait(handle))
            assert isinstance(told, Exit)
        self._note_times(told.started_at, told.ended_at)
        return await self._outcome_of(told)

    async def _outcome_of(self, ended: Exit) -> Outputs | Futures | Failure:
        """Return the outcome of the attempt, which is over: what it left in the store, or else how it ended."""
        prefix, settings = self._attempt.output_prefix, self._settings
        result, self.deck = await asyncio.gather(
            retry(
                "read outcome",
                lambda: read_outcome(prefix, ended, settings, has_outputs=self._has_outputs, nodes=self._attempt.nodes),
                settings,
            ),
            self._find_deck(),
        )
        return result

    async def _find_deck(self) -> str:
        """Return where the Deck lies of an attempt that need not have one; empty: it has none, as far as is known.

        It is looked for beside the result, so that nothing waits for that. A publisher that stores the Deck only after
        the result tells the control plane itself.
        """
        prefix = self._attempt.output_prefix
        return join_uri(prefix, DECK) if self._may_have_deck and await found(prefix, DECK) else ""

    async def _exit_or_lost(self, call: Callable[[], Awaitable[ResultStored | Exit]]) -> ResultStored | Exit:
        """Return what the executor tells; an attempt that it knows nothing of any more is lost."""
        try:
            return await self._until_answered(call)
        except NoSuchAttempt as error:
            return Exit(ExitKind.LOST, reason=str(error))

    def _note_times(self, started_at: datetime | None, ended_at: datetime | None) -> None:
        self.ended_at = ended_at
        if self._timeout is not None and started_at is not None and ended_at is not None:
            self._exceeded_timeout = ended_at - started_at >= self._timeout

    def _start_timeout(self) -> asyncio.TimerHandle | None:
        if self._timeout is None:
            return None
        since = datetime.now(UTC) - (self._started_at or datetime.now(UTC))
        left = (self._timeout - since).total_seconds()
        return asyncio.get_running_loop().call_later(max(left, 0.0), self._listener.expired)

    async def _stop_when_asked(self, handle: str) -> None:
        await self._stopping.wait()
        with contextlib.suppress(NoSuchAttempt):  # ``_outcome`` meets that, too
            await self._until_answered(lambda: self._executor.abort(handle, grace=self._settings.grace))

    async def _until_answered(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Call until the executor answers: as long as it does not, the attempt may run.

        Raises:
            CannotStart: the attempt was not started, and never can be.
            NoSuchAttempt: the executor knows nothing of it, and never will.
        """
        pause = self._settings.retry_first
        while True:
            try:
                return await call()
            except (CannotStart, NoSuchAttempt):
                raise
            except ExecutorError as error:
                log.warning("propeller.executor_silent attempt=%s error=%s", self._attempt.id, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._settings.retry_longest)


_TAKEN_OVER = "the server whose machine it ran on has not been heard of, and another one has taken over"
_FOR_A_SLOT = "waits for a slot (max_parallelism {} of the execution)"


class _NotStarted(Exception):
    """The executor has not started the attempt, and may do so another time."""


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
