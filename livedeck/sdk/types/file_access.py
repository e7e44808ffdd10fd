"""``FlyteContext`` as encoders and transformers that were written for flytekit are given it: where files go."""

from pathlib import Path
from typing import Any

from livedeck.sdk.types import transfers
from livedeck.sdk.types.dataplane import DataPlane, current_data_plane
from livedeck.store import join_uri, open_store, split_uri


class FileAccessProvider:
    """The store and the local disk under the names of flytekit's.

    Args:
        data: where a task's files go.
    """

    def __init__(self, data: DataPlane) -> None:
        self.data = data

    @property
    def raw_output_prefix(self) -> str:
        """URI below which what is new goes."""
        return self.data.new_uri().rpartition("/")[0]

    def get_random_local_directory(self) -> str:
        """Return the path of a new local folder."""
        return str(self.data.new_folder())

    def get_random_local_path(self, file_path_or_file_name: str | None = None) -> str:
        """Return a local path at which there is nothing, with the same last part if one is given."""
        name = str(file_path_or_file_name or "").rstrip("/").rpartition("/")[2]
        return str(self.data.new_folder() / (name or "file"))

    def get_random_remote_directory(self) -> str:
        """Return a URI to write files below."""
        return self.data.new_uri()

    def get_random_remote_path(self, file_path_or_file_name: str | None = None) -> str:
        """Return a URI to write to, with the same last part if one is given."""
        name = str(file_path_or_file_name or "").rstrip("/").rpartition("/")[2]
        return join_uri(self.data.new_uri(), name)

    def is_remote(self, path: Any) -> bool:
        """Return whether it is a URI."""
        return "://" in str(path)

    def join(self, *parts: str) -> str:
        """Return a path or URI with parts appended."""
        return join_uri(*parts) if self.is_remote(parts[0]) else str(Path(*parts))

    def exists(self, path: str) -> bool:
        """Return whether there is something at a path or URI.

        Raises:
            StoreError: the store did not say.
        """
        if not self.is_remote(path):
            return Path(path).exists()
        prefix, key = split_uri(path)
        return open_store(prefix, retry=self.data.retry).head(key) is not None or any(open_store(path).list())

    def get_data(self, remote_path: str, local_path: str, is_multipart: bool = False, **_: Any) -> str:
        """Download a file, or a folder if ``is_multipart``; return the local path.

        Raises:
            StoreError: it is not there, or cannot be read.
        """
        if is_multipart:
            transfers.fetch_folder(remote_path, Path(local_path), retry=self.data.retry)
        else:
            transfers.fetch_file(remote_path, Path(local_path), retry=self.data.retry)
        return local_path

    def put_data(self, local_path: str, remote_path: str, is_multipart: bool = False, **_: Any) -> str:
        """Upload a file, or a folder if ``is_multipart``; return the URI.

        Raises:
            StoreError: the store did not take it.
        """
        if is_multipart:
            transfers.put_folder(Path(local_path), remote_path, retry=self.data.retry)
        else:
            transfers.put_file(Path(local_path), remote_path, retry=self.data.retry)
        return remote_path

    def put_raw_data(self, lpath: str, **_: Any) -> str:
        """Upload a file or folder to a URI of its own, which is returned.

        Raises:
            StoreError: the store did not take it.
        """
        path = Path(lpath)
        return self.data.put_folder(path) if path.is_dir() else self.data.put_file(path)

    def download(self, remote_path: str, local_path: str, **_: Any) -> str:
        """Download a file; see ``get_data``."""
        return self.get_data(remote_path, local_path)

    def download_directory(self, remote_path: str, local_path: str, **_: Any) -> str:
        """Download a folder; see ``get_data``."""
        return self.get_data(remote_path, local_path, is_multipart=True)

    def upload(self, file_path: str, to_path: str, **_: Any) -> str:
        """Upload a file; see ``put_data``."""
        return self.put_data(file_path, to_path)

    def upload_directory(self, local_path: str, remote_path: str, **_: Any) -> str:
        """Upload a folder; see ``put_data``."""
        return self.put_data(local_path, remote_path, is_multipart=True)


class FlyteContext:
    """What flytekit passes to encoders and transformers; here it holds where files go, and nothing else.

    Args:
        data: where a task's files go; None: those of the task that runs.
    """

    def __init__(self, data: DataPlane | None = None) -> None:
        self.file_access = FileAccessProvider(data if data is not None else current_data_plane())

    @classmethod
    def current_context(cls) -> "FlyteContext":
        """Return the context of the task that runs."""
        return cls()
