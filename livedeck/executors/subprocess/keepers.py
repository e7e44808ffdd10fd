"""Shims as keepers of attempts: each is started for one attempt, and followed by what it leaves on disk."""

import asyncio
import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from livedeck.errors import CannotStart, ExecutorError
from livedeck.executors.api import Attempt
from livedeck.executors.local import following, processes
from livedeck.executors.local.interpreters import check_command, importable, script
from livedeck.executors.local.keepers import Listener
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.local.records import AttemptRecord, Records
from livedeck.executors.subprocess.shim import SHIMS, WAKES, Reply, Request

logger = logging.getLogger(__name__)


class ShimKeepers:
    """Starts attempts, each with a shim. See ``local.keepers.Keepers``.

    Args:
        work_dir: where shims leave what they have to tell.
        environment: what the environment of each attempt begins with.
        commands: console scripts by name, ``module:function``.
        log_cap: bytes kept of one attempt's output.
        exit_timeout: seconds that an attempt's process may go on after its result was stored.
        start_timeout: seconds that a shim may take to start an attempt.
    """

    def __init__(
        self,
        work_dir: Path,
        environment: Mapping[str, str],
        *,
        commands: Mapping[str, str],
        log_cap: int,
        exit_timeout: float,
        start_timeout: float,
    ) -> None:
        self._work_dir = work_dir
        self._environment = importable(environment)
        self._commands = commands
        self._log_cap = log_cap
        self._exit_timeout = exit_timeout
        self._start_timeout = start_timeout
        self._records = Records(work_dir)
        self._kept: dict[str, AttemptRecord] = {}
        self._woken: dict[str, asyncio.Event] = {}
        self._followers: set[asyncio.Task[None]] = set()
        self._wakes = -1
        self._unread = b""
        self._listener: Listener

    async def open(self, listener: Listener) -> None:
        """Follow every attempt whose shim has not ended in good order."""
        self._listener = listener
        shims = self._work_dir / SHIMS
        shims.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._wakes = _open_pipe(self._work_dir / WAKES)
        asyncio.get_running_loop().add_reader(self._wakes, self._on_wake)
        for path in sorted(shims.iterdir()):
            record = self._records.files(path.name).attempt()
            if record is None:  # the shim was killed before it did anything
                path.unlink()
            else:
                self._follow(record)
                listener.on_running(record)

    async def close(self) -> None:
        """Follow nothing any more; the attempts run on."""
        asyncio.get_running_loop().remove_reader(self._wakes)
        os.close(self._wakes)
        for task in self._followers:
            task.cancel()
        await asyncio.gather(*self._followers, return_exceptions=True)

    async def ready(self) -> None:
        """Return at once: there is nothing to prepare."""

    async def start(self, name: str, attempt: Attempt) -> bool:
        """Start a shim, which starts the attempt; False: one of that name is on record."""
        environment = {**self._environment, **attempt.environment}
        function = self._commands.get(attempt.command[0]) if attempt.command else None
        argv = list(attempt.command)
        if function is not None:
            argv = script(argv[0], function, argv[1:])
        check_command(attempt.id, argv, environment)
        request = Request(
            work_dir=str(self._work_dir),
            name=name,
            id=attempt.id,
            command=list(attempt.command),
            argv=argv,
            environment=environment,
            output_prefix=attempt.output_prefix,
            cpu=attempt.cpu,
            memory=attempt.memory,
            gpus=attempt.gpus,
            client=attempt.client,
            processes=attempt.processes,
            log_cap=self._log_cap,
            exit_timeout=self._exit_timeout,
        )
        reply = await asyncio.to_thread(self._run_shim, request)
        if reply.error:
            raise (CannotStart if reply.final else ExecutorError)(reply.error)
        record = self._records.files(name).attempt() if reply.started else None
        if record is not None:
            self._follow(record)
        return record is not None

    async def adopt(self, record: AttemptRecord) -> bool:
        """Follow an attempt; False: its shim is dead."""
        if not processes.is_alive(record.keeper):
            return False
        self._follow(record)
        return True

    def abort(self, name: str, grace: float) -> None:
        """Have the shim send SIGTERM, and SIGKILL after ``grace`` seconds."""
        if name in self._kept:
            following.abort(self._records.files(name), self._kept[name], grace)

    def _follow(self, record: AttemptRecord) -> None:
        if record.name not in self._kept:
            self._kept[record.name] = record
            woken = self._woken[record.name] = asyncio.Event()
            task = asyncio.create_task(self._follow_to_end(record, woken), name=f"follow {record.name}")
            self._followers.add(task)
            task.add_done_callback(self._followers.discard)

    async def _follow_to_end(self, record: AttemptRecord, woken: asyncio.Event) -> None:
        try:
            await following.follow(self._records.files(record.name), record, self._listener, woken)
        finally:
            del self._kept[record.name], self._woken[record.name]
        if not processes.is_alive(record.keeper):  # else it removes its log itself
            words = _last_words(self._work_dir / SHIMS / record.name)
            if words:
                logger.error("shim_failed attempt=%s error=%s", record.name, words)

    def _on_wake(self) -> None:
        try:
            data = os.read(self._wakes, 1 << 16)
        except BlockingIOError:
            return
        *names, self._unread = (self._unread + data).split(b"\n")
        for name in names:
            woken = self._woken.get(name.decode(errors="replace"))
            if woken is not None:
                woken.set()

    def _run_shim(self, request: Request) -> Reply:
        """Start a shim and return what it says, in a thread of its own."""
        log = self._work_dir / SHIMS / request.name
        # -P: the server's current directory is not on the path of the shim.
        command = [sys.executable, "-P", "-m", "livedeck.executors.subprocess.shim"]
        with log.open("wb") as complaints:
            process = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,  # Ctrl-C in the server's terminal is the server's alone
            )
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin, process.stdout:
            with contextlib.suppress(BrokenPipeError):  # the shim has ended, and its log says why
                process.stdin.write(msgspec.json.encode(request))
                process.stdin.close()
            lines = _lines(process.stdout.fileno(), self._start_timeout)
        if len(lines) < 2:
            _kill(process, lines)
        process.wait()  # only until it has detached itself
        if len(lines) < 2:
            if self._records.files(request.name).attempt() is None:
                words = _last_words(log) or "it said nothing"
                return Reply(started=False, error=f"the shim of {request.id} did not start it: {words}")
            return Reply(started=False)
        return msgspec.json.decode(lines[1], type=Reply)


def _open_pipe(path: Path) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)  # writing, too: it never comes to an end


def _last_words(log: Path) -> str:
    """Return the end of what a shim that is gone has complained of, and remove its log."""
    try:
        words = log.read_text(errors="replace").strip()[-2000:]
    except FileNotFoundError:
        return ""
    log.unlink(missing_ok=True)
    return words


def _lines(fd: int, timeout: float) -> list[bytes]:
    """Return the lines that come through a pipe until its end, or until the time is over."""
    deadline = time.monotonic() + timeout
    data = b""
    while (left := deadline - time.monotonic()) > 0 and select.select([fd], [], [], left)[0]:
        piece = os.read(fd, 1 << 16)
        if not piece:
            break
        data += piece
    return data.split(b"\n")[:-1]


def _kill(process: "subprocess.Popen[bytes]", lines: list[bytes]) -> None:
    """End a shim that did not answer, so that it cannot start anything later: before or after it detached itself."""
    process.kill()
    for line in lines:
        shim = msgspec.json.decode(line, type=ProcessIdentity)
        if processes.is_alive(shim):
            os.kill(shim.pid, signal.SIGKILL)
