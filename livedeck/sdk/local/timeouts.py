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
from types import FrameType

from livedeck.errors import TaskTimedOut

logger = logging.getLogger("livedeck.local")

_DELIVERY = 0.1
"""Seconds in which a signal that a process sent to itself has come; it takes microseconds."""
_AGAIN = 0.2
"""Seconds until a signal that was not heard is sent again: one that comes just before a wait begins does not end it."""


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
    if signal.getsignal(signal.SIGINT) not in (signal.default_int_handler, signal.SIG_IGN, _interrupt):
        return "this program handles SIGINT in a way of its own"
    return ""


_set: "list[_Alarm]" = []
"""The alarms that the main thread is in, the outermost first."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise ``KeyboardInterrupt``, as Python's own handler does, and note that alarms were heard."""
    for alarm in _set:
        alarm.heard = alarm.heard or alarm.rang
    signal.default_int_handler(number, frame)


class _Alarm:
    """Sends SIGINT to the thread that entered it until that has heard it, unless it has left before.

    A handler of its own stands in for Python's meanwhile, also in a program that a shell started in the background,
    which ignores SIGINT.
    """

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self.heard = False
        self._left = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.name = "livedeck-timeout"
        self._timer.daemon = True

    def __enter__(self) -> None:
        _set.append(self)
        self._before = signal.signal(signal.SIGINT, _interrupt)
        self._timer.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._leave(kind)
        finally:
            signal.signal(signal.SIGINT, self._before)
            _set.remove(self)

    def _leave(self, kind: type[BaseException] | None) -> None:
        with self._lock:
            self._left.set()
        self._timer.cancel()
        self._timer.join()  # the program may fork next, and should find no thread of ours
        if self.rang and kind is not KeyboardInterrupt:
            # The signal was sent, and must not arrive when something else runs.
            time.sleep(_DELIVERY)
            raise KeyboardInterrupt

    def _ring(self) -> None:
        while True:
            with self._lock:
                if self._left.is_set() or self.heard:
                    return
                self.rang = True
                signal.pthread_kill(self._thread, signal.SIGINT)
            self._left.wait(_AGAIN)
