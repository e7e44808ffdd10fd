"""HTTP/1.1 on connections that the front hands over: uvicorn's protocol, with limits that it lacks.

uvicorn's ``Server`` wants sockets of its own, wakes ten times a second and takes the process's signals. What is needed
of it is its protocol class and its state; the rest is the few lines here.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

log = logging.getLogger(__name__)
_requests = logging.getLogger(f"{__name__}.requests")
"""Errors of requests. Those that are cancelled when the server closes are told of together, by their number."""
_requests.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError)))

HEAD_LIMIT = 64 * 1024
"""Bytes of a request's head: URL and headers."""
KEEP_ALIVE = 75
"""Seconds that an idle connection is kept, as nginx does: longer than the polling interval of any client."""


@dataclass(frozen=True)
class WebLimits:
    """How long one client may take."""

    head_timeout: float = 10.0
    """Seconds within which a request's head must be complete (uvicorn has no such limit: slow-loris)."""
    stall_timeout: float = 60.0
    """Seconds within which a client must take some of what waits to be sent to it."""


class WebServer:
    """Serves an ASGI app on adopted connections. An async context manager.

    Leaving it drains: requests under way may finish within ``grace`` seconds, then they are cancelled. Streams must
    end themselves when they are told that the server closes.

    Args:
        app: What it serves.
        grace: Seconds that requests under way may take at the end.
        limits: How long one client may take.
    """

    def __init__(self, app: ASGIApp, *, grace: float = 5.0, limits: WebLimits | None = None) -> None:
        self.grace = grace
        self.limits = limits or WebLimits()
        self.state = ServerState()
        self.idle: dict[_Connection, None] = {}
        """Connections between two requests, the one that is idle for longest first."""
        self.config = Config(
            app,
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
        )
        self.config.load()
        self._clock: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._set_date()
        self._clock = asyncio.get_running_loop().create_task(self._tell_time(), name="web-date")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for connection in list(self.state.connections):
            connection.shutdown()
        await self._drain()
        for connection in list(self.state.connections):
            connection.transport.abort()
        if self._clock is not None:
            self._clock.cancel()
            await asyncio.wait([self._clock])

    @property
    def open_connections(self) -> int:
        """How many connections the server holds."""
        return len(self.state.connections)

    def close_idle(self) -> bool:
        """Close the connection that has been idle for longest; say whether there was one."""
        connection = next(iter(self.idle), None)
        if connection is None:
            return False
        del self.idle[connection]
        connection.transport.abort()
        return True

    def adopt(self, transport: asyncio.Transport, head: bytes, on_closed: Callable[[], None]) -> None:
        """Serve this connection from now on; ``head`` was read from it already."""
        connection = _Connection(self, on_closed)
        transport.set_protocol(connection)
        connection.connection_made(transport)
        connection.data_received(head)

    async def _drain(self) -> None:
        tasks = set(self.state.tasks)
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self.grace)
        for task in late:
            task.cancel("the server is closing")
        if late:
            log.warning("web.cancelled requests=%d", len(late))
            await asyncio.wait(late)

    async def _tell_time(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._set_date()

    def _set_date(self) -> None:
        self.state.default_headers = [(b"date", formatdate(time.time(), usegmt=True).encode())]


class _Connection(HttpToolsProtocol):
    """uvicorn's protocol, with limits on a request's head and on a client that does not read, and with half-close."""

    def __init__(self, server: WebServer, on_closed: Callable[[], None]) -> None:
        super().__init__(server.config, server.state, {})
        self.logger = _requests
        self._limits = server.limits
        self._idle = server.idle
        self._on_closed = on_closed
        self._stall_deadline: asyncio.TimerHandle | None = None
        self._head_deadline: asyncio.TimerHandle | None = None
        self._head_size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_head()

    def data_received(self, data: bytes) -> None:
        self._idle.pop(self, None)
        if self._head_deadline is not None:
            self._head_size += len(data)
        super().data_received(data)
        if self._head_deadline is not None and self._head_size > HEAD_LIMIT:
            self._refuse(431, b"Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin_head()

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None and not self.transport.is_closing():
            self._idle[self] = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_less(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._end_stall()
        super().resume_writing()

    def _expect_less(self, waiting: int) -> None:
        self._end_stall()
        self._stall_deadline = self.loop.call_later(self._limits.stall_timeout, self._check_taken, waiting)

    def _check_taken(self, before: int) -> None:
        waiting = self.transport.get_write_buffer_size()
        if waiting < before:
            self._expect_less(waiting)
        else:
            log.info("web.stalled client=%s waiting=%d", self.client, waiting)
            self.transport.abort()

    def _end_stall(self) -> None:
        if self._stall_deadline is not None:
            self._stall_deadline.cancel()
            self._stall_deadline = None

    def eof_received(self) -> bool:  # type: ignore[override]
        # A client may send its request and close its side at once (``nc -N``): it still gets its answer. Once the
        # answer has begun, the end of input means that the client left, as a browser does that closes a stream. So it
        # does amid a body, the rest of which cannot come any more.
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_started or cycle.more_body:
            return False
        cycle.keep_alive = False
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        self._end_stall()
        self._idle.pop(self, None)
        super().connection_lost(exc)
        self._on_closed()

    def _begin_head(self) -> None:
        self._end_head()
        self._head_size = 0
        self._head_deadline = self.loop.call_later(self._limits.head_timeout, self._refuse, 408, b"Request Timeout")

    def _end_head(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _refuse(self, status: int, reason: bytes) -> None:
        self._end_head()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % (status, reason))
            self.transport.close()
