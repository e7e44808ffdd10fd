"""A proxy before a cloud: every request passes through it, and something may be done to each."""

import contextlib
import http.server
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.clouds.exchange import Reply, Request, Upstream
from tests.clouds.server import Cloud


class Exchange:
    """One request, as what stands in its way sees it: what to do with it, and with what comes of it."""

    def __init__(self, handler: "_Handler", request: Request) -> None:
        self._handler = handler
        self.request = request
        self.cloud = handler.server.cloud
        self.over = handler.server.over
        """Set when the proxy ends: nothing is to wait for any longer."""

    def forward(self) -> Reply:
        """Have the cloud do what is asked; return what it says."""
        reply = self.cloud.translate(self.request, self._handler.upstream)
        self._handler.server.note(self.request, reply)
        return reply

    def reply(self, reply: Reply, *, cut: bool = False) -> None:
        """Answer the client; with ``cut``, the connection ends in the middle of the body."""
        self._handler.reply(reply, cut=cut)

    def reset(self) -> None:
        """Reset the connection."""
        self._handler.reset()

    @property
    def client_waits(self) -> bool:
        """Whether the client still waits for an answer."""
        return self._handler.client_waits


Interpose = Callable[[Exchange], None]


def pass_on(exchange: Exchange) -> None:
    """Do what is asked, and say so."""
    exchange.reply(exchange.forward())


class Proxy(http.server.ThreadingHTTPServer):
    """What clients take for the cloud.

    Attributes:
        interpose: In the way of every request; by default it passes on.
        landed: Paths that were written.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.cloud = cloud
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.interpose: Interpose = pass_on
        self.requests: list[Request] = []
        self.landed: set[str] = set()
        self.over = threading.Event()

    def note(self, request: Request, reply: Reply) -> None:
        """Remember what was written."""
        if request.method == "PUT" and reply.status < 300:
            self.landed.add(request.path)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are no error, and neither is a server that was ended before its proxy."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Proxy

    def setup(self) -> None:
        super().setup()
        self.upstream = Upstream(self.server.cloud.url)

    def finish(self) -> None:
        self.upstream.close()
        with contextlib.suppress(OSError):  # the client is gone
            super().finish()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, tuple(self.headers.items()), body)
        self.server.interpose(Exchange(self, request))

    def reply(self, reply: Reply, *, cut: bool) -> None:
        """Answer."""
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if self.command != "HEAD" or not reply.header("Content-Length"):
            self.send_header("Content-Length", str(len(reply.body)))
        if cut:
            self.close_connection = True
        self.end_headers()
        with contextlib.suppress(OSError):  # a client that waits no longer
            if self.command != "HEAD":
                self.wfile.write(reply.body[: len(reply.body) // 2] if cut else reply.body)
            self.wfile.flush()

    def reset(self) -> None:
        """Reset the connection."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    @property
    def client_waits(self) -> bool:
        """Whether the client's end of the connection is open."""
        try:
            peeked: bytes = self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return peeked != b""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextlib.contextmanager
def running_proxy(cloud: Cloud) -> Iterator[Proxy]:
    """A proxy before a cloud; ends with the block."""
    proxy = Proxy(cloud)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.over.set()
        proxy.shutdown()
        thread.join()
        proxy.server_close()
