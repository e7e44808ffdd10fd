"""A whole `livedeck serve` as a process of its own: what acceptance tests and benchmarks talk to.

It can be killed and started again on the same data and port, as a machine's would be.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from livedeck.testing.ports import free_port

READY = re.compile(r"livedeck is ready at (http://\S+?)/console/")


class ServerProcess:
    """A server on loopback, with its data in a folder of its own.

    Args:
        data_dir: Where it keeps database, store and run files.
        environment: Added to this process's environment.
        options: More options of `livedeck serve`.
        python: The interpreter that it runs with.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        environment: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
        python: str = sys.executable,
    ) -> None:
        self.data_dir = data_dir
        self.options = tuple(options)
        """What it is started with, the next time too."""
        self._environment = dict(environment or {})
        self._python = python
        self._process: subprocess.Popen[str] | None = None
        self._port = free_port()
        self.url = ""

    @property
    def endpoint(self) -> str:
        """``host:port``, for clients."""
        return self.url.removeprefix("http://")

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written to standard error."""
        path = self.data_dir / "server.log"
        return path.read_text() if path.exists() else ""

    def start(self) -> None:
        """Start it, on the same port each time, and return when it answers.

        Raises:
            RuntimeError: It ended instead; the message holds its last words.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command = [self._python, "-m", "livedeck.cli", "serve", "--port", str(self._port), "--data-dir"]
        with (self.data_dir / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                [*command, str(self.data_dir), "--log-level", "info", *self.options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := READY.search(line):
                self.url = found[1]
                return
        status = self.wait()
        raise RuntimeError(f"livedeck serve ended with {status} before it was ready:\n{self.log[-4000:]}")

    def kill(self) -> None:
        """End it with SIGKILL: what it had not stored is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._end(signal.SIGINT)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, and do not wait for what it does then.

        Args:
            number: Which one.
        """
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Return the status that it has ended with, once it has; minus the number of the signal that has ended it."""
        assert self._process is not None, "the server is not running"
        status = self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return status

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)  # which may have ended by itself
            self.wait()


@contextlib.contextmanager
def running_server(
    data_dir: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    python: str = sys.executable,
) -> Iterator[ServerProcess]:
    """Start a server, and stop it at the end of the block.

    Args:
        data_dir: Where it keeps its data; None: a temporary folder that goes with it.
        environment: Added to this process's environment.
        options: More options of `livedeck serve`.
        python: The interpreter that it runs with.

    Yields:
        The server.
    """
    with contextlib.ExitStack() as stack:
        if data_dir is None:
            data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        server = ServerProcess(data_dir, environment=environment, options=options, python=python)
        server.start()
        stack.callback(server.stop)
        yield server
