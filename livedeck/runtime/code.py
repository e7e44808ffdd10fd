"""Code bundles on this machine: each is fetched and unpacked once, whichever attempt comes first."""

import os
import re
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from livedeck.sdk.folder_locks import hold, lock
from livedeck.store import Retry, open_store, split_uri

CODE_CACHE = "LIVEDECK_CODE_CACHE"
"""Environment variable: the folder of unpacked bundles, instead of one in the user's cache."""

_BUNDLE = re.compile(r"([0-9a-f]{64})\.tar\.gz")


def fetch(uri: str, *, retry: Retry | None = None) -> str:
    """Return the folder of an unpacked bundle, fetching it if it is not there.

    Paths are plain text on the way of every attempt; taking them apart as ``Path`` does costs more than looking.

    Attempts that do so at the same time each unpack it into a folder of their own; the first to finish gives its
    folder the final name, and the others take that one. So what has the final name is always complete.

    Args:
        uri: where the bundle is.
        retry: how often and for how long calls to the store are tried again.

    Raises:
        StoreError: the bundle cannot be fetched.
        UserError: it is not a bundle, or not the one that its name says.
    """
    store_uri, key = split_uri(uri)
    named = _BUNDLE.fullmatch(key)
    cache = cache_folder()
    target = f"{cache}/{named[1] if named else sha256(uri.encode()).hexdigest()}"
    if hold(target):
        return target
    from livedeck.sdk import bundle  # noqa: PLC0415 - once for each bundle; its archive modules stay out of all other forks

    data = open_store(store_uri, retry=retry).get(key)
    os.makedirs(cache, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=cache))
    held = lock(str(fresh))  # `livedeck prune` leaves what is locked
    if held is None:
        return fetch(uri, retry=retry)
    try:
        bundle.unpack(data, fresh, digest=named[1] if named else None)
        _settle(fresh, Path(target))
        return target if hold(target) else fetch(uri, retry=retry)
    finally:
        os.close(held)
        shutil.rmtree(fresh, ignore_errors=True)


def _settle(fresh: Path, target: Path) -> None:
    try:
        fresh.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def cache_folder() -> str:
    """Return the folder of unpacked bundles."""
    chosen = os.environ.get(CODE_CACHE)
    if chosen:
        return chosen
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if cache.startswith("~"):  # no home: not even a user of that number
        cache = tempfile.gettempdir()
    return f"{cache}/livedeck/code"
