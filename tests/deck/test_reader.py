import itertools

import pytest

from livedeck.deck import segments, snapshot
from livedeck.deck.ops import Document, Html, Put, Segment
from livedeck.deck.reader import AHEAD, Reader
from livedeck.deck.segments import clean_text, encode, now
from livedeck.errors import DeckError
from livedeck.store import open_store
from livedeck.store.layout import DECK, segment_key

_names = itertools.count()


@pytest.fixture
def store():
    return open_store(f"memory://reader-{next(_names)}")


def segment(seq):
    return Segment(seq, f"2026-11-24T12:00:{seq:02d}.000Z", [Put("d", Html(str(seq), "x"))])


async def test_nothing_there_and_foreign(store):
    assert await Reader(store).load() is None
    assert await Reader(store).next(0) is None
    assert await Reader(store).head() is None
    store.put(DECK, b"<html>flytekit's</html>")
    assert await Reader(store).load() is None
    assert (await Reader(store).head()).size == 23


async def test_segments_without_a_snapshot(store):
    store.create(segment_key(1), encode(segment(1)))
    assert (await Reader(store).load()).seq == 1


async def test_a_long_tail_is_read(store):
    store.put(DECK, snapshot.placeholder("t", now()))
    for seq in range(1, 3 * AHEAD + 2):
        store.create(segment_key(seq), encode(segment(seq)))
    reader = Reader(store)
    document = await reader.load()
    assert document.seq == 3 * AHEAD + 1
    assert len(document.decks[0].elements) == document.seq
    assert await reader.next(document.seq) is None
    assert await reader.next(5) == segment(6)


async def test_a_broken_segment_does_not_hold_up_the_log(store):
    store.create(segment_key(1), b"{")
    store.create(segment_key(2), encode(segment(9)))
    store.create(segment_key(3), encode(segment(3)))
    reader = Reader(store)
    assert (await reader.load()).seq == 3
    assert [(await reader.next(seq)).ops for seq in range(3)] == [[], [], segment(3).ops]


async def test_a_segment_that_a_snapshot_replaced_is_reported(store):
    store.put(DECK, snapshot.placeholder("t", now()))
    reader = Reader(store)
    assert (await reader.load()).seq == 0
    store.put(DECK, snapshot.render(Document(5, now()), live=True))
    for _ in range(7):  # it does not look at the page every time
        assert await reader.next(0) is None
    with pytest.raises(DeckError, match="load again"):
        await reader.next(0)
    assert (await reader.load()).seq == 5


def test_texts_that_utf8_cannot_hold():
    assert clean_text("a\ud800b") == "a\ufffdb"
    assert clean_text("\ud83d\ude00") == "😀"
    assert clean_text("é\0") == "é\0"
    assert segments.merge([]) == []
    with pytest.raises(UnicodeEncodeError):
        encode(Segment(1, "", [Put("\ud800", Html("a", ""))]))
    deep = (b"[" * 100_000, b'{"x":' * 100_000)
    for data in (*deep, b"", b"[]", b'{"seq":1}', b"\xff", b'{"seq":1,"at":"","ops":[{"op":"new"}]}'):
        with pytest.raises(DeckError, match="not a segment"):
            segments.decode(data)
