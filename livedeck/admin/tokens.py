"""Signed tokens: the holder of a token may do one thing with one subject, until it expires.

``payload.signature``, both base64url. The signature is HMAC-SHA256 under a key derived from the server's secret and
the purpose, so that a token made for one purpose is nothing but noise for another.
"""

import base64
import binascii
import contextlib
import enum
import errno
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from livedeck.errors import ExpiredLink, InvalidLink, NotWritable

SECRET_BYTES: Final = 32
_MAX_TOKEN: Final = 8192


class Purpose(enum.Enum):
    """What a token allows."""

    UPLOAD = "upload"
    """Put one object with one MD5."""
    DOWNLOAD = "download"
    """Get one object."""
    SHARE = "share"
    """Watch one Deck."""
    HINT = "hint"
    """Tell of one attempt's publishes."""


@dataclass(frozen=True)
class Claim:
    """What a valid token says."""

    subject: tuple[str, ...]
    """What the token is about; what the parts mean depends on the purpose."""
    expires: int
    """Seconds since the epoch."""


class Signer:
    """Makes and checks tokens.

    Args:
        secret: At least 32 random bytes, the same for all servers of a database.
        clock: Seconds since the epoch.
    """

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"a secret of {len(secret)} bytes is too short: {SECRET_BYTES} are needed")
        self._keys = {purpose: hmac.digest(secret, purpose.value.encode(), "sha256") for purpose in Purpose}
        self._clock = clock

    def sign(self, purpose: Purpose, subject: tuple[str, ...], expires_in: timedelta) -> str:
        """Return a token.

        Args:
            purpose: What it allows.
            subject: What it is about.
            expires_in: How long it is valid.
        """
        expires = int(self._clock() + expires_in.total_seconds())
        payload = msgspec.json.encode([expires, *subject])
        return f"{_encode(payload)}.{_encode(self._mac(purpose, payload))}"

    def check(self, purpose: Purpose, token: str) -> Claim:
        """Return what a token says.

        Raises:
            InvalidLink: It was not made by this server for this purpose.
            ExpiredLink: It was, but its time is over.
        """
        payload, signature = _split(token)
        if not hmac.compare_digest(self._mac(purpose, payload), signature):
            raise InvalidLink("this link is not valid: ask for a new one")
        expires, *subject = msgspec.json.decode(payload, type=list[int | str])
        assert isinstance(expires, int)
        claim = Claim(tuple(str(part) for part in subject), expires)
        self.check_time(claim)
        return claim

    def check_time(self, claim: Claim) -> None:
        """See that what a token says still holds.

        Raises:
            ExpiredLink: Its time is over.
        """
        if claim.expires <= self._clock():
            raise ExpiredLink("this link has expired: ask for a new one")

    def _mac(self, purpose: Purpose, payload: bytes) -> bytes:
        return hmac.digest(self._keys[purpose], payload, hashlib.sha256)


def load_secret(path: Path) -> bytes:
    """Return the secret in a file that only its owner may read; make one the first time.

    Raises:
        NotWritable: The file can be neither read nor made.
    """
    try:
        with contextlib.suppress(FileExistsError):
            _create(path, secrets.token_bytes(SECRET_BYTES))
        path.chmod(0o600)  # also one that was copied carelessly
        secret = path.read_bytes()
    except OSError as error:
        full = "; free some space on its disk" if error.errno in {errno.ENOSPC, errno.EDQUOT} else ""
        raise NotWritable(f"cannot keep the server's secret in {path}: {error.strerror or error}{full}") from error
    if len(secret) < SECRET_BYTES:
        raise NotWritable(f"the secret in {path} is damaged: delete the file, and links made so far stop working")
    return secret


def _create(path: Path, secret: bytes) -> None:
    # Written beside and linked into place, so that two servers that start at once agree on one.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - opened above, with its mode
            file.write(secret)
        os.link(beside, path)
    finally:
        beside.unlink()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _split(token: str) -> tuple[bytes, bytes]:
    payload, dot, signature = token.partition(".")
    if not dot or len(token) > _MAX_TOKEN or not token.isascii():
        raise InvalidLink("this is not a link of livedeck")
    try:
        return _decode(payload), _decode(signature)
    except binascii.Error as error:
        raise InvalidLink("this is not a link of livedeck") from error


def _decode(text: str) -> bytes:
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encode(data) != text:  # one token, one spelling
        raise binascii.Error("not canonical")
    return data
