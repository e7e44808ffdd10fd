"""The way from a Ray worker to the agent of its node, which is started when there is none."""

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from livedeck.errors import ExecutorError
from livedeck.executors.local import processes
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.ray import agent, messages

START_TIMEOUT = 30.0
"""Seconds that an agent may take to listen."""
PAUSE = 0.01
TASK_VARIABLES = ("RAY_", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
"""Beginnings of variables that Ray sets for one worker, or for itself."""


class Connection:
    """A connection to an agent.

    Args:
        connected: the socket.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._received = b""

    def send(self, message: messages.ToAgent) -> None:
        """Send what is asked of the agent."""
        self._socket.sendall(messages.line(message))

    def receive(self, timeout: float | None = None) -> messages.FromAgent:
        """Return what the agent says next.

        Args:
            timeout: seconds after which no more is waited for; None: for ever.

        Raises:
            ConnectionError: it is gone.
            TimeoutError: it has said nothing for so long.
        """
        self._socket.settimeout(timeout)
        while b"\n" not in self._received:
            data = self._socket.recv(1 << 16)
            if not data:
                raise ConnectionResetError("the node's agent has ended")
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        message: messages.FromAgent = messages.read(line, messages.FromAgent)
        return message

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def raylet_of_this_process() -> ProcessIdentity:
    """Return the raylet that this worker belongs to: it has started it.

    Raises:
        ExecutorError: there is none.
    """
    pid = os.getppid()
    while pid > 1:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text().startswith("raylet"):
                return processes.identify(pid)
        found = processes.status(pid)
        pid = found.parent if found is not None else 0
    raise ExecutorError(f"process {os.getpid()} is no worker of a raylet on this machine")


def connect(folder: Path, raylet: ProcessIdentity, preload: tuple[str, ...]) -> Connection:
    """Return a connection to the agent in a folder, started if need be.

    Args:
        folder: the agent's.
        raylet: with which it is to end.
        preload: modules that it imports before attempts are forked.

    Raises:
        ExecutorError: it does not answer; the message has its own words.
        ConnectionResetError: the raylet has ended, and the agent with it.
    """
    deadline = time.monotonic() + START_TIMEOUT
    started: subprocess.Popen[bytes] | None = None
    while True:
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.connect(str(folder / agent.SOCKET))
        except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
            opened.close()
        else:
            return Connection(opened)
        if not processes.is_alive(raylet):
            raise ConnectionResetError("the raylet has ended")
        if time.monotonic() > deadline:
            raise ExecutorError(f"the agent of this node does not answer: {_last_words(folder)}")
        if started is None:
            started = _start(folder, raylet, preload)
        time.sleep(PAUSE)


def wait_cleared(folder: Path, raylet: ProcessIdentity) -> None:
    """Return when nothing runs any more that was started under a raylet that has ended, its output in the store.

    Args:
        folder: the agent's, which is removed then. An agent that was killed is started once more for that.
        raylet: that has ended.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while folder.exists() and time.monotonic() < deadline:
        if not _is_locked(folder):
            _start(folder, raylet, ())
        time.sleep(PAUSE * 10)


def ask(folder: Path, raylet: ProcessIdentity, question: messages.ToAgent) -> messages.FromAgent:
    """Return the agent's answer to a question.

    Args:
        folder: the agent's.
        raylet: with which it ends.
        question: what it is asked.
    """
    with contextlib.closing(connect(folder, raylet, ())) as connection:
        connection.send(question)
        return connection.receive()


def _start(folder: Path, raylet: ProcessIdentity, preload: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    if folder.parent.stat().st_uid != os.getuid():
        raise ExecutorError(f"{folder.parent} belongs to another user: remove it")
    _remove_dead(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "raylet").write_bytes(msgspec.json.encode(raylet))
    settings = agent.Settings(str(folder), raylet, list(preload))
    command = [sys.executable, "-P", "-m", "livedeck.executors.ray.agent", msgspec.json.encode(settings).decode()]
    with (folder / agent.LOG).open("ab") as log:
        started = subprocess.Popen(
            command, env=_environment(raylet), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
        )
    started.wait()  # it has detached itself
    return started


def _environment(raylet: ProcessIdentity) -> dict[str, str]:
    """Return what the machine gives to any process: what the raylet was started with, without what is Ray's own."""
    try:
        lines = Path(f"/proc/{raylet.pid}/environ").read_bytes().split(b"\0")
        pairs = [os.fsdecode(line).partition("=") for line in lines if b"=" in line]
        given = {name: value for name, _, value in pairs}
    except OSError:
        given = dict(os.environ)
    return {name: value for name, value in given.items() if not name.startswith(TASK_VARIABLES)}


def _remove_dead(own: Path) -> None:
    """Remove what agents of other nodes have left that were killed together with their raylets."""
    for folder in own.parent.iterdir():
        if folder == own:
            continue
        with contextlib.suppress(OSError, msgspec.DecodeError):
            raylet = msgspec.json.decode((folder / "raylet").read_bytes(), type=ProcessIdentity)
            if not processes.is_alive(raylet) and not _is_locked(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_locked(folder: Path) -> bool:
    """Tell whether an agent runs in a folder."""
    try:
        lock = os.open(folder / agent.LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _last_words(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return (folder / agent.LOG).read_text(errors="replace").strip()[-2000:] or "it said nothing"
    return "it has no log"
