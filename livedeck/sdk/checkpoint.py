"""Checkpoints: what an attempt leaves for the next one, if it comes to that.

The names and the meaning are flytekit's: one prefix to write to, and the previous attempt's to read from.
"""

import os
from pathlib import Path
from typing import IO

from livedeck.errors import UserError
from livedeck.sdk.scratch import temporary_folder
from livedeck.sdk.types import paths

_BYTES = "_dst_cp"
"""Object that ``write`` makes; flytekit's name, so that either can read the other's."""


class Checkpoint:
    """Saves and restores the state of a task across its attempts. Every call blocks until the store has answered.

    Args:
        destination: URI of the prefix that this attempt writes to; empty outside of attempts.
        source: URI of the previous attempt's prefix; empty in the first attempt.
    """

    def __init__(self, destination: str = "", source: str = "") -> None:
        self._destination = destination
        self._source = source

    def prev_exists(self) -> bool:
        """Return whether there was an attempt before this one that could have left a checkpoint."""
        return bool(self._previous())

    def write(self, data: bytes) -> None:
        """Save bytes, in the place of those saved before.

        Args:
            data: the bytes.

        Raises:
            UserError: this is not an attempt of a task.
        """
        from livedeck.store import open_store

        open_store(self._target()).put(_BYTES, data)

    def read(self) -> bytes | None:
        """Return the bytes that the previous attempt saved, None if it saved none.

        Raises:
            UserError: it saved several files; use ``restore``.
        """
        from livedeck.store import open_store

        source = self._previous()
        if not source:
            return None
        store = open_store(source)
        keys = list(store.list())
        if len(keys) > 1:
            raise UserError(f"the checkpoint holds {len(keys)} files; use restore(), and read them from the folder")
        return store.get(keys[0]) if keys else None

    def save(self, path: str | Path | IO[bytes]) -> None:
        """Save a file, or all files of a folder; of a file that is open for reading, what is left of it.

        Args:
            path: the file or folder, or a file that is open for reading bytes. A file is saved under its name, those of
                a folder under their paths in it. What an open file holds is saved as by ``write``.

        Raises:
            UserError: there is nothing that can be read, or this is not an attempt of a task.
        """
        from livedeck.store import open_store

        if not isinstance(path, str | os.PathLike):
            self.write(path.read())
            return
        path, store = Path(path), open_store(self._target())
        if not path.is_dir():
            if obstacle := paths.obstacle(str(path)):
                raise UserError(f"{path} cannot be saved: {obstacle}")
            store.upload_from(path.name, path)
            return
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            store.upload_from(file.relative_to(path).as_posix(), file)

    def restore(self, path: str | Path | None = None) -> Path | None:
        """Fetch all that the previous attempt saved into a folder and return it, None if there was no attempt.

        Args:
            path: the folder; a new temporary one by default, which lasts as long as the process.
        """
        from livedeck.store import open_store

        source = self._previous()
        if not source:
            return None
        folder = Path(path) if path is not None else temporary_folder()
        store = open_store(source)
        for key in store.list():
            target = folder / key
            target.parent.mkdir(parents=True, exist_ok=True)
            store.download_to(key, target)
        return folder

    def _target(self) -> str:
        if not self._destination:
            raise UserError("there is nowhere to save a checkpoint to: this is not an attempt of a task")
        return self._destination

    def _previous(self) -> str:
        """Return where the attempt before saved to; empty if there was none."""
        return self._source
