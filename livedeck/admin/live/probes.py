"""A way for `livedeck doctor` to see how long it takes from what one client tells the server to what another is sent.

It goes the way of a hint and of a live stream, and is about nothing: no execution is needed for it.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from livedeck.admin.live.sse import event
from livedeck.admin.notifiers import KeyedNotifier
from livedeck.errors import InvalidName

LONGEST: Final = 30.0
"""Seconds that a stream waits for its probe."""
PROBE: Final = "probe"
"""What a probe is about, where servers tell each other of it as they do of hints; a Deck's path has slashes."""
_ID: Final = re.compile(r"[0-9a-f]{32}")


class Probes:
    """The probes that are waited for."""

    def __init__(self) -> None:
        self._told = KeyedNotifier()

    def tell(self, identifier: str) -> None:
        """Take a probe, for the stream that waits for it, if one does."""
        self._told.notify([identifier])

    async def events(self, identifier: str) -> AsyncIterator[bytes]:
        """Yield an event at once, and another when the probe comes."""
        with self._told.listening(identifier) as told:
            yield event("ready", b"{}")
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST):
                    await told.wait()
            if told.is_set():
                yield event("probe", b"{}")


def check_id(identifier: str) -> str:
    """Return a probe's id, which its client has made up.

    Raises:
        InvalidName: It is none.
    """
    if _ID.fullmatch(identifier) is None:
        raise InvalidName(f"{identifier[:40]!r} is no probe's id: 32 hexadecimal digits are")
    return identifier
