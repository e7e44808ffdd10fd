"""An executor in memory: attempts are coroutines of the test's, not processes."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl.core.literals_pb2 import Literal, LiteralMap, Primitive, Scalar

from livedeck.errors import NoSuchAttempt
from livedeck.executors.api import Attempt, Exit, ExitKind, Queued, ResultStored
from livedeck.executors.watchdog import Limit
from livedeck.store import open_store
from livedeck.store.layout import ERROR, OUTPUTS

Script = Callable[[Attempt], Awaitable[Exit]]
"""What an attempt does. It is cancelled when the attempt is aborted, and may catch that.

Times that the ``Exit`` does not state are those at which the script began and ended.
"""

DONE = Exit(ExitKind.EXITED, 0)


def literal(value: float | str | bool) -> Literal:  # noqa: FBT001 - the value is the point
    """Return the literal of ``value``, a plain Python one."""
    match value:
        case bool():
            primitive = Primitive(boolean=value)
        case int():
            primitive = Primitive(integer=value)
        case float():
            primitive = Primitive(float_value=value)
        case _:
            primitive = Primitive(string_value=value)
    return Literal(scalar=Scalar(primitive=primitive))


async def succeed(attempt: Attempt, **outputs: Any) -> Exit:
    """End an attempt as a task does that returned: ``outputs.pb``, exit code 0.

    Args:
        attempt: The attempt.
        outputs: Its outputs by name, as literals or plain Python values.

    Returns:
        What the script returns.
    """
    literals = LiteralMap(literals={name: _literal(value) for name, value in outputs.items()})
    await open_store(attempt.output_prefix).aput(OUTPUTS, literals.SerializeToString())
    return DONE


async def fail(
    attempt: Attempt, message: str = "it broke", *, code: str = "USER:ValueError", recoverable: bool = False
) -> Exit:
    """End an attempt as a task does that raised: ``error.pb``, exit code 0.

    Args:
        attempt: The attempt.
        message: The error's.
        code: The error's, as ``error.pb`` has it.
        recoverable: Whether the task raised a ``RecoverableError``.

    Returns:
        What the script returns.
    """
    error = ContainerError(
        code=code,
        message=message,
        kind=ContainerError.RECOVERABLE if recoverable else ContainerError.NON_RECOVERABLE,
        origin=ExecutionError.USER,
    )
    await open_store(attempt.output_prefix).aput(ERROR, ErrorDocument(error=error).SerializeToString())
    return DONE


def _literal(value: Any) -> Literal:
    return value if isinstance(value, Literal) else literal(value)


@dataclass
class FakeProcess:
    """One attempt of a ``ScriptedExecutor``."""

    attempt: Attempt
    """What was launched."""
    task: asyncio.Task[Exit] | None = None
    """Runs the script."""
    aborted: int = 0
    """How often it was asked to stop."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the script began."""
    stored: asyncio.Future[ResultStored] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done when a test has said that the result is stored."""
    over: asyncio.Future[Exit] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done when the script has ended."""


class ScriptedExecutor:
    """Runs a script for each attempt, and notes what an engine must never do: two attempts of a node at once.

    Like real ones it outlives engines: leaving it does not end attempts; ``close`` does.

    Args:
        script: what attempts do.
        capacity: how many run at once; others wait in ``launch``.
        bound: whether only one engine reaches its attempts; the executor of another is to be another one.
    """

    def __init__(self, script: Script, *, capacity: int = 1_000_000, bound: bool = False) -> None:
        self.processes: dict[str, FakeProcess] = {}
        """By attempt id, in the order of their starts."""
        self.launches: list[str] = []
        """The id of every call of ``launch``, repeated ones too."""
        self.most = 0
        """The most that ran at once."""
        self.limits: list[Limit] = []
        """What the engine said, each time, of how long attempts may run without hearing from it."""
        self.violations: list[str] = []
        """What the engine must not have done. A test asserts that there are none."""
        self._script = script
        self._bound = bound
        self._room = asyncio.Semaphore(capacity)
        self._line: list[str] = []
        self._running: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    async def close(self) -> None:
        """End every attempt."""
        tasks = [process.task for process in self.processes.values() if process.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def launch(self, attempt: Attempt) -> str:
        """Start the attempt unless it was started before."""
        self.launches.append(attempt.id)
        if attempt.id not in self.processes:
            self._line.append(attempt.id)
            try:
                await self._room.acquire()
            finally:
                self._line.remove(attempt.id)
            self._start(attempt)
        return f"handle:{attempt.id}"

    def queued(self, attempt_id: str) -> Queued | None:
        """Say how many wait before it."""
        return Queued(self._line.index(attempt_id), "waits for room") if attempt_id in self._line else None

    async def find(self, attempt_id: str) -> str | None:
        """The handle of an attempt that was started."""
        return f"handle:{attempt_id}" if attempt_id in self.processes else None

    async def wait_started(self, handle: str) -> datetime | None:
        """Return at once: an attempt starts with ``launch``."""
        return self._process(handle).started_at

    async def wait(self, handle: str) -> Exit:
        """Return when the attempt is over."""
        return await asyncio.shield(self._process(handle).over)

    async def wait_result(self, handle: str) -> ResultStored | Exit:
        """Return when the script has said that its result is stored, or when the attempt is over."""
        process = self._process(handle)
        either: list[asyncio.Future[Any]] = [process.stored, process.over]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return process.stored.result() if process.stored.done() else process.over.result()

    def tell_stored(self, attempt: Attempt) -> None:
        """Say that the result of ``attempt`` is in the store, in the place of its script, which goes on."""
        process = self.processes[attempt.id]
        self._running.pop(attempt.id.rpartition("/")[0], None)
        process.stored.set_result(ResultStored(process.started_at, datetime.now(UTC)))

    async def abort(self, handle: str, *, grace: float) -> None:
        """Cancel the script."""
        del grace
        process = self._process(handle)
        process.aborted += 1
        if process.task is not None and not process.task.done():
            process.task.cancel()

    def binds(self, attempt: Attempt, handle: str = "") -> bool:
        """Say what was set."""
        del attempt, handle
        return self._bound

    def renew(self, limit: Limit) -> None:
        """Note what is said. Attempts are not ended: a test does that."""
        self.limits.append(limit)

    def describe(self) -> str:
        """Say what this is."""
        return "Attempts are coroutines of this process."

    def _process(self, handle: str) -> FakeProcess:
        try:
            return self.processes[handle.removeprefix("handle:")]
        except KeyError:
            raise NoSuchAttempt(f"there is no attempt {handle!r} here") from None

    def _start(self, attempt: Attempt) -> None:
        if attempt.id in self.processes:  # two engines asked at the same time
            self._room.release()
            return
        node = attempt.id.rpartition("/")[0]
        if node in self._running:
            self.violations.append(f"{attempt.id} was launched while {self._running[node]} runs")
        self._running[node] = attempt.id
        self.most = max(self.most, len(self._running))
        process = self.processes[attempt.id] = FakeProcess(attempt)
        process.task = asyncio.create_task(self._run(process, node), name=f"attempt {attempt.id}")

    async def _run(self, process: FakeProcess, node: str) -> Exit:
        try:
            ended = await self._script(process.attempt)
        except asyncio.CancelledError:
            ended = Exit(ExitKind.SIGNALLED, signal.SIGTERM)
        if self._running.get(node) == process.attempt.id:
            del self._running[node]
        self._room.release()
        result = replace(
            ended, started_at=ended.started_at or process.started_at, ended_at=ended.ended_at or datetime.now(UTC)
        )
        process.over.set_result(result)
        return result
