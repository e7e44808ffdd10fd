"""Several executors as one: each attempt goes to the one that its task names, or else to the first."""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from livedeck.errors import CannotStart, ExecutorError, NoSuchAttempt
from livedeck.executors.api import Attempt, Executor, Exit, Queued, ResultStored
from livedeck.executors.watchdog import Limit


class Router:
    """Runs attempts by several executors. See ``api.Executor``.

    Nothing is remembered of which attempt went where: a handle begins with the name of its executor, and of attempts
    without one each executor says whether they are its own. So another default does not lose what the earlier one has
    started.

    Args:
        executors: by name; the first runs attempts whose tasks name none.
    """

    def __init__(self, executors: Mapping[str, Executor]) -> None:
        self._executors = dict(executors)
        self._default = next(iter(self._executors))
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            for executor in self._executors.values():
                await stack.enter_async_context(executor)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    async def launch(self, attempt: Attempt) -> str:
        """Have the executor that its task names start an attempt; see ``api.Executor.launch``."""
        name = self.name_of(attempt.executor)
        executor = self._executors.get(name)
        if executor is None:
            raise CannotStart(
                f"the task is to run on the executor {name!r}, and this server has {', '.join(self._executors)}: "
                f"start it with --executor {name}, too"
            )
        return _handle(name, await executor.launch(attempt))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the executors, that of the default first."""
        return tuple(self._executors)

    def name_of(self, asked: str, handle: str = "") -> str:
        """Return the name of the executor that runs an attempt; see ``api.ExecutorNames``."""
        return handle.partition(_OWN)[0] or asked or self._default

    def queued(self, attempt_id: str) -> Queued | None:
        """Return why an attempt waits; see ``api.Executor.queued``."""
        found = (executor.queued(attempt_id) for executor in self._executors.values())
        return next((queued for queued in found if queued is not None), None)

    async def find(self, attempt_id: str) -> str | None:
        """Return the handle of an attempt that any of them has started.

        Raises:
            ExecutorError: none that answers has, and one does not answer now.
        """
        silent: ExecutorError | None = None
        for name, executor in self._executors.items():
            try:
                handle = await executor.find(attempt_id)
            except ExecutorError as error:
                silent = error
                continue
            if handle is not None:
                return _handle(name, handle)
        if silent is not None:
            raise silent
        return None

    async def wait_started(self, handle: str) -> datetime | None:
        """Return when the attempt's process exists; see ``api.Executor.wait_started``."""
        executor, own = self._find(handle)
        return await executor.wait_started(own)

    async def wait(self, handle: str) -> Exit:
        """Return how the attempt ended; see ``api.Executor.wait``."""
        executor, own = self._find(handle)
        return await executor.wait(own)

    async def wait_result(self, handle: str) -> ResultStored | Exit:
        """Return when the attempt's result is stored, or it is over; see ``api.Executor.wait_result``."""
        executor, own = self._find(handle)
        return await executor.wait_result(own)

    async def abort(self, handle: str, *, grace: float) -> None:
        """Ask the attempt to stop; see ``api.Executor.abort``."""
        executor, own = self._find(handle)
        await executor.abort(own, grace=grace)

    def binds(self, attempt: Attempt, handle: str = "") -> bool:
        """Tell whether only this server reaches the attempt once it was started; see ``api.Executor.binds``."""
        executor = self._executors.get(self.name_of(attempt.executor, handle))
        return executor is not None and executor.binds(attempt, handle.partition(_OWN)[2])

    def renew(self, limit: Limit) -> None:
        """Let the attempts that are bound to this server run until then, on each of them."""
        for executor in self._executors.values():
            executor.renew(limit)

    def describe(self) -> str:
        """Say how many attempts run at once, on each of them."""
        parts = [f"{name}: {executor.describe()}" for name, executor in self._executors.items()]
        return " ".join(parts) if len(parts) > 1 else next(iter(self._executors.values())).describe()

    def _find(self, handle: str) -> tuple[Executor, str]:
        """Return the executor whose handle it is, and the handle as that knows it.

        Raises:
            NoSuchAttempt: this server does not have it.
        """
        name, _, own = handle.partition(_OWN)
        executor = self._executors.get(name)
        if executor is None:
            raise NoSuchAttempt(f"{handle!r} is no handle of an executor of this server ({', '.join(self._executors)})")
        return executor, own


_OWN = ":"
"""Divides the name of an executor from its own handle."""


def _handle(name: str, own: str) -> str:
    return f"{name}{_OWN}{own}"
