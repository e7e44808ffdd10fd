"""Large answers, sent in pieces."""

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE: Final = 256 * 1024
"""Bytes that are sent at once."""


class InPieces(Response):
    """A response of any size: who reads slowly holds up a piece of it, and others are served between two pieces.

    Args:
        content: All of it.
        headers: Its headers.
        media_type: Its content type, unless that is among the headers.
    """

    def __init__(self, content: bytes, headers: Mapping[str, str] | None = None, media_type: str | None = None) -> None:
        super().__init__(content, headers=headers, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if len(self.body) <= PIECE:
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        view = memoryview(self.body)
        for start in range(0, len(view), PIECE):
            piece, more = bytes(view[start : start + PIECE]), start + PIECE < len(view)
            await send({"type": "http.response.body", "body": piece, "more_body": more})
            await asyncio.sleep(0)
