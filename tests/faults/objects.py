"""Faults of an object store: what a server between a task and its bucket, or the bucket itself, may do to a request."""

import contextlib
import io
import select
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Serve = Callable[[], None]
Fault = Callable[[Any, Serve], None]
"""Called with the handler of a request, and with what does what the request asks for."""


def refused(status: int, code: str) -> Fault:
    """Answer with an error."""

    def fault(handler: Any, serve: Serve) -> None:
        del serve
        handler._reply(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    return fault


def reset(handler: Any, serve: Serve) -> None:
    """Reset the connection; nothing was done."""
    del serve
    _reset(handler)


def loses_reply(handler: Any, serve: Serve) -> None:
    """Do what is asked, and reset the connection instead of saying so."""
    handler.wfile, kept = io.BytesIO(), handler.wfile
    try:
        serve()
    finally:
        handler.wfile = kept
    _reset(handler)


def stalls(handler: Any, serve: Serve) -> None:
    """Say nothing until the client gives up, and then do what was asked all the same."""
    while not handler.server.over.is_set():
        if select.select([handler.connection], [], [], 0.05)[0] and not handler.connection.recv(1, socket.MSG_PEEK):
            break
    handler.wfile = io.BytesIO()
    serve()
    handler.close_connection = True


def slow(handler: Any, serve: Serve) -> None:
    """Take a second for everything."""
    handler.server.over.wait(1.0)
    serve()


def _reset(handler: Any) -> None:
    handler.close_connection = True
    with contextlib.suppress(OSError):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()


OBJECT_FAULTS: dict[str, tuple[Fault, int, str]] = {
    # name: what happens to a request, how many requests it happens to, and to which methods
    "503": (refused(503, "SlowDown"), 12, "all"),
    "reset": (reset, 12, "all"),
    "expired": (refused(403, "ExpiredToken"), 12, "all"),
    "stalled": (stalls, 1, "all"),
    "lost reply": (loses_reply, 12, "all"),
    "full": (refused(507, "XMinioStorageFull"), 12, "writes"),
    "read-only": (refused(403, "AccessDenied"), 12, "writes"),
    "slow": (slow, 8, "all"),
}


@dataclass
class Interposed:
    """Stands in the way of every request to an endpoint, and lets a fault happen to some.

    Attributes:
        hits: how many requests the fault has happened to.
        landed: keys that were written.
    """

    hits: int = 0
    landed: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _fault: Fault | None = None
    _most: int = 0
    _methods: str = "all"
    _begins: Callable[[str, str], bool] = lambda _method, _key: True
    _begun: bool = False
    _affects: Callable[[str], bool] = lambda _key: True
    _ends: Callable[[], bool] = lambda: False

    def arm(
        self,
        name: str,
        *,
        begins: Callable[[str, str], bool] = lambda _method, _key: True,
        affects: Callable[[str], bool] = lambda _key: True,
        ends: Callable[[], bool] | None = None,
    ) -> None:
        """Let a fault happen.

        Args:
            name: one of `OBJECT_FAULTS`.
            begins: told method and key of each request: whether it begins with this one.
            affects: told a key: whether it happens to a request for it.
            ends: whether it is over; by default it is after as many requests as the fault's entry says.
        """
        with self._lock:
            self._fault, most, self._methods = OBJECT_FAULTS[name]
            self._most = 1 << 30 if ends else most
            self._begins, self._affects, self._ends = begins, affects, ends or (lambda: False)
            self.hits, self._begun = 0, False

    def disarm(self) -> None:
        """From now on nothing happens."""
        with self._lock:
            self._fault = None

    def __call__(self, handler: Any, key: str, serve: Serve) -> None:
        """Serve a request, or not."""
        fault = self._choose(handler.command, key)
        if fault is None:
            serve()
        else:
            fault(handler, serve)
        if handler.command == "PUT" and key in handler.server.objects:
            self.landed.add(key)

    def _choose(self, method: str, key: str) -> Fault | None:
        with self._lock:
            if self._fault is None or self._ends() or self.hits >= self._most:
                return None
            self._begun = self._begun or self._begins(method, key)
            writes = method in {"PUT", "POST"}
            if not self._begun or not self._affects(key) or (self._methods == "writes" and not writes):
                return None
            self.hits += 1
            return self._fault
