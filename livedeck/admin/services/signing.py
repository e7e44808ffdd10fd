"""What the services ask of signed links; `livedeck.admin.links` provides it."""

from datetime import timedelta
from typing import Protocol

from livedeck.store import SignedUrl


class Links(Protocol):
    """URLs that let their holder do one thing with one object for a while.

    Both calls block: with some credentials a cloud has to be asked to sign.
    """

    def upload_url(self, key: str, expires: timedelta, content_md5: bytes) -> SignedUrl:
        """Return a URL to PUT the object to, and the headers that this must have.

        Args:
            key: The object.
            expires: How long the URL works.
            content_md5: What the content's MD5 must be; empty: anything goes.
        """

    def download_url(self, key: str, expires: timedelta) -> str:
        """Return a URL to GET the object from."""
