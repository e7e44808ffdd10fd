"""Objects in and out of the embedded store, by signed link: ``PUT /upload/{token}``, ``GET /download/{token}``."""

import asyncio
import base64
import errno
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livedeck.admin.links import Links
from livedeck.admin.security import DECK_HEADERS
from livedeck.admin.stored import stored_response
from livedeck.errors import InvalidKey, NoSuchEntity, ObjectNotFound, StoreUnavailable
from livedeck.store import Store
from livedeck.store.layout import DECK

_PIECE: Final = 1024 * 1024


class Transfers:
    """The endpoints for uploads and downloads by link.

    Args:
        links: Reads the tokens.
        store: What the objects are in.
        staging: Folder for uploads that are under way.
        limit: Bytes that one upload may have.
    """

    def __init__(self, links: Links, store: Store, *, staging: Path, limit: int) -> None:
        self._links = links
        self._store = store
        self._staging = staging
        self._limit = limit

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/upload/{token}", self._upload, methods=["PUT"]),
            Route("/download/{token}", self._download, methods=["GET"]),
        ]

    async def _upload(self, request: Request) -> Response:
        upload = self._links.upload(request.path_params["token"])
        expected = [md5 for md5 in (upload.content_md5, _declared_md5(request)) if md5]
        self._check_size(int(request.headers.get("content-length", "0")))
        with _writable(self._staging), tempfile.NamedTemporaryFile(dir=self._staging, prefix="upload-") as file:
            digest = await self._receive(request, file)
            if any(md5 != digest for md5 in expected):
                raise HTTPException(400, f"the content's MD5 is {digest.hex()}, not {expected[0].hex()}: send it again")
            await asyncio.to_thread(self._store.upload_from, upload.key, Path(file.name))
        return Response(status_code=200, headers={"etag": f'"{digest.hex()}"'})

    async def _receive(self, request: Request, file: "IO[bytes]") -> bytes:
        """Write the body to a file; return its MD5."""
        md5 = hashlib.md5(usedforsecurity=False)
        size = 0
        piece = bytearray()
        async for chunk in request.stream():
            size += len(chunk)
            self._check_size(size)
            piece += chunk
            if len(piece) >= _PIECE:
                await asyncio.to_thread(_append, file, md5, piece)
                piece = bytearray()
        await asyncio.to_thread(_append, file, md5, piece)
        return md5.digest()

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            raise HTTPException(413, f"the upload is larger than {self._limit} bytes, which this server allows")

    async def _download(self, request: Request) -> Response:
        key = self._links.download(request.path_params["token"])
        name = key.rsplit("/", 1)[-1]
        headers = _headers(name, shown=request.headers.get("sec-fetch-dest") in {"iframe", "frame"})
        try:
            return await stored_response(self._store, key, headers, limit=self._limit)
        except (ObjectNotFound, InvalidKey):  # the latter: a name longer than any file's can be
            raise NoSuchEntity(f"there is no object {key}") from None


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Say in words what is wrong with the folder of uploads under way."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            words = f"the upload does not fit on the disk of {folder}: free some space there"
        else:
            words = f"the upload cannot be kept in {folder}: {error.strerror}; see that the server can write there"
        raise StoreUnavailable(words) from error


def _append(file: "IO[bytes]", md5: "hashlib._Hash", piece: bytearray) -> None:
    md5.update(piece)
    file.write(piece)
    file.flush()


def _declared_md5(request: Request) -> bytes:
    declared = request.headers.get("content-md5", "")
    try:
        md5 = base64.b64decode(declared, validate=True)
    except ValueError:
        md5 = b"?"
    if declared and len(md5) != 16:
        raise HTTPException(400, f"Content-MD5 {declared[:40]!r} is not the base64 of an MD5")
    return md5


def _headers(name: str, *, shown: bool) -> dict[str, str]:
    """Nothing that a task made runs in our origin: a Deck only in its sandbox, anything else is only saved."""
    if name == DECK and shown:
        return {**DECK_HEADERS, "content-type": "text/html; charset=utf-8"}
    kind = "text/html; charset=utf-8" if name == DECK else "application/octet-stream"
    return {**DECK_HEADERS, "content-type": kind, "content-disposition": f'attachment; filename="{_plain(name)}"'}


def _plain(name: str) -> str:
    return "".join(char if char.isascii() and char.isprintable() and char not in '"\\' else "_" for char in name)
