"""Files in a store, read piece by piece as the task asks for them, or written and stored when they are closed."""

import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from livedeck.errors import ObjectNotFound
from livedeck.sdk.types import transfers
from livedeck.store import Store, open_store, split_uri

if TYPE_CHECKING:
    from livedeck.store import Retry

_PIECE = 8 * 1024 * 1024
"""Bytes that are read at once: requests to stores are slow, their bytes are not."""


def open_to_read(uri: str, mode: str, *, retry: "Retry | None" = None, **options: Any) -> IO[Any]:
    """Open what lies at a URI for reading.

    Args:
        uri: of the file.
        mode: as for ``open``.
        retry: how often and for how long calls to the store are tried again.
        options: as for ``open``.

    Raises:
        StoreError: it is not there, or cannot be read.
    """
    if uri.startswith(("http://", "https://")):
        from livedeck.sdk.types.dataplane import current_data_plane

        return open(current_data_plane().fetch_file(uri), mode, **options)
    prefix, key = split_uri(uri)
    store = open_store(prefix, retry=retry)
    if store.local_root is not None:
        # A store whose calls are tried again has no descriptors to give, and opening a file needs no second try.
        return os.fdopen(open_store(prefix).open_file(key), mode, **options)
    return _as_asked(io.BufferedReader(_ObjectReader(store, key), _PIECE), mode, options)


def open_to_write(uri: str, staged: Path, mode: str, *, retry: "Retry | None" = None, **options: Any) -> IO[Any]:
    """Open a file for writing that is stored at a URI when it is closed.

    Args:
        uri: where it goes.
        staged: where it is until then.
        mode: ``w`` or ``x``, with ``b`` or ``t``.
        retry: how often and for how long calls to the store are tried again.
        options: as for ``open``.

    Raises:
        ValueError: it is not only to be written.
    """
    if not set(mode) <= set("wxbt"):
        raise ValueError(f"open(mode={mode!r}): what is stored when it is closed can only be written: use 'w' or 'wb'")
    return _as_asked(io.BufferedWriter(_Uploaded(staged, uri, retry)), mode, options)


def _as_asked(binary: io.BufferedReader | io.BufferedWriter, mode: str, options: dict[str, Any]) -> IO[Any]:
    options.pop("buffering", None)
    return cast("IO[Any]", binary if "b" in mode else io.TextIOWrapper(binary, **options))


class _ObjectReader(io.RawIOBase):
    """An object of a store as a file that can be read and moved in."""

    def __init__(self, store: Store, key: str) -> None:
        meta = store.head(key)
        if meta is None:
            raise ObjectNotFound(f"{store.uri_of(key)} does not exist")
        self._store, self._key, self._size = store, key, meta.size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"{base + offset} is before the file's first byte")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._read(self._size - self._position)

    def _read(self, length: int) -> bytes:
        length = min(length, self._size - self._position)
        data = self._store.get_range(self._key, self._position, length) if length > 0 else b""
        self._position += len(data)
        return data


class _Uploaded(io.FileIO):
    """A local file that is stored when it is closed."""

    def __init__(self, path: Path, uri: str, retry: "Retry | None") -> None:
        super().__init__(path, "w")
        self._path, self._uri, self._retry = path, uri, retry

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        transfers.put_file(self._path, self._uri, retry=self._retry)
        self._path.unlink()
