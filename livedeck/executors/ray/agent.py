"""The agent of a node: a process that runs the attempts that Ray's workers on this machine hold a place for.

Ray places an attempt and keeps its resources; the attempt itself is a process that an executor of this machine starts,
which the agent loads by name. Nothing of an attempt runs longer than what Ray knows of it: its worker is connected to
the agent for as long as it holds the place, and when that connection ends, so does the attempt. When the raylet ends,
the agent ends everything, and itself.

Started by ``nodes`` as ``python -m livedeck.executors.ray.agent SETTINGS``. It outlives the workers. When it is killed,
the next worker starts another, which picks up what runs.
"""

import asyncio
import contextlib
import fcntl
import gc
import hashlib
import logging
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec
import uvloop

from livedeck.errors import CannotStart, ExecutorError, NoSuchAttempt
from livedeck.executors import loading
from livedeck.executors.api import Executor, ExecutorSettings, Exit, ExitKind, ResultStored
from livedeck.executors.local import endings, processes
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.output import read_file, replace_file
from livedeck.executors.ray import messages
from livedeck.executors.ray.reports import Reports
from livedeck.store.surroundings import surroundings

logger = logging.getLogger(__name__)

SOCKET, LOCK, LOG, RUNNING = "agent.sock", "agent.lock", "agent.log", "running"
RECONNECT = 15.0
"""Seconds that workers have to come back to an agent that was started again, before their attempts are ended."""
LAST_WORDS = 10.0
"""Seconds that logs have to reach the store when the raylet has ended."""


class Settings(msgspec.Struct, frozen=True):
    """What an agent is told when it starts."""

    folder: str
    raylet: ProcessIdentity
    preload: list[str]
    executor: str = "process"


class Known(msgspec.Struct, frozen=True):
    """What is on disk of an attempt that runs, for an agent that is started again."""

    id: str
    incarnation: str


def folder_of(node: str) -> Path:
    """Return the folder of a node's agent: short, for sockets lie in it, and this user's alone.

    Args:
        node: Ray's id of the node.
    """
    return Path(tempfile.gettempdir()) / f"livedeck-ray-{os.getuid()}" / node[:16]


class Agent:
    """Answers workers.

    Args:
        executor: runs the attempts. It admits all: Ray has given them their place.
        folder: where is noted what runs.
    """

    def __init__(self, executor: Executor, folder: Path) -> None:
        self._executor = executor
        self._running = folder / RUNNING
        self._known: dict[str, Known] = {}
        self._connections: dict[str, int] = {}
        """How many workers hold each attempt."""
        self._killed: set[str] = set()
        self._to_abort: dict[str, float] = {}
        """The grace of those that are to end once their process exists: others of their gang have failed before."""
        self._newest = ""
        """The incarnation of the dispatcher that has swept this node last."""
        self._reports: Reports | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def recall(self) -> None:
        """Take up what an agent before this one has left: workers come back to what they hold, or it is ended."""
        self._running.mkdir(mode=0o700, exist_ok=True)
        for path in self._running.iterdir():
            if "~" in path.name:  # half written
                path.unlink(missing_ok=True)
                continue
            known = msgspec.json.decode(read_file(str(path)), type=Known)
            self._known[known.id] = known
            self._later(RECONNECT, known.id)

    def _later(self, delay: float, attempt_id: str) -> None:
        task = asyncio.create_task(self._end_unheld(delay, attempt_id), name=f"end {attempt_id} unless held")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_unheld(self, delay: float, attempt_id: str) -> None:
        await asyncio.sleep(delay)
        if attempt_id in self._known and not self._connections.get(attempt_id):
            await self.end(attempt_id)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection: a worker's, for as long as it holds its attempt, or a question."""
        try:
            asked: messages.ToAgent = messages.read(await reader.readline(), messages.ToAgent)
            match asked:
                case messages.Run():
                    await self._hold(asked, reader, writer)
                    return
                case messages.AbortAttempt(id=attempt_id, grace=grace):
                    await self._abort(attempt_id, grace)
                    answer: messages.FromAgent = messages.Done()
                case messages.EndAttempt(id=attempt_id):
                    answer = await self.end(attempt_id)
                case messages.EndOthers(incarnation=incarnation):
                    self._newest = incarnation
                    await asyncio.gather(
                        *(self.end(each.id) for each in list(self._known.values()) if each.incarnation != incarnation)
                    )
                    answer = messages.Done()
            await _send(writer, answer)
        except ConnectionError:
            pass  # who asked has gone
        except ExecutorError as error:
            with contextlib.suppress(ConnectionError):
                await _send(writer, messages.Refused(str(error), isinstance(error, CannotStart)))
        finally:
            writer.close()

    async def end(self, attempt_id: str) -> messages.Over:
        """End an attempt at once, and return how it ended."""
        handle = await self._executor.find(attempt_id)
        if handle is None:
            return messages.Over(Exit(ExitKind.LOST, reason="it had not been started"), killed=True)
        if attempt_id in self._known:
            self._killed.add(attempt_id)
        await self._executor.abort(handle, grace=0.0)
        ended = await self._executor.wait(handle)
        killed = attempt_id in self._killed and ended.kind is ExitKind.SIGNALLED
        self._forget(attempt_id)
        return messages.Over(ended, killed=killed)

    async def end_all(self) -> None:
        """End all that runs."""
        await asyncio.gather(*(self.end(attempt_id) for attempt_id in list(self._known)))

    async def _abort(self, attempt_id: str, grace: float) -> None:
        self._to_abort[attempt_id] = grace
        handle = await self._executor.find(attempt_id)
        if handle is not None:
            self._to_abort.pop(attempt_id, None)
            await self._executor.abort(handle, grace=grace)

    async def _hold(self, run: messages.Run, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Run an attempt for a worker, for as long as that is there."""
        attempt = run.attempt
        if self._newest and run.endpoint.incarnation != self._newest:
            await _send(writer, messages.Refused("another dispatcher has taken over", final=False))
            return
        self._connections[attempt.id] = self._connections.get(attempt.id, 0) + 1
        telling = asyncio.create_task(self._tell(run, writer), name=f"tell of {attempt.id}")
        gone = asyncio.create_task(reader.read(1), name=f"worker of {attempt.id}")  # it says nothing more
        try:
            await asyncio.wait([telling, gone], return_when=asyncio.FIRST_COMPLETED)
            if not telling.done():
                telling.cancel()
                await asyncio.wait([telling])
                self._connections[attempt.id] -= 1
                if not self._connections[attempt.id]:
                    await self.end(attempt.id)
                return
            self._connections[attempt.id] -= 1
            telling.result()
        finally:
            gone.cancel()
            if not self._connections.get(attempt.id):
                self._connections.pop(attempt.id, None)

    async def _tell(self, run: messages.Run, writer: asyncio.StreamWriter) -> None:
        """Have an attempt run, and tell worker and dispatcher what becomes of it."""
        reports = self._reports_to(run.endpoint)
        try:
            await self._run(run, reports, writer)
        except ExecutorError as error:
            self._forget(run.attempt.id)
            await _send(writer, messages.Refused(str(error), isinstance(error, CannotStart)))
        finally:
            reports.forget(run.begin.name)

    def _reports_to(self, endpoint: messages.Endpoint) -> Reports:
        """Return the connection to a dispatcher, which is opened for its first attempt here."""
        if self._reports is None or self._reports.endpoint != endpoint:
            if self._reports is not None:
                self._reports.close()
            self._reports = Reports(endpoint)
        return self._reports

    async def _run(self, run: messages.Run, reports: Reports, writer: asyncio.StreamWriter) -> None:
        attempt, name = run.attempt, run.begin.name
        begun = await reports.begin(run.begin)
        if not begun.wanted:
            await self.end(attempt.id)  # an agent before this one may have begun it
            await _send(writer, messages.Withdrawn())
            return
        self._note(Known(attempt.id, run.endpoint.incarnation))
        # Ray has given it its place; here it counts for nothing.
        environment = {**attempt.environment, **begun.environment}
        placed = replace(attempt, environment=environment, cpu=0.0, memory=0, gpus=0, client=True, nodes=1)
        os.environ.update(surroundings(attempt.output_prefix, attempt.environment))  # logs go to the same store
        handle = await self._executor.launch(placed)
        if attempt.id in self._to_abort:
            await self._executor.abort(handle, grace=self._to_abort.pop(attempt.id))
        started_at = await self._executor.wait_started(handle)
        reports.tell(messages.Report(name, started_at, member=run.begin.member))
        told = await self._executor.wait_result(handle)
        if isinstance(told, ResultStored):
            reports.tell(messages.Report(name, started_at, told, run.begin.member))
            await _send(writer, messages.Stored())
            with contextlib.suppress(NoSuchAttempt):
                told = await self._executor.wait(handle)
        if isinstance(told, Exit):
            killed = attempt.id in self._killed and told.kind is ExitKind.SIGNALLED
            self._forget(attempt.id)
            await _send(writer, messages.Over(told, killed=killed))

    def _note(self, known: Known) -> None:
        if self._known.get(known.id) != known:
            self._known[known.id] = known
            replace_file(str(self._path(known.id)), msgspec.json.encode(known))

    def _forget(self, attempt_id: str) -> None:
        self._killed.discard(attempt_id)
        self._to_abort.pop(attempt_id, None)
        if self._known.pop(attempt_id, None) is not None:
            self._path(attempt_id).unlink(missing_ok=True)

    def _path(self, attempt_id: str) -> Path:
        return self._running / hashlib.sha256(attempt_id.encode()).hexdigest()[:32]


async def _send(writer: asyncio.StreamWriter, message: messages.FromAgent) -> None:
    writer.write(messages.line(message))
    await writer.drain()


async def run(settings: Settings) -> None:
    """Serve the workers of this node until its raylet has ended."""
    folder = Path(settings.folder)
    create = loading.load(settings.executor)
    executor_settings = ExecutorSettings(
        work_dir=folder / "attempts",
        environment=dict(os.environ),
        preload=tuple(settings.preload),
        ends_with=settings.raylet,
    )
    async with create(executor_settings) as executor:
        agent = Agent(executor, folder)
        agent.recall()
        path = folder / SOCKET
        path.unlink(missing_ok=True)  # of an agent that is gone: the lock is ours
        server = await asyncio.start_unix_server(agent.serve, path, limit=messages.LIMIT, backlog=1024)
        async with server:
            await endings.gone(settings.raylet)
            server.close()
            logger.warning("raylet_gone pid=%d; all that runs here is ended", settings.raylet.pid)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS):
                    await agent.end_all()
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Run an agent with the settings in the first argument, unless another has its folder."""
    settings = msgspec.json.decode(sys.argv[1], type=Settings)
    processes.detach()
    lock = os.open(f"{settings.folder}/{LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another worker was faster
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname).1s %(name)s %(message)s")
    gc.freeze()  # a collection would look at all that was loaded each time
    uvloop.run(run(settings))


if __name__ == "__main__":
    main()
