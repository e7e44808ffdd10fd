"""URIs of stores and objects, taken apart and put together in one place."""

from livedeck.errors import InvalidKey

SCHEMES = ("file", "memory", "s3", "gs", "az")


def split_uri(uri: str) -> tuple[str, str]:
    """Split an object's URI into its folder's URI and its name.

    ``file:///r/a/b.pb`` gives ``("file:///r/a", "b.pb")``.

    Raises:
        InvalidKey: it is not the URI of an object: no scheme, or nothing after the last slash.
    """
    scheme, marker, rest = uri.partition("://")
    folder, slash, name = rest.rpartition("/")
    if not (marker and slash and name) or (not folder and scheme != "file"):
        raise InvalidKey(f"{uri!r} is not the URI of an object, such as file:///folder/name or s3://bucket/name")
    return f"{scheme}://{folder or '/'}", name


def join_uri(prefix: str, *parts: str) -> str:
    """Append parts to a URI with single slashes between; empty parts are left out."""
    scheme, marker, rest = prefix.partition("://")
    pieces = [rest.rstrip("/"), *(part.strip("/") for part in parts if part.strip("/"))]
    return f"{scheme}{marker}{'/'.join(pieces)}"


def parse_uri(uri: str) -> tuple[str, str, str]:
    """Take a store's URI apart into scheme, bucket (empty for ``file``) and path without outer slashes.

    Raises:
        InvalidKey: unknown scheme, missing bucket, or a ``file`` URI naming another host.
    """
    scheme, marker, rest = uri.partition("://")
    if not marker or scheme not in SCHEMES:
        raise InvalidKey(f"{uri!r} is not a store: use one of {', '.join(f'{s}://' for s in SCHEMES)}")
    if "\0" in rest:
        raise InvalidKey(f"{uri!r} has a NUL in it")
    bucket, _, path = rest.partition("/")
    if scheme == "file":
        if bucket not in {"", "localhost"}:
            raise InvalidKey(f"{uri!r} names the host {bucket!r}; a folder on this machine is file:///folder")
        return scheme, "", path.strip("/")
    if not bucket:
        raise InvalidKey(f"{uri!r} names no bucket; write {scheme}://bucket/prefix")
    return scheme, bucket, path.strip("/")
