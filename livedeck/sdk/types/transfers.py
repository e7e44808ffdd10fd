"""Copies files and folders between the local disk and wherever a URI points."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from livedeck.errors import ObjectNotFound, StoreError, StoreUnavailable
from livedeck.store import Retry, join_uri, open_store, split_uri
from livedeck.store.staged import staged_beside

_AT_ONCE = 8
_HTTP_TIMEOUT = 60.0  # seconds without a byte from the server


def put_file(path: Path, uri: str, *, retry: Retry | None = None) -> None:
    """Upload one file.

    Raises:
        StoreError: the store did not take it.
    """
    prefix, key = split_uri(uri)
    open_store(prefix, retry=retry).upload_from(key, path)


def fetch_file(uri: str, path: Path, *, retry: Retry | None = None) -> None:
    """Download one file; it appears at ``path`` only when it is complete.

    Raises:
        StoreError: it is not there, or the store did not give it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if uri.startswith(("http://", "https://")):
        with staged_beside(path) as name:
            staged = Path(name)
            _fetch_http(uri, staged)
            staged.replace(path)
        return
    prefix, key = split_uri(uri)
    open_store(prefix, retry=retry).download_to(key, path)


def _fetch_http(url: str, path: Path) -> None:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=_HTTP_TIMEOUT) as answer, path.open("wb") as file:  # noqa: S310 - http(s) only
            shutil.copyfileobj(answer, file)
    except urllib.error.HTTPError as error:
        kind = ObjectNotFound if error.code in {404, 410} else StoreError
        raise kind(f"{url}: the server answered {error.code} {error.reason}") from error
    except OSError as error:
        raise StoreUnavailable(f"{url}: {error}") from error


def put_folder(folder: Path, uri: str, *, retry: Retry | None = None) -> None:
    """Upload every file in ``folder``, each under its relative path; empty folders in it are not kept.

    Raises:
        StoreError: the store did not take one.
    """
    store = open_store(uri, retry=retry)
    _each(lambda file: store.upload_from(file.relative_to(folder).as_posix(), file), sorted(files_in(folder)))


def files_in(folder: Path) -> Iterator[Path]:
    """Yield whatever lies in a folder, or in folders in it, and is no folder."""
    return (Path(base, name) for base, _, names in os.walk(folder) for name in names)


def fetch_folder(uri: str, folder: Path, *, retry: Retry | None = None) -> list[Path]:
    """Download everything below ``uri`` and return the files, sorted.

    Raises:
        StoreError: the store did not give one.
    """
    store = open_store(uri, retry=retry)
    folder.mkdir(parents=True, exist_ok=True)
    keys = sorted(store.list())
    root = folder.resolve()
    paths = {key: (root / key).resolve() for key in keys}
    for key, path in paths.items():
        if not path.is_relative_to(root):
            raise StoreError(f"{join_uri(uri, key)} would be written outside of {folder}")
        path.parent.mkdir(parents=True, exist_ok=True)
    _each(lambda key: store.download_to(key, paths[key]), keys)
    return list(paths.values())


def keys_below(place: str, *, retry: Retry | None = None) -> list[str]:
    """Return the paths of all files below a local path or a URI, relative to it and with slashes.

    Raises:
        StoreError: the store did not say.
    """
    if "://" in place:
        return list(open_store(place, retry=retry).list())
    return [file.relative_to(place).as_posix() for file in files_in(Path(place))]


def size_below(place: str, key: str, *, retry: Retry | None = None) -> int | None:
    """Return the number of bytes of a file below a local path or a URI; None if there is none.

    Raises:
        StoreError: the store did not say.
    """
    if "://" in place:
        meta = open_store(place, retry=retry).head(key)
        return meta.size if meta is not None else None
    return Path(place, key).stat().st_size


def _each(work: Callable[[Any], None], items: Iterable[Any]) -> None:
    """Call ``work`` for each item, some at once; the first error ends it."""
    items = list(items)
    if len(items) < 2:
        for item in items:
            work(item)
        return
    with ThreadPoolExecutor(min(_AT_ONCE, len(items)), thread_name_prefix="livedeck-transfer") as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()
