"""Segments that can be stored: what cannot be encoded, or is too large, is replaced by words that say so."""

from collections.abc import Callable
from functools import partial

from livedeck.deck import bounds, limits, renderers, segments, slices
from livedeck.deck.ops import Extend, Html, Op, Put, Segment
from livedeck.deck.own_log import logger
from livedeck.deck.page import DEFAULT
from livedeck.deck.pending import Pending

TROUBLE = "livedeck-trouble"
"""Id of the element in which livedeck reports its own errors."""


def lost(pending: Pending, error: Exception) -> list[Op]:
    """What stands in for ops of which no segment can be made."""
    words = renderers.render_error(error, "Some updates could not be published")
    ops: list[Op] = [Put(DEFAULT, Html(TROUBLE, words))]
    return [*ops, pending.end] if pending.end else ops


def encodable(
    segment: Segment, limit: int = bounds.SEGMENT_BYTES, values: int = bounds.VALUES
) -> tuple[Segment, bytes]:
    """A segment and its bytes; what cannot be encoded, or would not be read, is replaced by words that say so.

    Args:
        segment: What is to be stored.
        limit: Bytes that it may take.
        values: JSON objects and arrays that it may hold.
    """
    try:
        data = segments.encode(segment)
    except Exception:  # noqa: BLE001 - a lone surrogate, or a value of a type that nobody foresaw: find out which op
        segment = _mended(segment, _encodable)
        data = segments.encode(segment)
    if _is_too_much(data, limit, values):  # one element that takes far more in JSON than it weighs
        segment = _mended(segment, partial(_small_enough, limit=limit // 2, values=values // 2))
        data = segments.encode(segment)
    return segment, data


def _mended(segment: Segment, mend: Callable[[Op], Op]) -> Segment:
    return Segment(segment.seq, segment.at, [mend(op) for op in segment.ops], segment.health)


def _is_too_much(data: bytes, limit: int, values: int) -> bool:
    return len(data) > limit or slices.holds_more(data, values)


def _small_enough(op: Op, limit: int, values: int) -> Op:
    if not isinstance(op, Put | Extend) or not _is_too_much(segments.encode(Segment(1, "", [op])), limit, values):
        return op
    words = f"This {type(op.element).__name__.lower()} was left out: it is too large to be published."
    return Put(op.deck, limits.notice(op.element.id, words))


def _encodable(op: Op) -> Op:
    op = segments.clean(op)
    try:
        segments.encode(Segment(1, "", [op]))
    except Exception as error:
        logger.exception("deck_element_unencodable")
        if isinstance(op, Put | Extend):
            what = f"This {type(op.element).__name__.lower()} could not be published"
            return Put(op.deck, Html(str(op.element.id), renderers.render_error(error, what)))
        raise
    return op
