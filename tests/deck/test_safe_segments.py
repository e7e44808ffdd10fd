"""What a publisher stores can be read: what would not be is left out, and says so."""

from livedeck.deck import bounds, segments
from livedeck.deck.kinds.table import CELL_BYTES, Column, Table
from livedeck.deck.ops import Html, Put, Segment
from livedeck.deck.publish_machine import MOST_AT_ONCE
from livedeck.deck.safe_segments import encodable


def test_an_element_of_too_many_lists_is_left_out_and_says_so() -> None:
    table = Table("rows", columns=[Column("line")], rows=[[[]] for _ in range(60)])
    given = Segment(1, segments.now(), [Put("d", Html("fine", "x")), Put("d", table)])
    kept, data = encodable(given, values=200)
    assert kept is given
    kept, data = encodable(given, values=100)
    fine, told = (op.element for op in segments.decode(data).ops if isinstance(op, Put))
    assert fine == Html("fine", "x")
    assert isinstance(told, Html)
    assert "This table was left out: it is too large to be published." in told.html
    assert segments.decode(data) == kept


def test_elements_that_are_put_into_one_segment_together_are_not_too_many_lists() -> None:
    assert MOST_AT_ONCE // CELL_BYTES <= bounds.VALUES
