"""A cloud's store in a process that was forked from one with a client of a cloud: workers of a pool, of a data loader.

Such a client waits by threads, which a fork does not have, and for descriptors, which both processes have: a call in
the forked process never ends, and what it registers makes the other one crash. So calls are made by a process of their
own, which is started with the first of them and ends with the process that it works for.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from livedeck.errors import StoreUnavailable
from livedeck.store.backend import Meta, SignedUrl
from livedeck.store.kept_environment import last
from livedeck.store.retry import Retry


class ForkedBackend:
    """A back end whose calls another process makes.

    Args:
        root: URI of the bucket.
        retry: how calls are tried again.
    """

    def __init__(self, root: str, retry: Retry) -> None:
        self._root = root
        self._retry = retry

    def get(self, key: str, limit: int | None = None) -> bytes:
        """Read a whole object."""
        returned: bytes = self._call("get", key, limit)
        return returned

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read a part of an object."""
        returned: bytes = self._call("get_range", key, start, length)
        return returned

    def put(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write an object, replacing what is there."""
        self._call("put", key, data, content_type)

    def create(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write an object unless there is one."""
        self._call("create", key, data, content_type)

    def head(self, key: str) -> Meta | None:
        """Look at an object; None when there is none."""
        returned: Meta | None = self._call("head", key)
        return returned

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a folder, sorted."""
        return iter(self._call("list", prefix))

    def size_below(self, prefix: str) -> int:
        """Return the bytes of all objects below a folder."""
        returned: int = self._call("size_below", prefix)
        return returned

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens when there is none."""
        self._call("delete", key)

    def delete_below(self, prefix: str) -> None:
        """Remove all objects below a folder."""
        self._call("delete_below", prefix)

    def download_to(self, key: str, path: Path) -> None:
        """Copy an object to a file of the caller's."""
        self._call("download_to", key, path.absolute())

    def upload_from(self, key: str, path: Path) -> None:
        """Copy a file of the caller's into the store."""
        self._call("upload_from", key, path.absolute())

    def sign(self, key: str, method: str, expires: timedelta) -> SignedUrl | None:
        """Sign a URL."""
        returned: SignedUrl | None = self._call("sign", key, method, expires)
        return returned

    def _call(self, operation: str, *given: Any) -> Any:
        return _CALLER.call(self._root, self._retry, operation, given)


class _Caller:
    """The process that makes this one's calls, one at a time; started with the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: tuple[subprocess.Popen[bytes], Connection] | None = None

    def call(self, *request: Any) -> Any:
        """Have a call made; return what it returns.

        Raises:
            StoreError: it failed.
        """
        with self._lock:
            process, self._process = self._process or _start(), None
            try:
                process[1].send(request)
                returned, error = process[1].recv()
            except (EOFError, OSError) as gone:
                raise StoreUnavailable(f"the process that calls stores for process {os.getpid()} has ended") from gone
            self._process = process  # unless it was interrupted: what it answers then is the answer to no other call
        if error is not None:
            raise error
        return returned

    def renew(self) -> None:
        """Have a forked child start a process of its own: that of its parent answers its parent."""
        self._lock, self._process = threading.Lock(), None


_CALLER = _Caller()


def _start() -> tuple[subprocess.Popen[bytes], Connection]:
    mine, other = socket.socketpair()
    environment = {**(last() or os.environ), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-P", "-m", __name__, str(other.fileno())]
    with other:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, env=environment, cwd="/", pass_fds=[other.fileno()]
        )
    return process, Connection(mine.detach())


os.register_at_fork(after_in_child=_CALLER.renew)


def main() -> None:
    """Make the calls that come in, until nobody is left to make them for."""
    from livedeck.store.store import open_store  # noqa: PLC0415 - which knows this module

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who waits for the answer
    with Connection(int(sys.argv[1])) as connection:
        while True:
            try:
                root, retry, operation, given = connection.recv()
            except EOFError:
                return
            returned: Any = None
            failed: Exception | None = None
            try:
                returned = getattr(open_store(root, retry=retry).backend, operation)(*given)
                returned = list(returned) if operation == "list" else returned
            except Exception as error:  # noqa: BLE001 - it is raised where the call is made
                failed = error
            connection.send((returned, failed))


if __name__ == "__main__":
    main()
