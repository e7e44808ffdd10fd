"""From a URI to the store and key that it stands for.

An engine meets as many output prefixes as there are attempts, and ``open_store`` keeps a store per URI for ever: so one
store per bucket (or per machine's disk) is opened here, and everything else is a key in it. What is read is what tasks
left: it is read from the store that the executions lie in, which refuses links that lead elsewhere.
"""

import logging

from livedeck.errors import InvalidKey, ObjectNotFound, StoreError
from livedeck.propeller.settings import PropellerSettings
from livedeck.store import Store, join_uri, open_store

log = logging.getLogger("livedeck.propeller")


def located(uri: str, root: str = "") -> tuple[Store, str]:
    """Return the store and the key of an object.

    Args:
        uri: Where it is.
        root: The store that is opened if the object lies in it; by default that of the whole bucket or disk.

    Raises:
        InvalidKey: it is not the URI of an object.
    """
    scheme, marker, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if not marker or not key:
        raise InvalidKey(f"{uri!r} is not the URI of an object, such as file:///folder/name or s3://bucket/name")
    if root:
        store = open_store(root)
        if uri.startswith(f"{store.uri}/"):
            return store, uri[len(store.uri) + 1 :]
    return open_store(f"{scheme}://{bucket}/" if scheme == "file" else f"{scheme}://{bucket}"), key


async def load(uri: str, settings: PropellerSettings, *, limit: int | None = None) -> bytes:
    """Read the object at a URI.

    Args:
        uri: Where it is.
        settings: How much is read, by default.
        limit: Bytes that are read at most.

    Raises:
        ObjectNotFound: there is none.
        UnreadableObject: there is one that is too large, no regular file, or a link that leads out of the store.
    """
    store, key = located(uri, settings.root)
    return await store.aget(key, limit=settings.read_limit if limit is None else limit)


async def load_folder(prefix: str, *names: str, settings: PropellerSettings) -> tuple[bytes | None, ...]:
    """Read objects of one folder at once, None for each that there is not.

    Raises:
        UnreadableObject: one of them is not to be read, as for `load`.
    """
    store, folder = located(prefix, settings.root)
    return await store.aget_all(*(f"{folder}/{name}" for name in names), limit=settings.read_limit)


async def exists(prefix: str, name: str) -> bool:
    """Tell whether a folder has an object of that name."""
    store, folder = located(prefix)
    return await store.ahead(f"{folder}/{name}") is not None


async def found(prefix: str, name: str) -> bool:
    """Tell whether a folder is known to have an object of that name: not if the store cannot be asked now.

    It is asked once, for the first byte: of what is not there `exists` asks twice.
    """
    store, folder = located(prefix)
    try:
        await store.aget_range(f"{folder}/{name}", 0, 1)
    except ObjectNotFound:
        return False
    except StoreError as error:
        log.warning("propeller.store_not_asked uri=%s error=%s", join_uri(prefix, name), error)
        return False
    return True


async def save(uri: str, data: bytes) -> None:
    """Write the object at a URI, replacing what is there."""
    store, key = located(uri)
    await store.aput(key, data)
