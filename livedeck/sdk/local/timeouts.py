"""The time limit of an attempt that runs in this process; on a server the executor ends the attempt's process.

A function in the main thread is stopped as Ctrl-C stops it: by SIGINT, which also ends a wait for a lock, a socket or
a process, and as ``KeyboardInterrupt`` passes ``except Exception``. A coroutine is cancelled where it awaits. In
another thread Python has no way to interrupt a wait.
"""

import logging
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

from livedeck.errors import TaskTimedOut

logger = logging.getLogger("livedeck.local")

_DELIVERY = 0.1
"""Seconds in which a signal that a process sent to itself has come; it takes microseconds."""


@contextmanager
def stopped_after(timeout: timedelta | None, task: str) -> Iterator[None]:
    """Stop what runs inside when the time is over; say so beforehand where that cannot be done.

    Raises:
        TaskTimedOut: the time was over.
    """
    if timeout is None:
        yield
        return
    if obstacle := _obstacle():
        from livedeck.deck.numerals import format_duration

        logger.warning(
            "%s: its timeout of %s is not kept: %s", task, format_duration(timeout.total_seconds()), obstacle
        )
        yield
        return
    alarm = _Alarm(timeout.total_seconds())
    try:
        with alarm:
            yield
    except KeyboardInterrupt as stopped:
        if alarm.rang:
            raise _expired(task, timeout, stopped) from None
        raise


@asynccontextmanager
async def cancelled_after(timeout: timedelta | None, task: str) -> AsyncIterator[None]:
    """Cancel what is awaited inside when the time is over.

    Raises:
        TaskTimedOut: the time was over.
    """
    import asyncio

    limit = asyncio.timeout(timeout.total_seconds() if timeout is not None else None)
    try:
        async with limit:
            yield
    except TimeoutError as stopped:
        if timeout is not None and limit.expired():
            raise _expired(task, timeout, stopped.__cause__ or stopped) from None
        raise


def _expired(task: str, timeout: timedelta, stopped: BaseException) -> TaskTimedOut:
    """Return the error of an attempt whose time is over; its traceback says where the function was stopped."""
    from livedeck.deck.numerals import format_duration

    return TaskTimedOut(
        f"{task}: it ran longer than its timeout of {format_duration(timeout.total_seconds())} and was stopped. "
        "Give it a longer timeout, or less to do"
    ).with_traceback(stopped.__traceback__)


def _obstacle() -> str:
    """Return why SIGINT would not raise ``KeyboardInterrupt`` in this thread; empty if it would."""
    if threading.current_thread() is not threading.main_thread():
        return "the task runs outside of the main thread"
    if signal.getsignal(signal.SIGINT) not in (signal.default_int_handler, signal.SIG_IGN):
        return "this program handles SIGINT in a way of its own"
    return ""


class _Alarm:
    """Sends SIGINT to the thread that entered it, once, unless that has left it before.

    A program that a shell started in the background ignores SIGINT; then Python's own handler stands in meanwhile.
    """

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self._left = False
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.name = "livedeck-timeout"
        self._timer.daemon = True
        self._ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    def __enter__(self) -> None:
        if self._ignored:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self._timer.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._leave(kind)
        finally:
            if self._ignored:
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _leave(self, kind: type[BaseException] | None) -> None:
        with self._lock:
            self._left = True
        if not self.rang:
            self._timer.cancel()
            self._timer.join()  # the program may fork next, and should find no thread of ours
        elif kind is not KeyboardInterrupt:
            # The signal was sent, and must not arrive when something else runs.
            time.sleep(_DELIVERY)
            raise KeyboardInterrupt

    def _ring(self) -> None:
        with self._lock:
            if not self._left:
                self.rang = True
                signal.pthread_kill(self._thread, signal.SIGINT)
