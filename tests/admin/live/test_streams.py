"""Executions, logs and hints over HTTP."""

import asyncio
import contextlib
import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import httpx
import pytest
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from google.protobuf.json_format import Parse

from livedeck.admin.tuning import Tuning
from livedeck.deck import segments
from livedeck.executors.api import Queued
from livedeck.store.layout import log_key
from livedeck.testing.server import DEADLINE, listening, running_admin
from tests.admin.conftest import Protos
from tests.admin.live.conftest import RUN, created, read, until

pytestmark = pytest.mark.slow

PATH = f"/live/executions/{RUN}"
LIST = "/live/executions?project=flytesnacks&domain=development"


async def test_one_execution_from_its_creation_on(world: Any) -> None:
    async with world.listen(PATH) as stream:
        first = await stream.until("ready")
        assert [event.event for event in first] == ["execution", "ready"]
        assert Parse(first[0].data, Execution()).id.name == "e1"
        await world.run()
        assert read((await stream.until("execution"))[-1])["closure"]["phase"] == "RUNNING"
        node = read((await stream.until("node"))[-1])
        assert node["id"]["nodeId"] == "n0"
        assert node["closure"]["phase"] == "RUNNING"
        assert read((await stream.until("task"))[-1])["closure"]["phase"] == "RUNNING"
        await world.finish()
        await stream.until("task")
        await world.report(world.protos.workflow_event("e1", W.SUCCEEDED))
        assert read((await stream.until("execution"))[-1])["closure"]["phase"] == "SUCCEEDED"


@pytest.mark.parametrize("path", [f"{PATH}?", f"{LIST}&"])
async def test_entities_as_protobuf(world: Any, path: Any) -> None:
    await world.run()
    async with world.listen(f"{path}encoding=protobuf") as stream:
        first = await stream.until("ready")
        assert Execution.FromString(b64decode(first[0].data)).id.name == "e1"
        await world.report(world.protos.workflow_event("e1", W.SUCCEEDED))
        last = (await stream.until("execution"))[-1]
        assert Execution.FromString(b64decode(last.data)).closure.phase == W.SUCCEEDED
    assert (await world.http.get(f"{path}encoding=../xml")).status_code == 400


async def test_the_place_in_the_queue_is_told_as_it_changes_and_recorded_nowhere(world: Any) -> None:
    queue = {"n0": Queued(1, "waits for 2 CPUs of 4")}
    world.admin.control.show_queues(lambda key: queue if key == RUN else {})
    number = await world.admin.feed.current()
    async with world.listen(PATH) as stream, world.listen(f"/live/decks/{RUN}/n0/latest") as deck:
        first = await stream.until("ready")
        assert [event.event for event in first] == ["execution", "queue", "ready"]
        assert read(first[1]) == {"reasons": ["waits for 2 CPUs of 4"], "nodes": {"n0": {"ahead": 1, "reason": 0}}}
        state = read((await deck.until("state"))[-1])
        assert (state["phase"], state["ahead"], state["reason"]) == ("queued", 1, "waits for 2 CPUs of 4")
        queue["n0"] = Queued(0, "waits for 2 CPUs of 4")
        assert read((await stream.until("queue"))[-1])["nodes"]["n0"]["ahead"] == 0
        assert read((await deck.until("state"))[-1])["ahead"] == 0
        del queue["n0"]
        assert read((await stream.until("queue"))[-1]) == {"reasons": [], "nodes": {}}
    assert await world.admin.feed.current() == number


async def test_resuming_an_execution(world: Any) -> None:
    await world.run()
    async with world.listen(PATH) as stream:
        events = await stream.until("ready")
        assert [event.event for event in events] == ["execution", "node", "task", "ready"]
        numbers = [int(event.id.rpartition(".")[2]) for event in events]
        assert numbers == sorted(numbers)
    await world.finish()
    async with world.listen(PATH, last_event_id=events[-1].id) as stream:
        assert [event.event for event in await stream.until("ready")] == ["task", "node", "ready"]
    async with world.listen(PATH, last_event_id=events[0].id) as stream:
        assert [event.event for event in await stream.until("ready")] == ["task", "node", "ready"]


@pytest.mark.parametrize("last", ["-1", "99999999", "x", "9" * 30, "1.5"])
async def test_nonsense_to_resume_an_execution_from_gets_all(world: Any, last: Any) -> None:
    await world.run()
    async with world.listen(PATH, last_event_id=last) as stream:
        told = [event.event for event in await stream.until("ready")]
        assert [event for event in told if event != "reset"] == ["execution", "node", "task", "ready"]


@pytest.mark.parametrize("path", [PATH, LIST])
async def test_who_knows_another_database_is_told_to_forget_it(
    world: Any, tmp_path: Path, protos: Protos, path: str
) -> None:
    url = f"sqlite:///{tmp_path}/other.db"  # made anew: those that tests begin with are copies of one
    async with created(tmp_path / "other", protos, database=url) as other, other.listen(path) as stream:
        fewer = (await stream.until("ready"))[-1].id
        await other.run()
        more = (await stream.until("execution"))[-1].id
    async with world.listen(path) as stream:
        own = (await stream.until("ready"))[-1].id
    for number in (fewer, more):
        async with world.listen(path, last_event_id=number) as stream:
            assert [event.event for event in await stream.until("ready")] == ["reset", "execution", "ready"]
    async with world.listen(path, last_event_id=own) as stream:
        assert [event.event for event in await stream.until("ready")] == ["ready"]


@pytest.mark.parametrize("path", [PATH, LIST])
async def test_who_knows_more_than_a_database_that_was_restored_is_told_to_forget_it(world: Any, path: str) -> None:
    async with world.listen(path) as stream:
        database, _, number = (await stream.until("ready"))[-1].id.rpartition(".")
    async with world.listen(path, last_event_id=f"{database}.{int(number) + 1}") as stream:
        assert [event.event for event in await stream.until("ready")] == ["reset", "execution", "ready"]


@pytest.mark.usefixtures("in_a_file")
@pytest.mark.parametrize("path", [PATH, LIST])
async def test_viewers_are_told_that_the_database_is_gone_and_those_who_come_are_refused(
    world: Any, tmp_path: Path, path: str
) -> None:
    async with world.listen(path) as stream:
        await stream.until("ready")
        file = tmp_path / "livedeck.db"
        file.rename(tmp_path / "away")
        told = read((await stream.until("stale"))[-1])
        assert told["reason"].startswith(f"the database {file} was deleted or replaced while the server ran")
        answer = await world.http.get(path)
        assert (answer.status_code, answer.json()["message"]) == (503, told["reason"])
        (tmp_path / "away").rename(file)
        assert read((await stream.until("stale"))[-1]) == {"reason": ""}


async def test_events_that_pour_in_arrive_as_they_stand_at_the_end(world: Any) -> None:
    await world.run()
    async with world.listen(PATH) as stream:
        await stream.until("ready")
        for n in range(1, 40):
            await world.report(world.protos.node_event("e1", f"m{n}", N.QUEUED))
            await world.report(world.protos.node_event("e1", f"m{n}", N.SUCCEEDED))
        final: dict[Any, Any] = {}
        while len(final) < 39 or set(final.values()) != {"SUCCEEDED"}:
            node = read((await stream.until("node"))[-1])
            final[node["id"]["nodeId"]] = node["closure"]["phase"]


async def test_the_list_shows_what_is_there_and_what_comes(world: Any) -> None:
    async with world.listen(LIST) as stream:
        events = await stream.until("ready")
        assert [read(event)["id"]["name"] for event in events[:-1]] == ["e1"]
        await world.create("e2")
        assert read((await stream.until("execution"))[-1])["id"]["name"] == "e2"
        await world.run()
        event = (await stream.until("execution"))[-1]
        assert read(event)["id"]["name"] == "e1"
    await world.report(world.protos.workflow_event("e2", W.RUNNING))
    async with world.listen(LIST, last_event_id=event.id) as stream:
        events = await stream.until("ready")
        assert [read(each)["id"]["name"] for each in events[:-1]] == ["e2"]
    async with world.listen("/live/executions?project=flytesnacks&domain=production") as stream:
        assert [event.event for event in await stream.until("ready")] == ["ready"]


@pytest.mark.parametrize("path", [PATH, LIST])
async def test_a_time_that_no_calendar_has_does_not_end_the_stream(world: Any, path: Any) -> None:
    never = {"message": "boom", "timestamp": {"seconds": 10**12}}  # a task's own error file may say that
    await world.create("e2")
    async with world.listen(path) as stream:
        await stream.until("ready")
        await world.report(world.protos.workflow_event("e1", W.FAILED, error=never))
        event = read((await stream.until("execution"))[-1])
        assert event["closure"]["phase"] == "FAILED"
        assert event["closure"]["error"] == {"message": "boom"}
    async with world.listen(path) as stream:
        names = [read(event)["id"]["name"] for event in (await stream.until("ready"))[:-1]]
        assert "e1" in names
        assert ("e2" in names) is (path == LIST)


@pytest.mark.parametrize(
    "path", ["/live/executions", "/live/executions?project=..&domain=x", "/live/executions?project=p"]
)
async def test_a_list_needs_a_scope(world: Any, path: Any) -> None:
    assert (await world.http.get(path)).status_code == 400


async def test_an_unknown_execution_is_not_found(world: Any) -> None:
    assert (await world.http.get("/live/executions/flytesnacks/development/none")).status_code == 404


async def test_the_log_as_it_is_printed(world: Any) -> None:
    log = world.log()
    await world.run()
    path = f"/live/logs/{RUN}/n0/latest"
    async with world.listen(path) as stream:
        log.output(1, "one\n")
        assert read((await stream.until("chunk"))[-1]) == {"seq": 1, "text": "one\n"}
        log.output(2, "two\r\nthree é\n")
        event = (await stream.until("chunk"))[-1]
        assert (read(event)["text"], event.id) == ("two\r\nthree é\n", "0.2")
        log.output(3, "last")
        await world.finish()
        assert [each.event for each in await stream.rest()] == ["chunk", "end"]
    async with world.listen(path, last_event_id="0.1") as stream:
        assert [read(each)["seq"] for each in (await stream.rest())[:-1]] == [2, 3]


@pytest.mark.parametrize("size", [0, 2**40])
async def test_a_piece_of_a_log_that_is_not_to_be_read_is_named_and_the_rest_follows(world: Any, size: Any) -> None:
    await world.run()
    log = world.log()
    log.output(1, "one\n")
    log.output(3, "three\n")
    piece = log.store.local_root / log_key(2)
    if size:
        piece.touch()
        os.truncate(piece, size)
    else:
        os.mkfifo(piece)
    await world.finish()
    async with world.listen(f"/live/logs/{RUN}/n0/0") as stream:
        texts = [read(each)["text"] for each in (await stream.rest())[:-1]]
    assert (texts[0], texts[2]) == ("one\n", "three\n")
    assert texts[1].startswith("[a piece of the log is not shown: ")


@pytest.mark.parametrize("last", ["-5", "2", "1.2", "0.-1", "x"])
async def test_nonsense_to_resume_a_log_from_gets_all(world: Any, last: Any) -> None:
    await world.run()
    world.log().output(1, "one\n")
    world.log().output(2, "two\n")
    await world.finish()
    for attempt in ("0", "latest"):
        async with world.listen(f"/live/logs/{RUN}/n0/{attempt}", last_event_id=last) as stream:
            assert [each.id for each in (await stream.rest())[:-1]] == ["0.1", "0.2"]


async def test_a_log_goes_over_to_the_retry(world: Any) -> None:
    await world.run()
    world.log(0).output(1, "first\n")
    async with world.listen(f"/live/logs/{RUN}/n0/latest") as stream:
        assert (await stream.until("chunk"))[-1].id == "0.1"
        await world.fail_attempt(0)
        world.log(0).output(2, "its last words\n")
        await world.retry(1)
        world.log(1).output(1, "second\n")
        assert [(await stream.next()).id for _ in range(2)] == ["0.2", "1.1"]
        await world.finish(attempt=1)
        assert [each.event for each in await stream.rest()] == ["end"]
    async with world.listen(f"/live/logs/{RUN}/n0/0") as stream:
        assert [each.id for each in (await stream.rest())[:-1]] == ["0.1", "0.2"]
    async with world.listen(f"/live/logs/{RUN}/n0/latest") as stream:
        assert [each.id for each in (await stream.rest())[:-1]] == ["1.1"]


async def test_a_viewer_who_was_away_during_a_retry_misses_nothing_of_either_log(world: Any) -> None:
    await world.run()
    for seq in (1, 2, 3):
        world.log(0).output(seq, f"first {seq}\n")
    path = f"/live/logs/{RUN}/n0/latest"
    async with world.listen(path) as stream:
        last = [await stream.next() for _ in range(2)][-1].id
    await world.fail_attempt(0)
    await world.retry(1)
    for seq in (1, 2, 3, 4):
        world.log(1).output(seq, f"second {seq}\n")
    await world.finish(attempt=1)
    async with world.listen(path, last_event_id=last) as stream:
        assert [each.id for each in (await stream.rest())[:-1]] == ["0.3", "1.1", "1.2", "1.3", "1.4"]
    async with world.listen(f"/live/logs/{RUN}/n0/1", last_event_id=last) as stream:
        assert [each.id for each in (await stream.rest())[:-1]] == ["1.1", "1.2", "1.3", "1.4"]


async def test_the_head_of_a_stream_is_answered_at_once(world: Any) -> None:
    await world.run()
    for path in (PATH, LIST, f"/live/decks/{RUN}/n0/latest", f"/live/logs/{RUN}/n0/0"):
        answer = await world.http.head(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-length" not in answer.headers
    assert (await world.http.head("/live/executions/flytesnacks/development/none")).status_code == 404


async def test_a_log_of_nothing_ends(world: Any) -> None:
    await world.run(deck=False)
    await world.finish()
    async with world.listen(f"/live/logs/{RUN}/n0/0") as stream:
        assert [event.event for event in await stream.rest()] == ["end"]


async def test_silence_is_broken_by_a_heartbeat(tmp_path: Path, protos: Protos) -> None:
    async with created(tmp_path, protos, tuning=Tuning(heartbeat=0.05)) as world:
        await world.run()
        for path in (PATH, LIST, f"/live/decks/{RUN}/n0/0", f"/live/logs/{RUN}/n0/0"):
            async with world.listen(path) as stream:
                reading = asyncio.create_task(_read_raw(stream))
                await until(lambda stream=stream: b": alive" in stream.raw)  # type: ignore[misc]
                reading.cancel()
                await asyncio.wait([reading])


async def _read_raw(stream: Any) -> None:
    while await stream.next() is not None:
        pass


async def test_bad_hints(world: Any) -> None:
    log = await world.run_with_deck()
    post = world.http.post
    assert (await post("/live/hints", content=b"{}")).status_code == 403
    assert (await post("/live/hints", content=b"{}", headers={"authorization": "Basic x"})).status_code == 403
    assert (await post("/live/hints", content=b"{}", headers={"authorization": "Bearer x.y"})).status_code == 403
    shared = {"project": "flytesnacks", "domain": "development", "name": "e1", "node": "n0", "attempt": 0}
    token = (await post("/decks/share", json=shared)).json()["url"].rpartition("/")[2]
    assert (await post("/live/hints", content=b"{}", headers={"authorization": f"Bearer {token}"})).status_code == 403
    assert (await world.hint(b"x" * (1024 * 1024 + 1))).status_code == 413
    assert (await world.hint(b"nobody watches: not even looked at")).status_code == 204
    async with world.deck() as stream:
        await stream.until("snapshot")
        for body in (
            b"",
            b"[]",
            b"{}",
            b"{",
            b"\xff",
            b'{"seq": "x"}',
            b'{"behind": -1}',
            b'{"behind": 1e300}',
            b'{"ops": 3, "seq": 1}',
        ):
            response = await world.hint(body)
            assert response.status_code == 400, body
            assert response.json()["message"]
        other = world.log(run="e2")
        segment = segments.encode(other.publish("another execution's"))
        assert (await world.hint(segment, run="e2")).status_code == 204
        own = log.publish("own")
        assert json.loads((await stream.until("segment"))[-1].data)["segment"]["at"] == own.at


async def test_an_attempt_is_told_where_to_hint(world: Any) -> None:
    environment = world.admin.attempt_environment(world.attempt())
    assert environment["LIVEDECK_HINT_TOKEN"] == world.admin.hint_token(world.attempt())
    assert environment["LIVEDECK_HINT_URL"].endswith("/live/hints")


async def test_viewers_leave_room_for_calls(tmp_path: Path) -> None:
    path = "/live/executions?project=flytesnacks&domain=development"
    async with running_admin(tmp_path, max_connections=5) as admin, contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            stream = await stack.enter_async_context(listening(admin.endpoint, path))
            await stream.until("ready")
        async with httpx.AsyncClient(base_url=f"http://{admin.endpoint}") as http:
            refused = await http.get(path)
            assert refused.status_code == 503
            assert refused.json()["message"].startswith("4 viewers watch already, as many as this server takes")
            assert (await http.get("/healthz")).status_code == 200
        await stack.aclose()
        async with asyncio.timeout(DEADLINE):
            while True:  # until the server has noticed that they are gone
                async with listening(admin.endpoint, path) as stream:
                    if stream.status == 200:
                        await stream.until("ready")
                        break


async def test_a_publisher_tells_of_a_deck_that_nobody_knew_of(world: Any) -> None:
    await world.run(deck=False)
    log = world.log()
    async with world.listen(PATH) as stream:
        await stream.until("ready")
        assert (await world.hint(b'{"seq": 1}')).status_code == 204
        assert await _deck_of(world) == ""
        assert (await world.hint(b'{"seq": 0}')).status_code == 204
        assert await _deck_of(world) == f"{log.uri}/deck.html"
        news = (await stream.until("node"))[-1]
        assert "deck.html" in news.data
    await world.finish()
    assert await _deck_of(world) == f"{log.uri}/deck.html"


async def test_the_deck_of_an_earlier_attempt_does_not_take_the_place_of_a_later_ones(world: Any) -> None:
    await world.run(deck=False)
    await world.fail_attempt()
    await world.retry(1)
    assert (await world.hint(b'{"seq": 0}')).status_code == 204
    assert await _deck_of(world) == ""
    await world.finish(attempt=1)
    token = world.admin.hint_token(world.attempt(number=1))
    answer = await world.http.post("/live/hints", content=b'{"seq": 0}', headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 204
    assert await _deck_of(world) == f"{world.log(1).uri}/deck.html"  # also when it comes after the end
    assert (await world.hint(b'{"seq": 0}', run="none")).status_code == 404, "what was not noted is said again"


async def _deck_of(world: Any) -> str:
    answer = await world.http.get(f"/api/v1/node_executions/{RUN}/n0")
    return str(answer.json()["closure"].get("deckUri", ""))
