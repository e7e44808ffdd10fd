"""A server's link to a Ray cluster: the driver process, started again whenever it ends, and what it says."""

import asyncio
import contextlib
import itertools
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from livedeck.errors import ExecutorError
from livedeck.executors.local.interpreters import importable
from livedeck.executors.ray import messages

logger = logging.getLogger(__name__)

RETRY = 2.0
"""Seconds between two attempts to reach the cluster."""
CLOSE_TIMEOUT = 5.0


class Settings(msgspec.Struct, frozen=True):
    """What a driver is told when it starts."""

    fd: int
    """Descriptor of its socket."""
    address: str
    retry: float = RETRY


class Disconnected(ExecutorError):
    """The dispatcher could not be asked: the question may be repeated when there is one again."""


class Listener(Protocol):
    """Hears what the driver says."""

    def on_connected(self, connected: messages.Connected) -> None:
        """There is a dispatcher, to be asked from now on."""

    def on_changed(self, states: list[messages.State]) -> None:
        """Attempts have changed."""

    def on_nodes(self, nodes: list[messages.Node]) -> None:
        """Nodes have come or gone."""

    def on_down(self, reason: str) -> None:
        """There is no dispatcher, for now. May come more than once."""


class Link:
    """Keeps a driver running, and asks the dispatcher through it.

    Args:
        address: the cluster's, as ``ray.init`` takes it.
        log: file for what the driver and Ray say.
        environment: the driver's.
        listener: told of everything.
    """

    def __init__(self, *, address: str, log: Path, environment: Mapping[str, str], listener: Listener) -> None:
        self._address = address
        self._log = log
        self._environment = importable(environment)
        self._listener = listener
        self._numbers = itertools.count()
        self._answers: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._connected = False
        self.driver: subprocess.Popen[bytes] | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to connect."""
        self._log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keeping = asyncio.create_task(self._keep(), name="ray executor: driver")

    async def close(self) -> None:
        """Hang up: the driver ends."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        self._fail("the executor was closed")

    async def call(self, method: str, argument: Any, kind: Any) -> Any:
        """Return what a method of the dispatcher answers.

        Args:
            method: its name.
            argument: what it is given.
            kind: the type of its answer.

        Raises:
            Disconnected: it cannot be asked, or has not answered before it was gone.
        """
        if not self._connected or self._writer is None:
            raise Disconnected("there is no connection to the Ray cluster")
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            raw = msgspec.Raw(msgspec.json.encode(argument))
            self._writer.write(messages.line(messages.Call(number, method, raw)))
            return messages.read(bytes(await answer), kind)
        finally:
            del self._answers[number]

    async def _keep(self) -> None:
        while True:
            reason = await self._drive()
            self._connected = False
            self._fail(reason)
            self._listener.on_down(reason)
            await asyncio.sleep(RETRY)

    async def _drive(self) -> str:
        """Run a driver until it ends; return why it did."""
        ours, theirs = socket.socketpair()
        settings = Settings(theirs.fileno(), self._address)
        command = [sys.executable, "-P", "-m", "livedeck.executors.ray.driver", msgspec.json.encode(settings).decode()]
        with theirs, self._log.open("wb") as log:
            driver = self.driver = subprocess.Popen(  # noqa: ASYNC220 - it does not wait
                command,
                env=self._environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the server's terminal is the server's alone
            )
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=messages.LIMIT)
        reason = ""
        try:
            with contextlib.suppress(ConnectionError):
                while line := await reader.readline():
                    reason = self._hear(messages.read(line, messages.FromDriver), reason)
        finally:
            self._connected = False
            self._writer.close()
            self._writer = None
            await asyncio.shield(asyncio.to_thread(_ended, driver))
        return reason or self._last_words() or f"the driver ended with {driver.returncode}"

    def _hear(self, message: messages.FromDriver, reason: str) -> str:
        """Take what the driver says in; return why there is no connection, empty: there is."""
        match message:
            case messages.Reply(number=number, value=value):
                answer = self._answers.get(number)
                if answer is not None and not answer.done():
                    answer.set_result(value)
            case messages.Connected():
                self._connected = True
                self._listener.on_connected(message)
                return ""
            case messages.Changed(states=states):
                self._listener.on_changed(states)
            case messages.Nodes(nodes=nodes):
                self._listener.on_nodes(nodes)
            case messages.Waiting(reason=why):
                self._connected = False
                self._listener.on_down(why)
                return why
        return reason

    def _fail(self, reason: str) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Disconnected(reason))

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self._log.read_text(errors="replace").strip().splitlines()
            return lines[-1][-500:] if lines else ""
        return ""


def _ended(driver: "subprocess.Popen[bytes]") -> None:
    """See that a driver has ended whose socket is closed."""
    try:
        driver.wait(CLOSE_TIMEOUT)
    except subprocess.TimeoutExpired:
        driver.kill()
        driver.wait()


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a driver: what this process has, with what it is given."""
    return {**os.environ, **environment}
