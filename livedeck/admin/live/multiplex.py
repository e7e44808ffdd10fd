"""Many streams over one connection: browsers allow six connections to a host, for all tabs together.

The request names the streams, each with the last event that the client has; the response is made of frames. A frame is
a line with a channel's number and a length, and then so many bytes of that channel's response: first its status, then
its body, unchanged. A frame without bytes is its end. Nothing of a connection is remembered: a client that wants other
streams asks anew, and goes on where it was, so that any replica can answer.

Each stream is served by the route that serves it alone, and waits for the connection as it would for its own. So a slow
viewer costs no more memory than before, and a Deck that it cannot follow is skipped ahead.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livedeck.admin.live.messages import StreamHead, StreamRequest, StreamsRequest
from livedeck.errors import InvalidRequest

log = logging.getLogger(__name__)

MAX_STREAMS: Final = 128
"""Streams of one connection. A page has three, and many pages of one browser may share a connection."""
MAX_BYTES: Final = 64 * 1024
"""Of a request for streams."""

_HEADERS: Final = [
    (b"content-type", b"application/octet-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would collect the stream otherwise
]
_OWN_HEADERS: Final = frozenset({b"content-length", b"content-type", b"transfer-encoding", b"last-event-id"})
"""Headers of the request that are not those of its streams."""


def multiplexed(streams: Sequence[Route]) -> Route:
    """Return the route at which all of these can be had over one connection."""
    app = Router(routes=streams)

    async def endpoint(request: Request) -> Response:
        return _Multiplexed(await _read(request), app)

    return Route("/live/streams", endpoint, methods=["POST"])


async def _read(request: Request) -> list[StreamRequest]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise HTTPException(413, f"a request for streams has at most {MAX_BYTES} bytes")
    try:
        streams = msgspec.json.decode(body, type=StreamsRequest).streams
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"this is not a request for streams: {error}") from error
    if not 0 < len(streams) <= MAX_STREAMS:
        raise InvalidRequest(f"{len(streams)} streams were asked for: at least 1, at most {MAX_STREAMS}")
    return streams


class _Multiplexed(Response):
    """The response to a request for many streams.

    Args:
        streams: What was asked for.
        app: Serves each of them.
    """

    def __init__(self, streams: Sequence[StreamRequest], app: ASGIApp) -> None:
        super().__init__()
        self._streams = streams
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all streams until each has ended or the client left."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        left = asyncio.Event()
        connection = _Connection(send)
        watch = asyncio.create_task(_until_left(receive, left), name="streams-client-left")
        try:
            async with asyncio.TaskGroup() as tasks:
                for number, stream in enumerate(self._streams):
                    channel = _Channel(number, connection)
                    serving = _serve(self._app, _scope_of(stream, scope), left, channel)
                    tasks.create_task(serving, name=f"stream-{number}")
        finally:
            watch.cancel()
            await asyncio.wait([watch])
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Connection:
    """What all channels are sent over, a frame at a time."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._free = asyncio.Lock()  # first come, first served: no channel keeps another from its turn

    async def frame(self, channel: int, data: bytes) -> None:
        async with self._free:
            framed = b"%d %d\n%b" % (channel, len(data), data)
            await self._send({"type": "http.response.body", "body": framed, "more_body": True})


class _Channel:
    """Takes the ASGI messages of one stream's response."""

    def __init__(self, number: int, connection: _Connection) -> None:
        self._number = number
        self._connection = connection
        self.began = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self.head(message["status"])
        elif message["type"] == "http.response.body" and message.get("body"):
            await self.body(message["body"])

    async def head(self, status: int) -> None:
        self.began = True
        await self._connection.frame(self._number, msgspec.json.encode(StreamHead(status)))

    async def body(self, data: bytes) -> None:
        await self._connection.frame(self._number, data)

    async def end(self) -> None:
        await self._connection.frame(self._number, b"")


async def _serve(app: ASGIApp, scope: Scope, left: asyncio.Event, channel: _Channel) -> None:
    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    try:
        await app(scope, receive, channel.send)
    except HTTPException as error:
        if not channel.began:
            await channel.head(error.status_code)
            await channel.body(msgspec.json.encode({"message": error.detail}))
    except Exception:  # a mistake in one stream must not cost the page the others
        log.exception("live.stream_failed path=%s", scope["path"])
        if not channel.began:
            await channel.head(500)
    await channel.end()


async def _until_left(receive: Receive, left: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    left.set()


def _scope_of(stream: StreamRequest, scope: Scope) -> Scope:
    """The request as it would be for this stream alone."""
    path, _, query = stream.url.partition("?")
    headers = [(name, value) for name, value in scope["headers"] if name not in _OWN_HEADERS]
    if stream.last_id:
        headers.append((b"last-event-id", stream.last_id.encode("latin-1", "replace")))
    return {
        **{name: value for name, value in scope.items() if name not in {"path_params", "endpoint", "route", "router"}},
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode("ascii", "replace"),
        "query_string": query.encode("ascii", "replace"),
        "headers": headers,
    }
