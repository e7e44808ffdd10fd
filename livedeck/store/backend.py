"""What a store's back end provides: the operations that differ between disk, memory and the clouds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from livedeck.errors import UnreadableObject


@dataclass(frozen=True)
class Meta:
    """What is known of an object without reading it."""

    size: int
    """Bytes."""
    etag: str
    """Changes whenever the object does."""
    modified: datetime
    """When it was last written; UTC."""


@dataclass(frozen=True)
class SignedUrl:
    """A URL that allows one thing to be done with one object for a while."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """What a request to it must have besides."""


def too_large(where: str, size: int, limit: int) -> UnreadableObject:
    """Return the error for an object that has more bytes than its reader takes."""
    return UnreadableObject(f"{where} has {size} bytes; no more than {limit} are read")


class Backend(Protocol):
    """The operations of a store over full keys (already validated), blocking; errors are livedeck's."""

    def get(self, key: str, limit: int | None = None) -> bytes:
        """Read an object, unless it has more than ``limit`` bytes."""

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read ``length`` bytes of an object from ``start`` on; fewer where it ends."""

    def put(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write an object in one step, replacing what is there."""

    def create(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write an object in one step unless there is one."""

    def head(self, key: str) -> Meta | None:
        """Look at an object without reading it; None when there is none."""

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``, a folder's, sorted."""

    def size_below(self, prefix: str) -> int:
        """Return the bytes of all objects whose keys begin with ``prefix``, a folder's."""

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens when there is none."""

    def delete_below(self, prefix: str) -> None:
        """Remove all objects whose keys begin with ``prefix``, a folder's."""

    def download_to(self, key: str, path: Path) -> None:
        """Copy an object to a file without holding it in memory."""

    def upload_from(self, key: str, path: Path) -> None:
        """Copy a file to an object without holding it in memory."""

    def sign(self, key: str, method: str, expires: timedelta) -> SignedUrl | None:
        """Make a URL for ``method`` on the object; None where there is no such thing."""


class AsyncBackend(Backend, Protocol):
    """A back end with native async operations; others are run in a thread by :class:`livedeck.store.Store`."""

    async def aget(self, key: str, limit: int | None = None) -> bytes:
        """Do what ``get`` does, without blocking."""

    async def aput(self, key: str, data: bytes, content_type: str | None) -> None:
        """Do what ``put`` does, without blocking."""

    async def acreate(self, key: str, data: bytes, content_type: str | None) -> None:
        """Do what ``create`` does, without blocking."""

    async def ahead(self, key: str) -> Meta | None:
        """Do what ``head`` does, without blocking."""

    async def adelete(self, key: str) -> None:
        """Do what ``delete`` does, without blocking."""
