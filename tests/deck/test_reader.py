import gzip
import html
import itertools
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livedeck.deck import bounds, segments, snapshot
from livedeck.deck.ops import Document, Html, Put, Segment, Tab, Unreadable
from livedeck.deck.reader import AHEAD, AHEAD_BYTES, SMALL, Reader
from livedeck.deck.replay import Replay
from livedeck.deck.segments import clean_text, encode, now
from livedeck.errors import DeckError
from livedeck.store import Store, open_store
from livedeck.store.layout import DECK, segment_key

_names = itertools.count()


@pytest.fixture
def store() -> Store:
    return open_store(f"memory://reader-{next(_names)}")


def segment(seq: int) -> Segment:
    return Segment(seq, f"2026-11-24T12:00:{seq:02d}.000Z", [Put("d", Html(str(seq), "x"))])


async def test_nothing_there_and_foreign(store: Store) -> None:
    assert await Reader(store).load() is None
    assert await Reader(store).next(0) is None
    assert await Reader(store).head() is None
    store.put(DECK, b"<html>flytekit's</html>")
    assert await Reader(store).load() is None
    assert (await Reader(store).head()).size == 23


async def test_segments_without_a_snapshot(store: Store) -> None:
    store.create(segment_key(1), encode(segment(1)))
    assert (await Reader(store).load()).seq == 1


async def test_a_long_tail_is_read(store: Store) -> None:
    store.put(DECK, snapshot.placeholder("t", now()))
    for seq in range(1, 3 * AHEAD + 2):
        store.create(segment_key(seq), encode(segment(seq)))
    reader = Reader(store)
    document = await reader.load()
    assert document.seq == 3 * AHEAD + 1
    assert len(document.decks[0].elements) == document.seq
    assert await reader.next(document.seq) is None
    assert await reader.next(5) == segment(6)


GOOD = encode(segment(2))


def ops(text: bytes) -> bytes:
    return b'{"seq":2,"at":"2026-11-24T12:00:02.000Z","ops":[%s]}' % text


def progress(value: bytes) -> bytes:
    return ops(b'{"op":"put","deck":"d","element":{"kind":"progress","id":"2","label":"x","value":%s}}' % value)


LINE = (
    b'{"op":"put","deck":"d","element":{"kind":"chart","id":"c","title":"t","series":[{"name":"s","x":[1,2],"y":[1]}]}}'
)
TAMPERED = {
    "empty": (b"", "empty"),
    "cut short": (GOOD[:-3], "truncated"),
    "only its beginning": (GOOD[:1], "truncated"),
    "words": (b"hello", "malformed"),
    "an error page": (b"<html>503 Slow Down</html>", "malformed"),
    "zeros": (bytes(100), "malformed"),
    "zeros at its end": (GOOD + bytes(2), "trailing"),
    "compressed": (gzip.compress(GOOD), "malformed"),
    "two documents": (GOOD + GOOD, "trailing"),
    "in UTF-16": (GOOD.decode().encode("utf-16"), "malformed"),
    "with a byte order mark": (b"\xef\xbb\xbf" + GOOD, "malformed"),
    "not UTF-8": (GOOD.replace(b'"x"', b'"\xff"'), "utf-8"),
    "half a surrogate": (GOOD.replace(b'"x"', b'"\\ud800"'), "segment"),
    "a raw control character": (GOOD.replace(b'"x"', b'"\0"'), "malformed"),
    "another's number": (encode(segment(9)), "says that it is segment 9"),
    "a negative number": (GOOD.replace(b'"seq":2', b'"seq":-2'), "says that it is segment -2"),
    "a number with a point": (GOOD.replace(b'"seq":2', b'"seq":2.0'), "float"),
    "no number": (b'{"at":"","ops":[]}', "seq"),
    "no time": (b'{"seq":2,"ops":[]}', "at"),
    "no ops": (b'{"seq":2,"at":""}', "ops"),
    "ops of another type": (b'{"seq":2,"at":"","ops":null}', "null"),
    "an unknown op": (ops(b'{"op":"new"}'), "new"),
    "an unknown element": (ops(b'{"op":"put","deck":"d","element":{"kind":"new","id":"x"}}'), "new"),
    "a text for a number": (progress(b'"1"'), "str"),
    "a number that no float holds": (progress(b"1e999"), "out of range"),
    "not a number": (progress(b"NaN"), "malformed"),
    "a line of uneven length": (ops(LINE), "2 x values, 1 y values"),
    "ops without end": (ops(b",".join([b'{"op":"drop","deck":"d"}'] * (bounds.OPS + 1))), "it has 50001 ops"),
    "one that says so itself": (GOOD[:-1] + b',"unreadable":"%s"}' % (b"x" * 1_000_000), "it says itself"),
    "a time without end": (GOOD.replace(b"2026", b"2026" * 10_000), "more than 10000 characters"),
    "a reason without end": (GOOD[:-1] + b',"health":{"why":"%s"}}' % (b"x" * 1_000_000), "more than 10000 characters"),
    "a list": (b"[%s]" % GOOD, "array"),
    "null": (b"null", "null"),
    "nested without end": (ops(b"[" * 100_000), "segment"),
    "missing": (None, "missing"),
}


@pytest.mark.parametrize(("data", "words"), TAMPERED.values(), ids=TAMPERED)
@pytest.mark.parametrize("page", [True, False])
async def test_an_unreadable_segment_is_named_and_does_not_hold_up_the_log(
    store: Store, data: bytes | None, words: str, page: bool
) -> None:
    if page:
        store.put(DECK, snapshot.placeholder("t", now()))
    store.create(segment_key(1), encode(segment(1)))
    if data is not None:
        store.create(segment_key(2), data)
    store.create(segment_key(3), encode(segment(3)))
    document = await Reader(store).load()
    assert [element.id for element in document.decks[0].elements] == ["1", "3"]
    (gone,) = document.unreadable
    assert gone.seq == 2
    assert words in gone.reason
    assert len(gone.reason) < 400
    reader, replay = Reader(store), Replay()
    for _ in range(20):  # what is missing is looked for several times
        found = await reader.next(replay.seq)
        if found is not None:
            replay.apply(found)
    assert content(replay.document()) == content(document)  # type: ignore[arg-type]
    assert snapshot.parse(snapshot.render(document, live=False)) == document  # type: ignore[arg-type]
    assert html.escape(words) in snapshot.render(document, live=False).decode()  # type: ignore[arg-type]


def content(document: Document) -> tuple[int, str, list[Tab], list[Unreadable]]:
    return document.seq, document.at, document.decks, document.unreadable


async def test_what_comes_after_an_unreadable_last_segment_is_not_dated_by_it(store: Store) -> None:
    store.create(segment_key(1), encode(segment(1)))
    store.create(segment_key(2), b"{")
    document = await Reader(store).load()
    assert (document.seq, document.at) == (2, segment(1).at)


async def test_several_in_a_row_that_are_missing(store: Store) -> None:
    store.create(segment_key(1), encode(segment(1)))
    store.create(segment_key(5), encode(segment(5)))
    document = await Reader(store).load()
    assert [gone.seq for gone in document.unreadable] == [2, 3, 4]
    assert [element.id for element in document.decks[0].elements] == ["1", "5"]


async def test_a_segment_that_is_no_file(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    store.create(segment_key(1), encode(segment(1)))
    (tmp_path / segment_key(2)).mkdir()
    store.create(segment_key(3), encode(segment(3)))
    document = await Reader(store).load()
    (gone,) = document.unreadable
    assert (gone.seq, document.seq) == (2, 3)
    assert "is a folder" in gone.reason
    following = await Reader(store).next(1)
    assert following is not None, "told at once, not when it has long been missing"
    assert following.unreadable == gone.reason


async def test_a_segment_beyond_the_bounds_is_not_read(store: Store) -> None:
    store.put(segment_key(1), b" " * (3 * AHEAD_BYTES) + encode(segment(1)))
    store.put(segment_key(2), b" " * AHEAD_BYTES + encode(segment(2)))
    store.put(segment_key(3), encode(Segment(3, "", [Put("d", Html("x", "")) for _ in range(4)])))
    document = await Reader(store, segment_bytes=3 * AHEAD_BYTES, ops=3).load()
    assert document.seq == 3
    assert [element.id for deck in document.decks for element in deck.elements] == ["2"]
    large, long = document.unreadable
    assert large.seq == 1
    assert "no more than 3145728 are read" in large.reason
    assert long == Unreadable(3, "it has 4 ops; no more than 3 are read")


@pytest.mark.parametrize(
    "data",
    [
        ops(b'{"op":"put","deck":"d","element":{"kind":"chart","id":"c","title":"t","series":[%s]}}'
            % b",".join([b'{"x":[]}'] * (bounds.VALUES // 2))),
        ops(b",".join([b"[]"] * bounds.VALUES)),
    ],
    ids=["lines of a chart", "what is no op"],
)  # fmt: skip
def test_objects_beyond_the_bound_are_never_made(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(DeckError, match=f"more than {bounds.VALUES} objects and arrays"):
            segments.decode(data)
        assert tracemalloc.get_traced_memory()[1] < len(data)
    finally:
        tracemalloc.stop()


def test_brackets_in_texts_are_not_counted() -> None:
    lines = '[{"level": "info"}, "\\\\"]\n' * (bounds.VALUES // 2 + 1)
    segment = Segment(1, now(), [Put("d", Html("h", lines))])
    assert segments.decode(segments.encode(segment)) == segment


async def test_what_is_large_is_decoded_elsewhere(store: Store) -> None:
    offloaded = []

    async def offload(function: Callable[..., Any], *args: int | bytes) -> Any:
        offloaded.append(function.__name__)
        return function(*args)

    store.put(segment_key(1), encode(segment(1)))
    store.put(segment_key(2), encode(Segment(2, "", [Put("d", Html("x", "y" * SMALL))])))
    reader = Reader(store, offload)
    assert (await reader.load()).seq == 2
    assert offloaded == ["decode_numbered"]
    document = await reader.load()
    store.put(DECK, snapshot.render(document, live=True))  # type: ignore[arg-type]
    assert await reader.load() == document
    assert offloaded == ["decode_numbered", "decode_numbered", "parse"]


async def test_a_page_of_others_is_not_read_whatever_its_size(store: Store) -> None:
    store.put(DECK, b"<html>" + b"x" * 20_000)
    assert await Reader(store, page_bytes=10_000).load() is None
    store.put(DECK, b"")
    assert await Reader(store).load() is None


async def test_a_segment_that_a_snapshot_replaced_is_reported(store: Store) -> None:
    store.put(DECK, snapshot.placeholder("t", now()))
    reader = Reader(store)
    assert (await reader.load()).seq == 0
    store.put(DECK, snapshot.render(Document(5, now()), live=True))
    for _ in range(7):  # it does not look at the page every time
        assert await reader.next(0) is None
    with pytest.raises(DeckError, match="load again"):
        await reader.next(0)
    assert (await reader.load()).seq == 5


def test_texts_that_utf8_cannot_hold() -> None:
    assert clean_text("a\ud800b") == "a\ufffdb"
    assert clean_text("\ud83d\ude00") == "😀"
    assert clean_text("é\0") == "é\0"
    with pytest.raises(UnicodeEncodeError):
        encode(Segment(1, "", [Put("\ud800", Html("a", ""))]))
    deep = (b"[" * 100_000, b'{"x":' * 100_000)
    for data in (*deep, b"", b"[]", b'{"seq":1}', b"\xff", b'{"seq":1,"at":"","ops":[{"op":"new"}]}'):
        with pytest.raises(DeckError, match=r"not a segment|empty"):
            segments.decode(data)
