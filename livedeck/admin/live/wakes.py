"""What wakes a tail besides hints: files that appear, and the clock."""

import asyncio
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Protocol

from livedeck.admin.live.inotify import FolderWatch, Inotify, Wake
from livedeck.store import Store
from livedeck.store.layout import segment_number

FIRST: Final = 0.25
LAST: Final = 2.0
"""Seconds between two looks at the store: at first, and once nothing came for a while."""


HINTED: Final = 5.0
"""Seconds after a hint for which the next ones are expected, too."""
HINT_WAIT: Final = 0.1
"""Seconds that a hint about a file that has appeared may take to come."""
LATE: Final = 0.01
"""Seconds by which the event loop may be late before hints are taken to have come that it has not read yet."""
AT_ONCE: Final = 0.005
"""Seconds between a hint and its file's notification if they came in the other order."""


class Wakes(Protocol):
    """Is told when something has happened."""

    def notify(self) -> None:
        """Note it, and wake whoever waits for it."""


class StoreWatch(Protocol):
    """Wakes a tail when the store changes."""

    @property
    def active(self) -> bool:
        """Whether it does, so that polling is only for safety."""

    def refresh(self) -> None:
        """Look where the folders are now; called before each look at the store."""

    def close(self) -> None:
        """Wake no more."""


OpenStoreWatch = Callable[[Store, tuple[str, ...], Wake], StoreWatch]
"""Watches folders of a store (given as keys, ``""`` for its root) and tells of what is put there."""


class UnhintedFiles:
    """Passes on that files have appeared, but for those that a hint tells of: it comes a moment later, with a segment.

    To read each file beside that takes a server longer than all else that it does about a publish.

    Args:
        wake: Told of files that no hint has come for.
        known: Tells whether a segment, by its number, has been taken in.
        clock: Seconds that only grow.
    """

    def __init__(self, wake: Wakes, known: Callable[[int], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._wake = wake
        self._known = known
        self._clock = clock
        self._hinted = float("-inf")
        self._segment = 0
        """The last segment that has appeared."""
        self._other = float("-inf")
        """When something else has appeared last."""
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        """When the timer is to go off."""

    @property
    def waiting(self) -> bool:
        """Whether the hint about a file is waited for."""
        return self._timer is not None

    def hinted(self) -> None:
        """Note that a hint has come, of what is known by now."""
        self._hinted = self._clock()

    def appeared(self, names: Collection[str]) -> None:
        """Note that files have appeared."""
        numbers = [segment_number(name) for name in names]
        if None in numbers:
            self._other = self._clock()
        elif all(map(self._known, filter(None, numbers))):
            return  # a server that is late reads the hint first
        self._segment = max([self._segment, *filter(None, numbers)])
        if self._clock() - self._hinted > HINTED:
            self._wake.notify()
        elif self._timer is None:
            self._expect_hint()

    def close(self) -> None:
        """Tell of nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expect_hint(self) -> None:
        self._due = self._clock() + HINT_WAIT
        self._timer = asyncio.get_running_loop().call_later(HINT_WAIT, self._look_unless_hinted)

    def _look_unless_hinted(self) -> None:
        self._timer = None
        if self._known(self._segment) and self._hinted >= self._other - AT_ONCE:
            return
        if self._clock() - self._due > LATE:  # reading files would make a server that has too much to do later still
            self._expect_hint()
        else:
            self._wake.notify()


class Pace:
    """How long to wait before looking at the store again: quick after news, slower while nothing happens."""

    def __init__(self) -> None:
        self._pause = FIRST

    def next(self, *, moved: bool, watched: bool) -> float:
        """Return the seconds to wait.

        Args:
            moved: Whether the last look found something.
            watched: Whether the store itself tells of changes.
        """
        if watched:
            return LAST
        pause = FIRST if moved else self._pause
        self._pause = min(pause * 1.5, LAST)
        return pause


class _Blind:
    """A store that tells nothing."""

    active = False

    def refresh(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class _Folders(FolderWatch):
    """A watch over the folders of a store on this machine's disk."""

    active = True


def watching(inotify: Inotify | None) -> OpenStoreWatch:
    """Return how stores are watched in this process."""

    def watch(store: Store, folders: tuple[str, ...], wake: Wake) -> StoreWatch:
        if inotify is None or store.local_root is None:
            return _Blind()
        # Resolved, because the kernel does not follow a link to what is created later.
        root = Path(store.local_root).resolve()
        return _Folders(inotify, [root / folder if folder else root for folder in folders], wake)

    return watch
