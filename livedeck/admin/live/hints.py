"""What a publisher may tell admin right after a flush, so that viewers need not wait for the store to tell.

The body of ``POST /live/hints`` is a whole segment, or ``{"seq": n}`` for one too big to repeat, or
``{"behind": seconds}`` while the publisher's uploads fail. ``{"seq": 0}`` tells that there is a Deck, of a task that
need not have one. Losing every hint loses nothing but time.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from livedeck.deck.ops import Segment
from livedeck.deck.segments import decode
from livedeck.errors import DeckError

MAX_BYTES: Final = 1024 * 1024
_LONGEST_WHY: Final = 300


@dataclass(frozen=True)
class Hint:
    """One hint, understood."""

    segment: Segment | None = None
    """The segment that was just stored."""
    behind: float | None = None
    """Seconds since the oldest publish that has not reached the store; 0: all have."""
    why: str = ""
    """What the store says of that, as far as its publisher tells."""


class _Outline(msgspec.Struct):
    """A hint's fields, of whichever kind it is."""

    seq: int | None = None
    behind: float | None = None
    why: str = ""
    ops: msgspec.Raw = msgspec.Raw()  # read as a whole segment's, later


_DECODER: Final = msgspec.json.Decoder(_Outline)


def shortened(body: bytes, most: int) -> bytes | None:
    """Return a hint in a form of up to ``most`` bytes: without its segment, if it is longer; None: it is no hint."""
    try:
        outline = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if len(body) <= most:
        return body
    return b'{"seq":%d}' % outline.seq if outline.seq is not None else None


def parse(body: bytes) -> Hint:
    """Understand the body of a hint.

    Raises:
        DeckError: It is none of the three forms.
    """
    try:
        outline = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DeckError(f"this is not a hint: {error}") from error
    if bytes(outline.ops):
        return Hint(segment=decode(body))
    if outline.behind is not None and not 0 <= outline.behind < 1e9:
        raise DeckError(f"a hint cannot be {outline.behind} seconds behind")
    if outline.seq is None and outline.behind is None:
        raise DeckError('a hint is a segment, {"seq": n} or {"behind": seconds}')
    return Hint(behind=outline.behind, why=outline.why[:_LONGEST_WHY])
