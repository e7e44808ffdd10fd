"""The data plane: uploads and downloads of the files, frames, arrays and pickles of a run."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livedeck.sdk.scratch import temporary_folder

if TYPE_CHECKING:
    from livedeck.store import Retry


class DataPlane:
    """Uploads and downloads of user data for one attempt, or for one client.

    Making one is free: no store is opened and no folder made before it is needed.

    Args:
        raw_data_prefix: URI under which uploads go, each below a random name of its own.
        scratch: folder for downloads and for files on their way up. By default a temporary one, which lasts as long as
            the process.
        retry: how often and for how long calls to stores are tried again; None: as for any store.
    """

    def __init__(self, raw_data_prefix: str, *, scratch: Path | None = None, retry: "Retry | None" = None) -> None:
        self._prefix = raw_data_prefix.rstrip("/")
        self._scratch = scratch
        self.retry = retry

    def new_uri(self) -> str:
        """Return a URI that nobody else writes to."""
        return f"{self._prefix}/{_random_name()}"

    def new_folder(self) -> Path:
        """Return a new, empty local folder."""
        if self._scratch is None:
            self._scratch = temporary_folder()
        folder = self._scratch / _random_name()
        folder.mkdir(parents=True)
        return folder

    def put_file(self, path: Path, name: str | None = None) -> str:
        """Upload one file under its own or the given name, and return its URI."""
        from livedeck.sdk.types import transfers

        uri = f"{self.new_uri()}/{name or path.name}"
        transfers.put_file(path, uri, retry=self.retry)
        return uri

    def put_folder(self, folder: Path) -> str:
        """Upload a folder and return its URI."""
        from livedeck.sdk.types import transfers

        uri = self.new_uri()
        transfers.put_folder(folder, uri, retry=self.retry)
        return uri

    def put_bytes(self, data: bytes, name: str) -> str:
        """Store ``data`` under a name and return its URI."""
        from livedeck.store import open_store, split_uri

        uri = f"{self.new_uri()}/{name}"
        prefix, key = split_uri(uri)
        open_store(prefix, retry=self.retry).put(key, data)
        return uri

    def get_bytes(self, uri: str) -> bytes:
        """Return the object at ``uri``."""
        from livedeck.store import open_store, split_uri

        prefix, key = split_uri(uri)
        return open_store(prefix, retry=self.retry).get(key)

    def fetch_file(self, uri: str) -> Path:
        """Download one file into a new folder, under its own name."""
        from livedeck.sdk.types import transfers

        path = self.new_folder() / (uri.rstrip("/").rpartition("/")[2] or "file")
        transfers.fetch_file(uri, path, retry=self.retry)
        return path

    def fetch_folder(self, uri: str) -> tuple[Path, list[Path]]:
        """Download everything below ``uri``; return the new folder, and the files in it, sorted."""
        from livedeck.sdk.types import transfers

        folder = self.new_folder()
        return folder, transfers.fetch_folder(uri, folder, retry=self.retry)


def _random_name() -> str:
    return os.urandom(16).hex()  # as long as flytekit's names; never the same in two forks of one process


_find_current: list[Callable[[], DataPlane | None]] = []


def set_current_data_plane(find: Callable[[], DataPlane | None]) -> None:
    """Say how the data plane of the task that runs is found; it returns None outside of tasks."""
    _find_current[:] = [find]


def current_data_plane() -> DataPlane:
    """Return the data plane of the task that runs; outside of tasks one over a temporary folder."""
    found = _find_current[0]() if _find_current else None
    return found if found is not None else _temporary(os.getpid())


@functools.cache
def _temporary(process: int) -> DataPlane:
    return DataPlane(f"file://{temporary_folder()}")


class _Nowhere:
    """Stands for a ``DataPlane`` where nothing may be uploaded."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"nothing can be uploaded from here ({name})")


NOWHERE: Any = _Nowhere()
