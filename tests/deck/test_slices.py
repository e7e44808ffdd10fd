import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import markup, raw, segments, slices, snapshot
from livedeck.deck.ops import Chart, Document, Drop, End, Extend, Html, Op, Put, Segment, Series, Tab
from livedeck.errors import DeckError
from tests.calls import calls_of
from tests.deck import strategies

AT = "2026-11-24T12:00:00.000Z"
SIZES = st.integers(20, 40)
TEXTS = st.text(st.sampled_from('ab"\\<é\0\n\u2028\U0001f600&'))
OPS = strategies.ops | st.builds(Put, strategies.decks, st.builds(Html, strategies.ids, TEXTS))
SEGMENTS = st.builds(Segment, st.integers(0, 9), st.just(AT), st.lists(OPS, max_size=5))
LONG = [
    pytest.param(Html("h", '<p class="x">é</p>\n' * 200_000), id="a text"),
    pytest.param(
        Chart("c", "t", [Series("s", [float(n) for n in range(200_000)], [None, 0.1] * 100_000)]), id="points"
    ),
]


@given(segment=SEGMENTS, size=SIZES)
def test_segments_are_encoded_and_decoded_as_in_one_piece(segment: Segment, size: int) -> None:
    data = msgspec.json.encode(segment)
    assert b"".join(slices.encode(segment, size)) == data
    assert slices.Decoder(Segment, size).decode(data) == segment


@given(text=TEXTS, size=SIZES)
def test_texts_may_be_escaped_in_any_way(text: str, size: int) -> None:
    escaped = "".join(
        f"\\u{int.from_bytes(text_[at : at + 2], 'big'):04X}"
        for text_ in [text.encode("utf-16-be")]
        for at in range(0, len(text_), 2)
    )
    data = f'{{"seq": 1, "at": "{escaped}", "ops": [ ]}}'.encode()
    assert slices.Decoder(Segment, size).decode(data) == Segment(1, text, [])


JSON = st.recursive(
    TEXTS | st.text(st.sampled_from('{}[]"\\')) | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


@given(value=JSON, size=st.integers(1, 40), indent=st.none() | st.just(1), is_ascii=st.booleans())
def test_objects_and_arrays_are_counted_where_no_text_is(
    value: Any, size: int, indent: int | None, is_ascii: bool
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode() + b" " * 400
    count = _objects_and_arrays(value)
    assert not slices.holds_more(data, count, size)
    assert count == 0 or slices.holds_more(data, count - 1, size)


def _objects_and_arrays(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_objects_and_arrays, value.values()))
    return 1 + sum(map(_objects_and_arrays, value)) if isinstance(value, list) else 0


@given(op=OPS, at=st.integers(0, 400), byte=st.integers(0, 255), size=SIZES)
def test_what_is_damaged_is_refused_alike(op: Put | Drop | Extend, at: int, byte: int, size: int) -> None:
    data = bytearray(msgspec.json.encode(Segment(1, AT, [op])))
    data[at % len(data)] = byte

    def read(decode: Callable[[bytes], Segment]) -> Segment | None:
        try:
            return decode(bytes(data))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    assert read(slices.Decoder(Segment, size).decode) == read(msgspec.json.Decoder(Segment).decode)


@given(
    document=st.builds(
        Document, decks=st.lists(st.builds(Tab, strategies.decks, st.lists(strategies.elements, max_size=4)))
    )
)
def test_documents_are_too(document: Document) -> None:
    data = msgspec.json.encode(document)
    assert b"".join(slices.joined(slices.encode(document, 20), 50)) == data
    assert slices.Decoder(Document, 20).decode(data) == document


@pytest.mark.slow
@pytest.mark.parametrize("element", LONG)
def test_what_is_long_lets_other_threads_have_their_turn(element: Html | Chart) -> None:
    document = Document(1, AT, [Tab("d", [element])])
    op: Op = Put("d", element)
    data = segments.encode(Segment(1, AT, [op]))
    pieces = len(data) // slices.SLICE
    assert calls_of(lambda: segments.decode(data)) > pieces
    assert calls_of(lambda: list(slices.encode(document))) > pieces
    assert segments.decode(data).ops == [op]
    assert max(map(len, slices.joined(slices.encode(document)))) < 3 * slices.SLICE
    page = snapshot.render(document, live=False)
    assert calls_of(lambda: snapshot.parse(page)) > pieces
    assert snapshot.parse(page) == document


def test_so_does_looking_through_long_html() -> None:
    html = "<p>x</p>\n" * 300_000
    assert calls_of(lambda: markup.acts_on_document(html)) > len(html) // slices.SLICE
    assert not markup.acts_on_document(html)


@pytest.mark.parametrize("at", range(slices.SLICE - 14, slices.SLICE + 6))
def test_what_is_looked_for_is_found_where_pieces_meet(at: int) -> None:
    assert markup.acts_on_document("x" * at + "<script>" + "x" * 10_000)
    assert markup.acts_on_document("x" * at + " onclick=" + "x" * 10_000)
    text = "x" * at + '&amp;&quot"' + "x" * 10_000
    assert raw.read(raw.escape(text), 1) == text


@pytest.mark.parametrize("at", range(slices.SLICE - 14, slices.SLICE + 6))
def test_no_text_ends_the_block_it_stands_in(at: int) -> None:
    name = "x" * at + "</script><!--"
    document = Document(1, AT, [Tab("d", [Chart("c", "t", [Series(name, [1.0], [1.0])])])])
    page = snapshot.render(document, live=False)
    assert page[page.index(b'id="livedeck-source"') :].count(b"</script>") == 1
    assert snapshot.parse(page) == document


def test_a_long_segment_that_is_none_says_why() -> None:
    with pytest.raises(DeckError, match="not a segment"):
        segments.decode(b'{"seq":1,"at":"","ops":[{"op":"put","deck":7,"element":"%s"}]}' % (b"x" * slices.AT_ONCE))


def test_an_end_is_as_it_was() -> None:
    segment = Segment(3, AT, [End("failed", AT)])
    assert slices.Decoder(Segment, 20).decode(msgspec.json.encode(segment)) == segment
