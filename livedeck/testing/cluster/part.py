"""A server of a deployment, as a process of this machine."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

START_TIMEOUT = 300.0
"""Seconds that a server may take to answer, on a machine that is busy with others."""
STOP_TIMEOUT = 30.0
"""Seconds that a server may take to end in good order, before it is killed."""
PAUSE = 0.05
_LAST_WORDS = 2000


class Interrupted(Exception):
    """What waits is not to wait any more."""


class PartEnded(RuntimeError):
    """A part of a deployment has ended by itself; the message has its last words."""


class Part:
    """A server that runs in a session of its own, with its output in a file. It may be started again when it has ended.

    Args:
        name: what people call it.
        command: its program and the arguments.
        log: the file.
        answers: tells whether it answers.
        environment: added to this process's environment.
        user: as whom it runs; None: as this process does.
        last_signal: the signal upon which it ends in good order.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        answers: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        last_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self._command = list(command)
        self.log = log
        self._answers = answers
        self._environment = dict(environment or {})
        self._user = user
        self._last_signal = last_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._said_before = 0

    @property
    def command(self) -> list[str]:
        """Its program and the arguments."""
        return self._command

    def begin(self) -> None:
        """Start it, and do not wait until it answers."""
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.log.parent,
                env={**os.environ, **self._environment},
                user=self._user,
                start_new_session=True,
            )

    def wait_ready(self, interrupted: Callable[[], bool] = lambda: False) -> None:
        """Return once it answers.

        Args:
            interrupted: tells whether not to wait any more.

        Raises:
            Interrupted: it is so.
            PartEnded: it has ended instead.
            TimeoutError: it does not answer.
        """
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            self.check()
            if interrupted():
                raise Interrupted
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} did not answer within {START_TIMEOUT:g} s: {self.last_words}")
            time.sleep(PAUSE)

    def start(self) -> None:
        """Start it, and return once it answers."""
        self.begin()
        self.wait_ready()

    def check(self) -> None:
        """See that it has not ended by itself.

        Raises:
            PartEnded: it has.
        """
        status = self._process.poll() if self._process is not None else None
        if status is not None:
            how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
            raise PartEnded(f"{self.name} {how}: {self.last_words}")

    @property
    def process(self) -> psutil.Process:
        """The process that runs."""
        assert self._process is not None, f"{self.name} does not run"
        return psutil.Process(self._process.pid)

    @property
    def output(self) -> str:
        """What it has said since it was started last."""
        with self.log.open("rb") as log:
            log.seek(self._said_before)
            return log.read().decode(errors="replace")

    @property
    def last_words(self) -> str:
        """The end of its output."""
        return self.output.strip()[-_LAST_WORDS:] or "it said nothing"

    def suspend(self) -> None:
        """Have it stand still."""
        self.process.suspend()

    def resume(self) -> None:
        """Have it go on."""
        self.process.resume()

    def kill(self) -> None:
        """End it with SIGKILL, and return when it has ended."""
        self._send(signal.SIGKILL)
        self.wait_ended()

    def stop(self) -> None:
        """End it in good order, or by force if it takes too long. Nothing happens if it does not run."""
        self.begin_stop()
        self.wait_ended()

    def begin_stop(self) -> None:
        """Have it end in good order, and do not wait for that."""
        self._send(self._last_signal)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)  # which is nothing if it has ended

    def wait_ended(self) -> None:
        """Return when it has ended; it is killed if that takes too long."""
        if self._process is None:
            return
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
