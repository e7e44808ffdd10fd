"""Calls to a store that fails for now, begun anew for as long as a budget lasts: for what must not be lost."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from livedeck.clock import SYSTEM
from livedeck.errors import InvalidKey, ObjectExists, ObjectNotFound, StoreError, StoreUnavailable, UnreadableObject
from livedeck.store.backend import Backend, Meta, SignedUrl
from livedeck.store.retry import Retry

T = TypeVar("T")

_FINAL = (ObjectNotFound, ObjectExists, InvalidKey, UnreadableObject)
"""Answers. Whatever else a store says may pass: credentials are renewed, a read-only disk is mounted anew."""


class Persistent:
    """A back end over another one, whose calls are begun anew while they fail.

    The budget counts from the end of the first try, so that a call that stalls is tried a second time however short
    the budget is. Each call that stalls is followed by one that may take twice as long: a store that hangs is given up
    early, and one that is merely slow is waited for.

    Args:
        open_backend: opens the back end with the timeouts of a call.
        retry: the timeouts of the first call, the pauses, and the budget.
    """

    def __init__(self, open_backend: Callable[[Retry], Backend], retry: Retry) -> None:
        self._open = open_backend
        self._retry = retry

    def get(self, key: str, limit: int | None = None) -> bytes:
        """Read a whole object."""
        return self._repeat(lambda backend: backend.get(key, limit))

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read a part of an object."""
        return self._repeat(lambda backend: backend.get_range(key, start, length))

    def put(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write an object, replacing what is there. Repeating it is harmless, whatever became of the tries before."""
        self._repeat(lambda backend: backend.put(key, data, content_type))

    def create(self, key: str, data: bytes, content_type: str | None) -> None:
        """Write an object unless there is one, in one try: a second one could find what the first wrote."""
        self._open(self._call_retry(1)).create(key, data, content_type)

    def head(self, key: str) -> Meta | None:
        """Look at an object; None when there is none."""
        return self._repeat(lambda backend: backend.head(key))

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a folder, sorted."""
        return iter(self._repeat(lambda backend: [*backend.list(prefix)]))

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens when there is none."""
        self._repeat(lambda backend: backend.delete(key))

    def size_below(self, prefix: str) -> int:
        """Return the bytes of all objects below a folder."""
        return self._repeat(lambda backend: backend.size_below(prefix))

    def delete_below(self, prefix: str) -> None:
        """Remove all objects below a folder."""
        self._repeat(lambda backend: backend.delete_below(prefix))

    def download_to(self, key: str, path: Path) -> None:
        """Copy an object to a file of the caller's."""
        self._repeat(lambda backend: backend.download_to(key, path))

    def upload_from(self, key: str, path: Path) -> None:
        """Copy a file of the caller's into the store."""
        self._repeat(lambda backend: backend.upload_from(key, path))

    def sign(self, key: str, method: str, expires: timedelta) -> SignedUrl | None:
        """Sign a URL, which asks no store."""
        return self._open(self._call_retry(1)).sign(key, method, expires)

    def _repeat(self, call: Callable[[Backend], T]) -> T:
        retry, factor, pause = self._retry, 1, self._retry.first_wait
        deadline: float | None = None
        while True:
            began = SYSTEM.monotonic()
            try:
                return call(self._open(self._call_retry(factor)))
            except _FINAL:
                raise
            except StoreError as error:
                now = SYSTEM.monotonic()
                deadline = now + retry.budget if deadline is None else deadline
                if now >= deadline:
                    raise StoreUnavailable(f"{error} (and again and again for {retry.budget:g} s)") from error
                if now - began >= retry.timeout * factor:
                    factor *= 2
            SYSTEM.sleep(min(pause * random.uniform(0.5, 1), deadline - now))  # noqa: S311 - spreads load, hides nothing
            pause = min(2 * pause, retry.longest_wait)

    def _call_retry(self, factor: int) -> Retry:
        """Return the settings of a single call."""
        retry = self._retry
        return replace(retry, budget=0.0, timeout=retry.timeout * factor, slowest=retry.slowest / factor)
