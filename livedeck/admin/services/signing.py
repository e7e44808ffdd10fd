"""What the services ask of signed links; `livedeck.admin.links` provides it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol


class Links(Protocol):
    """URLs that let their holder do one thing with one object for a while."""

    def upload_url(self, key: str, expires: timedelta, content_md5: bytes, headers: Mapping[str, str]) -> str:
        """Return a URL to PUT the object to.

        Args:
            key: The object.
            expires: How long the URL works.
            content_md5: What the content's MD5 must be; empty: anything goes.
            headers: Headers that the client was told to send along.
        """

    def download_url(self, key: str, expires: timedelta) -> str:
        """Return a URL to GET the object from."""
