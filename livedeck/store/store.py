"""One interface over every store: keys below a root URI, and errors of livedeck's own tree."""

import functools
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, ParamSpec, TypeVar, cast

from livedeck.errors import ObjectExists, ObjectNotFound, UnreadableObject
from livedeck.store.backend import AsyncBackend, Backend, Meta, SignedUrl
from livedeck.store.files import FileBackend
from livedeck.store.keys import check_key
from livedeck.store.retry import Retry
from livedeck.store.uris import join_uri, parse_uri
from livedeck.telemetry.metrics import Counter, Histogram, Timed

P = ParamSpec("P")
T = TypeVar("T")

_TIMES: Final = Histogram("livedeck_store_seconds", "How long calls of the store take.", ["operation"])
_ERRORS: Final = Counter("livedeck_store_errors", "Calls of the store that failed.", ["operation", "error"])


def _timed(operation: str) -> Timed:
    return Timed(_TIMES, _ERRORS, operation, (ObjectNotFound, ObjectExists))


class Store:
    """Objects below one root URI. Safe to use from several threads and event loops.

    Every method raises :class:`~livedeck.errors.InvalidKey` for a key that is malformed or leaves the root,
    :class:`~livedeck.errors.StoreUnavailable` when trying again later may help, and another
    :class:`~livedeck.errors.StoreError` otherwise. The ``a...`` twins do the same without blocking the event loop.
    """

    def __init__(self, uri: str, backend: Backend, prefix: str = "") -> None:
        self.uri = uri
        """The root, without a slash at its end."""
        self.backend = backend
        self.prefix = prefix
        """What the back end's keys start with, up to and with the last slash."""

    def __repr__(self) -> str:
        return f"Store({self.uri!r})"

    @property
    def local_root(self) -> Path | None:
        """The folder itself when the store is one on this machine."""
        scheme, _, path = parse_uri(self.uri)
        return Path("/", path) if scheme == "file" else None

    def uri_of(self, key: str) -> str:
        """The object's full URI."""
        return join_uri(self.uri, check_key(key))

    def below(self, prefix: str) -> "Store":
        """The store of what lies in a folder of this one. Links that lead out of this store stay refused in it."""
        return Store(join_uri(self.uri, prefix), self.backend, f"{self._full(prefix)}/")

    def get(self, key: str, *, limit: int | None = None) -> bytes:
        """Read an object.

        Args:
            key: Which.
            limit: Bytes; a larger object is not read.

        Raises:
            ObjectNotFound: there is none.
            UnreadableObject: there is one that is too large, or on a disk something that is not to be read.
        """
        with _timed("get"):
            return self.backend.get(self._full(key), limit)

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read ``length`` bytes of an object from ``start`` on; fewer where it ends.

        Raises:
            ObjectNotFound: there is none.
        """
        with _timed("get_range"):
            return self.backend.get_range(self._full(key), start, length)

    def put(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
        """Write an object in one step, replacing what is there."""
        with _timed("put"):
            self.backend.put(self._full(key), data, content_type)

    def create(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
        """Write an object in one step unless there is one.

        Raises:
            ObjectExists: there is one; it is left as it is.
        """
        with _timed("create"):
            self.backend.create(self._full(key), data, content_type)

    def head(self, key: str) -> Meta | None:
        """Look at an object without reading it; None when there is none."""
        with _timed("head"):
            return self.backend.head(self._full(key))

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield the keys below the folder ``prefix`` (all by default), sorted."""
        with _timed("list"):
            keys = self.backend.list(self._folder(prefix))
        for key in keys:
            yield key[len(self.prefix) :]

    def size_below(self, prefix: str) -> int:
        """Return how many bytes all objects below a folder have together."""
        with _timed("list"):
            return self.backend.size_below(self._folder(prefix))

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens when there is none."""
        with _timed("delete"):
            self.backend.delete(self._full(key))

    def delete_below(self, prefix: str) -> None:
        """Remove all objects below the folder ``prefix``; nothing happens when there are none."""
        with _timed("delete_below"):
            self.backend.delete_below(self._full(prefix))

    def download_to(self, key: str, path: Path) -> None:
        """Copy an object to a file without holding it in memory.

        Raises:
            ObjectNotFound: there is none.
        """
        with _timed("download"):
            self.backend.download_to(self._full(key), path)

    def upload_from(self, key: str, path: Path) -> None:
        """Copy a file to an object without holding it in memory."""
        with _timed("upload"):
            self.backend.upload_from(self._full(key), path)

    def sign(self, key: str, *, method: str, expires: timedelta) -> SignedUrl | None:
        """A URL that allows ``method`` on the object until it expires; None where the store has no such thing."""
        return self.backend.sign(self._full(key), method, expires)

    def open_file(self, key: str) -> int:
        """Open an object of a store on this machine's disk for reading; the caller closes the descriptor.

        Raises:
            ObjectNotFound: there is none.
            UnreadableObject: what is there is no regular file, or lies outside the store.
        """
        assert isinstance(self.backend, FileBackend)
        return self.backend.open(self._full(key))

    async def aget(self, key: str, *, limit: int | None = None) -> bytes:
        """Async :meth:`get`."""
        full = self._full(key)
        with _timed("get"):
            if backend := self._async_backend():
                return await backend.aget(full, limit)
            return await _in_thread(self.backend.get, full, limit)

    async def aget_range(self, key: str, start: int, length: int) -> bytes:
        """Async :meth:`get_range`."""
        return await _in_thread(self.get_range, key, start, length)

    async def aget_all(self, *keys: str, limit: int | None = None) -> tuple[bytes | None, ...]:
        """Read several objects at once; None for each that there is not."""
        fulls = [self._full(key) for key in keys]
        with _timed("get_all"):
            if backend := self._async_backend():
                import asyncio  # as in ``_in_thread``

                return tuple(await asyncio.gather(*(_or_none(backend.aget(full, limit)) for full in fulls)))
            return await _in_thread(lambda: tuple(self._get_or_none(full, limit) for full in fulls))

    async def aget_each(self, *keys: str, limit: int | None = None) -> tuple[bytes | UnreadableObject | None, ...]:
        """Read several objects at once: for each what it holds, why it cannot be read, or None where there is none."""
        fulls = [self._full(key) for key in keys]
        with _timed("get_each"):
            if backend := self._async_backend():
                import asyncio  # as in ``_in_thread``

                return tuple(await asyncio.gather(*(_or_reason(backend.aget(full, limit)) for full in fulls)))
            return await _in_thread(lambda: tuple(self._get_or_reason(full, limit) for full in fulls))

    async def aput(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
        """Async :meth:`put`."""
        full = self._full(key)
        with _timed("put"):
            if backend := self._async_backend():
                return await backend.aput(full, data, content_type)
            return await _in_thread(self.backend.put, full, data, content_type)

    async def acreate(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
        """Async :meth:`create`."""
        full = self._full(key)
        with _timed("create"):
            if backend := self._async_backend():
                return await backend.acreate(full, data, content_type)
            return await _in_thread(self.backend.create, full, data, content_type)

    async def ahead(self, key: str) -> Meta | None:
        """Async :meth:`head`."""
        full = self._full(key)
        with _timed("head"):
            if backend := self._async_backend():
                return await backend.ahead(full)
            return await _in_thread(self.backend.head, full)

    async def adelete(self, key: str) -> None:
        """Async :meth:`delete`."""
        full = self._full(key)
        with _timed("delete"):
            if backend := self._async_backend():
                return await backend.adelete(full)
            return await _in_thread(self.backend.delete, full)

    def _get_or_none(self, full: str, limit: int | None) -> bytes | None:
        try:
            return self.backend.get(full, limit)
        except ObjectNotFound:
            return None

    def _get_or_reason(self, full: str, limit: int | None) -> bytes | UnreadableObject | None:
        try:
            return self._get_or_none(full, limit)
        except UnreadableObject as error:
            return error

    def _full(self, key: str) -> str:
        return self.prefix + check_key(key)

    def _folder(self, prefix: str) -> str:
        folder = prefix.rstrip("/")
        return (self.prefix + check_key(folder) if folder else self.prefix).rstrip("/")

    def _async_backend(self) -> AsyncBackend | None:
        return cast("AsyncBackend", self.backend) if hasattr(self.backend, "aget") else None


_REMEMBERED = 1024
"""Stores that are kept ready: a server opens one for each attempt that it is asked about."""
_BACKENDS: dict[tuple[str, str, Retry | None], Backend] = {}
_LOCK = threading.Lock()  # opening touches neither network nor disk
_CONNECTED: set[int] = set()
"""Processes with a client of a cloud: this one, and those that it was forked from."""


def open_store(uri: str, *, retry: Retry | None = None) -> Store:
    """Open the store at a URI: ``file:///folder``, ``memory://name``, ``s3://bucket/prefix``, ``gs://``, ``az://``.

    Clients are shared between prefixes of a bucket. Nothing is checked or created until it is used.

    Args:
        uri: The root; a slash at its end makes no difference.
        retry: How calls are tried again. On disk and in memory only its ``budget`` makes a difference.

    Raises:
        InvalidKey: the URI is malformed or its scheme unknown.
    """
    return _open(uri, retry or Retry())


@functools.lru_cache(_REMEMBERED)
def _open(uri: str, retry: Retry) -> Store:
    scheme, bucket, path = parse_uri(uri)
    if path:
        check_key(path)
    root = f"file:///{path}" if scheme == "file" else join_uri(f"{scheme}://{bucket}", path)
    if scheme == "file":
        root, prefix = root.rstrip("/") if path else root, ""
        files = FileBackend(f"/{path}")

        def backend(_: Retry) -> Backend:
            return files
    else:
        prefix = f"{path}/" if path else ""
        backend = functools.partial(_shared, scheme, bucket)
    if not retry.budget:
        return Store(root, backend(retry), prefix)
    from livedeck.store.persistent import Persistent  # most stores are opened without

    return Store(root, Persistent(backend, retry), prefix)


def _shared(scheme: str, bucket: str, retry: Retry) -> Backend:
    """Return the back end of a bucket, which all its prefixes share."""
    key = (scheme, bucket, None if scheme == "memory" else retry)
    with _LOCK:
        backend = _BACKENDS.get(key)
        if backend is None:
            backend = _BACKENDS[key] = _connect(scheme, bucket, retry)
    return backend


def _connect(scheme: str, bucket: str, retry: Retry) -> Backend:
    # Loaded only when used: a task's process should not pay for clouds that it never talks to.
    if scheme == "memory":
        from livedeck.store.memory import MemoryBackend

        return MemoryBackend()
    if _CONNECTED - {os.getpid()}:
        from livedeck.store.forked import ForkedBackend

        return ForkedBackend(f"{scheme}://{bucket}", retry)
    _CONNECTED.add(os.getpid())  # first: a child that is forked while this is imported could never import it
    from livedeck.store.cloud import connect

    return connect(scheme, bucket, retry)


def _let_go_of_clients() -> None:
    """Have a forked child open stores anew: clients of clouds work in the process only that they were made in."""
    global _LOCK  # noqa: PLW0603 - whoever held it does not exist here
    _LOCK = threading.Lock()
    if _CONNECTED:
        _open.cache_clear()
        for key in [key for key in _BACKENDS if key[0] != "memory"]:
            del _BACKENDS[key]


os.register_at_fork(after_in_child=_let_go_of_clients)


async def _or_none(reading: Awaitable[bytes]) -> bytes | None:
    try:
        return await reading
    except ObjectNotFound:
        return None


async def _or_reason(reading: Awaitable[bytes]) -> bytes | UnreadableObject | None:
    try:
        return await _or_none(reading)
    except UnreadableObject as error:
        return error


async def _in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    import asyncio  # whoever awaits this has it already; a task's process need not

    return await asyncio.to_thread(call, *args, **kwargs)
