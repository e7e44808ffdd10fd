"""Records events in order, in as few transactions as they come in, and tells when they are on record."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator, Sequence

from livedeck.propeller.control_plane import ControlPlane, ExecutionEvent
from livedeck.propeller.retry import retry
from livedeck.propeller.settings import PropellerSettings

_LINGER = 0.005
"""Seconds that a transaction waits at most for events which are known to be about to come: about what one costs."""
_BATCH = 500
"""Events after which a transaction takes no further step; one step's events are never divided."""


class EventRecorder:
    """Records the events of one execution.

    Whatever piles up while one transaction is on its way goes into the next, so a fan-out costs few transactions and
    a chain no waiting.
    """

    def __init__(self, control: ControlPlane, owner: str, settings: PropellerSettings) -> None:
        self._control = control
        self._owner = owner
        self._settings = settings
        self._steps: deque[Sequence[ExecutionEvent]] = deque()
        self._arrived = asyncio.Event()
        self._coming = 0
        self._complete = asyncio.Event()
        self._complete.set()
        self._added = 0
        self._recorded = 0
        self._waiters: deque[tuple[int, asyncio.Future[None]]] = deque()

    def add(self, events: Sequence[ExecutionEvent]) -> None:
        """Queue the events of one step; they are recorded together. Never blocks."""
        if events:
            self._steps.append(events)
            self._added += 1
            self._arrived.set()

    @contextlib.contextmanager
    def expecting(self) -> Iterator[None]:
        """Have a transaction wait a moment for the events that are added when what happens inside is done.

        In a chain of tasks that is one transaction less for each, and it is one that the next launch waits for.
        """
        self._coming += 1
        self._complete.clear()
        try:
            yield
        finally:
            self._coming -= 1
            if not self._coming:
                self._complete.set()

    async def recorded(self) -> None:
        """Return when everything added so far is on record."""
        if self._recorded < self._added:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append((self._added, waiter))
            await waiter
        else:
            await asyncio.sleep(0)  # those that waited until a moment ago go first

    async def run(self) -> None:
        """Record what is added until cancelled.

        Raises:
            LeaseLost: another engine holds the execution now.
        """
        while True:
            await self._arrived.wait()
            await asyncio.sleep(0)  # what the same step began is expected by now
            if self._coming:
                # Not wait_for: before Python 3.12 that loses a cancellation which comes together with its result.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LINGER):
                        await self._complete.wait()
            await self.flush()

    async def flush(self) -> None:
        """Record what is queued now. Not to be called while ``run`` runs."""
        while self._steps:
            steps = self._next()
            events = [event for step in steps for event in step]
            await retry("report", lambda events=events: self._report(events), self._settings)  # type: ignore[misc]
            for _ in steps:
                self._steps.popleft()
            self._recorded += len(steps)
            self._wake_waiters()
        self._arrived.clear()

    async def _report(self, events: Sequence[ExecutionEvent]) -> None:
        await self._control.report(self._owner, events)

    def _next(self) -> list[Sequence[ExecutionEvent]]:
        steps: list[Sequence[ExecutionEvent]] = []
        count = 0
        for step in self._steps:
            if steps and count + len(step) > _BATCH:
                break
            steps.append(step)
            count += len(step)
        return steps

    def _wake_waiters(self) -> None:
        while self._waiters and self._waiters[0][0] <= self._recorded:
            _, waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
