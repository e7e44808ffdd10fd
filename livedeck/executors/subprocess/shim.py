"""The process that keeps one attempt: starts it, reads its output, records its end. It outlives the server.

Started by ``keepers`` as ``python -m livedeck.executors.subprocess.shim``, with its request on standard input. It
says on standard output which process it is and then what came of the start, and closes that.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from livedeck.executors import notices, watchdog
from livedeck.executors.api import ExitKind
from livedeck.executors.local import processes, scratch
from livedeck.executors.local.capture import Capture
from livedeck.executors.local.memory_kills import MemoryKills
from livedeck.executors.local.processes import KILLED, STOPPED
from livedeck.executors.local.records import AttemptRecord, ExitRecord, Records, StoredRecord

WAKES = "wakes"
"""Name of the pipe through which shims tell the executor that there is something to see: an attempt's name a line."""
COALESCE = 0.1
"""Seconds between the first growth of the output and the word about it."""
SHUTDOWN_GRACE = 10.0
"""Seconds that the attempt gets when the shim itself is asked to end, or waits for it no longer."""
RETRY_RECORD = 1.0


class Request(msgspec.Struct, frozen=True):
    """The attempt to start, and how to keep it."""

    work_dir: str
    name: str
    id: str
    command: list[str]
    """What was asked for."""
    argv: list[str]
    """What to execute for it."""
    environment: dict[str, str]
    output_prefix: str
    cpu: float
    memory: int
    gpus: int
    client: bool
    processes: int
    log_cap: int
    exit_timeout: float


class Reply(msgspec.Struct, frozen=True):
    """What came of the start."""

    started: bool
    """False: an attempt of that name is on record, or there is an error."""
    error: str = ""
    final: bool = False
    """Whether it never can be started."""


class Shim:
    """Keeps one attempt.

    Args:
        request: what to start.
        umask: for the attempt; the shim's own is stricter.
    """

    def __init__(self, request: Request, umask: int) -> None:
        self._request = request
        self._umask = umask
        self._me = processes.identify(os.getpid())
        self._records = Records(Path(request.work_dir))
        self._files = self._records.files(request.name)
        self._scratch = scratch.Scratch(self._records.work_dir, self._me)
        self._notices = notices.open_socket()
        self._memory_kills = MemoryKills()
        self._selector = selectors.DefaultSelector()
        self._process: subprocess.Popen[bytes]
        self._capture: Capture
        self._started_at = 0.0
        self._kills_before = self._memory_kills.count()
        self._stored: StoredRecord | None = None
        self._overdue = False
        self._kill_at: float | None = None
        self._overdue_at: float | None = None
        self._tell_at: float | None = None
        self._watchdog = watchdog.Watchdog(request.work_dir)
        self._look_at: float | None = None
        self._unwatched = False
        self._ending = False

    def start(self) -> Reply:
        """Start the attempt, unless one of its name was started before."""
        request = self._request
        limit = self._watchdog.read()
        if limit.reached:
            return Reply(started=False, error=watchdog.REASON)
        if not limit.unlimited:
            self._look_at = time.monotonic() + watchdog.CHECK
        folder = self._scratch.take()
        record = AttemptRecord(
            started_at=time.time(),
            name=request.name,
            id=request.id,
            command=request.command,
            output_prefix=request.output_prefix,
            cpu=request.cpu,
            memory=request.memory,
            keeper=self._me,
            process=self._me,  # in whose session the attempt runs
            scratch=folder,
            gpus=request.gpus,
            client=request.client,
            processes=request.processes,
            executor="subprocess",
        )
        try:
            if self._records.claim(record) is None:
                return Reply(started=False)
        except OSError as error:
            return Reply(started=False, error=f"cannot start a process for {request.id}: {error.strerror}")
        try:
            self._spawn(folder)
        except OSError as error:
            self._files.remove()
            final = isinstance(error, FileNotFoundError | PermissionError)
            return Reply(started=False, error=f"cannot execute {request.argv[0]}: {error.strerror}", final=final)
        return Reply(started=True)

    def run(self) -> None:
        """Keep the attempt until it is over and its end on record."""
        self._register_signals()
        self._selector.register(self._capture.fd, selectors.EVENT_READ, self._on_output)
        if self._notices is not None:
            self._selector.register(self._notices, selectors.EVENT_READ, self._on_notice)
        while (code := self._exit_code()) is None:
            for key, _ in self._selector.select(self._select_timeout()):
                key.data()
            self._run_timers()
        self._finish(code)

    def close(self) -> None:
        """Clean up before the shim ends."""
        self._memory_kills.close()
        self._scratch.close()

    def _spawn(self, folder: str) -> None:
        request = self._request
        address = notices.variable(self._notices.getsockname()) if self._notices is not None else ""
        environment = {
            # What it prints should be seen while it runs; a pipe would hold it back.
            "PYTHONUNBUFFERED": "1",
            **request.environment,
            "TMPDIR": scratch.tmp(folder),
            notices.RESULT_NOTICE: address,
        }
        output, inlet = os.pipe()
        try:
            self._process = subprocess.Popen(
                request.argv,
                env=environment,
                cwd=scratch.cwd(folder),
                stdin=subprocess.DEVNULL,
                stdout=inlet,
                stderr=inlet,
                umask=self._umask,
                process_group=0,
            )
        except OSError:
            os.close(output)
            raise
        finally:
            os.close(inlet)
        self._started_at = time.time()
        processes.prefer_to_kill(self._process.pid)
        os.set_blocking(output, False)
        self._capture = Capture(output, self._files.output.path, cap=request.log_cap)

    def _register_signals(self) -> None:
        wakeup, write = os.pipe()
        os.set_blocking(wakeup, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # the wake-up descriptor does the work
        signal.signal(signal.SIGTERM, lambda *_: None)
        os.write(write, bytes([signal.SIGCHLD]))  # the attempt may have ended already
        self._selector.register(wakeup, selectors.EVENT_READ, lambda: self._on_signal(wakeup))

    def _on_signal(self, wakeup: int) -> None:
        numbers = os.read(wakeup, 512)
        if signal.SIGTERM in numbers:
            grace = self._files.abort_grace()
            self._ending = self._ending or grace is None  # the signal came from elsewhere than the executor
            self._terminate(SHUTDOWN_GRACE if grace is None else grace)

    def _terminate(self, grace: float) -> None:
        deadline = time.monotonic() + grace
        self._kill_at = min(deadline, self._kill_at or deadline)
        self._process.send_signal(signal.SIGTERM)

    def _exit_code(self) -> int | None:
        """Return the exit code of the main process once it has ended; its pid is its own until it was asked for."""
        return self._process.poll()

    def _select_timeout(self) -> float | None:
        times = [when for when in (self._kill_at, self._overdue_at, self._tell_at, self._look_at) if when is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _run_timers(self) -> None:
        now = time.monotonic()
        if self._tell_at is not None and self._tell_at <= now:
            self._tell()
        if self._look_at is not None and self._look_at <= now:
            self._look_at = now + watchdog.CHECK
            self._check_limit()
        if self._overdue_at is not None and self._overdue_at <= now:
            self._overdue_at, self._overdue = None, True
            self._capture.note(notices.overdue(self._request.exit_timeout))
            self._terminate(SHUTDOWN_GRACE)
        if self._kill_at is not None and self._kill_at <= now:
            self._kill_at = now + SHUTDOWN_GRACE
            self._process.kill()

    def _check_limit(self) -> None:
        """End the attempt once its server has been silent for too long."""
        limit = self._watchdog.read()
        if limit.reached and (not self._unwatched or not limit.left):  # asked once, then killed
            self._unwatched = True
            self._terminate(limit.left)

    def _on_output(self) -> None:
        before = self._capture.size
        self._capture.read()
        if not self._capture.open:
            self._selector.unregister(self._capture.fd)
        if self._capture.size != before and self._tell_at is None:
            self._tell_at = time.monotonic() + COALESCE

    def _on_notice(self) -> None:
        assert self._notices is not None
        with contextlib.suppress(BlockingIOError):
            pid, data = notices.receive(self._notices)
            if data == notices.RESULT_STORED and pid == self._process.pid and self._stored is None:
                if self._capture.open:
                    self._on_output()
                self._stored = StoredRecord(self._started_at, time.time())
                with contextlib.suppress(OSError):  # then its end tells, a little later
                    self._files.write_stored(self._stored)
                self._overdue_at = time.monotonic() + self._request.exit_timeout
                self._tell()

    def _finish(self, code: int) -> None:
        processes.kill_session(self._me.pid)
        if self._capture.open:
            self._selector.unregister(self._capture.fd)
        self._capture.finish()
        ended = self._exit_record(code)
        _until_written(lambda: self._files.write_exit(ended))
        self._tell()

    def _exit_record(self, code: int) -> ExitRecord:
        reason = self._why_lost(code)
        kind = ExitKind.SIGNALLED if code < 0 else ExitKind.EXITED
        return ExitRecord(
            kind=ExitKind.LOST if reason else kind,
            code=abs(code),
            started_at=self._started_at,
            ended_at=time.time(),
            peak_memory=processes.peak_memory_of_children(),
            aborted=self._kill_at is not None,
            reason=reason,
            out_of_memory=self._memory_kills.explains(self._kills_before) if code in KILLED else False,
            overdue=self._overdue,
        )

    def _why_lost(self, code: int) -> str:
        """Say what took the attempt away that did nothing to deserve it; empty: its end is its own."""
        if code not in STOPPED:
            return ""
        if self._unwatched:
            return watchdog.REASON
        return "the process that started it was asked to end, and it with it" if self._ending else ""

    def _tell(self) -> None:
        """Have the executor look; one that is not there looks when it is again."""
        self._tell_at = None
        with contextlib.suppress(OSError):
            fd = os.open(self._records.work_dir / WAKES, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(fd, f"{self._request.name}\n".encode())
            finally:
                os.close(fd)


def _until_written(write: Callable[[], None]) -> None:
    """Write what must not be lost: on a full disk that takes until there is room again."""
    while True:
        try:
            with contextlib.suppress(FileNotFoundError):  # the records were removed
                write()
        except OSError as error:
            print(f"cannot record the end: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the shim's log
            time.sleep(RETRY_RECORD)
        else:
            return


def _say(message: msgspec.Struct) -> None:
    os.write(1, msgspec.json.encode(message) + b"\n")


def main() -> None:
    """Keep the attempt that is asked for on standard input."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    processes.detach()
    _say(processes.identify(os.getpid()))
    umask = os.umask(0o077)
    processes.become_subreaper()
    shim = Shim(request, umask)
    reply = shim.start()
    _say(reply)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(null, fd)
    os.close(null)
    if reply.started:
        shim.run()
    shim.close()
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{request.work_dir}/{SHIMS}/{request.name}")


SHIMS = "shims"
"""Folder with a file for each shim that runs: what it says when something is wrong."""


if __name__ == "__main__":
    main()
