"""Where the files, frames, arrays and pickles of one run go, and how they come back."""

import tempfile
import uuid
from pathlib import Path


class DataPlane:
    """Uploads and downloads of user data for one attempt, or for one client.

    Args:
        raw_data_prefix: URI under which uploads go, each below a random name of its own.
        scratch: folder for downloads and for files on their way up; made when first needed. By default a
            temporary one, which is the caller's to delete (an attempt's ``TMPDIR`` is deleted as a whole).
    """

    def __init__(self, raw_data_prefix: str, *, scratch: Path | None = None) -> None:
        self._prefix = raw_data_prefix.rstrip("/")
        self._scratch = scratch

    def new_uri(self) -> str:
        """Return a URI that nobody else writes to."""
        return f"{self._prefix}/{uuid.uuid4().hex}"

    def new_path(self) -> Path:
        """Return a new, empty local folder."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="livedeck-"))
        folder = self._scratch / uuid.uuid4().hex
        folder.mkdir(parents=True)
        return folder

    def put_bytes(self, data: bytes, name: str) -> str:
        """Store ``data`` and return its URI."""
        from livedeck.store import open_store, split_uri

        uri = f"{self.new_uri()}/{name}"
        prefix, key = split_uri(uri)
        open_store(prefix).put(key, data)
        return uri

    def get_bytes(self, uri: str) -> bytes:
        """Return the object at ``uri``."""
        from livedeck.store import open_store, split_uri

        prefix, key = split_uri(uri)
        return open_store(prefix).get(key)
