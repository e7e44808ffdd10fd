"""A store in this process's memory, for tests and for trying things out."""

import itertools
import shutil
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livedeck.errors import ObjectExists, ObjectNotFound
from livedeck.store.backend import Meta, SignedUrl, too_large


class MemoryBackend:
    """Objects in a dictionary; safe to use from several threads."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, Meta]] = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def get(self, key: str, limit: int | None = None) -> bytes:
        """Return an object's bytes, unless they are more than ``limit``."""
        try:
            data = self._objects[key][0]
        except KeyError:
            raise ObjectNotFound(f"there is no object {key!r} in this memory store") from None
        if limit is not None and len(data) > limit:
            raise too_large(repr(key), len(data), limit)
        return data

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Return some of an object's bytes."""
        return self.get(key)[start : start + length]

    def put(self, key: str, data: bytes, content_type: str | None) -> None:
        """Keep an object, replacing what is there."""
        del content_type
        data = bytes(data)
        self._objects[key] = data, Meta(len(data), f"v{next(self._versions)}", datetime.now(UTC))

    def create(self, key: str, data: bytes, content_type: str | None) -> None:
        """Keep an object unless there is one."""
        with self._lock:
            if key in self._objects:
                raise ObjectExists(f"{key!r} exists already in this memory store")
            self.put(key, data, content_type)

    def head(self, key: str) -> Meta | None:
        """Look at an object; None when there is none."""
        held = self._objects.get(key)
        return held[1] if held else None

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a folder, sorted."""
        start = f"{prefix}/" if prefix else ""
        return iter(sorted(key for key in list(self._objects) if key.startswith(start)))

    def size_below(self, prefix: str) -> int:
        """Return the bytes of all objects below a folder."""
        return sum(held[1].size for key in self.list(prefix) if (held := self._objects.get(key)))

    def delete(self, key: str) -> None:
        """Forget an object; nothing happens when there is none."""
        self._objects.pop(key, None)

    def delete_below(self, prefix: str) -> None:
        """Forget all objects below a folder."""
        for key in self.list(prefix):
            self.delete(key)

    def download_to(self, key: str, path: Path) -> None:
        """Write an object to a file, in one step."""
        data = self.get(key)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as staged:
            staged.write(data)
        shutil.move(staged.name, path)

    def upload_from(self, key: str, path: Path) -> None:
        """Keep a file's content."""
        self.put(key, path.read_bytes(), None)

    def sign(self, key: str, method: str, expires: timedelta) -> SignedUrl | None:
        """Memory has no signed URLs."""
        del key, method, expires
        return None

    async def aget(self, key: str, limit: int | None = None) -> bytes:
        """:meth:`get`; nothing here blocks, so the async twins need no thread."""
        return self.get(key, limit)

    async def aput(self, key: str, data: bytes, content_type: str | None) -> None:
        """Async :meth:`put`."""
        self.put(key, data, content_type)

    async def acreate(self, key: str, data: bytes, content_type: str | None) -> None:
        """Async :meth:`create`."""
        self.create(key, data, content_type)

    async def ahead(self, key: str) -> Meta | None:
        """Async :meth:`head`."""
        return self.head(key)

    async def adelete(self, key: str) -> None:
        """Async :meth:`delete`."""
        self.delete(key)
