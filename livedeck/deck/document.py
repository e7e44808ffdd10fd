"""Documents and ops as values: what one segment makes of a document."""

from collections.abc import Iterable

from livedeck.deck.ops import Document, Op, Segment
from livedeck.deck.replay import Replay


def apply(document: Document, segment: Segment) -> Document:
    """The document after a segment; an older segment leaves it as it is.

    Whoever follows a long log keeps a :class:`~livedeck.deck.replay.Replay` instead, which does not look at the
    whole document for every segment.

    Raises:
        DeckError: segments between are missing.
    """
    replay = Replay(document)
    return replay.document() if replay.apply(segment) else document


def apply_ops(document: Document, ops: Iterable[Op]) -> Document:
    """The document after ops that carry no number; its ``seq`` stays."""
    replay = Replay(document)
    replay.apply_ops(ops)
    return replay.document()
