"""Objects of the store as responses, of any size: a file is streamed, and nothing but a regular file is opened."""

import asyncio
import os
from collections.abc import Mapping

from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from livedeck.admin.pieces import InPieces
from livedeck.store import Store


async def stored_response(store: Store, key: str, headers: Mapping[str, str], *, limit: int) -> Response:
    """Return an object as a response.

    Args:
        store: Where it is.
        key: Which.
        headers: Of the response; ``content-type`` among them.
        limit: Bytes that are held in memory: of an object that is no file on this machine.

    Raises:
        ObjectNotFound: There is none.
        UnreadableObject: It is too large, or what is there is no regular file of the store's.
    """
    if store.local_root is not None:
        return await asyncio.to_thread(_OpenFileResponse, store.open_file(key), headers)
    return InPieces(await store.aget(key, limit=limit), headers)


class _OpenFileResponse(FileResponse):
    """A file that is open already, so that what is sent is what was looked at."""

    def __init__(self, descriptor: int, headers: Mapping[str, str]) -> None:
        self._descriptor = descriptor
        super().__init__(
            f"/dev/fd/{descriptor}",
            headers=headers,
            media_type=headers["content-type"],
            stat_result=os.fstat(descriptor),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._descriptor)
