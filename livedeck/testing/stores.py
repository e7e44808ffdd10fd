"""A store that fails as told: before a write, after it, slowly, or by throttling."""

import enum
import threading
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from livedeck.errors import StoreFull, StoreUnavailable
from livedeck.store import Backend, Meta, SignedUrl, Store, open_store


class Fault(enum.Enum):
    """What goes wrong with one write."""

    NONE = "none"
    """Nothing."""
    FAILS = "fails"
    """The call fails and nothing was written."""
    LOSES_REPLY = "loses reply"
    """The object is written, but the caller is told that it failed."""
    THROTTLED = "throttled"
    """The store answers 429; nothing was written."""
    FULL = "full"
    """The disk is full; nothing was written."""
    BUG = "bug"
    """The store raises an error that is none of livedeck's."""


_WORDS = {
    Fault.FAILS: "connection reset",
    Fault.LOSES_REPLY: "the connection closed before the reply",
    Fault.THROTTLED: "429 Too Many Requests",
    Fault.FULL: "the disk is full",
}


class Write(NamedTuple):
    """A write that was tried."""

    verb: str
    """``put`` or ``create``."""
    key: str
    size: int
    """Bytes."""


class FaultyStore(Store):
    """A store whose writes fail by script. Reads always work.

    Args:
        inner: Where what does get written goes; a memory store of its own by default.
    """

    def __init__(self, inner: Store | None = None) -> None:
        self._inner = inner or open_store(f"memory://faulty-{id(self)}")
        self._faults = _FaultyBackend(self._inner.backend)
        super().__init__(self._inner.uri, self._faults, self._inner.prefix)

    @property
    def writes(self) -> list[Write]:
        """Every write that was tried, in order."""
        return list(self._faults.writes)

    def script(self, *faults: Fault) -> None:
        """Let the next writes fail by ``faults``, one each; later writes work again."""
        self._faults.script.extend(faults)

    def break_down(self, fault: Fault = Fault.FAILS) -> None:
        """Let every write fail by ``fault`` from now on, until :meth:`recover`."""
        self._faults.broken = fault

    def recover(self) -> None:
        """Let writes work again, and forget what is left of the script."""
        self._faults.broken = Fault.NONE
        self._faults.script.clear()

    def hold(self) -> None:
        """Let writes wait from now on, until :meth:`release`."""
        self._faults.gate.clear()
        self._faults.held.clear()

    def release(self) -> None:
        """Let writes that wait go on."""
        self._faults.gate.set()

    def wait_held(self, timeout: float = 60.0) -> bool:
        """Wait until a write is held, ``timeout`` seconds at most; return whether one is."""
        return self._faults.held.wait(timeout)


class _FaultyBackend:
    """Passes calls on, with faults in writes."""

    def __init__(self, inner: Backend) -> None:
        self._inner = inner
        self.script: deque[Fault] = deque()
        self.broken = Fault.NONE
        self.gate = threading.Event()
        self.gate.set()
        self.held = threading.Event()
        self.writes: list[Write] = []

    def get(self, key: str, limit: int | None = None) -> bytes:
        return self._inner.get(key, limit)

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return self._inner.get_range(key, start, length)

    def put(self, key: str, data: bytes, content_type: str | None) -> None:
        fault = self._before("put", key, len(data))
        self._inner.put(key, data, content_type)
        self._after(fault, key)

    def create(self, key: str, data: bytes, content_type: str | None) -> None:
        fault = self._before("create", key, len(data))
        self._inner.create(key, data, content_type)
        self._after(fault, key)

    def head(self, key: str) -> Meta | None:
        return self._inner.head(key)

    def list(self, prefix: str) -> Iterator[str]:
        return self._inner.list(prefix)

    def size_below(self, prefix: str) -> int:
        return self._inner.size_below(prefix)

    def delete(self, key: str) -> None:
        self._inner.delete(key)

    def delete_below(self, prefix: str) -> None:
        self._inner.delete_below(prefix)

    def download_to(self, key: str, path: Path) -> None:
        self._inner.download_to(key, path)

    def upload_from(self, key: str, path: Path) -> None:
        fault = self._before("put", key, path.stat().st_size)
        self._inner.upload_from(key, path)
        self._after(fault, key)

    def sign(self, key: str, method: str, expires: timedelta) -> SignedUrl | None:
        return self._inner.sign(key, method, expires)

    def _before(self, verb: str, key: str, size: int) -> Fault:
        self.writes.append(Write(verb, key, size))
        if not self.gate.is_set():
            self.held.set()
            self.gate.wait()
        fault = self.broken if self.broken is not Fault.NONE else self.script.popleft() if self.script else Fault.NONE
        if fault is Fault.BUG:
            raise RuntimeError(f"{key}: a bug in the store")
        if fault is Fault.FULL:
            raise StoreFull(f"{key}: {_WORDS[fault]}")
        if fault not in {Fault.NONE, Fault.LOSES_REPLY}:
            raise StoreUnavailable(f"{key}: {_WORDS[fault]}")
        return fault

    def _after(self, fault: Fault, key: str) -> None:
        if fault is Fault.LOSES_REPLY:
            raise StoreUnavailable(f"{key}: {_WORDS[fault]}")
