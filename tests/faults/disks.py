"""Faults of a local disk: a small file system, which is filled, made read-only, taken away, frozen or slowed down."""

import contextlib
import ctypes
import errno
import fcntl
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_MS_RDONLY, _MS_REMOUNT = 1, 32
_FREEZE, _THAW = 0xC0045877, 0xC0045878
"""Linux' ``FIFREEZE`` and ``FITHAW``: writes to the file system wait until it is thawed."""
_libc = ctypes.CDLL(None, use_errno=True)


class Disk:
    """A mounted file system.

    Args:
        folder: where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.store.mkdir()
        self._filler = folder / "filler"
        self._well = threading.Event()
        self._stutter: threading.Thread | None = None

    def fail(self, fault: str) -> None:
        """Begin a fault, one of `DISK_FAULTS`."""
        getattr(self, f"_{fault.replace('-', '_')}")()

    def recover(self) -> None:
        """End whatever fault there is."""
        if self._stutter is not None:
            self._well.set()
            self._stutter.join()
            self._stutter = None
        with contextlib.suppress(OSError):  # it is not frozen
            self._ioctl(_THAW)
        self._remount(0)
        if self.store.is_file():
            self.store.unlink()
            self._away.rename(self.store)
        self._filler.unlink(missing_ok=True)

    def _full(self) -> None:
        with self._filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for size in (1 << 16, 1):  # to the last byte
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass

    def _read_only(self) -> None:
        self._remount(_MS_RDONLY)

    def _gone(self) -> None:
        self.store.rename(self._away)
        self.store.touch()

    def _frozen(self) -> None:
        self._ioctl(_FREEZE)

    def _slow(self) -> None:
        """Let writes wait for a part of a second, again and again."""
        self._well.clear()
        self._stutter = threading.Thread(target=self._freeze_and_thaw, name="slow-disk")
        self._stutter.start()

    def _freeze_and_thaw(self) -> None:
        while not self._well.wait(0.05):
            self._ioctl(_FREEZE)
            try:
                self._well.wait(0.3)
            finally:
                self._ioctl(_THAW)

    @property
    def _away(self) -> Path:
        return self.folder / "away"

    def _remount(self, flags: int) -> None:
        deadline = time.monotonic() + 60
        while _libc.mount(None, os.fsencode(self.folder), None, _MS_REMOUNT | flags, None):
            number = ctypes.get_errno()
            if number != errno.EBUSY or time.monotonic() > deadline:  # busy: somebody is just writing a file
                raise OSError(number, os.strerror(number), str(self.folder))
            time.sleep(0.005)

    def _ioctl(self, request: int) -> None:
        fd = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, request, 0)
        finally:
            os.close(fd)


DISK_FAULTS = ("full", "read-only", "gone", "frozen", "slow")


class NoDisk(Exception):
    """Why there is no disk to try faults on."""


@contextlib.contextmanager
def mounted_disk(size: int = 24 << 20) -> Iterator[Disk]:
    """A file system in a file.

    Raises:
        NoDisk: it cannot be had here.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        image, folder = Path(name, "image"), Path(name, "disk")
        folder.mkdir()
        with image.open("wb") as file:
            file.truncate(size)
        made = subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], capture_output=True, text=True, check=False)
        command = ["mount", "-o", "loop,noatime", str(image), str(folder)]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False) if not made.returncode else made
        if mounted.returncode:
            raise NoDisk(f"only root may mount a small disk: {mounted.stderr.strip()}")
        disk = Disk(folder)
        try:
            yield disk
        finally:
            with contextlib.suppress(OSError):
                disk.recover()
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
