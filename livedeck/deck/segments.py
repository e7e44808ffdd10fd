"""Segments as bytes: the format of the log's objects."""

from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from livedeck.deck import bounds, slices
from livedeck.deck.ops import Extend, Op, Put, Segment
from livedeck.errors import DeckError

CONTENT_TYPE = "application/json"

_REASON_LENGTH = 300  # it may quote what the segment holds

_LONGEST_WORDS = 10_000  # of what a document keeps of each segment besides its ops

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Segment)
_SLICES = slices.Decoder(Segment)


def encode(segment: Segment) -> bytes:
    """A segment as JSON.

    Raises:
        UnicodeEncodeError: a text in it holds a lone surrogate; see :func:`clean`.
    """
    return _ENCODER.encode(segment)


def decode(data: bytes, most_ops: int = bounds.OPS) -> Segment:
    """A segment from JSON.

    Raises:
        DeckError: it is not a segment, or one of a newer version.
    """
    if not data:
        raise DeckError("it is empty")
    if slices.holds_more(data, bounds.VALUES):
        raise DeckError(f"it has more than {bounds.VALUES} objects and arrays, which is as many as are read")
    try:
        segment = _DECODER.decode(data) if len(data) <= slices.AT_ONCE else _SLICES.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:  # the last: nested without end
        raise DeckError(f"it is not a segment of a Deck: {error}") from error
    if len(segment.ops) > most_ops:
        raise DeckError(f"it has {len(segment.ops)} ops; no more than {most_ops} are read")
    if segment.unreadable:
        raise DeckError(f"it says itself that it cannot be read: {segment.unreadable}")
    if max(map(len, (segment.at, segment.health.why))) > _LONGEST_WORDS:
        raise DeckError(f"its time, or why a put failed, has more than {_LONGEST_WORDS} characters")
    for op in segment.ops:
        if isinstance(op, Put | Extend):
            op.element.check()
    return segment


def decode_numbered(seq: int, data: bytes, most_ops: int = bounds.OPS) -> Segment:
    """The segment of a number, as readers take it: what cannot be read changes nothing but says why."""
    try:
        segment = decode(data, most_ops)
    except DeckError as error:
        return unreadable(seq, str(error))
    if segment.seq != seq:
        return unreadable(seq, f"it says that it is segment {segment.seq}")
    return segment


def unreadable(seq: int, reason: str) -> Segment:
    """What stands in a log for a segment that cannot be read."""
    return Segment(seq, "", [], unreadable=reason if len(reason) <= _REASON_LENGTH else f"{reason[:_REASON_LENGTH]}...")


def clean(op: Op) -> Op:
    """The op with what UTF-8 cannot hold (lone surrogates) replaced by U+FFFD."""
    return cast("Op", _cleaned(op))


def _cleaned(value: Any) -> Any:
    """A value with all texts in it clean, those of an element's fields included."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(each) for key, each in value.items()}
    if isinstance(value, msgspec.Struct):
        return type(value)(*(_cleaned(getattr(value, field)) for field in value.__struct_fields__))
    return value


def clean_text(text: str) -> str:
    """The text with lone surrogates replaced; two that belong together become the character they stand for."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def format_time(seconds: float) -> str:
    """Seconds since the epoch in RFC 3339, UTC, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """This moment in RFC 3339, UTC, milliseconds."""
    return format_time(datetime.now(UTC).timestamp())
