"""The executor's side of a zygote: finding one that runs, starting one, talking to it.

``{work_dir}/zygotes/{fingerprint}.sock`` is where a zygote listens. Whoever starts one binds the socket first and
hands it over, so a connection made at once waits in its queue instead of polling.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import msgspec

from livedeck.errors import ExecutorError
from livedeck.executors.local.interpreters import importable
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.output import read_file
from livedeck.executors.process import messages
from livedeck.executors.process.zygote import Settings

MAX_SOCKET_PATH = 100
"""Bytes; the kernel's limit is 108 with the final zero on Linux, 104 on macOS."""
IDENTITY = ".pid"
"""Suffix of the file, beside its socket, in which a zygote says which process it is."""


class Link(asyncio.Protocol):
    """A connection to a zygote.

    Args:
        on_message: called with everything that the zygote says after its welcome.
        on_lost: called once, when the connection has ended from its side.
    """

    def __init__(
        self,
        on_message: Callable[["Link", messages.FromZygote], None],
        on_lost: Callable[["Link"], None],
    ) -> None:
        self.welcome: asyncio.Future[messages.Welcome] = asyncio.get_running_loop().create_future()
        self._on_message = on_message
        self._on_lost = on_lost
        self._frames = messages.Frames()
        self._transport: asyncio.Transport | None = None
        self._closing = False

    @property
    def zygote(self) -> ProcessIdentity:
        """Which process is at the other end; known once ``welcome`` is done."""
        return self.welcome.result().zygote

    @property
    def connected(self) -> bool:
        """Whether what is sent has somewhere to go."""
        return self._transport is not None

    def send(self, message: messages.ToZygote) -> None:
        """Send, or do nothing if the zygote is gone: ``on_lost`` tells that."""
        if self._transport is not None:
            self._transport.write(messages.frame(message))

    def close(self, *, dismiss: bool = True) -> None:
        """Hang up; ``dismiss`` tells the zygote that it need not wait for this executor to come back."""
        self._closing = True
        if self._transport is not None:
            if dismiss:
                self.send(messages.Bye())
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for body in self._frames.feed(data):
            message = messages.decode_from_zygote(body)
            if isinstance(message, messages.Welcome):
                self.welcome.set_result(message)
            else:
                self._on_message(self, message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self.welcome.done():
            self.welcome.set_exception(ConnectionResetError("the zygote ended before it answered"))
            self.welcome.exception()  # a call that waits still gets it, and there may be none
        elif not self._closing:
            self._on_lost(self)


class ZygoteFolder:
    """The folder of sockets."""

    def __init__(self, work_dir: Path) -> None:
        self.folder = work_dir / "zygotes"

    def prepare(self) -> None:
        """Make the folder, for this user alone."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def known(self) -> list[str]:
        """Return the fingerprints of the zygotes that were started here, dead ones included."""
        return sorted(path.stem for path in self.folder.glob("*.sock"))

    def log(self, fingerprint: str) -> Path:
        """Return where a zygote's own words go."""
        return self.folder / f"{fingerprint}.log"

    def connect(self, fingerprint: str) -> socket.socket | None:
        """Return a socket connected to a zygote, None when it does not run."""
        with self._lock(), self._address(fingerprint) as path:
            return self._connect(path)

    def connect_or_start(self, fingerprint: str, settings: Settings, environment: Mapping[str, str]) -> socket.socket:
        """Return a socket connected to the zygote with a fingerprint, which is started if need be."""
        with self._lock(), self._address(fingerprint) as path:
            connected = self._connect(path)
            if connected is None:
                self._start(path, settings, environment, self.log(fingerprint))
                connected = self._connect(path)
            if connected is None:
                raise ExecutorError(f"the zygote does not listen: {self.last_words(fingerprint)}")
            return connected

    def identity(self, fingerprint: str) -> ProcessIdentity | None:
        """Return which process a zygote is, None if it has not said so."""
        data = read_file(f"{self.folder}/{fingerprint}{IDENTITY}")
        return msgspec.json.decode(data, type=ProcessIdentity) if data else None

    def last_words(self, fingerprint: str) -> str:
        """Return the end of what a zygote wrote to its log."""
        with contextlib.suppress(FileNotFoundError):
            return self.log(fingerprint).read_text(errors="replace").strip()[-2000:] or "it said nothing"
        return "it has no log"

    @contextlib.contextmanager
    def _address(self, fingerprint: str) -> Iterator[str]:
        """Give the socket's path in a form that fits, however deep the working directory lies."""
        path = str(self.folder / f"{fingerprint}.sock")
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            yield path
            return
        if sys.platform != "linux":
            raise ExecutorError(f"the path is too long for a Unix socket in it: {self.folder}")
        folder = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield f"/proc/self/fd/{folder}/{fingerprint}.sock"
        finally:
            os.close(folder)

    def ended_well(self, fingerprint: str) -> bool:
        """Tell whether a zygote that is gone had nothing to complain of, so that starting it again may help."""
        log = self.log(fingerprint)
        return not log.exists() or log.stat().st_size == 0

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one process at a time start a zygote, or remove the socket of a dead one."""
        fd = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    @staticmethod
    def _connect(path: str) -> socket.socket | None:
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connected.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            connected.close()
            Path(path).unlink(missing_ok=True)  # nobody listens there any more
            return None
        except BaseException:
            connected.close()
            raise
        connected.setblocking(False)
        return connected

    @staticmethod
    def _start(path: str, settings: Settings, environment: Mapping[str, str], log: Path) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, log.open("wb") as output:
            listener.bind(path)
            listener.listen(16)
            identity = str(log.with_suffix(IDENTITY))
            settings = msgspec.structs.replace(settings, listener=listener.fileno(), identity=identity)
            arguments = msgspec.json.encode(settings).decode()
            # -P: the server's current directory is not on the path of the tasks.
            command = [sys.executable, "-P", "-m", "livedeck.executors.process.zygote", arguments]
            for _ in range(2):
                done = subprocess.run(  # returns when the zygote has detached itself
                    command,
                    env=importable(environment),
                    pass_fds=[listener.fileno()],
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C in the server's terminal is the server's alone
                    stdout=output,
                    stderr=output,
                    check=False,
                )
                if done.returncode != -signal.SIGINT:
                    break  # else Ctrl-C met it on its way into that session
        if done.returncode:
            words = log.read_text(errors="replace")[-2000:]
            raise ExecutorError(f"the zygote could not be started, it ended with {done.returncode}: {words}")
