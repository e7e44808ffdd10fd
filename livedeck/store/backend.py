"""What a store's back end provides: the operations that differ between disk, memory and the clouds."""

from collections.abc import Iterator
from dataclasses import dataclass
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


def too_large(where: str, size: int, limit: int) -> UnreadableObject:
    """Return the error for an object that has more bytes than its reader takes."""
    return UnreadableObject(f"{where} has {size} bytes; no more than {limit} are read")


class Backend(Protocol):
    """The operations of a store over full keys (already validated), blocking; errors are livedeck's."""

    def get(self, key: str, limit: int | None = None) -> bytes: ...

    def get_range(self, key: str, start: int, length: int) -> bytes: ...

    def put(self, key: str, data: bytes, content_type: str | None) -> None: ...

    def create(self, key: str, data: bytes, content_type: str | None) -> None: ...

    def head(self, key: str) -> Meta | None: ...

    def list(self, prefix: str) -> Iterator[str]: ...

    def delete(self, key: str) -> None: ...

    def delete_below(self, prefix: str) -> None: ...

    def download_to(self, key: str, path: Path) -> None: ...

    def upload_from(self, key: str, path: Path) -> None: ...

    def sign(self, key: str, method: str, expires: timedelta) -> str | None: ...


class AsyncBackend(Backend, Protocol):
    """A back end with native async operations; others are run in a thread by :class:`livedeck.store.Store`."""

    async def aget(self, key: str, limit: int | None = None) -> bytes: ...

    async def aput(self, key: str, data: bytes, content_type: str | None) -> None: ...

    async def acreate(self, key: str, data: bytes, content_type: str | None) -> None: ...

    async def ahead(self, key: str) -> Meta | None: ...

    async def adelete(self, key: str) -> None: ...
