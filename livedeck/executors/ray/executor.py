"""``RayExecutor``: attempts on the nodes of a Ray cluster.

The server holds nothing of an attempt that matters. Ray's own scheduler gives it its place; the dispatcher, an actor
of the cluster, knows which attempts there are (``dispatcher``); each node's agent runs them (``agent``). This module
says what an attempt waits for, and answers the engine, whatever becomes of the connection (``link``).
"""

import asyncio
import contextlib
import enum
import importlib.util
import logging
import re
import sys
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livedeck.errors import CannotStart, ExecutorError, InvalidSetting, NoSuchAttempt
from livedeck.executors.api import Attempt, ExecutorSettings, Exit, ExitKind, Queued, ResultStored
from livedeck.executors.local.admission import Amount, ResourcePool
from livedeck.executors.local.records import attempt_name
from livedeck.executors.ray import messages
from livedeck.executors.ray.fitting import Capacity, grows, named
from livedeck.executors.ray.link import Disconnected, Link, own_environment
from livedeck.executors.ray.versions import here
from livedeck.executors.watchdog import Limit

logger = logging.getLogger(__name__)

SCOPE = "LIVEDECK_RAY_SCOPE"
"""Environment variable: tells a server's attempts on the cluster from those of servers with another database."""
LOST_AFTER = 60.0
"""Seconds without the cluster after which its attempts count as lost."""
LOOK_AGAIN = 0.1
_HANDLE = re.compile(r"([0-9a-f]{16})\.([0-9a-f]{20}-[A-Za-z0-9._-]{1,40})")
_ENDLESS = Amount(sys.maxsize, sys.maxsize, sys.maxsize)


class Phase(enum.Enum):
    """Where an attempt is on its way, as far as this server knows."""

    QUEUED = "queued"
    """The attempt waits for one of the server's own slots."""
    CONNECTING = "connecting"
    """The attempt waits for the cluster."""
    SUBMITTED = "submitted"
    """Ray is to find it a place."""
    BEGUN = "begun"


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False)
class Watch:
    """An attempt that this executor is asked about."""

    name: str
    amount: Amount
    """What it takes of the server's own slots."""
    reason: str = ""
    """Why it waits, while it is ``SUBMITTED``."""
    phase: Phase = Phase.CONNECTING
    start: "asyncio.Task[None] | None" = None
    callers: int = 0
    incarnation: str = ""
    """Of the dispatcher that began it."""
    holds: bool = False
    """Whether it holds its amount."""
    begun: "asyncio.Future[datetime | None]" = field(default_factory=_future)
    stored: "asyncio.Future[ResultStored]" = field(default_factory=_future)
    outcome: "asyncio.Future[Exit]" = field(default_factory=_future)
    detached: bool = False

    @property
    def handle(self) -> str:
        return f"{self.incarnation}.{self.name}"


class RayExecutor:
    """Runs each attempt as a process of a node, where Ray has given it a place. See ``api.Executor``.

    Without a cluster attempts wait, and say so. A handle names the incarnation of the dispatcher that it is known to:
    once there is another, what the earlier one had started is lost.

    Args:
        address: the cluster's: HOST:PORT of its head, or ``auto``, for that of this machine.
        scope: what the names of this server's attempts begin with on the cluster, as those of every server with its
            database do; servers with other databases have others.
        work_dir: for the driver's log.
        environment: what attempts begin with besides what their node gives them.
        driver_environment: what the driver has besides what this process has.
        parallel: how many attempts may run at once, of those that this server starts; None: as many as have a place.
        autoscaling: whether nodes are added to the cluster for what waits, so that more than any has is waited for.
        preload: modules that nodes import before they fork attempts.
        lost_after: seconds without the cluster after which its attempts count as lost.
        versions: that nodes must have, too; None: those of this process.
    """

    def __init__(
        self,
        *,
        address: str,
        scope: str = "",
        work_dir: Path,
        environment: Mapping[str, str] | None = None,
        driver_environment: Mapping[str, str] | None = None,
        parallel: int | None = None,
        autoscaling: bool = False,
        preload: tuple[str, ...] = (),
        lost_after: float = LOST_AFTER,
        versions: messages.Versions | None = None,
    ) -> None:
        self._address = address
        self._scope = scope
        self._environment = dict(environment or {})
        self._parallel = parallel
        self._preload = preload
        self._lost_after = lost_after
        self._versions = versions or here()
        self.link = Link(
            address=address,
            log=work_dir / "ray-driver.log",
            environment=own_environment(driver_environment or {}),
            listener=self,
        )
        self._slots = ResourcePool(_ENDLESS, parallel)
        self._watches: dict[str, Watch] = {}
        self._submitted: dict[str, Watch] = {}
        self._positions: dict[str, int] | None = None
        self._withdrawing: dict[str, asyncio.Task[bool]] = {}
        self._running: dict[str, messages.State] = {}
        """What the dispatcher has said of attempts that run, so that those are known that nobody asked for yet."""
        self.capacity = Capacity(address, grows=autoscaling)
        self._incarnation = ""
        self._connected = asyncio.Event()
        self._down_since = 0.0
        self._down_reason = "it has not answered yet"
        self._to_end: set[str] = set()
        """Attempts that were called lost, and may run: they are ended before anything is started."""
        self._open = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._open = True
        self._down_since = time.monotonic()
        self._spawn(self._give_up_in_time(), "ray executor: lost attempts")
        await self.link.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open = False
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await self.link.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        for watch in self._watches.values():
            _fail(watch, ExecutorError("the executor was closed"))
        self._watches.clear()

    def describe(self) -> str:
        """Say how many attempts run at once; see ``api.Executor.describe``."""
        most = f"up to {self._parallel} at once" if self._parallel is not None else "as many at once as fit its nodes"
        return f"Attempts run on {named(self._address)}, {most}."

    async def launch(self, attempt: Attempt) -> str:
        """Start an attempt, once; see ``api.Executor.launch``."""
        self._check_open()
        name = attempt_name(self._scoped(attempt.id))
        watch = self._watches.get(name)
        if watch is None:
            watch = self._watches[name] = Watch(name, self._slots_for(attempt))
            watch.start = self._spawn(self._start(watch, attempt), f"launch {name}")
        start = watch.start
        if start is None:
            return watch.handle
        watch.callers += 1
        try:
            await asyncio.shield(start)
        except asyncio.CancelledError:
            if start.cancelled():
                raise ExecutorError("the executor was closed before the attempt was started") from None
            if watch.callers == 1:
                self._withdraw(watch, start)
            raise
        finally:
            watch.callers -= 1
        return watch.handle

    def queued(self, attempt_id: str) -> Queued | None:
        """Return why an attempt waits; see ``api.Executor.queued``."""
        watch = self._watches.get(attempt_name(self._scoped(attempt_id)))
        if watch is None:
            return None
        match watch.phase:
            case Phase.QUEUED:
                return self._slots.queued(watch.name, watch.amount)
            case Phase.CONNECTING:
                return Queued(0, f"waits for {named(self._address)}: {self._down_reason}")
            case Phase.SUBMITTED if not self._connected.is_set():
                return Queued(0, f"waits for {named(self._address)}: {self._down_reason}")
            case Phase.SUBMITTED:
                if self._positions is None:  # made once for all that ask between two changes
                    self._positions = {name: position for position, name in enumerate(self._submitted)}
                return Queued(self._positions.get(watch.name, 0), watch.reason)
            case Phase.BEGUN:
                return None

    async def find(self, attempt_id: str) -> str | None:
        """Return the handle of an attempt that was started; see ``api.Executor.find``."""
        self._check_open()
        name = attempt_name(self._scoped(attempt_id))
        await self._withdrawn(name)
        watch = self._watches.get(name)
        if watch is not None and watch.start is not None:
            await asyncio.wait([watch.start])
            watch = self._watches.get(name)
        if watch is not None:
            return watch.handle
        if down := await self._answered():
            raise ExecutorError(down)
        state = await self._look(name)
        return f"{self._incarnation}.{name}" if state is not None else None

    async def wait_started(self, handle: str) -> datetime | None:
        """Return when the attempt's process exists; see ``api.Executor.wait_started``."""
        watch = await self._find(handle)
        return await asyncio.shield(watch.begun)

    async def wait(self, handle: str) -> Exit:
        """Return how the attempt ended, its output in the store; see ``api.Executor.wait``."""
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
        self._detach(watch)
        return watch.stored.result()

    async def abort(self, handle: str, *, grace: float) -> None:
        """Have the attempt's node send SIGTERM to its main process, and SIGKILL to all of it later."""
        watch = await self._find(handle)
        if not watch.outcome.done():
            await self.link.call("abort", messages.Abort(watch.name, grace), None)

    def binds(self, attempt: Attempt, handle: str = "") -> bool:
        """Tell that every server of the cluster reaches every attempt."""
        del attempt, handle
        return False

    def renew(self, limit: Limit) -> None:
        """Do nothing: attempts belong to the dispatcher, not to this server."""

    # Starting

    async def _start(self, watch: Watch, attempt: Attempt) -> None:
        """Start an attempt, or find that it was started before. Forgets the watch if neither can be."""
        try:
            await self._withdrawn(watch.name)
            while watch.phase is not Phase.BEGUN:
                await self._connected.wait()
                if watch.name not in self._running and not watch.holds:
                    self.capacity.check(attempt, self._cores(attempt))
                    watch.phase = Phase.QUEUED
                    await self._slots.acquire(watch.amount, what=watch.name, retried=attempt.retried)
                    watch.holds = True
                watch.phase, watch.reason = Phase.SUBMITTED, self.capacity.waits_for(attempt, self._cores(attempt))
                self._submitted[watch.name] = watch
                self._positions = None
                with contextlib.suppress(Disconnected):
                    await self._submit(watch, attempt)
        except BaseException as error:
            self._forget(watch)
            if isinstance(error, ExecutorError):
                _fail(watch, error)
            raise
        finally:
            self._submitted.pop(watch.name, None)
            self._positions = None
        watch.start = None

    async def _submit(self, watch: Watch, attempt: Attempt) -> None:
        """Have the dispatcher run an attempt, and return when it has begun.

        Raises:
            Disconnected: nobody knows what became of it; to be repeated.
            ExecutorError: it was refused.
        """
        environment = {**self._environment, **attempt.environment}
        launch = messages.Launch(
            watch.name,
            replace(attempt, id=self._scoped(attempt.id), environment=environment),
            self._versions,
            self._cores(attempt),
            self._preload,
        )
        self._take(watch, await self.link.call("launch", launch, messages.State))
        # The link's end makes this raise, and the same attempt is launched again once there is a dispatcher.
        await asyncio.shield(watch.begun)

    def _take(self, watch: Watch, state: messages.State) -> None:
        """Note what the dispatcher knows of an attempt."""
        if state.refused:
            if not watch.begun.done():
                kind = CannotStart if state.final else ExecutorError
                _set_error(watch.begun, kind(state.refused))
            return
        if (state.started or state.exit is not None) and watch.phase is not Phase.BEGUN:
            watch.phase = Phase.BEGUN
            watch.incarnation = self._incarnation
            self._submitted.pop(watch.name, None)
            self._positions = None
            if not watch.holds and state.exit is None:
                watch.holds = True
                self._slots.occupy(watch.amount)
        if (state.started or state.exit is not None) and not watch.begun.done():
            watch.begun.set_result(state.started_at or (state.exit.started_at if state.exit else None))
        if state.stored is not None and not watch.stored.done():
            watch.stored.set_result(state.stored)
            self._release(watch)
        if state.exit is not None:
            self._settle(watch, state.exit)

    def _settle(self, watch: Watch, ended: Exit) -> None:
        self._release(watch)
        if not watch.outcome.done():
            watch.outcome.set_result(ended)
        if watch.detached:
            self._detach(watch)

    def _scoped(self, attempt_id: str) -> str:
        return f"{self._scope}/{attempt_id}" if self._scope else attempt_id

    def _gone(self) -> str:
        return f"{named(self._address)} has been gone for {self._lost_after:g} s: {self._down_reason}"

    def _started_anew(self) -> str:
        return f"{named(self._address)} was started anew, or what ran attempts there was"

    def _cores(self, attempt: Attempt) -> float:
        return self.capacity.cores(attempt, counted=self._parallel is not None)

    def _slots_for(self, attempt: Attempt) -> Amount:
        """Return what an attempt takes of the server's own slots: one for each process, all there are at most."""
        if attempt.client:
            return _amount(client=True)
        processes = attempt.nodes * attempt.processes
        return Amount(0, 0, 0, min(processes, self._parallel or processes))

    def _withdraw(self, watch: Watch, start: "asyncio.Task[None]") -> None:
        """Give an attempt up that nobody waits for any more, unless it has begun."""
        if watch.phase is Phase.BEGUN:
            return
        submitted = watch.phase is Phase.SUBMITTED
        start.cancel()
        if self._watches.get(watch.name) is watch:  # another launch of it begins anew
            del self._watches[watch.name]
        if submitted:
            task = self._spawn(self._withdraw_submitted(watch.name), f"withdraw {watch.name}")
            self._withdrawing[watch.name] = task

    async def _withdraw_submitted(self, name: str) -> bool:
        try:
            while True:
                await self._connected.wait()
                with contextlib.suppress(Disconnected):
                    withdrawn: bool = await self.link.call("withdraw", name, bool)
                    return withdrawn
        finally:
            self._withdrawing.pop(name, None)

    async def _withdrawn(self, name: str) -> None:
        """Return when a withdrawal of an attempt that is under way has been answered."""
        if name in self._withdrawing:
            await asyncio.wait([self._withdrawing[name]])

    # Finding

    async def _find(self, handle: str) -> Watch:
        """Return the watch of a handle, made from what the dispatcher knows if this executor did not start it."""
        self._check_open()
        found = _HANDLE.fullmatch(handle)
        if found is None:
            raise NoSuchAttempt(f"{handle!r} is not a handle of this executor")
        incarnation, name = found.groups()
        watch = self._watches.get(name)
        if watch is not None and watch.start is not None and not watch.incarnation:
            await asyncio.wait([watch.start])
            watch = self._watches.get(name)
        if watch is not None and watch.incarnation == incarnation:
            return watch
        down = await self._answered()
        if down or incarnation != self._incarnation:
            reason = down or self._started_anew()
            if down:
                self._to_end.add(name)
            watch = Watch(name, _amount(client=True), phase=Phase.BEGUN, incarnation=incarnation)
            watch.begun.set_result(None)
            watch.outcome.set_result(Exit(ExitKind.LOST, reason=reason))
            return watch
        state = await self._look(name)
        watch = self._watches.get(name)
        if watch is not None:
            return watch
        if state is None:
            raise NoSuchAttempt(f"the Ray cluster has no attempt {handle!r}, or no record of it any more")
        watch = self._watches[name] = Watch(name, _amount(client=state.client), incarnation=incarnation)
        self._take(watch, state)
        return watch

    async def _answered(self) -> str:
        """Return once there is a dispatcher to ask; or why not, once there has been none for too long."""
        while not self._connected.is_set():
            left = self._down_since + self._lost_after - time.monotonic()
            if left <= 0:
                return self._gone()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._connected.wait()
        return ""

    async def _look(self, name: str) -> messages.State | None:
        """Return what the dispatcher knows of an attempt.

        Raises:
            ExecutorError: there is none to ask, for now.
        """
        if name in self._running:
            return self._running[name]
        state: messages.State | None = await self.link.call("look", name, messages.State | None)
        return state

    # What the driver says (link.Listener)

    def on_connected(self, connected: messages.Connected) -> None:
        """Take up what runs; what another dispatcher had is lost."""
        self.on_nodes(connected.nodes)
        earlier, self._incarnation = self._incarnation, connected.incarnation
        self._running = {state.name: state for state in connected.running}
        self._spawn(self._reconcile(earlier), "ray executor: what runs")

    async def _reconcile(self, earlier: str) -> None:
        """Bring what is known here in line with what the dispatcher knows, then go on."""
        try:
            if earlier and earlier != self._incarnation:
                self._to_end.clear()  # the new dispatcher has ended all of it
            for name in list(self._to_end):
                await self._end_left_over(name)
                self._to_end.discard(name)
            for watch in list(self._watches.values()):
                if watch.phase is not Phase.BEGUN or watch.outcome.done():
                    continue
                if watch.incarnation != self._incarnation:
                    reason = self._started_anew()
                    self._settle(watch, Exit(ExitKind.LOST, reason=reason))
                elif (state := await self._look(watch.name)) is not None:
                    self._take(watch, state)
                else:
                    self._settle(watch, Exit(ExitKind.LOST, reason="the dispatcher has no record of it any more"))
        except Disconnected as error:
            logger.warning("ray_disconnected error=%s", error)
            return
        logger.info("ray_connected address=%s incarnation=%s", self._address, self._incarnation)
        self._connected.set()

    async def _end_left_over(self, name: str) -> None:
        """End an attempt that was called lost, and return when it is over."""
        await self.link.call("abort", messages.Abort(name, 0.0), None)
        while True:
            state: messages.State | None = await self.link.call("look", name, messages.State | None)
            if state is None or state.exit is not None:
                return
            await asyncio.sleep(LOOK_AGAIN)

    def on_changed(self, states: list[messages.State]) -> None:
        """Take up what has changed."""
        for state in states:
            if state.exit is not None or state.refused:
                self._running.pop(state.name, None)
            else:
                self._running[state.name] = state
            watch = self._watches.get(state.name)
            if watch is not None and (watch.phase is not Phase.BEGUN or watch.incarnation == self._incarnation):
                self._take(watch, state)

    def on_nodes(self, nodes: list[messages.Node]) -> None:
        """Note which nodes there are."""
        self.capacity.note(nodes)

    def on_down(self, reason: str) -> None:
        """Note that there is nobody to ask; what was submitted is submitted again later."""
        if self._connected.is_set():
            logger.warning("ray_lost address=%s reason=%s", self._address, reason)
            self._down_since = time.monotonic()
        self._connected.clear()
        self._down_reason = reason
        self._running.clear()
        for watch in self._watches.values():
            if watch.phase is Phase.SUBMITTED and not watch.begun.done():
                _set_error(watch.begun, Disconnected(reason))
                watch.begun = _future()

    async def _give_up_in_time(self) -> None:
        """Call attempts lost whose cluster has been gone for too long."""
        while True:
            await asyncio.sleep(min(1.0, self._lost_after / 4))
            if self._connected.is_set() or time.monotonic() - self._down_since < self._lost_after:
                continue
            reason = self._gone()
            for watch in list(self._watches.values()):
                if watch.phase is Phase.BEGUN and not watch.outcome.done():
                    self._to_end.add(watch.name)
                    self._settle(watch, Exit(ExitKind.LOST, reason=reason))

    # Ending

    def _detach(self, watch: Watch) -> None:
        """Forget an attempt once it is over: the dispatcher tells whoever asks again."""
        watch.detached = True
        if watch.outcome.done() and self._watches.get(watch.name) is watch:
            del self._watches[watch.name]

    def _forget(self, watch: Watch) -> None:
        self._release(watch)
        if self._watches.get(watch.name) is watch:
            del self._watches[watch.name]

    def _release(self, watch: Watch) -> None:
        if watch.holds:
            watch.holds = False
            self._slots.release(watch.amount)

    def _check_open(self) -> None:
        if not self._open:
            raise ExecutorError("the executor is not open")

    def _spawn(self, work: Coroutine[Any, Any, Any], name: str) -> "asyncio.Task[Any]":
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        return task

    def _on_done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("failed task=%s error=%s", task.get_name(), error)


def create(settings: ExecutorSettings) -> RayExecutor:
    """Return the executor that a server's settings ask for: the entry point's factory.

    Raises:
        InvalidSetting: Ray is not installed, or its address cannot be one.
    """
    if importlib.util.find_spec("ray") is None:
        raise InvalidSetting("the executor 'ray' needs Ray, which is not installed: pip install 'livedeck[ray]'")
    address = settings.address or "auto"
    if "://" in address:
        raise InvalidSetting(
            f"--ray-address {address!r} (LIVEDECK_RAY_ADDRESS) is not the address of a cluster's head: give HOST:PORT, "
            "or auto; the server runs on a machine of the cluster, not behind Ray Client (ray://)"
        )
    return RayExecutor(
        address=address,
        scope=settings.environment.get(SCOPE, ""),
        work_dir=settings.work_dir,
        parallel=settings.parallel,
        autoscaling=grows(settings.environment),
        preload=settings.preload,
    )


def _amount(*, client: bool) -> Amount:
    return Amount(0, 0, 0, 0 if client else 1)


def _fail(watch: Watch, error: ExecutorError) -> None:
    for each in (watch.begun, watch.outcome):
        if not each.done():
            _set_error(each, error)


def _set_error(future: "asyncio.Future[Any]", error: ExecutorError) -> None:
    future.set_exception(error)
    future.exception()  # nobody needs to be waiting
