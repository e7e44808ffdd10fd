from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.client import ServerEvent, SseParser
from livedeck.errors import RemoteError


def events(stream: Any, *, size: Any = None) -> Any:
    parser = SseParser()
    size = size or max(1, len(stream))
    return [event for i in range(0, len(stream), size) for event in parser.feed(stream[i : i + size])]


def test_an_event_has_type_data_and_id() -> None:
    stream = b"id: 7\nevent: node\ndata: one\ndata: two\n\n"
    assert events(stream) == [ServerEvent("node", "one\ntwo", "7")]


def test_type_defaults_and_id_lasts() -> None:
    stream = b"id: 1\ndata: a\n\ndata: b\n\n"
    assert events(stream) == [ServerEvent("message", "a", "1"), ServerEvent("message", "b", "1")]


def test_comments_and_unknown_fields_mean_nothing() -> None:
    assert events(b": ping\n\nfoo: bar\ndata:x\n\n") == [ServerEvent("message", "x", "")]


def test_an_event_without_data_only_sets_the_id() -> None:
    parser = SseParser()
    assert parser.feed(b"id: 5\n\n") == []
    assert parser.last_id == "5"


def test_an_id_of_an_unfinished_event_does_not_count() -> None:
    parser = SseParser()
    parser.feed(b"id: 5\ndata: x\n")
    assert parser.last_id == ""


def test_an_id_with_a_nul_is_ignored() -> None:
    assert events(b"id: a\0b\ndata: x\n\n") == [ServerEvent("message", "x", "")]


def test_only_one_space_is_taken_off() -> None:
    assert events(b"data:  x\n\n") == [ServerEvent("message", " x", "")]


def test_a_byte_order_mark_is_skipped() -> None:
    assert events(b"\xef\xbb\xbfdata: x\n\n") == [ServerEvent("message", "x", "")]


def test_the_server_may_say_when_to_come_back() -> None:
    parser = SseParser()
    parser.feed(b"retry: 1500\nretry: soon\n\n")
    assert parser.retry == 1.5


def test_an_event_without_end_is_refused() -> None:
    parser = SseParser(largest=1000)
    for _ in range(100):
        parser.feed(b"data: 1\n")
    with pytest.raises(RemoteError, match="more than 1000 bytes"):
        parser.feed(b"data: " + b"x" * 2000)


TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))


@given(
    st.lists(st.tuples(TEXT.filter(bool), st.lists(TEXT, min_size=1), TEXT)),
    st.sampled_from(["\n", "\r", "\r\n"]),
    st.integers(1, 50),
)
def test_any_cutting_of_the_stream_gives_the_same_events(written: Any, newline: Any, size: int) -> None:
    expected = [ServerEvent(event, "\n".join(data), id_) for event, data, id_ in written]
    lines = []
    for event, data, id_ in written:
        lines += [f"event: {event}", *(f"data: {line}" for line in data), f"id: {id_}", ""]
    stream = "".join(line + newline for line in lines).encode()
    assert events(stream, size=size) == expected
