"""Several executors as one: each attempt goes to the one that its task names, or else to the first."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from livedeck.errors import CannotStart, ExecutorError, NoSuchAttempt
from livedeck.executors.api import Attempt, Executor, Exit, Queued, ResultStored
from livedeck.executors.watchdog import Limit

_T = TypeVar("_T")


class Router:
    """Runs attempts by several executors. See ``api.Executor``.

    Nothing is remembered of which attempt went where: an executor knows its own attempts and handles, and says at once
    of others that they are not. So another default does not lose what the earlier one has started.

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
        name = attempt.executor or self._default
        executor = self._executors.get(name)
        if executor is None:
            raise CannotStart(
                f"the task is to run on the executor {name!r}, and this server has {', '.join(self._executors)}: "
                f"start it with --executor {name}, too"
            )
        return await executor.launch(attempt)

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
        for executor in self._executors.values():
            try:
                handle = await executor.find(attempt_id)
            except ExecutorError as error:
                silent = error
                continue
            if handle is not None:
                return handle
        if silent is not None:
            raise silent
        return None

    async def wait_started(self, handle: str) -> datetime | None:
        """Return when the attempt's process exists; see ``api.Executor.wait_started``."""
        return await self._ask(lambda executor: executor.wait_started(handle))

    async def wait(self, handle: str) -> Exit:
        """Return how the attempt ended; see ``api.Executor.wait``."""
        return await self._ask(lambda executor: executor.wait(handle))

    async def wait_result(self, handle: str) -> ResultStored | Exit:
        """Return when the attempt's result is stored, or it is over; see ``api.Executor.wait_result``."""
        return await self._ask(lambda executor: executor.wait_result(handle))

    async def abort(self, handle: str, *, grace: float) -> None:
        """Ask the attempt to stop; see ``api.Executor.abort``."""
        await self._ask(lambda executor: executor.abort(handle, grace=grace))

    def binds(self, attempt: Attempt) -> bool:
        """Tell whether only this server reaches the attempt once it was started; see ``api.Executor.binds``."""
        executor = self._executors.get(attempt.executor or self._default)
        return executor is not None and executor.binds(attempt)

    def renew(self, limit: Limit) -> None:
        """Let the attempts that are bound to this server run until then, on each of them."""
        for executor in self._executors.values():
            executor.renew(limit)

    def describe(self) -> str:
        """Say how many attempts run at once, on each of them."""
        parts = [f"{name}: {executor.describe()}" for name, executor in self._executors.items()]
        return " ".join(parts) if len(parts) > 1 else next(iter(self._executors.values())).describe()

    async def _ask(self, call: Callable[[Executor], Awaitable[_T]]) -> _T:
        """Return the answer of the executor whose handle it is.

        Raises:
            NoSuchAttempt: none of them knows it.
        """
        unknown: NoSuchAttempt | None = None
        for executor in self._executors.values():
            try:
                return await call(executor)
            except NoSuchAttempt as error:
                unknown = unknown or error
        assert unknown is not None  # there is at least one
        raise unknown
