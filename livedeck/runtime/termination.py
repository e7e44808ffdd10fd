"""SIGTERM: the Deck is flushed as aborted, then the process ends.

Python runs signal handlers in the main thread, between two of its instructions: one that waits in a long call of some
library would never get there. So the interpreter's C handler writes to a pipe, and a thread that reads it does the
rest. A handler that the task installs itself is left to do its own work.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self

from livedeck.sdk import streams

EXIT_CODE = 128 + signal.SIGTERM


class Termination:
    """Watches for SIGTERM while an attempt with a Deck runs, from `begin` on to the end of the context.

    Args:
        abort: flushes what must not be lost; returns False if the attempt is over anyway.
    """

    def __init__(self, abort: Callable[[], bool]) -> None:
        self._abort = abort
        self._pid = os.getpid()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def begin(self) -> bool:
        """Watch from now on. Signals are the main thread's: False in any other, where nothing happens."""
        if threading.current_thread() is not threading.main_thread():
            return False
        if self._thread is not None:
            return True
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._pipe = os.fstat(self._write).st_ino
        thread = threading.Thread(target=self._watch, name="livedeck-termination", daemon=True)
        thread.start()  # first: a task may have started as many as there may be, and then SIGTERM is left as it is
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = signal.signal(signal.SIGTERM, self._on_signal)
        # A child that the task forks inherits the handler and the pipe: its SIGTERM must not end us.
        os.register_at_fork(after_in_child=self._let_go)
        self._thread = thread
        return True

    def __exit__(self, *_: object) -> None:
        if self._thread is None or os.getpid() != self._pid:
            return
        self._restore()
        if self._is_ours(self._write):
            os.write(self._write, b"\0")
            self._thread.join()
            os.close(self._write)
        if self._is_ours(self._read):
            os.close(self._read)

    def _is_ours(self, descriptor: int) -> bool:
        """Tell whether a descriptor is still one of the pipe's: a task may close what it has not opened."""
        try:
            return os.fstat(descriptor).st_ino == self._pipe
        except OSError:
            return False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # An event loop of the task's may have put its own descriptor in the place of ours.
        if self._is_ours(self._write):
            os.write(self._write, bytes([number]))
        else:
            threading.Thread(target=self._end, daemon=True).start()

    def _watch(self) -> None:
        with contextlib.suppress(OSError):  # the task has closed the pipe
            while received := os.read(self._read, 1):
                if received == b"\0":
                    return
                if received[0] == signal.SIGTERM and signal.getsignal(signal.SIGTERM) == self._on_signal:
                    self._end()

    def _end(self) -> None:
        if self._abort():
            streams.flush()
            os._exit(EXIT_CODE)

    def _let_go(self) -> None:
        if signal.getsignal(signal.SIGTERM) == self._on_signal:
            self._restore()

    def _restore(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, self._before if self._before is not None else signal.SIG_DFL)
