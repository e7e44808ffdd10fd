"""The files behind an output, each with a link to download it: ``GET /live/files?uri=...``.

A literal holds the address of a file, or of the folder in which a frame or a directory lies. Clients have no access to
the store, so they ask here; what they get are links to single objects, as `CreateDownloadLocation` gives.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from livedeck.admin.objects import Objects
from livedeck.admin.services.data_proxy import owned
from livedeck.admin.services.signing import Links
from livedeck.errors import InvalidRequest, NoSuchEntity

MOST: Final = 10_000
"""Files of one folder that are named; a folder that holds more is refused."""
_LIFETIME: Final = timedelta(hours=1)


class StoredFiles:
    """The endpoint that lists the files behind an output.

    Args:
        objects: Where the files are.
        links: Makes the links.
    """

    def __init__(self, objects: Objects, links: Links) -> None:
        self._objects = objects
        self._links = links

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/live/files", self._files, methods=["GET"])]

    async def _files(self, request: Request) -> Response:
        uri = request.query_params.get("uri", "").rstrip("/")
        key = owned(self._objects.key_of(uri))
        names = await asyncio.to_thread(self._names, key)
        if not names:
            raise NoSuchEntity(f"there is nothing at {uri}")
        if len(names) > MOST:
            raise InvalidRequest(f"{uri} holds more than {MOST} files: copy the folder with the store's own tools")
        files = await asyncio.to_thread(self._linked, key, names)
        return JSONResponse({"files": files}, headers={"cache-control": "no-store"})

    def _linked(self, key: str, names: Sequence[str]) -> list[dict[str, str]]:
        """For each path below a key its name and where to get it."""
        return [
            {
                "name": name or key.rpartition("/")[2],
                "url": self._links.download_url(f"{key}/{name}".rstrip("/"), _LIFETIME),
            }
            for name in names
        ]

    def _names(self, key: str) -> list[str]:
        """Paths below the folder ``key``; of a single object the empty one."""
        store = self._objects.store
        if store.head(key) is not None:
            return [""]
        return [found[len(key) + 1 :] for found in islice(store.list(key), MOST + 1)]
