"""Working directories and TMPDIRs of attempts: each attempt has its own pair while it runs.

Making and removing folders costs as much as the rest of a trivial attempt, so a pair that was left empty is used
again.
``{work_dir}/scratch/{keeper}/{number}/`` holds ``cwd/`` and ``tmp/``; when a keeper is dead all of its own may go.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from livedeck.executors.local.processes import ProcessIdentity, is_alive


class Scratch:
    """The pairs of one keeper."""

    def __init__(self, work_dir: Path, owner: ProcessIdentity) -> None:
        self._root = f"{work_dir}/scratch/{owner.pid}-{owner.started!r}"
        self._free: list[str] = []
        self._made = 0
        Path(self._root).mkdir(mode=0o700, parents=True)

    def take(self) -> str:
        """Return a folder with an empty ``cwd/`` and ``tmp/``."""
        if self._free:
            return self._free.pop()
        self._made += 1
        path = f"{self._root}/{self._made}"
        Path(path).mkdir(mode=0o700)
        for part in (cwd(path), tmp(path)):
            Path(part).mkdir(mode=0o700)
        return path

    def give_back(self, path: str, aside: Callable[[Callable[[], None]], None]) -> None:
        """Take a folder back, to be used again if it is empty.

        Args:
            path: what ``take`` gave.
            aside: does work where it holds nobody up: there may be much to remove.
        """
        if _is_empty(cwd(path)) and _is_empty(tmp(path)):
            self._free.append(path)
        else:
            aside(lambda: remove(path))

    def close(self) -> None:
        """Remove everything, when no attempt is left."""
        remove(self._root)


def cwd(path: str) -> str:
    """Return the working directory in a folder."""
    return f"{path}/cwd"


def tmp(path: str) -> str:
    """Return the TMPDIR in a folder."""
    return f"{path}/tmp"  # noqa: S108 - not the system's


def remove(path: str) -> None:
    """Remove a folder, whatever a task has made of it."""
    shutil.rmtree(path, ignore_errors=True)


def clean(work_dir: Path) -> None:
    """Remove what dead keepers left."""
    for folder in (work_dir / "scratch").glob("*-*"):
        pid, _, started = folder.name.partition("-")
        if not is_alive(ProcessIdentity(int(pid), float(started))):
            remove(str(folder))


def _is_empty(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is None
    except OSError:
        return False
