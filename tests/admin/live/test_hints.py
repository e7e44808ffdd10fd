from typing import Any

import pytest

from livedeck.admin.live.hints import Hint, parse
from livedeck.deck.ops import Html, Put, Segment
from livedeck.deck.segments import encode
from livedeck.errors import DeckError

SEGMENT = Segment(1, "2026-11-24T12:00:00.000Z", [Put("main", Html("e1", "x"))])
DEEP = b"[" * 100_000


def test_the_three_forms() -> None:
    assert parse(encode(SEGMENT)) == Hint(segment=SEGMENT)
    assert parse(b'{"seq": 7}') == Hint()
    assert parse(b'{"behind": 1.5}') == Hint(behind=1.5)
    assert parse(b'{"behind": 1.5, "why": "503"}') == Hint(behind=1.5, why="503")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b'{"behind": -1}',
        b'{"behind": 1e12}',
        DEEP,
        b'{"x": ' + DEEP,
        b'{"ops": ' + DEEP,
    ],
)
def test_nonsense_is_refused(body: Any) -> None:
    with pytest.raises(DeckError):
        parse(body)
