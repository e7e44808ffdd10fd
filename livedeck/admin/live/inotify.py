"""Linux's file notifications, in the event loop: a folder changes, a callback runs.

``watchfiles`` was tried first. To be quick it must be given ``step=1``: a thread of its own for each watch that wakes
a thousand times a second. Here it is one file descriptor for all watches and nothing runs until the kernel speaks.
On other systems there is none of this, and hints and polling remain.
"""

import asyncio
import ctypes
import logging
import os
import struct
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Self

log = logging.getLogger(__name__)

# From <sys/inotify.h>; part of the kernel's stable interface.
_CLOSE_WRITE: Final = 0x008
_MOVED_TO: Final = 0x080
_CREATE: Final = 0x100
_DELETE_SELF: Final = 0x400
_MOVE_SELF: Final = 0x800
_Q_OVERFLOW: Final = 0x4000
_IGNORED: Final = 0x8000
_ONLYDIR: Final = 0x01000000
_MASK: Final = _CLOSE_WRITE | _MOVED_TO | _CREATE | _DELETE_SELF | _MOVE_SELF | _ONLYDIR
_HEADER: Final = struct.Struct("iIII")
_BUFFER: Final = 64 * 1024

Wake = Callable[[Collection[str]], None]
"""Is told of a folder that something has happened in it: the names of what was put there, as far as they are known."""


class Inotify:
    """All watches of this process. Close it at the end."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._watches: dict[int, set[Wake]] = {}
        loop.add_reader(self._fd, self._read)

    @classmethod
    def open(cls) -> Self | None:
        """Return notifications for the running loop, or None where the system has none to give."""
        if not sys.platform.startswith("linux"):
            return None
        try:
            return cls(asyncio.get_running_loop())
        except OSError as error:  # the user's limit of instances; polling does the work then
            log.warning("live.no_file_notifications error=%s", error)
            return None

    def close(self) -> None:
        """End all watches."""
        self._loop.remove_reader(self._fd)
        os.close(self._fd)
        self._watches.clear()

    def add(self, folder: Path, wake: Wake) -> int | None:
        """Call ``wake`` whenever something is put into ``folder``, or the folder goes away, which has no name.

        Names beginning with a dot are files that are still being written and do not count.

        Returns:
            What `remove` takes; None when there is no such folder (yet), or no more watches are to be had.
        """
        watch = self._libc.inotify_add_watch(self._fd, os.fsencode(folder), _MASK)
        if watch < 0:
            return None
        self._watches.setdefault(watch, set()).add(wake)
        return int(watch)

    def remove(self, watch: int, wake: Wake) -> None:
        """Do not call ``wake`` for that folder any more."""
        wakes = self._watches.get(watch)
        if wakes is None:
            return
        wakes.discard(wake)
        if not wakes:
            del self._watches[watch]
            self._libc.inotify_rm_watch(self._fd, watch)

    def _read(self) -> None:
        try:
            data = os.read(self._fd, _BUFFER)
        except BlockingIOError:
            return
        woken: dict[Wake, set[str]] = {}
        offset = 0
        while offset < len(data):
            watch, mask, _, length = _HEADER.unpack_from(data, offset)
            offset += _HEADER.size + length
            name = data[offset - length : offset].rstrip(b"\0")
            if mask & _Q_OVERFLOW:
                woken.update((wake, {""}) for wakes in self._watches.values() for wake in wakes)
            elif not name.startswith(b"."):
                for wake in self._watches.get(watch, ()):
                    woken.setdefault(wake, set()).add(os.fsdecode(name))
            if mask & _IGNORED:
                self._watches.pop(watch, None)
        for wake, names in woken.items():
            wake(names)

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return result


class FolderWatch:
    """Watches folders that may not exist yet: until they do, the nearest folder above them.

    Args:
        inotify: Where watches come from.
        folders: What is to be watched.
        wake: Called in the event loop for everything put into one of them.
    """

    def __init__(self, inotify: Inotify, folders: list[Path], wake: Wake) -> None:
        self._inotify = inotify
        self._folders = folders
        self._wake = wake
        self._watched: dict[Path, tuple[Path, int]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Watch closer to the folders where they have come into being meanwhile."""
        for folder in self._folders:
            held = self._watched.get(folder)
            if held is None or held[0] != folder:
                self._move(folder, held)

    def close(self) -> None:
        """Watch no more."""
        for _, watch in self._watched.values():
            self._inotify.remove(watch, self._wake)
        self._watched.clear()

    def _move(self, folder: Path, held: tuple[Path, int] | None) -> None:
        nearest = self._watch_nearest(folder)
        if nearest is None:
            return
        self._watched[folder] = nearest
        # One watch may serve two folders that are both missing: it goes when neither needs it.
        if held is not None and held not in self._watched.values():
            self._inotify.remove(held[1], self._wake)

    def _watch_nearest(self, folder: Path) -> tuple[Path, int] | None:
        way = [folder, *folder.parents]
        for below, nearest in zip([None, *way], way, strict=False):
            watch = self._inotify.add(nearest, self._wake)
            if watch is None:
                continue
            if below is not None and below.is_dir():  # it came into being before we looked at where it would
                return self._watch_nearest(folder)
            return nearest, watch
        return None
