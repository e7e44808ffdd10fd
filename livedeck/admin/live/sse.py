"""Server-Sent Events, as bytes and as an ASGI response.

Written out rather than taken from sse-starlette: an event here is encoded once and sent to every viewer as the same
bytes; a stream ends on this server's own closing event, where the library hooks into ``uvicorn.Server``, which we do
not run; and awaiting ``send`` (not a queue) is what makes a slow viewer wait instead of being buffered for.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from itertools import chain
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from livedeck.admin.pieces import PIECE
from livedeck.deck.slices import joined

HEARTBEAT: Final = 15.0
"""Seconds of silence after which a comment is sent, so that proxies and both ends know the stream to be alive."""
RETRY: Final = b"retry: 1000\n\n"
"""Milliseconds after which a browser connects again; the first thing said on each stream."""
BEAT: Final = b": alive\n\n"

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would collect the stream otherwise
]


def event(name: str, data: bytes, *, id: str | None = None) -> bytes:
    """Encode one event.

    Args:
        name: The event's type.
        data: JSON on one line.
        id: What a client that comes back gives as ``Last-Event-ID``.
    """
    head = f"id: {id}\nevent: {name}\n" if id is not None else f"event: {name}\n"
    return b"%sdata: %s\n\n" % (head.encode(), data)


def event_in_pieces(name: str, data: Iterable[bytes], *, id: str) -> list[bytes]:
    """Encode one event that is too large to be copied from place to place, in pieces of about `PIECE` bytes.

    Args:
        name: The event's type.
        data: JSON on one line, in pieces of any size.
        id: What a client that comes back gives as ``Last-Event-ID``.
    """
    return list(joined(chain([f"id: {id}\nevent: {name}\ndata: ".encode()], data, [b"\n\n"]), PIECE))


class EventStream:
    """A response that is a stream of events: what the iterator yields, until it ends or the client or server leaves.

    Args:
        events: Encoded events; it is closed when the stream ends for whatever reason.
        closing: Set when the server closes: clients are to come back later.
    """

    def __init__(self, events: AsyncIterator[bytes], closing: asyncio.Event) -> None:
        self._events = events
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        pump = asyncio.create_task(self._pump(send), name="sse-pump")
        ends = [
            asyncio.create_task(_client_left(receive), name="sse-client-left"),
            asyncio.create_task(self._closing.wait(), name="sse-closing"),
        ]
        try:
            await asyncio.wait([pump, *ends], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pump, *ends):
                task.cancel()
            await asyncio.wait([pump, *ends])
        if not pump.cancelled() and (error := pump.exception()) is not None:
            raise error
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, send: Send) -> None:
        try:
            await send({"type": "http.response.body", "body": RETRY, "more_body": True})
            async for data in self._events:
                for start in range(0, len(data), PIECE):
                    piece = data if len(data) <= PIECE else data[start : start + PIECE]
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    if len(piece) == PIECE:  # a socket may take many at once, and many viewers may be sent them
                        await asyncio.sleep(0)
        finally:
            if hasattr(self._events, "aclose"):
                await self._events.aclose()


async def _client_left(receive: Receive) -> None:
    with suppress(HTTPException):  # it announced a body, and none came
        while (await receive())["type"] != "http.disconnect":
            pass
