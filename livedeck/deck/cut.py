"""Making a segment out of ops: nothing in it that cannot be stored."""

import logging

from livedeck.deck import renderers, segments
from livedeck.deck.ops import Extend, Html, Op, Put, Segment
from livedeck.deck.page import DEFAULT
from livedeck.deck.pending import Pending

logger = logging.getLogger("livedeck.deck")

TROUBLE = "livedeck-trouble"
"""Id of the element in which livedeck reports its own errors."""


def lost(pending: Pending, error: Exception) -> list[Op]:
    """What stands in for ops of which no segment can be made."""
    words = renderers.render_error(error, "Some updates could not be published")
    ops: list[Op] = [Put(DEFAULT, Html(TROUBLE, words))]
    return [*ops, pending.end] if pending.end else ops


def encodable(segment: Segment) -> tuple[Segment, bytes]:
    """A segment and its bytes; what cannot be encoded is replaced by words that say so."""
    try:
        return segment, segments.encode(segment)
    except Exception:  # noqa: BLE001 - a lone surrogate, or a value of a type that nobody foresaw: find out which op
        ops = [_encodable(op) for op in segment.ops]
        mended = Segment(segment.seq, segment.at, ops, segment.health)
        return mended, segments.encode(mended)


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
