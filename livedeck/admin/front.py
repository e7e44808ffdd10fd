"""One port for gRPC and HTTP/1.1, told apart by a connection's first bytes.

HTTP/2 with prior knowledge opens with a fixed preface (RFC 9113, 3.4) that no HTTP/1.1 request can begin with.
Such a connection is spliced to the Unix socket of ``grpc.aio``, whose C core insists on a socket of its own.
Any other connection stays where it is: its transport is handed to the HTTP server of this process, which costs no
copying and no second socket, and keeps the client's address and back-pressure as they are.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, cast

from livedeck.admin.listen import BACKLOG, listen

log = logging.getLogger(__name__)

FILES = 3
"""Open files of a gRPC connection: the client's, and both ends of the Unix socket."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class HttpServer(Protocol):
    """Serves the connections that are HTTP/1.1."""

    @property
    def open_connections(self) -> int:
        """How many connections the server holds."""

    def adopt(self, transport: asyncio.Transport, head: bytes, on_closed: Callable[[], None]) -> None:
        """Take the connection over; ``head`` was read from it already. ``on_closed`` is called at its end."""

    def close_idle(self) -> bool:
        """Close the connection that waits for its next request for longest; say whether there was one."""


@dataclass(frozen=True)
class FrontLimits:
    """Limits on what one client may cost, whoever it is."""

    preface_timeout: float = 10.0
    """Seconds within which a new connection must say what it speaks."""
    silence: float = 1.0
    """Seconds after which such a connection makes room for another when there is none."""
    files: int = 1024
    """Open files that connections may take together: `FILES` each, or one if they are HTTP/1.1."""
    share: float = 0.5
    """Part of them that one address may take, if others can tell it from them: not this machine's own."""
    own: frozenset[str] | None = frozenset({"127.0.0.1", "::1"})
    """This machine's addresses, each of which stands for many clients; None: every address does, behind a proxy."""
    report: float = 10.0
    """Seconds between two log lines about connections that were refused."""
    buffer: int = 256 * 1024
    """Bytes held for a side that reads slowly before the other side is no longer read."""


class Front:
    """The listening port. An async context manager: leaving it closes the port and every spliced connection.

    Args:
        host: Name or address to listen on.
        port: Port, 0 for a free one (entering sets ``port`` to its number).
        rpc: Unix socket of the gRPC server.
        http: Takes the HTTP/1.1 connections.
        limits: What one stranger may cost.

    Raises:
        PortTaken: On entering: somebody listens there already.
        ServerError: On entering: the address cannot be listened on for another reason.
    """

    def __init__(self, *, host: str, port: int, rpc: Path, http: HttpServer, limits: FrontLimits | None = None) -> None:
        self.host = host
        self.port = port
        self.rpc = rpc
        self.http = http
        self.limits = limits or FrontLimits()
        self._servers: list[asyncio.Server] = []
        self._undecided: dict[_Undecided, None] = {}
        self._clients: Counter[str] = Counter()
        self._refused = 0
        self._reported = float("-inf")
        self._splices: set[_Splice] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        sockets = listen(self.host, self.port)
        self.port = sockets[0].getsockname()[1]
        self._servers = [
            await loop.create_server(lambda: _Undecided(self), sock=sock, backlog=BACKLOG) for sock in sockets
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop_accepting()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for connection in list(self._undecided):
            connection.close()
        for splice in list(self._splices):
            splice.close()

    def stop_accepting(self) -> None:
        """Close the port; connections that are open stay so."""
        for server in self._servers:
            server.close()
        self._servers = []

    @property
    def open_connections(self) -> int:
        """Connections open now: gRPC, HTTP/1.1 and undecided ones."""
        return len(self._undecided) + len(self._splices) + self.http.open_connections

    @property
    def open_files(self) -> int:
        """Open files that the connections take."""
        return self.open_connections + (FILES - 1) * len(self._splices)

    def admit(self, connection: "_Undecided") -> bool:
        """Count a new connection in, unless there are too many and none of them is idle."""
        limits = self.limits
        told_apart = limits.own is not None and connection.address not in limits.own
        if told_apart and self._clients[connection.address] >= limits.share * limits.files:
            return self._refuse("front.too_many_of_one", connection.address)
        if self.open_files >= limits.files and not self._make_room():
            return self._refuse("front.full", connection.address)
        self._clients[connection.address] += 1
        self._undecided[connection] = None
        return True

    def _make_room(self) -> bool:
        """Close a connection that nobody will miss: one between two requests, or that has long said nothing."""
        if self.http.close_idle():
            return True
        oldest = next(iter(self._undecided), None)
        if oldest is None or asyncio.get_running_loop().time() - oldest.since < self.limits.silence:
            return False
        oldest.close()
        self.decided(oldest)
        return True

    def _refuse(self, why: str, address: str) -> bool:
        """Say so in the log, but not for each: who opens a thousand connections would fill it."""
        self._refused += 1
        now = asyncio.get_running_loop().time()
        if now - self._reported >= self.limits.report:
            log.warning("%s connections=%d refused=%d address=%s", why, self.open_connections, self._refused, address)
            self._refused, self._reported = 0, now
        return False

    def decided(self, connection: "_Undecided") -> None:
        """Forget a connection that now speaks through others, or has gone."""
        self._undecided.pop(connection, None)

    def closed(self, address: str) -> None:
        """Note that a connection of a client has ended."""
        self._clients[address] -= 1
        if self._clients[address] <= 0:
            del self._clients[address]

    def splice(self, client: asyncio.Transport, head: bytes, address: str) -> None:
        """Join ``client`` to the gRPC server, which is sent ``head`` first."""

        def on_closed(closed: _Splice) -> None:
            if closed in self._splices:
                self._splices.discard(closed)
                self.closed(address)

        splice = _Splice(client, self.limits.buffer, on_closed)
        self._splices.add(splice)
        task = asyncio.get_running_loop().create_task(splice.connect(self.rpc, head), name="front-splice")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Undecided(asyncio.Protocol):
    """A connection that has not said yet what it speaks."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.head = b""
        self.address = ""
        self.since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        loop = asyncio.get_running_loop()
        self.transport = cast("asyncio.Transport", transport)
        self.address = str((transport.get_extra_info("peername") or ("",))[0])
        self.since = loop.time()
        if not self.front.admit(self):
            self.transport.abort()
            return
        self.deadline = loop.call_later(self.front.limits.preface_timeout, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        self.head += data
        if len(self.head) < len(PREFACE) and PREFACE.startswith(self.head):
            return  # still a beginning of the preface: both are possible
        self.deadline.cancel()
        self.front.decided(self)
        if self.head.startswith(PREFACE):
            self.front.splice(self.transport, self.head, self.address)
        else:
            self.front.http.adopt(self.transport, self.head, partial(self.front.closed, self.address))

    def connection_lost(self, exc: Exception | None) -> None:
        self.front.decided(self)
        if hasattr(self, "deadline"):  # it was admitted
            self.deadline.cancel()
            self.front.closed(self.address)

    def close(self) -> None:
        self.transport.abort()


class _Splice:
    """Two connections of which each gets what the other sends, for as long as both live."""

    def __init__(self, client: asyncio.Transport, buffer: int, on_closed: "_OnClosed") -> None:
        self.client = _Side(self, client)
        self.server: _Side | None = None
        self.buffer = buffer
        self.on_closed = on_closed
        client.pause_reading()
        client.set_write_buffer_limits(high=buffer)
        client.set_protocol(self.client)

    async def connect(self, path: Path, head: bytes) -> None:
        """Reach the gRPC server, then let both sides flow."""
        loop = asyncio.get_running_loop()
        try:
            transport, side = await loop.create_unix_connection(self._server_side, str(path))
        except OSError as error:
            log.error("front.rpc_unreachable path=%s error=%s", path, error)  # noqa: TRY400 - no traceback needed
            self.close()
            return
        if self.client.lost:
            transport.abort()
            return
        self.server = side
        transport.set_write_buffer_limits(high=self.buffer)
        self.client.other = side
        transport.write(head)
        self.client.transport.resume_reading()

    def _server_side(self) -> "_Side":
        """The gRPC server speaks first, as soon as it accepts: its side must know where to before it is connected."""
        side = _Side(self, None)
        side.other = self.client
        return side

    def close(self) -> None:
        """Close both sides once what is buffered for them is sent."""
        self.on_closed(self)
        for side in (self.client, self.server):
            if side is not None and not side.lost:
                side.transport.close()


class _OnClosed(Protocol):
    """Told of a splice that is closed."""

    def __call__(self, splice: _Splice, /) -> None: ...


class _Side(asyncio.Protocol):
    """One side of a splice."""

    def __init__(self, splice: _Splice, transport: asyncio.Transport | None) -> None:
        self.splice = splice
        self.other: _Side | None = None
        self.ended = False
        """This side will send no more (half-closed)."""
        self.lost = False
        if transport is not None:
            self.transport = transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None and not self.other.lost:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and not self.other.lost:
            self.other.transport.resume_reading()

    def eof_received(self) -> bool:
        self.ended = True
        if self.other is None or self.other.ended:
            self.splice.close()
            return False
        if self.other.transport.can_write_eof():
            self.other.transport.write_eof()
        return True  # the other direction flows on

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.splice.close()
