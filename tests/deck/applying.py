"""Documents and ops as values: what one segment makes of a document, and which fewer ops make the same of it."""

from collections.abc import Iterable

from livedeck.deck.ops import Document, Op, Segment
from livedeck.deck.pending import Pending
from livedeck.deck.replay import Replay


def apply(document: Document, segment: Segment) -> Document:
    """The document after a segment; an older segment leaves it as it is."""
    replay = Replay(document)
    return replay.document() if replay.apply(segment) else document


def apply_ops(document: Document, ops: Iterable[Op]) -> Document:
    """The document after ops that carry no number; its ``seq`` stays."""
    replay = Replay(document)
    replay.apply_ops(ops)
    return replay.document()


def merge(ops: Iterable[Op]) -> list[Op]:
    """Fewer ops that leave any document exactly as these do."""
    pending = Pending()
    for op in ops:
        pending.add(op)
    return pending.ops()
