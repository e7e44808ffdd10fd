"""Whether a store in a cloud lets this process in: asked before anything is started on it."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from livedeck.errors import BucketNotFound, NoCredentials, ObjectNotFound, StoreError, StoreUnavailable
from livedeck.store.clouds import CLOUDS
from livedeck.store.retry import Retry
from livedeck.store.store import open_store
from livedeck.store.uris import parse_uri

_PROBE: Final = "livedeck-access"
"""Key of an object that is never written: to look for it is all that is asked of the store."""
_RETRY: Final = Retry(attempts=1, timeout=5.0)


def check_access(uri: str, *, retry: Retry = _RETRY) -> str:
    """Ask a store for something.

    Args:
        uri: Of the store.
        retry: How long it may take to answer.

    Returns:
        What came of it, in words, if the store is in a cloud; else nothing.

    Raises:
        NoCredentials: there are none, or they are refused; the message says where they came from, and what to do.
        BucketNotFound: there is no such bucket.
        StoreUnavailable: it does not answer for now, which may pass.
    """
    scheme, bucket, _ = parse_uri(uri)
    cloud = CLOUDS.get(scheme)
    if cloud is None:
        return ""
    where = f"{scheme}://{bucket}"
    try:
        credentials = cloud.find_credentials(os.environ, Path.home())
        with suppress(ObjectNotFound):  # the answer to a HEAD would not say what is wrong
            open_store(uri, retry=retry).get(_PROBE)
    except NoCredentials as error:
        raise NoCredentials(f"no credentials for {where}: {error}") from error
    except BucketNotFound as error:
        raise BucketNotFound(f"there is no bucket {where}: create it, or correct the URI") from error
    except StoreUnavailable as error:
        if credentials.asked and any(words in str(error) for words in cloud.metadata):
            raise NoCredentials(
                f"no credentials for {where}: neither the environment nor the user's files name any, and this machine "
                f"gives none ({error}). To mend it, {cloud.advice}"
            ) from error
        raise
    except StoreError as error:
        raise NoCredentials(f"{error}. The credentials were {credentials.source}") from error
    return f"credentials: {credentials.source}"
