"""Tokens of pages: where the next page of a list begins.

Flyte's are decimal offsets, which cost a database as many rows as they count, and skip or repeat rows when others are
added meanwhile. Those that we give out name the last row looked at by the values it is sorted by; both are taken.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from livedeck.errors import InvalidRequest

Value = int | str

_CURSOR: Final = re.compile(r"~(\d{1,18})~([A-Za-z0-9_-]{1,2000})")
_decode: Final = msgspec.json.Decoder(list[Value])


@dataclass(frozen=True)
class Cursor:
    """A place in a list: behind a row, which is named by what it is sorted by."""

    looked: int
    """Rows that were looked at so far, on this page and those before it."""
    after: tuple[Value, ...]
    """What the row is sorted by."""

    def token(self) -> str:
        """Return it as a token: ``~LOOKED~VALUES``; a client may show the first part, the second is for the server."""
        values = urlsafe_b64encode(msgspec.json.encode(self.after)).decode().rstrip("=")
        return f"~{self.looked}~{values}"


@dataclass(frozen=True)
class Offset:
    """A place in a list: behind so many rows."""

    count: int


START: Final = Offset(0)


def parse_token(token: str, types: Sequence[type] | None) -> Cursor | Offset:
    """Read a token.

    Args:
        token: As a client sent it; empty for the first page.
        types: Of the values that the list is sorted by; None if it gives out offsets only.

    Raises:
        InvalidRequest: It is none that this list gave out.
    """
    if not token:
        return START
    if token.isascii() and token.isdecimal() and len(token) <= 18:
        return Offset(int(token))
    found = _CURSOR.fullmatch(token)
    if found is not None and types is not None:
        values = _values(found.group(2))
        if [type(value) for value in values] == [*types]:
            return Cursor(int(found.group(1)), tuple(values))
    raise InvalidRequest(f"token {token[:40]!r} is not one that this list, sorted like this, gave out")


def _values(text: str) -> list[Value]:
    try:
        return _decode.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        return []
