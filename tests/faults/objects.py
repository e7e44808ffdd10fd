"""Faults of an object store: what a server between a task and its bucket, or the bucket itself, may do to a request."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.clouds.proxy import Exchange, pass_on
from tests.clouds.server import Trouble

Fault = Callable[[Exchange], None]
"""Told of a request; does with it, and answers, what it likes."""

RETRY_AFTER: Final = 2
"""Seconds that a throttled client is told to wait."""
LASTS: Final = 3.0
"""Seconds that a fault lasts, from the first request on that it happens to."""
STALL: Final = 30.0
"""Seconds that a stall lasts: longer than any request is given."""


def refused(trouble: Trouble, **headers: str) -> Fault:
    """Return a fault that does nothing, and answers what is wrong."""

    def fault(exchange: Exchange) -> None:
        exchange.reply(exchange.cloud.answer(trouble).with_headers(**headers))

    return fault


def reset(exchange: Exchange) -> None:
    """Reset the connection; nothing was done."""
    exchange.reset()


def loses_reply(exchange: Exchange) -> None:
    """Do what is asked, and reset the connection instead of saying so."""
    exchange.forward()
    exchange.reset()


def cuts_reply(exchange: Exchange) -> None:
    """Do what is asked, and say half of the answer."""
    exchange.reply(exchange.forward(), cut=True)


class Stall:
    """Say nothing until the client gives up or the stall is over, and do what was asked all the same."""

    def __init__(self) -> None:
        self._until = time.monotonic() + STALL

    def __call__(self, exchange: Exchange) -> None:
        """Keep a request waiting."""
        while exchange.client_waits and time.monotonic() < self._until and not exchange.over.wait(0.05):
            pass
        pass_on(exchange)


def slow(exchange: Exchange) -> None:
    """Take a second for everything."""
    exchange.over.wait(1.0)
    pass_on(exchange)


class OneWriteASecond:
    """Google's limit: an object of one name may be written once a second. What comes sooner is throttled."""

    def __init__(self) -> None:
        self._written: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        """Pass a request on, unless it writes too soon."""
        if exchange.request.method != "PUT":
            pass_on(exchange)
            return
        path, now = exchange.request.path, time.monotonic()
        with self._lock:
            early = now - self._written.get(path, -1.0) < 1.0
            if not early:
                self._written[path] = now
        if early:
            refused(Trouble.THROTTLED)(exchange)
        else:
            pass_on(exchange)


@dataclass(frozen=True)
class FaultKind:
    """What happens, and to what."""

    make: Callable[[], Fault]
    """Makes one: some remember what has happened."""
    writes_only: bool = False
    """Whether it happens to what changes the store alone."""
    lasts: float = LASTS
    schemes: frozenset[str] = frozenset({"s3", "gs", "az"})
    """Stores that it happens to."""


def _always(fault: Fault, **traits: float | bool | frozenset[str]) -> FaultKind:
    return FaultKind(lambda: fault, **traits)  # type: ignore[arg-type]


OBJECT_FAULTS: Final[Mapping[str, FaultKind]] = {
    "429": _always(refused(Trouble.THROTTLED)),
    "429 with Retry-After": _always(refused(Trouble.THROTTLED, Retry_After=str(RETRY_AFTER))),
    "503": _always(refused(Trouble.BUSY)),
    "503 with Retry-After": _always(refused(Trouble.BUSY, Retry_After=str(RETRY_AFTER))),
    "one write a second": FaultKind(OneWriteASecond, schemes=frozenset({"gs"})),
    "reset": _always(reset),
    "stalled": FaultKind(Stall, lasts=STALL),
    "truncated reply": _always(cuts_reply),
    "lost reply": _always(loses_reply),
    "expired credentials": _always(refused(Trouble.EXPIRED)),
    "bucket gone": _always(refused(Trouble.NO_BUCKET)),
    "full": _always(refused(Trouble.FULL), writes_only=True, schemes=frozenset({"s3"})),
    "read-only": _always(refused(Trouble.FORBIDDEN), writes_only=True),
    "slow": _always(slow),
}


@dataclass
class Injector:
    """In the way of every request to a store: lets a fault happen to some.

    Attributes:
        hits: How many requests the fault has happened to.
    """

    hits: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kind: FaultKind | None = None
    _fault: Fault = pass_on
    _lasts: float = LASTS
    _since: float | None = None
    _begins: Callable[[Exchange], bool] = lambda _exchange: True
    _begun: bool = False
    _affects: Callable[[Exchange], bool] = lambda _exchange: True
    _holds: Callable[[], bool] = lambda: False

    def arm(
        self,
        name: str,
        *,
        begins: Callable[[Exchange], bool] = lambda _exchange: True,
        affects: Callable[[Exchange], bool] = lambda _exchange: True,
        holds: Callable[[], bool] = lambda: False,
        lasts: float | None = None,
    ) -> None:
        """Let a fault happen, for as long as its kind lasts.

        Args:
            name: One of `OBJECT_FAULTS`.
            begins: Told each request: whether it begins with this one.
            affects: Told a request: whether it happens to that one.
            holds: Whether it goes on although its time is over.
            lasts: Seconds that it lasts instead.
        """
        with self._lock:
            self._kind = OBJECT_FAULTS[name]
            self._fault = self._kind.make()
            self._lasts = self._kind.lasts if lasts is None else lasts
            self._begins, self._affects, self._holds = begins, affects, holds
            self.hits, self._begun, self._since = 0, False, None

    def disarm(self) -> None:
        """From now on nothing happens."""
        with self._lock:
            self._kind = None

    @property
    def over(self) -> bool:
        """Whether the fault has happened, and does no more."""
        with self._lock:
            return self._kind is None or (self._since is not None and not self._goes_on(self._since))

    def __call__(self, exchange: Exchange) -> None:
        """Pass a request on, or not."""
        (self._fault if self._chosen(exchange) else pass_on)(exchange)

    def _chosen(self, exchange: Exchange) -> bool:
        with self._lock:
            kind = self._kind
            if kind is None or (self._since is not None and not self._goes_on(self._since)):
                return False
            self._begun = self._begun or self._begins(exchange)
            if not self._begun or not self._affects(exchange) or (kind.writes_only and not exchange.request.writes):
                return False
            if self._since is None:
                self._since = time.monotonic()
            self.hits += 1
            return True

    def _goes_on(self, since: float) -> bool:
        return time.monotonic() - since < self._lasts or self._holds()
