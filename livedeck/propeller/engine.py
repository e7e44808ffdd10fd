"""The engine: takes executions under lease, drives each, and lets go of them in order.

Nothing is kept here that is not also on record: a propeller that dies loses nothing, and the next one takes over.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from livedeck.errors import ExecutorError, LeaseLost
from livedeck.executors import watchdog
from livedeck.executors.api import Executor, ExecutorNames, Queued
from livedeck.executors.watchdog import Limit
from livedeck.propeller.addresses import execution_key
from livedeck.propeller.attempts import AttemptEnvironment
from livedeck.propeller.control_plane import Claim, ControlPlane
from livedeck.propeller.driver import Driver
from livedeck.propeller.failures import Blame, Failure
from livedeck.propeller.node_handler import NodeHandler
from livedeck.propeller.nodes import KINDS
from livedeck.propeller.retry import retry
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.status import EngineStatus
from livedeck.telemetry.log_fields import bound

log = logging.getLogger("livedeck.propeller")


class Propeller:
    """Drives executions until it is left or cancelled.

    Use it as an async context manager, or await ``run``. Leaving stops claiming, records what is still to be recorded,
    gives the leases back, and leaves attempts running: the engine that claims the executions next picks them up.

    Args:
        control: leases, and where events are recorded.
        executor: runs attempts; entered and left by the caller, which leaves it after the propeller.
        owner: this engine's name. One that starts again under the same name takes its leases back at once.
        attempt_environment: given an attempt, what else its environment holds.
        settings: budgets and times.
        names: of the executors that it goes by, in the engine's status; None: it has none.
        kinds: the kinds of nodes that it can run.
    """

    def __init__(
        self,
        control: ControlPlane,
        executor: Executor,
        *,
        owner: str,
        attempt_environment: AttemptEnvironment = lambda _attempt: {},
        settings: PropellerSettings = PropellerSettings(),  # noqa: B008 - frozen
        names: ExecutorNames | None = None,
        kinds: Sequence[type[NodeHandler]] = KINDS,
    ) -> None:
        self._names = names or _Nameless()
        self._control = control
        self._executor = executor
        self._owner = owner
        self._environment = attempt_environment
        self._settings = settings
        self._kinds = kinds
        self._driven: dict[str, _DrivenExecution] = {}
        self._crashes: dict[str, int] = {}
        self._full = False
        control.show_queues(self.queued)
        self._group: asyncio.TaskGroup
        self._running: asyncio.Task[None] | None = None
        self._round_at = time.monotonic()

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self.run(), name="propeller")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def queued(self, key: str) -> Mapping[str, Queued]:
        """Return what holds back nodes of an execution that could run, by their unique ids.

        Args:
            key: ``project/domain/name``; of one that is not driven here nothing is known.
        """
        driven = self._driven.get(key)
        return driven.driver.queued() if driven is not None else {}

    def status(self) -> EngineStatus:
        """Return how the engine is doing, as of now. Never blocks."""
        now = time.monotonic()
        ended = self._running is None or self._running.done()
        attempts = Counter({(name, state): 0 for name in self._names.names for state in ("running", "queued")})
        for driven in self._driven.values():
            attempts.update(driven.driver.count())
        return EngineStatus(
            silent=math.inf if ended else now - self._round_at,
            longest_silence=self._settings.lease_ttl,
            leases=len(self._driven),
            lease_age=max((now - driven.renewed_at for driven in self._driven.values()), default=0.0),
            attempts=attempts,
            held_back=sum(driven.driver.held_back for driven in self._driven.values()),
        )

    async def run(self) -> None:
        """Claim and drive executions until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            while True:
                self._round_at = time.monotonic()
                await self._call_or_pause("renew", self._renew)
                await self._call_or_pause("claim", self._claim)
                await self._call_or_pause("wait", self._wait)

    async def _call_or_pause(self, what: str, call: Callable[[], Awaitable[None]]) -> None:
        """Call once; if the control plane fails, pause, so that the next round is not at once."""
        try:
            await call()
        except Exception as error:  # noqa: BLE001 - whatever it raises, the next round asks again
            log.warning("propeller.control_failed what=%s error=%r", what, error)
            await asyncio.sleep(min(self._settings.retry_longest, self._settings.lease_ttl / 10))

    async def _wait(self) -> None:
        timeout = min(self._settings.lease_renewal, self._settings.lease_ttl / 3)
        await self._control.wait_for_work(timeout=timeout)

    async def _renew(self) -> None:
        """Prolong the leases; hear which are lost and which executions are to be aborted."""
        keys = list(self._driven)
        if not keys:
            return
        asked = watchdog.now()
        renewal = await self._control.renew(self._owner, keys, ttl=self._settings.lease_ttl)
        for key in keys:
            driven = self._driven.get(key)
            if driven is None:
                continue
            if key not in renewal.held:
                driven.lose()
                continue
            driven.renewed_at = time.monotonic()
            if key in renewal.aborting:
                driven.driver.ask_to_abort(renewal.aborting[key])
        # Attempts of what is lost end before others may go on: their executions may have been started again elsewhere.
        if lost := [driven.task for driven in self._driven.values() if driven.lost]:
            await asyncio.wait(lost, timeout=self._settings.shutdown)
        self._let_attempts_run(asked)

    def _let_attempts_run(self, asked: float) -> None:
        """Let attempts run until leases that were asked for at a time of the watchdog's clock are about to run out."""
        if self._settings.shared:
            ttl = self._settings.lease_ttl
            self._executor.renew(Limit(asked + ttl * _ATTEMPTS_SHARE, min(_GRACE, ttl * _GRACE_SHARE)))

    async def _claim(self) -> None:
        # Those that wait for their children are not counted: else they might keep an engine from taking those up.
        busy = sum(not driven.driver.awaits_children for driven in self._driven.values())
        free = self._settings.max_executions - busy
        self._full = free <= 0
        if free <= 0:
            return
        first, asked = not self._driven, watchdog.now()
        claims = await self._control.claim(self._owner, limit=free, ttl=self._settings.lease_ttl)
        if claims and first:  # else the leases that are held already run out before those
            self._let_attempts_run(asked)
        for claim in claims:
            key = execution_key(claim.id)
            if key not in self._driven:
                self._drive(key, claim)

    def _drive(self, key: str, claim: Claim) -> None:
        driver = Driver(
            claim,
            self._control,
            self._executor,
            names=self._names,
            owner=self._owner,
            environment=self._environment,
            settings=self._settings,
            kinds=self._kinds,
        )
        driven = self._driven[key] = _DrivenExecution(driver)
        driven.task = self._group.create_task(self._drive_to_end(driven), name=f"drive {key}")
        driven.task.add_done_callback(lambda _: self._forget(driven))  # also if it is cancelled before it begins

    async def _drive_to_end(self, driven: "_DrivenExecution") -> None:
        """Drive one execution; whatever happens to it, the others go on."""
        key = driven.driver.key
        try:
            await self._run_or_force_end(driven.driver)
        except asyncio.CancelledError:
            if not driven.lost:
                await self._hand_back(driven.driver)
                raise
            await self._abandon(driven.driver)
        except Exception as error:  # noqa: BLE001 - a mistake in the engine must not end the other executions
            if not _is_lease_lost(error):
                await self._crashed(driven.driver, error)
            else:
                await self._abandon(driven.driver)
        finally:
            self._forget(driven)
        if key in self._crashes or self._full:  # there may be executions that nobody drives, and nothing else says so
            await self._call_or_pause("claim", self._claim)

    def _forget(self, driven: "_DrivenExecution") -> None:
        if self._driven.get(driven.driver.key) is driven:
            del self._driven[driven.driver.key]

    async def _run_or_force_end(self, driver: Driver) -> None:
        """Drive it, or end it if the engine has failed at it too often; then give the lease back."""
        crashes = self._crashes.get(driver.key, 0)
        with bound(execution=driver.key):
            if crashes < self._settings.crashes:
                await driver.run()
            else:
                await driver.force_end(Failure("EngineError", _FORCED_TO_END.format(crashes), Blame.SYSTEM))
        self._crashes.pop(driver.key, None)
        await retry("release", lambda: self._control.release(self._owner, driver.key), self._settings)

    async def _hand_back(self, driver: Driver) -> None:
        """Record what is still to be recorded and give the lease back, within the time that a shutdown has."""
        try:
            async with asyncio.timeout(self._settings.shutdown):
                await driver.flush()
                await self._give_back(driver)
        except Exception as error:  # noqa: BLE001 - the lease runs out, and the next engine finds what is on record
            log.warning("propeller.hand_back_failed execution=%s error=%r", driver.key, error)

    async def _give_back(self, driver: Driver) -> None:
        """Give the lease of an unfinished execution back, or leave it to run out while attempts run here.

        Another engine would start those again. This server's next engine gets the lease either way.
        """
        if self._settings.shared and await driver.runs_bound_attempts():
            await self._control.retain(self._owner, driver.key)
        else:
            await self._control.release(self._owner, driver.key)

    async def _abandon(self, driver: Driver) -> None:
        """Touch nothing of an execution that another engine holds but the attempts that only this server reaches."""
        log.warning("propeller.lease_lost execution=%s", driver.key)
        if self._settings.shared:
            try:
                await driver.abandon()
            except ExecutorError as error:  # their keepers have seen to it, or will
                log.warning("propeller.abandon_failed execution=%s error=%r", driver.key, error)

    async def _crashed(self, driver: Driver, error: Exception) -> None:
        """Pause, then let it be claimed again and built anew from what is on record."""
        key = driver.key
        count = self._crashes[key] = self._crashes.get(key, 0) + 1
        log.error("propeller.crashed execution=%s count=%d", key, count, exc_info=error)
        await asyncio.sleep(min(self._settings.retry_first * 2**count, self._settings.retry_longest))
        await retry("release", lambda: self._give_back(driver), self._settings)


_ATTEMPTS_SHARE = 5 / 6
"""Part of a lease's time after which attempts are gone that only this server reaches."""
_GRACE, _GRACE_SHARE = 10.0, 1 / 12
"""Seconds between SIGTERM and SIGKILL of those, and the part of a lease's time that they are at most."""

_FORCED_TO_END = (
    "The engine itself failed {0} times in a row at this execution and has given it up; its log has the errors. "
    "That is a mistake in livedeck, not in the workflow."
)


class _Nameless:
    """An executor that has no name."""

    names = ("",)

    def name_of(self, asked: str, handle: str = "") -> str:
        """Return none."""
        del asked, handle
        return ""


class _DrivenExecution:
    """An execution that is being driven."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.renewed_at = time.monotonic()
        """When its lease was taken, or last prolonged."""
        self.task: asyncio.Task[None]
        self.lost = False

    def lose(self) -> None:
        """Let go at once: another engine holds the execution."""
        self.lost = True
        self.task.cancel()


def _is_lease_lost(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_is_lease_lost(inner) for inner in error.exceptions)
    return isinstance(error, LeaseLost)
