import asyncio
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from livedeck.admin.live.messages import Snapshot
from livedeck.admin.live.recent import MAX_BYTES, Kept, Recent
from livedeck.deck.effort import LIGHT
from livedeck.deck.kinds.table import Column, Row, Table
from livedeck.deck.ops import Chart, Document, Extend, Html, Put, Segment, Series


def segment(seq: int, text: str = "x") -> Segment:
    kind = Put if seq == 1 else Extend
    return Segment(seq, "2026-11-24T12:00:00.000Z", [kind("main", Html("log", text))])


def test_since_gives_the_events_after() -> None:
    log = Recent(2, Document())
    for seq in (1, 2, 3):
        assert log.add(segment(seq))
    assert not log.add(segment(2))
    assert log.since(3) == []
    assert [event.split(b"\n")[0] for event in log.since(1) or []] == [b"id: 2.2", b"id: 2.3"]
    assert log.since(4) is None
    assert log.since(-1) is None


def test_a_log_that_was_picked_up_half_way_has_nothing_before() -> None:
    log = Recent(0, Document(seq=10))
    assert log.since(10) == []
    assert log.since(9) is None
    log.add(segment(11))
    assert len(log.since(10) or []) == 1
    assert log.since(9) is None


async def test_the_snapshot_is_made_once_for_all() -> None:
    log = Recent(0, Document())
    log.add(segment(1))
    assert await log.snapshot() is await log.snapshot()
    before = await log.snapshot()
    log.add(segment(2))
    seq, pieces = await log.snapshot()
    assert (seq, pieces) != before
    assert seq == 2
    assert pieces[0].startswith(b"id: 0.2\nevent: snapshot\ndata: ")


async def test_a_large_document_is_encoded_elsewhere_once_for_all_who_wait() -> None:
    calls = []

    async def offload(function: Any, *args: Any) -> Any:
        calls.append(function.__name__)
        await asyncio.sleep(0)
        return function(*args)

    log = Recent(3, Document(), offload)
    ops = [Put("main", Html(f"e{n}", 'é<"' * 9_000)) for n in range(4)]
    ops.append(Put("other", Chart("c", "Loss", [Series("a", [1], [None])])))
    log.add(Segment(1, "2026-11-24T12:00:00.000Z", ops))  # type: ignore[arg-type]
    made = await asyncio.gather(*(log.snapshot() for _ in range(20)))
    assert calls == ["document", "_snapshot_event"]
    assert {id(pieces) for _, pieces in made} == {id(made[0][1])}
    head, data = b"".join(made[0][1]).split(b"data: ")
    assert head == b"id: 3.1\nevent: snapshot\n"
    assert msgspec.json.decode(data.strip(), type=Snapshot) == Snapshot(document=await log.document())
    log.add(segment(2))
    calls.clear()
    assert (await log.snapshot())[0] == 1, "the segments since are at hand"
    assert calls == []
    log.add(Segment(3, "2026-11-24T12:00:00.000Z", [Put("main", Html("big", "x" * MAX_BYTES))]))
    assert log.since(2) is None, "a large segment is not kept as an event"
    assert (await log.snapshot())[0] == 3


async def test_what_is_heavy_is_taken_in_elsewhere_while_viewers_have_what_there_was() -> None:
    begun, going_on = asyncio.Event(), asyncio.Event()

    async def offload(function: Any, *args: Any) -> Any:
        begun.set()
        await going_on.wait()
        return function(*args)

    log = Recent(0, Document(), offload)
    assert await log.take(segment(1)), "a light one is taken in at once"
    rows: list[Row] = [[number] for number in range(LIGHT)]
    taking = asyncio.create_task(log.take(Segment(2, "", [Put("main", Table("t", columns=[Column("a")], rows=rows))])))
    await begun.wait()
    assert log.seq == 1
    assert log.since(0) is not None
    assert not log.accepts(segment(2))
    late = asyncio.create_task(log.snapshot())
    await asyncio.sleep(0)
    going_on.set()
    assert await taking
    assert (await late)[0] == 2, "not a part of it"
    assert log.accepts(segment(3))
    assert [element.id for element in (await log.document()).decks[0].elements] == ["log", "t"]


@given(sizes=st.lists(st.integers(0, 400), max_size=40), limit=st.integers(1, 1000), count=st.integers(1, 8))
def test_memory_is_bounded_and_what_is_given_is_never_partial(sizes: Any, limit: Any, count: Any) -> None:
    log = Recent(0, Document(), kept=Kept(segments=count, bytes=limit))
    for seq, size in enumerate(sizes, 1):
        log.add(segment(seq, "x" * size))
    for seq in range(-2, len(sizes) + 3):
        given = log.since(seq)
        if given is not None:
            assert len(given) == len(sizes) - seq
    assert sum(map(len, log._events)) <= limit
    assert len(log._events) <= count
