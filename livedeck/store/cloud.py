"""A store in the cloud: S3, Google Cloud Storage or Azure, by obstore (the only module that imports it)."""

import functools
import logging
import math
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final, cast

import obstore
from obstore import exceptions
from obstore.store import AzureStore, GCSStore, S3Store

from livedeck.errors import BucketNotFound, ObjectExists, ObjectNotFound, StoreError, StoreUnavailable
from livedeck.store.backend import Meta, SignedUrl, too_large
from livedeck.store.clouds import CLOUDS
from livedeck.store.retry import Retry
from livedeck.store.staged import staged_beside
from livedeck.store.surroundings import as_kept

logger = logging.getLogger("livedeck.store")

_CLIENTS: Final[Mapping[str, type[Any]]] = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}
_SIGNING = S3Store | GCSStore | AzureStore


_SMALL = 1 << 20
"""Bytes up to which a write is as quick as a question; larger ones are uploads."""
_PART = 5 << 20
"""Bytes that one request of an upload sends, which are obstore's too."""
_UPLOAD = 300.0
"""Seconds that one request of an upload is never given more than."""
_UPLOAD_CLIENTS = 16
_SIGN_PAUSE = 60.0
"""Seconds in which no URL is signed after that has failed: the cloud may have been asked for each."""
_ANSWER = timedelta(days=1)
"""How long an answer may take that goes on arriving."""


def connect(scheme: str, bucket: str, retry: Retry) -> "CloudBackend":
    """Open a bucket; credentials and endpoints come from the environment, as each cloud's own tools read them.

    Raises:
        NoCredentials: those that it names are incomplete, or cannot be read.
    """
    stall = timedelta(seconds=retry.timeout)
    with _translated(f"{scheme}://{bucket}"):
        # ``timeout`` is for a request with its whole answer, ``read_timeout`` for each read of the answer. Sending
        # counts as a wait for the first read, so an upload has none.
        store = _client(scheme, bucket, retry, retry_timeout=stall, timeout=_ANSWER, read_timeout=stall)

    @functools.lru_cache(_UPLOAD_CLIENTS)
    def uploads(seconds: float) -> Any:
        longest = timedelta(seconds=seconds)
        return _client(scheme, bucket, retry, retry_timeout=longest, timeout=longest)

    return CloudBackend(
        store,
        f"{scheme}://{bucket}",
        lambda size: uploads(_upload_time(size, retry)),
        upload_headers=CLOUDS[scheme].upload_headers,
    )


def _upload_time(size: int, retry: Retry) -> float:
    """Return the seconds that each request of an upload may take: a power of two, so that few clients are needed."""
    seconds = retry.timeout + size / retry.slowest
    return max(retry.timeout, min(_UPLOAD, 2.0 ** math.ceil(math.log2(seconds))))


def _client(scheme: str, bucket: str, retry: Retry, *, retry_timeout: timedelta, **timeouts: timedelta) -> Any:
    with as_kept(scheme):
        return _client_now(scheme, bucket, retry, retry_timeout=retry_timeout, **timeouts)


def _client_now(scheme: str, bucket: str, retry: Retry, *, retry_timeout: timedelta, **timeouts: timedelta) -> Any:
    cloud = CLOUDS[scheme]
    credentials = cloud.find_credentials(os.environ, Path.home())
    options: dict[str, Any] = {
        **credentials.options,
        "credential_provider": credentials.provider,
        "retry_config": {
            "max_retries": retry.attempts,
            "retry_timeout": retry_timeout,
            "backoff": {
                "init_backoff": timedelta(seconds=retry.first_wait),
                "max_backoff": timedelta(seconds=retry.longest_wait),
                "base": 2,
            },
        },
        "client_options": {
            **timeouts,
            "connect_timeout": timedelta(seconds=5),
            # Client options given here replace those that the environment implies, this one among them.
            "allow_http": any(os.environ.get(name, "").startswith("http://") for name in cloud.endpoints),
        },
    }
    return _CLIENTS[scheme](bucket, **options)


class CloudBackend:
    """Objects in one bucket. obstore retries what is worth retrying; what comes out here is final.

    Args:
        store: obstore's client.
        name: the bucket, as messages call it.
        uploads: gives another client, for sending so many bytes, which takes long; by default the same.
        upload_headers: what a PUT to a signed URL must have.
    """

    def __init__(
        self,
        store: Any,
        name: str,
        uploads: Callable[[int], Any] | None = None,
        *,
        upload_headers: Mapping[str, str] | None = None,
    ) -> None:
        self._store = store
        self._upload_headers = upload_headers or {}
        self._sign_from = 0.0  # when it may be tried again, by the monotonic clock
        self._uploads = uploads
        self._name = name

    def get(self, key: str, limit: int | None = None) -> bytes:
        """Read a whole object, unless it has more than ``limit`` bytes."""
        with _translated(self._at(key)):
            result = obstore.get(self._store, key)
            self._check_size(key, result.meta["size"], limit)
            return bytes(result.bytes())

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read some of an object's bytes."""
        with _translated(self._at(key)):
            return bytes(obstore.get_range(self._store, key, start=start, length=length))

    def put(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write an object, replacing what is there."""
        with _translated(self._at(key), _Operation.PUT):
            obstore.put(self._for(len(data)), key, data, **_cut(data, content_type))

    def create(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write an object unless there is one (a conditional put)."""
        with _translated(self._at(key), _Operation.CREATE):
            obstore.put(self._for(len(data)), key, data, **_whole(content_type))

    def head(self, key: str) -> Meta | None:
        """Look at an object; None when there is none."""
        try:
            with _translated(self._at(key)):
                return _meta(obstore.head(self._store, key))
        except ObjectNotFound:
            return self._meta_of_missing(key)

    def _meta_of_missing(self, key: str) -> Meta | None:
        """Ask again for an object that was not found, since the answer to a HEAD does not say what was not found."""
        try:
            with _translated(self._at(key)):
                return _meta(obstore.get(self._store, key).meta)
        except ObjectNotFound:
            return None

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a folder, sorted."""
        with _translated(self._at(prefix)):
            pages = obstore.list(self._store, prefix or None)
            return iter(sorted(entry["path"] for page in pages for entry in page))

    def size_below(self, prefix: str) -> int:
        """Return the bytes of all objects below a folder."""
        with _translated(self._at(prefix)):
            return sum(entry["size"] for page in obstore.list(self._store, f"{prefix}/") for entry in page)

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens when there is none."""
        with suppress(ObjectNotFound), _translated(self._at(key)):
            obstore.delete(self._store, key)

    def delete_below(self, prefix: str) -> None:
        """Remove all objects below a folder, page by page: there may be very many."""
        with _translated(self._at(prefix)):
            for page in obstore.list(self._store, f"{prefix}/"):
                self._delete_all([entry["path"] for entry in page])

    def _delete_all(self, keys: Sequence[str]) -> None:
        try:
            with _translated(self._name):
                obstore.delete(self._store, keys)
        except ObjectNotFound:  # somebody else deletes here too: the rest was perhaps not even looked at
            for key in keys:
                self.delete(key)

    def download_to(self, key: str, path: Path) -> None:
        """Stream an object into a file, in one step: a failed download leaves nothing behind."""
        with staged_beside(path) as name:
            staged = Path(name)
            with _translated(self._at(key)), staged.open("xb") as file:
                file.writelines(obstore.get(self._store, key).stream())
            staged.replace(path)

    def upload_from(self, key: str, path: Path) -> None:
        """Stream a file into an object, in parts when it is large."""
        with path.open("rb") as file, _translated(self._at(key), _Operation.PUT):
            obstore.put(self._for(path.stat().st_size), key, file)

    def sign(self, key: str, method: str, expires: timedelta) -> SignedUrl | None:
        """A URL with which anybody may do ``method`` on the object until it expires.

        None with credentials that can sign none, such as a user's own of Google's, or somebody else's signature.
        """
        if not isinstance(self._store, _SIGNING) or time.monotonic() < self._sign_from:
            return None
        try:
            with _translated(self._at(key)):
                url = obstore.sign(self._store, cast("Any", method), key, expires)
        except StoreError as error:
            logger.warning("store_cannot_sign store=%s error=%s: data passes through the server", self._name, error)
            self._sign_from = time.monotonic() + _SIGN_PAUSE
            return None
        return SignedUrl(url, self._upload_headers if method == "PUT" else {})

    async def aget(self, key: str, limit: int | None = None) -> bytes:
        """:meth:`get`, without blocking the event loop; likewise the others below."""
        with _translated(self._at(key)):
            result = await obstore.get_async(self._store, key)
            self._check_size(key, result.meta["size"], limit)
            return bytes(await result.bytes_async())

    async def aput(self, key: str, data: bytes, content_type: str | None) -> None:
        """Async :meth:`put`."""
        with _translated(self._at(key), _Operation.PUT):
            await obstore.put_async(self._for(len(data)), key, data, **_cut(data, content_type))

    async def acreate(self, key: str, data: bytes, content_type: str | None) -> None:
        """Async :meth:`create`."""
        with _translated(self._at(key), _Operation.CREATE):
            await obstore.put_async(self._for(len(data)), key, data, **_whole(content_type))

    async def ahead(self, key: str) -> Meta | None:
        """Async :meth:`head`."""
        try:
            with _translated(self._at(key)):
                return _meta(await obstore.head_async(self._store, key))
        except ObjectNotFound:
            return await self._ameta_of_missing(key)

    async def _ameta_of_missing(self, key: str) -> Meta | None:
        try:
            with _translated(self._at(key)):
                return _meta((await obstore.get_async(self._store, key)).meta)
        except ObjectNotFound:
            return None

    async def adelete(self, key: str) -> None:
        """Async :meth:`delete`."""
        with suppress(ObjectNotFound), _translated(self._at(key)):
            await obstore.delete_async(self._store, key)

    def _for(self, size: int) -> Any:
        """Return the client for a write of so many bytes."""
        return self._store if size <= _SMALL or self._uploads is None else self._uploads(size)

    def _check_size(self, key: str, size: int, limit: int | None) -> None:
        if limit is not None and size > limit:
            raise too_large(self._at(key), size, limit)

    def _at(self, key: str) -> str:
        return f"{self._name}/{key}"


def _whole(content_type: str | None) -> dict[str, Any]:
    """Return obstore's options for a create-only put, which cannot be cut."""
    return {"mode": "create", "use_multipart": False, **_attributes(content_type)}


def _cut(data: bytes, content_type: str | None) -> dict[str, Any]:
    """Return obstore's options for a put: in one request, for which parts need three, unless that is too much."""
    return {"use_multipart": len(data) > _PART, **_attributes(content_type)}


def _attributes(content_type: str | None) -> dict[str, Any]:
    return {"attributes": {"Content-Type": content_type} if content_type else None}


def _meta(found: Any) -> Meta:
    modified = found["last_modified"]
    return Meta(found["size"], found["e_tag"] or f"{modified.timestamp()}-{found['size']}", modified)


def _any_of(sayings: Iterable[Sequence[str]]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(words) for each in sayings for words in each))


_NO_BUCKET: Final = _any_of(cloud.no_bucket for cloud in CLOUDS.values())
_REFUSED: Final = _any_of(cloud.refused for cloud in CLOUDS.values())


class _Operation(Enum):
    """What was asked of the store: it decides what *not found* and *exists already* mean."""

    READ = "read"
    PUT = "put"
    CREATE = "create"


@contextmanager
def _translated(where: str, operation: _Operation = _Operation.READ) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if operation is _Operation.READ and not _NO_BUCKET.search(str(error)):
            raise ObjectNotFound(f"{where} does not exist") from error
        raise BucketNotFound(f"{where} cannot be reached, the bucket was not found: {_first_line(error)}") from error
    except exceptions.AlreadyExistsError as error:
        if operation is _Operation.CREATE:
            raise ObjectExists(f"{where} exists already") from error
        # 409: another request for the same object is under way, or the bucket is being changed.
        raise StoreUnavailable(f"{where} is in conflict with another request: {_first_line(error)}") from error
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise _refused(where, error) from error
    except exceptions.GenericError as error:
        if _REFUSED.search(str(error)):
            raise _refused(where, error) from error
        if _NO_BUCKET.search(str(error)):
            raise BucketNotFound(
                f"{where} cannot be reached, the bucket was not found: {_first_line(error)}"
            ) from error
        # What is left after obstore's own retries: throttled, unreachable, timed out.
        raise StoreUnavailable(f"{where} cannot be reached: {_first_line(error)}") from error
    except (exceptions.BaseError, ValueError, NotImplementedError) as error:
        raise StoreError(f"{where}: {_first_line(error)}") from error


def _refused(where: str, error: BaseException) -> StoreError:
    return StoreError(f"no permission for {where}; check the credentials: {_first_line(error)}")


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
