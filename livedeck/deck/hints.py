"""Telling the control plane that a segment was stored, so that viewers see it at once.

Only a hint: it is sent once, briefly, and losing it loses nothing, because the control plane also looks by itself.
"""

import http.client
import json
import os
import time
import urllib.parse
from collections.abc import Callable, Mapping
from contextlib import suppress

from livedeck.deck.own_log import logger

URL = "LIVEDECK_HINT_URL"
TOKEN = "LIVEDECK_HINT_TOKEN"  # noqa: S105 - the variable's name
INLINE_BYTES = 256 * 1024
"""Larger segments are named, not sent: the control plane reads them from the store."""
TIMEOUT = 0.25
"""Seconds one hint may take; publishing waits for it."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds without hints after one that failed, doubling: a dead control plane costs the publisher next to nothing."""

Hint = Callable[[bytes], bool | None]
"""Passes a hint on; False: nobody has taken it."""


def stored(data: bytes, seq: int) -> bytes:
    """The hint about a stored segment: the segment itself when it is small, else its number."""
    return data if len(data) <= INLINE_BYTES else advanced(seq)


def advanced(seq: int) -> bytes:
    """The hint that segments up to this number are stored."""
    return json.dumps({"seq": seq}).encode()


def opened() -> bytes:
    """The hint that there is a Deck, of an attempt that need not have had one."""
    return advanced(0)


def failing(behind: float, why: str = "") -> bytes:
    """The hint that the store does not take what was published ``behind`` seconds ago, and why."""
    return json.dumps({"behind": round(behind, 3), **({"why": why} if why else {})}).encode()


class HintSender:
    """Posts hints over one kept connection. Never raises; not to be shared between threads.

    Args:
        url: Where to post.
        token: Names the attempt and allows nothing but hints for it.
        clock: Seconds that only grow.
        timeout: Seconds that each step of one hint may take.
    """

    def __init__(
        self, url: str, token: str, *, clock: Callable[[], float] = time.monotonic, timeout: float = TIMEOUT
    ) -> None:
        self._url = urllib.parse.urlsplit(url)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._clock = clock
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None
        self._failures = 0
        self._silent_until = float("-inf")

    def __call__(self, data: bytes) -> bool:
        """Post one hint, unless the last ones failed a moment ago; say whether the control plane has it."""
        if self._clock() < self._silent_until:
            return False
        kept = self._connection is not None
        try:
            self._post_again(data) if kept else self._post(data)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._failed(error)
            return False
        self._failures = 0
        return True

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
            self._connection = None

    def _post_again(self, data: bytes) -> None:
        """Post over the kept connection; the server may have closed it meanwhile, which is no failure."""
        try:
            self._post(data)
        except (ConnectionError, http.client.HTTPException):
            self.close()
            self._post(data)

    def _post(self, data: bytes) -> None:
        if self._connection is None:
            secure = self._url.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self._connection = kind(self._url.hostname or "", self._url.port, timeout=self._timeout)
        target = urllib.parse.urlunsplit(("", "", self._url.path or "/", self._url.query, ""))
        self._connection.request("POST", target, data, self._headers)
        response = self._connection.getresponse()
        response.read()
        if response.status >= 400:
            raise http.client.HTTPException(f"the control plane answered {response.status}")

    def _failed(self, error: Exception) -> None:
        self.close()
        self._failures += 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 10))
        self._silent_until = self._clock() + pause
        # The URL is not a secret, the token is: only the former may be logged.
        logger.debug("deck_hint_failed url=%s: %s (silent for %g s)", self._url.geturl(), error, pause)


def hint_from_environment(environ: Mapping[str, str] | None = None, *, rank: int = 0) -> HintSender | None:
    """The sender that an attempt's environment asks for; None when it names no control plane.

    Args:
        environ: The environment; that of this process by default.
        rank: Which process of a gang publishes, if it has a Deck of its own.
    """
    variables = os.environ if environ is None else environ
    url, token = variables.get(URL), variables.get(TOKEN)
    return HintSender(f"{url}?rank={rank}" if rank else url, token) if url and token else None
