"""What wakes a tail besides hints: files that appear, and the clock."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from livedeck.admin.live.inotify import FolderWatch, Inotify
from livedeck.admin.notifiers import Notifier
from livedeck.store import Store

FIRST: Final = 0.25
LAST: Final = 2.0
"""Seconds between two looks at the store: at first, and once nothing came for a while."""


class StoreWatch(Protocol):
    """Wakes a tail when the store changes."""

    @property
    def active(self) -> bool:
        """Whether it does, so that polling is only for safety."""

    def refresh(self) -> None:
        """Look where the folders are now; called before each look at the store."""

    def close(self) -> None:
        """Wake no more."""


OpenStoreWatch = Callable[[Store, tuple[str, ...], Notifier], StoreWatch]
"""Watches folders of a store (given as keys, ``""`` for its root) on behalf of a notifier."""


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

    def watch(store: Store, folders: tuple[str, ...], notifier: Notifier) -> StoreWatch:
        if inotify is None or store.local_root is None:
            return _Blind()
        # Resolved, because the kernel does not follow a link to what is created later.
        root = Path(store.local_root).resolve()
        return _Folders(inotify, [root / folder if folder else root for folder in folders], notifier.notify)

    return watch
