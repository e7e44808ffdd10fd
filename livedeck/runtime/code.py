"""Code bundles on this machine: each is fetched and unpacked once, whichever attempt comes first."""

import os
import re
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from livedeck.sdk import bundle
from livedeck.store import open_store, split_uri

CODE_CACHE = "LIVEDECK_CODE_CACHE"
"""Environment variable: the folder of unpacked bundles, instead of one in the user's cache."""

_BUNDLE = re.compile(r"([0-9a-f]{64})\.tar\.gz")


def fetch(uri: str) -> Path:
    """Return the folder of an unpacked bundle, fetching it if it is not there.

    Attempts that do so at the same time each unpack it into a folder of their own; the first to finish gives its
    folder the final name, and the others take that one. So what has the final name is always complete.

    Raises:
        StoreError: the bundle cannot be fetched.
        UserError: it is not a bundle, or not the one that its name says.
    """
    store_uri, key = split_uri(uri)
    named = _BUNDLE.fullmatch(key)
    cache = _cache_folder()
    target = cache / (named[1] if named else sha256(uri.encode()).hexdigest())
    if target.is_dir():
        return target
    data = open_store(store_uri).get(key)
    cache.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=cache))
    try:
        bundle.unpack(data, fresh, digest=named[1] if named else None)
        _settle(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _settle(fresh: Path, target: Path) -> None:
    try:
        fresh.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def _cache_folder() -> Path:
    chosen = os.environ.get(CODE_CACHE)
    if chosen:
        return Path(chosen)
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # no home: not even a user of that number
        cache = Path(tempfile.gettempdir())
    return cache / "livedeck" / "code"
