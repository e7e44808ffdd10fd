"""The one check that every key passes before it reaches a back end."""

import re

from livedeck.errors import InvalidKey

MAX_KEY_BYTES = 1024  # S3's limit, the smallest of the clouds'

_PART = re.compile(r"(?:\A|/)\.{0,2}(?:/|\Z)")  # an empty part, "." or ".."
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def check_key(key: str) -> str:
    """Return the key when it is relative and stays below its root.

    Raises:
        InvalidKey: empty, absolute, with an empty, ``.`` or ``..`` part, a control character, or too long.
    """
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise InvalidKey(f"key {key!r} is not valid Unicode") from None
    if not 0 < size <= MAX_KEY_BYTES:
        raise InvalidKey(f"key {key[:80]!r} has {size} bytes; 1 to {MAX_KEY_BYTES} are allowed")
    if _PART.search(key):
        raise InvalidKey(f"key {key!r} has an empty, '.' or '..' part; keys are relative, like 'folder/name'")
    if _CONTROL.search(key):
        raise InvalidKey(f"key {key!r} has a control character in it")
    return key
