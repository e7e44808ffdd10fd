"""A Deck's stream as a viewer gets it, from a real server over a real store."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K

from livedeck.admin.live.keys import DeckKey
from livedeck.admin.live.recent import Kept
from livedeck.admin.tuning import Tuning
from livedeck.deck import segments
from livedeck.deck.ops import End, Html, Put
from livedeck.deck.replay import Replay
from livedeck.deck.settings import FLUSH_PENDING
from livedeck.store.layout import segment_key
from livedeck.testing.server import LiveStream, running_admin
from tests.admin.conftest import Protos
from tests.admin.live.conftest import RUN, World, created, document_of, read, segment_of, until

pytestmark = pytest.mark.slow


async def states(stream: LiveStream, phase: str) -> Any:
    """Read until that phase; return its state."""
    while True:
        event = await stream.next()
        assert event is not None, f"the stream ended before {phase}"
        if event.event in {"state", "end"} and read(event)["phase"] == phase:
            return read(event)


async def rebuilt(stream: LiveStream, replay: Replay | None = None) -> Replay:
    """Follow to the end as a viewer does."""
    events = await stream.rest()
    assert events[-1].event == "end"
    for event in events:
        if event.event == "snapshot":
            replay = Replay(document_of(event))
        elif event.event == "segment":
            assert replay is not None
            assert segment_of(event).seq == replay.seq + 1
            replay.apply(segment_of(event))
    assert replay is not None
    return replay


async def test_from_queued_to_succeeded(world: World) -> None:
    log = world.log()
    async with world.deck() as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert (await states(stream, "queued"))["now"]
        await world.run()
        await states(stream, "waiting")
        log.placeholder()
        await states(stream, "placeholder")
        snapshot = (await stream.until("snapshot"))[-1]
        assert snapshot.id == "0.0"
        first = log.publish("one")
        assert (await states(stream, "live"))["publishedAt"] == first.at
        event = (await stream.until("segment"))[-1]
        assert event.id == "0.1"
        assert segment_of(event) == first
        numbers = (await world.http.get("/metrics")).text
        assert re.search(r"^livedeck_publish_to_viewer_seconds_count [1-9]", numbers, re.MULTILINE)
        log.end()
        await world.finish()
        events = await stream.rest()
        assert events[-1].event == "end"
        assert read(events[-1])["phase"] == "succeeded"
        assert "endedAt" in read(events[-1])


async def test_who_watches_an_execution_that_is_deleted_is_sent_away_and_nobody_else(world: World) -> None:
    log = world.log()
    await world.create("e2")
    await world.run()
    log.placeholder()
    log.publish("one")
    succeeded = world.protos.task_event("e1", "n0", K.SUCCEEDED)
    succeeded.custom_info.update({FLUSH_PENDING: True})  # so that there is more to wait for
    succeeded.occurred_at.GetCurrentTime()
    other = world.listen("/live/decks/flytesnacks/development/e2/n0/0")
    printed = world.listen(f"/live/logs/{RUN}/n0/0")
    async with world.deck() as stream, printed as output, other as elsewhere:
        await states(stream, "live")
        await states(elsewhere, "queued")
        await world.report(succeeded, world.protos.node_event("e1", "n0", N.SUCCEEDED))
        await world.delete()
        assert (await stream.rest())[-1].event != "end"
        assert [event.event for event in await output.rest()] == ["end"]
        await world.run(run="e2")
        await states(elsewhere, "waiting")
    again = await world.http.get(f"/live/decks/{RUN}/n0/0")
    assert (again.status_code, again.json()["message"]) == (404, f"there is no execution {RUN}")


async def test_the_end_of_a_deck_may_come_after_that_of_its_task(world: World) -> None:
    log = await world.run_with_deck()
    log.publish("one")
    async with world.deck() as stream:
        await states(stream, "live")
        succeeded = world.protos.task_event("e1", "n0", K.SUCCEEDED)
        succeeded.custom_info.update({FLUSH_PENDING: True})
        succeeded.occurred_at.GetCurrentTime()
        await world.report(succeeded, world.protos.node_event("e1", "n0", N.SUCCEEDED))
        assert (await states(stream, "finishing"))["reason"].startswith("The task succeeded; its last changes")
        log.publish("two")
        log.end()
        events = await stream.rest()
        assert events[-1].event == "end"
        assert read(events[-1])["phase"] == "succeeded"


async def test_a_viewer_who_comes_late_gets_the_whole_at_once(world: World) -> None:
    log = await world.run_with_deck()
    for n in range(50):
        log.publish(f"line {n}\n")
    log.snapshot()
    log.publish("after the snapshot")
    async with world.deck() as stream:
        assert read(await stream.next())["phase"] == "live"
        snapshot = await stream.next()
        assert snapshot.id == "0.51"
        assert document_of(snapshot) == log.document


async def test_resuming_sends_only_what_is_missing(world: World) -> None:
    log = await world.run_with_deck()
    for n in range(5):
        log.publish(f"{n}")
    async with world.deck(last_event_id="0.2") as stream:
        events = await stream.until("state")
        events += [await stream.next() for _ in range(4 - len(events))]
    assert [event.id for event in events if event.event == "segment"] == ["0.3", "0.4", "0.5"]
    assert not [event for event in events if event.event == "snapshot"]


async def test_resuming_by_the_address(world: World) -> None:
    log = await world.run_with_deck()
    log.publish("a")
    log.publish("b")
    async with world.listen(f"/live/decks/{RUN}/n0/0?last_event_id=0.1") as stream:
        assert (await stream.until("segment"))[-1].id == "0.2"


async def test_resuming_where_nothing_is_missing_sends_nothing_again(world: World) -> None:
    log = await world.run_with_deck()
    log.publish("a")
    async with world.deck(last_event_id="0.1") as stream:
        assert (await stream.next()).event == "state"
        log.publish("b")
        assert (await stream.until("segment"))[-1].id == "0.2"


@pytest.mark.parametrize("last", ["0.-1", "-0.1", "x", "0.999", "7.1", "0.1.1", "0.", ".1", "9" * 40 + ".1", "0.²"])
async def test_nonsense_to_resume_from_gets_a_snapshot(world: World, last: str) -> None:
    log = await world.run_with_deck()
    log.publish("a")
    async with world.deck(last_event_id=last.encode().decode("latin-1")) as stream:
        assert document_of((await stream.until("snapshot"))[-1]) == log.document


async def test_one_tail_however_many_viewers_and_none_without(world: World, tmp_path: Path) -> None:
    key = DeckKey("flytesnacks", "development", "e1", "n0", 0)
    log = await world.run_with_deck()
    names = lambda: [t.get_name() for t in asyncio.all_tasks() if t.get_name().startswith("deck-tail")]  # noqa: E731
    async with world.deck() as one, world.deck() as two, world.deck() as three:
        for stream in (one, two, three):
            await stream.until("snapshot")
        assert names() == [f"deck-tail-{key.path}"]  # type: ignore[no-untyped-call]
        log.publish("to all")
        for stream in (one, two, three):
            assert segment_of((await stream.until("segment"))[-1]).seq == 1
    await until(lambda: names() == [])  # type: ignore[no-untyped-call]


async def test_a_hint_brings_the_segment_before_the_store_does(world: World) -> None:
    log = await world.run_with_deck()
    async with world.deck() as stream:
        await stream.until("snapshot")
        # Not stored at all: only the hint can have brought it.
        segment = log.segment(_put("from the hint"))
        assert (await world.hint(segments.encode(segment))).status_code == 204
        assert segment_of((await stream.until("segment"))[-1]) == segment
        # Stored and hinted again: sent once.
        log.put(segment)
        assert (await world.hint(segments.encode(segment))).status_code == 204
        second = log.publish("two")
        assert segment_of((await stream.until("segment"))[-1]) == second


def _put(text: str) -> Put:
    return Put("main", Html("log", text))


async def test_a_hint_out_of_turn_only_wakes(world: World) -> None:
    log = await world.run_with_deck()
    async with world.deck() as stream:
        await stream.until("snapshot")
        first = log.segment(_put("one"))
        ahead = segments.encode(type(first)(seq=5, at=first.at, ops=first.ops))
        await world.hint(ahead)
        log.put(first)
        await world.hint(b'{"seq": 1}')
        assert segment_of((await stream.until("segment"))[-1]) == first


async def test_behind_while_uploads_fail_and_live_again(world: World) -> None:
    log = await world.run_with_deck()
    log.publish("one")
    async with world.deck() as stream:
        await states(stream, "live")
        await world.hint(b'{"behind": 12.5}')
        state = await states(stream, "behind")
        assert state["behind"] >= 12.5
        assert "store" in state["reason"]
        log.publish("two")
        await states(stream, "live")
        await world.hint(b'{"behind": 3, "why": "503 Slow Down"}')
        assert (await states(stream, "behind"))["reason"].endswith("it keeps trying. The last try: 503 Slow Down")
        await world.hint(b'{"behind": 0}')
        await states(stream, "live")


async def test_died_without_a_word(world: World) -> None:
    log = await world.run_with_deck()
    log.publish("last words")
    async with world.deck() as stream:
        await states(stream, "live")
        await world.finish(task=K.FAILED, node=N.FAILED, error={"message": "killed by signal 9"})
        state = await states(stream, "died")
        assert "killed by signal 9" in state["reason"]
        assert state["publishedAt"]
        assert await stream.next() is None


async def test_failed_with_its_error(world: World) -> None:
    log = await world.run_with_deck()
    log.publish("half")
    log.end("failed")
    await world.finish(task=K.FAILED, node=N.FAILED, error={"message": "ValueError: no"})
    async with world.deck() as stream:
        replay = await rebuilt(stream)
    assert replay.document() == log.document
    async with world.deck() as stream:
        assert (await states(stream, "failed"))["reason"] == "ValueError: no"


async def test_aborted(world: World) -> None:
    log = await world.run_with_deck()
    log.end("aborted")
    async with world.deck() as stream:
        await states(stream, "aborted")
        await world.finish(task=K.ABORTED, node=N.ABORTED)
        assert (await stream.until("end"))[-1].event == "end"


async def test_no_deck_says_why(world: World) -> None:
    await world.run(deck=False)
    async with world.deck() as stream:
        assert "enable_deck" in (await states(stream, "none"))["reason"]
        await world.finish()
        assert "enable_deck" in read((await stream.until("end"))[-1])["reason"]


async def test_following_a_retry(world: World) -> None:
    await world.run()
    first = world.log(0)
    first.placeholder()
    first.publish("first attempt")
    async with world.deck("latest") as latest, world.deck(0) as pinned:
        await latest.until("snapshot")
        first.end("failed")
        await world.fail_attempt(0)
        assert read((await pinned.until("end"))[-1])["phase"] == "failed"
        assert await pinned.next() is None
        await states(latest, "failed")
        await world.retry(1)
        second = world.log(1)
        second.placeholder()
        state = await states(latest, "placeholder")
        assert (state["attempt"], state["attempts"]) == (1, 2)
        second.publish("second attempt")
        assert (await latest.until("segment"))[-1].id == "1.1"
        second.end()
        await world.finish(attempt=1)
        assert read((await latest.until("end"))[-1])["phase"] == "succeeded"
    async with world.deck("latest", last_event_id="0.1") as stream:
        events = await stream.rest()
        assert [event.event for event in events] == ["state", "snapshot", "end"]
        assert document_of(events[1]) == second.document
    async with world.deck(0) as stream:
        assert (await rebuilt(stream)).document() == first.document


async def test_from_the_cache(world: World, protos: Protos) -> None:
    log = await world.run_with_deck()
    log.publish("computed once")
    log.end()
    await world.finish()
    await world.create("e2")
    source = {
        "task_id": protos.id("TASK", "double"),
        "node_execution_id": protos.node_id("e1", "n0"),
        "retry_attempt": 0,
    }
    await world.report(
        protos.node_event(
            "e2",
            "n0",
            N.SUCCEEDED,
            task_node_metadata={"cache_status": "CACHE_HIT", "catalog_key": {"source_task_execution": source}},
        )
    )
    async with world.listen("/live/decks/flytesnacks/development/e2/n0/latest") as stream:
        events = await stream.rest()
    end = read(events[-1])
    assert end["phase"] == "cached"
    assert end["source"] == f"{RUN}/n0/0"
    assert document_of(next(event for event in events if event.event == "snapshot")) == log.document


async def test_a_foreign_deck_is_shown_whole_and_only_whole(world: World) -> None:
    log = world.log()
    await world.run()
    async with world.deck() as stream:
        await states(stream, "waiting")
        log.foreign("first")
        state = await states(stream, "live")
        assert state["foreign"]
        first = read((await stream.until("snapshot"))[-1])["etag"]
        log.foreign("half of the sec", whole=False)
        log.foreign("second, whole")
        second = read((await stream.until("snapshot"))[-1])["etag"]
        assert second != first
        page = await world.http.get(f"/decks/{RUN}/n0/0/deck.html", headers={"sec-fetch-dest": "iframe"})
        assert "second, whole" in page.text
        await world.finish()
        assert read((await stream.until("end"))[-1])["phase"] == "succeeded"


@pytest.mark.parametrize("watched", [True, False])
async def test_a_viewer_is_told_of_a_segment_that_cannot_be_read(world: World, watched: bool) -> None:
    """Whether it is watched as it comes or opened afterwards, and in the saved page."""
    log = await world.run_with_deck()
    log.publish("first")
    async with world.deck() as stream:
        if watched:
            await stream.until("snapshot")
        log.store.create(segment_key(2), b"rubbish")
        log.replay.apply(segments.unreadable(2, "not used"))
        log.publish("third")
        if watched:
            told = [read((await stream.until("segment"))[-1])["segment"] for _ in range(2)]
            assert [segment["seq"] for segment in told] == [2, 3]
            assert "malformed" in told[0]["unreadable"]
    async with world.deck() as stream:
        document = document_of((await stream.until("snapshot"))[-1])
        assert [(gone.seq, "malformed" in gone.reason) for gone in document.unreadable] == [(2, True)]
        assert document.decks[0].elements[0].html == "firstthird"
    page = await world.http.get(f"/decks/{RUN}/n0/0/deck.html", headers={"sec-fetch-dest": "iframe"})
    assert "Part of this Deck cannot be read." in page.text
    assert "segment 2: it is not a segment of a Deck" in page.text


async def test_a_viewer_is_told_of_a_segment_that_is_missing_at_the_end(world: World) -> None:
    log = await world.run_with_deck()
    log.publish("first")
    async with world.deck() as stream:
        await stream.until("snapshot")
        log.replay.apply(segments.unreadable(2, "not used"))
        log.put(log.segment(End("failed", segments.now())))
        await world.finish(task=K.FAILED, node=N.FAILED, error={"message": "boom"})
        document = document_of((await stream.until("snapshot"))[-1])
        assert [gone.seq for gone in document.unreadable] == [2]
        assert read((await stream.until("end"))[-1])["phase"] == "failed"


async def test_a_foreign_deck_that_never_closes_its_html_is_shown_all_the_same(world: World) -> None:
    await world.run()
    world.log().foreign("no end", whole=False)
    async with world.deck() as stream:
        assert read((await stream.until("snapshot"))[-1])["etag"]


@pytest.fixture
async def forgetful(tmp_path: Path, protos: Protos) -> AsyncIterator[Any]:
    """A world whose server keeps little of a log at hand."""
    async with created(tmp_path, protos, tuning=Tuning(kept=Kept(bytes=100_000))) as world:
        yield world


async def test_whoever_is_far_behind_is_skipped_ahead(forgetful: World) -> None:
    """A viewer that does not read costs nothing, and gets the whole when it reads again."""
    world = forgetful
    log = await world.run_with_deck()
    async with world.deck() as slow, world.deck() as quick:
        await slow.until("snapshot")
        await quick.until("snapshot")
        for n in range(300):
            log.publish(f"{n} " + "x" * 20_000)
            if n % 50 == 49:
                while segment_of((await quick.until("segment"))[-1]).seq < n + 1:
                    pass
        log.end()
        await world.finish()
        await quick.until("end")
        events = await slow.rest()
        seqs = [int(event.id.partition(".")[2]) for event in events if event.event in {"segment", "snapshot"}]
        assert seqs == sorted(set(seqs))
        assert len([event for event in events if event.event == "snapshot"]) >= 1
        assert len(seqs) < 300
    async with world.deck() as again:
        assert (await rebuilt(again)).document() == log.document


async def test_the_server_closing_ends_streams_and_the_next_one_resumes(tmp_path: Path, protos: Protos) -> None:
    async with running_admin(tmp_path) as admin:
        world = World(admin, protos)
        await world.create()
        log = world.log()
        await world.run()
        log.placeholder()
        log.publish("before")
        stack = world.deck()
        stream = await stack.__aenter__()
        await stream.until("snapshot")
        await world.http.aclose()
    assert [event.event for event in await stream.rest()] == []
    await stack.__aexit__(None, None, None)
    async with running_admin(tmp_path) as admin:
        world = World(admin, protos)
        log.publish("while it was down")
        async with world.deck(last_event_id="0.1") as stream:
            event = (await stream.until("segment"))[-1]
            assert json.loads(event.data)["segment"]["seq"] == 2
        await world.http.aclose()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{RUN}/n0/zero", 400),
        (f"{RUN}/n0/-1", 400),
        (f"{RUN}/n0/99999999", 400),
        (f"{RUN}/n0/5", 404),
        (f"{RUN}/..%2f..%2fetc/0", 404),
        (f"{RUN}/%2e%2e/0", 400),
        (f"{RUN}/n%000/0", 400),
        ("flytesnacks/development/unknown/n0/0", 404),
        ("a/b/c/d/0", 404),
    ],
)
@pytest.mark.parametrize("kind", ["decks", "logs"])
async def test_what_does_not_exist_is_refused(world: World, kind: str, path: str, status: int) -> None:
    response = await world.http.get(f"/live/{kind}/{path}")
    assert response.status_code == status
    assert set(response.json()) == {"code", "message"}


async def test_a_node_that_is_not_there_yet_is_waited_for(world: World) -> None:
    async with world.listen(f"/live/decks/{RUN}/n1/latest") as stream:
        assert read(await stream.next())["phase"] == "queued"
