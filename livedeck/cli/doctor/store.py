"""A store: a round trip of an object, and whether create-only puts are honoured."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, TypeVar

from livedeck.cli.doctor.findings import Finding, fine, warning, wrong
from livedeck.errors import LivedeckError, NoCredentials, ObjectExists, ObjectNotFound, StoreError, StoreUnavailable
from livedeck.store import Store, open_store
from livedeck.store.access import check_access

_SKEW: Final = 5.0
"""Seconds that clocks may differ by: times of objects are whole seconds in some stores."""
_SLOW: Final = 1.0
"""Seconds for one operation; Decks are as late as that."""
T = TypeVar("T")


def check_store(root: str) -> Iterator[Finding]:
    """Write an object, read it, list it and remove it.

    Args:
        root: URI of the store.
    """
    try:
        store = open_store(root)
        found = check_access(root)
    except NoCredentials as error:
        yield wrong("store access", str(error), "attempts need the same: they are given the server's variables")
        return
    except StoreUnavailable as error:
        yield wrong("store", str(error), _advice(store))
        return
    except LivedeckError as error:
        yield wrong("store", str(error), "correct the URI (--root, LIVEDECK_ROOT)")
        return
    if found:
        yield fine("store access", found)
    if store.local_root is not None and not store.local_root.is_dir():
        words = f"there is no folder {store.local_root}"
        yield warning("store", words, "livedeck serve makes it when it is started; if one was, the path is another")
        return
    yield from check_round_trip(store)


def check_round_trip(store: Store) -> Iterator[Finding]:
    """Write an object to an open store, read it, list it and remove it.

    Args:
        store: Which one.
    """
    folder = f"livedeck-doctor-{secrets.token_hex(8)}"
    try:
        yield from _RoundTrip(store, f"{folder}/object").findings()
    except StoreError as error:
        yield wrong("store", f"{store.uri}: {error}", _advice(store))
    finally:
        with suppress(StoreError):
            store.delete_below(folder)


class _RoundTrip:
    """What one object goes through."""

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key
        self._times: dict[str, float] = {}

    def findings(self) -> Iterator[Finding]:
        store, key = self._store, self._key
        before = datetime.now(UTC)
        self._time("create", lambda: store.create(key, b"first"))
        head = self._time("head", lambda: store.head(key))
        after = datetime.now(UTC)
        yield self._creates_only_once()
        self._time("put", lambda: store.put(key, b"third"))
        yield self._reads_what_was_written()
        yield self._lists()
        yield self._deletes()
        yield self._speed()
        if head is not None:
            yield _skew(head.modified, before, after)

    def _time(self, operation: str, call: Callable[[], T]) -> T:
        began = time.perf_counter()
        result = call()
        self._times[operation] = time.perf_counter() - began
        return result

    def _creates_only_once(self) -> Finding:
        part = "create-only puts"
        try:
            self._store.create(self._key, b"second")
        except ObjectExists:
            if self._store.get(self._key) == b"first":
                return fine(part, "an object that is there is not replaced by a create-only put")
            return wrong(part, "a create-only put was refused, and has replaced the object all the same", _NO_CREATES)
        return wrong(part, "a create-only put has replaced an object that was there", _NO_CREATES)

    def _reads_what_was_written(self) -> Finding:
        found = self._time("get", lambda: self._store.get(self._key))
        if found == b"third":
            return fine("store", f"{self._store.uri}: what was written is read at once")
        advice = "turn off whatever caches between here and the store: readers must see the newest object"
        return wrong("store", f"{self._store.uri}: after it was replaced, an object is read as it was before", advice)

    def _lists(self) -> Finding:
        folder = self._key.rpartition("/")[0]
        if self._time("list", lambda: list(self._store.list(folder))) == [self._key]:
            return fine("store list", "a new object is listed at once")
        advice = "allow listing (s3:ListBucket), and let nothing cache it: deleting executions needs it"
        return wrong("store list", "a new object is not listed", advice)

    def _deletes(self) -> Finding:
        self._time("delete", lambda: self._store.delete(self._key))
        with suppress(ObjectNotFound):
            self._store.get(self._key)
            advice = "allow deleting (s3:DeleteObject): data of deleted executions would stay"
            return wrong("store delete", "an object that was deleted can still be read", advice)
        return fine("store delete", "an object that was deleted is gone")

    def _speed(self) -> Finding:
        told = ", ".join(f"{operation} {1000 * seconds:.1f} ms" for operation, seconds in self._times.items())
        if max(self._times.values()) < _SLOW:
            return fine("store times", told)
        return warning("store times", told, "Decks are as late as their puts take: run tasks nearer to the store")


_NO_CREATES: Final = (
    "use a store that honours conditional puts (If-None-Match: *), as S3, GCS, Azure, MinIO and Ceph do: without them "
    "a Deck that is written twice loses updates"
)


def _skew(modified: datetime, before: datetime, after: datetime) -> Finding:
    """Compare the store's clock, by the time that it gave an object, with this machine's."""
    ahead = (modified - after).total_seconds()
    behind = (before - modified).total_seconds()
    off = max(ahead, behind)
    if off <= _SKEW:
        return fine("store clock", f"the store's clock and this machine's differ by less than {_SKEW:g} s")
    where = "ahead of" if ahead > 0 else "behind"
    return wrong("store clock", f"the store's clock is {off:.0f} s {where} this machine's", "set both by NTP")


def _advice(store: Store) -> str:
    if store.local_root is None:
        return (
            "see that the bucket exists, and that the credentials in the environment may read, write, list and delete"
        )
    return f"see that user {os.geteuid()} may read and write there, and that the disk has room"
