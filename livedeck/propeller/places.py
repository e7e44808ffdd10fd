"""From a URI to the store and key that it stands for.

An engine meets as many output prefixes as there are attempts, and ``open_store`` keeps a store per URI for ever: so one
store per bucket (or per machine's disk) is opened here, and everything else is a key in it.
"""

from livedeck.errors import InvalidKey
from livedeck.store import Store, open_store


def located(uri: str) -> tuple[Store, str]:
    """Return the store and the key of an object.

    Raises:
        InvalidKey: it is not the URI of an object.
    """
    scheme, marker, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if not marker or not key:
        raise InvalidKey(f"{uri!r} is not the URI of an object, such as file:///folder/name or s3://bucket/name")
    return open_store(f"{scheme}://{bucket}/" if scheme == "file" else f"{scheme}://{bucket}"), key


async def load(uri: str) -> bytes:
    """Read the object at a URI.

    Raises:
        ObjectNotFound: there is none.
    """
    store, key = located(uri)
    return await store.aget(key)


async def load_folder(prefix: str, *names: str) -> tuple[bytes | None, ...]:
    """Read objects of one folder at once, None for each that there is not."""
    store, folder = located(prefix)
    return await store.aget_all(*(f"{folder}/{name}" for name in names))


async def save(uri: str, data: bytes) -> None:
    """Write the object at a URI, replacing what is there."""
    store, key = located(uri)
    await store.aput(key, data)
