"""The one check that every key passes before it reaches a back end."""

from livedeck.errors import InvalidKey

MAX_KEY_BYTES = 1024  # S3's limit, the smallest of the clouds'


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
    if any(part in {"", ".", ".."} for part in key.split("/")):
        raise InvalidKey(f"key {key!r} has an empty, '.' or '..' part; keys are relative, like 'folder/name'")
    if any(ord(char) < 32 or ord(char) == 127 for char in key):
        raise InvalidKey(f"key {key!r} has a control character in it")
    return key
