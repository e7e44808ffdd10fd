"""Many Decks of one execution followed together: their headlines, and the tabs that their tasks share."""

import asyncio
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W

from livedeck.deck import segments
from livedeck.deck.digits import Number
from livedeck.deck.effort import LIGHT
from livedeck.deck.kinds.table import Column, Row, Table
from livedeck.deck.ops import Chart, End, Extend, Html, Progress, Put, Series, Value
from livedeck.deck.replay import Replay
from livedeck.store.layout import DECK
from livedeck.testing.server import LiveStream, running_admin
from tests.admin.conftest import Protos
from tests.admin.live.conftest import RUN, Log, World, document_of, read, segment_of, until

pytestmark = pytest.mark.slow

BOARD = "shared:board"


async def begin_map(world: World, *items: int) -> None:
    """Report an array node that runs with these items."""
    await world.report(
        world.protos.workflow_event("e1", W.RUNNING),
        world.protos.node_event("e1", "n0", N.RUNNING, is_array=True),
    )
    for index in items:
        await run_item(world, index)


async def run_item(world: World, index: int, phase: Any = K.RUNNING, attempt: int = 0) -> None:
    event = world.protos.task_event("e1", f"n0:{index}", phase, retry_attempt=attempt)
    event.custom_info.update({"deck_uri": f"{item_log(world, index, attempt).uri}/deck.html"})
    await world.report(event)


def item_log(world: World, index: int, attempt: int = 0) -> Log:
    return world.log(attempt, node=f"n0:{index}")


class Headlines:
    """What a viewer has been told."""

    def __init__(self, stream: LiveStream) -> None:
        self.stream = stream
        self.decks: dict[str, Any] = {}

    async def until(self, condition: Any) -> Any:
        """Read until something is true of the headlines; return them."""
        while not condition(self.decks):
            event = await self.stream.next()
            assert event is not None, f"the stream ended at {self.decks}"
            if event.event == "headlines":
                self.decks |= {each["node"]: each for each in read(event)["decks"]}
        return self.decks


def values_of(decks: Any, node: str) -> list[Any]:
    return [each.get("value") for each in decks.get(node, {}).get("elements", [])]


async def test_what_there_is_comes_first_and_then_what_changes(world: World) -> None:
    await begin_map(world, 0, 1)
    for index in (0, 1):
        log = item_log(world, index)
        log.placeholder()
        log.put(log.segment(Put("main", Value("v", "score", index))))
    async with world.listen(f"/live/headlines/{RUN}/n0") as stream:
        viewer = Headlines(stream)
        decks = await viewer.until(lambda decks: len(decks) == 2)
        assert (values_of(decks, "n0:0"), values_of(decks, "n0:1")) == ([0], [1])
        await stream.until("ready")
        segment = log.segment(Put("main", Value("v", "score", 7)), Put("main", Html("big", "x" * 1000)))
        body = log.put(segment)
        assert (await world.hint(body, node="n0:1")).status_code == 204
        decks = await viewer.until(lambda decks: values_of(decks, "n0:1") == [7])
        assert decks["n0:1"]["publishedAt"] == segment.at
        assert values_of(decks, "n0:0") == [0]


async def test_what_no_hint_told_of_is_found_and_the_end_too(world: World) -> None:
    await begin_map(world, 0)
    log = item_log(world, 0)
    async with world.listen(f"/live/headlines/{RUN}") as stream:
        viewer = Headlines(stream)
        await stream.until("ready")
        log.placeholder()
        log.put(log.segment(Put("main", Progress("p", "epochs", 1, 3))))
        await viewer.until(lambda decks: values_of(decks, "n0:0") == [1])
        log.put(log.segment(Put("main", Progress("p", "epochs", 3, 3)), End("succeeded", segments.now())))
        await run_item(world, 0, K.SUCCEEDED)
        decks = await viewer.until(lambda decks: decks["n0:0"].get("ended"))
        assert values_of(decks, "n0:0") == [3]
        await world.report(
            world.protos.node_event("e1", "n0", N.SUCCEEDED), world.protos.workflow_event("e1", W.SUCCEEDED)
        )
        assert (await stream.rest())[-1].event == "end"


async def test_a_retry_begins_with_nothing_and_one_that_died_is_not_said_to_be_complete(world: World) -> None:
    await begin_map(world, 0)
    log = item_log(world, 0)
    log.put(log.segment(Put("main", Value("v", "score", 1))))
    await run_item(world, 0, K.FAILED)
    async with world.listen(f"/live/headlines/{RUN}/n0") as stream:
        viewer = Headlines(stream)
        decks = await viewer.until(lambda decks: decks.get("n0:0", {}).get("died"))
        assert not decks["n0:0"].get("ended")
        await run_item(world, 0, attempt=1)
        decks = await viewer.until(lambda decks: decks["n0:0"].get("attempt") == 1)
        assert values_of(decks, "n0:0") == []


async def test_another_librarys_page_is_told_of_without_elements_whenever_it_is_written(world: World) -> None:
    await begin_map(world, 0)
    log = item_log(world, 0)
    async with world.listen(f"/live/headlines/{RUN}/n0") as stream:
        viewer = Headlines(stream)
        await stream.until("ready")
        log.store.put(DECK, b"<html>one</html>")
        decks = await viewer.until(lambda decks: decks.get("n0:0", {}).get("foreign"))
        assert decks["n0:0"]["publishedAt"]
        assert not decks["n0:0"].get("elements")
        log.store.put(DECK, b"<html>another</html>")
        await stream.until("headlines")
        await run_item(world, 0, K.SUCCEEDED)
        await world.report(
            world.protos.node_event("e1", "n0", N.SUCCEEDED), world.protos.workflow_event("e1", W.SUCCEEDED)
        )
        assert (await stream.rest())[-1].event == "end"
        assert not viewer.decks["n0:0"].get("died")


async def test_what_other_nodes_hold_is_not_sent_and_what_there_is_not_is_refused(world: World) -> None:
    log = await world.run_with_deck()
    log.publish("one")
    async with world.listen(f"/live/headlines/{RUN}/n0") as stream:
        assert [event.event for event in await stream.until("ready")] == ["ready"]
    async with world.listen(f"/live/headlines/{RUN}") as stream:
        viewer = Headlines(stream)
        assert set(await viewer.until(lambda decks: decks)) == {"n0"}
    assert (await world.http.get("/live/headlines/flytesnacks/development/e9")).status_code == 404
    assert (await world.http.get("/live/decks/flytesnacks/development/e9")).status_code == 404
    assert (await world.http.get("/decks/flytesnacks/development/e9/deck.html?version=1")).status_code == 404


async def test_outputs_from_the_cache_and_recovered_nodes_have_the_deck_of_the_run_before(world: World) -> None:
    await world.create("e2")
    log = world.log(run="e2")
    log.put(log.segment(Put("main", Value("v", "score", 5)), Put(BOARD, Value("v", "score", 5)), End("succeeded", "")))
    source = "flytesnacks/development/e2/n0/0"
    await begin_map(world)
    event = world.protos.task_event("e1", "n0:2", K.SUCCEEDED)
    event.custom_info.update({"deck_uri": "any", "cached_from": source})
    recovered = world.protos.node_event("e1", "n1", N.RECOVERED, deck_uri=f"{log.uri}/deck.html")
    recovered.task_node_metadata.catalog_key.source_task_execution.CopyFrom(world.attempt(run="e2"))
    await world.report(event, recovered)
    async with world.listen(f"/live/headlines/{RUN}") as stream:
        decks = await Headlines(stream).until(lambda decks: len(decks) == 2)
    for node in ("n0:2", "n1"):
        assert values_of(decks, node) == [5]
        assert decks[node]["source"] == source
    async with world.listen(f"/live/decks/{RUN}/n1/0") as stream:
        state = read([event for event in await stream.rest() if event.event in {"state", "end"}][-1])
    assert (state["phase"], state["source"]) == ("recovered", source)


def groups() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("deck-group-")]


async def test_decks_are_followed_once_while_somebody_watches_them_and_not_otherwise(world: World) -> None:
    await begin_map(world, 0)
    assert groups() == []
    async with world.listen(f"/live/headlines/{RUN}") as stream, world.listen(f"/live/decks/{RUN}") as other:
        await stream.until("ready")
        await other.until("state")
        assert groups() == [f"deck-group-{RUN}"]
    await until(lambda: groups() == [])


@pytest.mark.parametrize(
    ("task", "name"),
    [("pkg.train", "train"), (f"pkg.map_train_it_{'0' * 32}-arraynode", "train_it"), ("map_reduce", "map_reduce")],
)
async def test_tasks_go_by_their_functions_and_their_nodes(world: World, task: str, name: str) -> None:
    await world.report(
        world.protos.workflow_event("e1", W.RUNNING), world.protos.node_event("e1", "n0", N.RUNNING, is_array=True)
    )
    event = world.protos.task_event("e1", "n0:3", K.RUNNING)
    event.task_id.name = task
    event.custom_info.update({"deck_uri": "any"})
    await world.report(event)
    share(item_log(world, 3), 0)
    async with world.listen(f"/live/decks/{RUN}") as stream:
        replay = await shared_replay(stream, lines)
    assert set(lines(replay.document())) == {f"{name} n0:3"}


async def shared_replay(stream: LiveStream, done: Any, replay: Replay | None = None) -> Replay:
    """Follow the shared tabs as a viewer does, until something is true of them."""
    while replay is None or not done(replay.document()):
        event = await stream.next()
        assert event is not None
        if event.event == "snapshot":
            replay = Replay(document_of(event))
        elif event.event == "segment":
            assert replay is not None
            replay.apply(segment_of(event))
    return replay


def lines(document: Any) -> dict[str, list[Number | None]]:
    charts = [each for tab in document.decks for each in tab.elements if isinstance(each, Chart)]
    return {line.name: line.y for chart in charts for line in chart.series}


def share(log: Log, step: int) -> bytes:
    return log.put(log.segment(Extend(BOARD, Chart("c", "loss", [Series("loss", [step], [step / 2])]))))


async def test_the_tabs_that_tasks_share_are_one_deck(world: World) -> None:
    await begin_map(world, 0, 1)
    first, second = item_log(world, 0), item_log(world, 1)
    share(first, 0)
    async with world.listen(f"/live/decks/{RUN}") as stream:
        replay = await shared_replay(stream, lambda document: len(lines(document)) == 1)
        await world.hint(share(second, 0), node="n0:1")
        share(first, 1)
        replay = await shared_replay(stream, lambda document: sum(map(len, lines(document).values())) == 3, replay)
        assert [tab.name for tab in replay.document().decks] == ["board"]
        assert replay.at == max(first.replay.at, second.replay.at), "a task published then, whenever that was merged"
        assert sorted(lines(replay.document()).values(), key=len) == [[0], [0, 0.5]]
        assert all(name.endswith(("n0:0", "n0:1")) for name in lines(replay.document()))
    page = await world.http.get(f"/decks/{RUN}/deck.html?download=1")
    assert page.status_code == 200
    assert page.headers["content-disposition"] == 'attachment; filename="e1.html"'
    assert "n0:1" in page.text
    viewer = await world.http.get(f"/decks/{RUN}/deck.html")
    assert "livedeck-stream" in viewer.text or "iframe" in viewer.text


async def test_the_shared_tabs_survive_a_restart_and_tasks_that_died(tmp_path: Any, protos: Protos) -> None:
    async with running_admin(tmp_path) as admin:
        world = World(admin, protos)
        await world.create()
        await begin_map(world, 0, 1)
        for index in (0, 1):
            share(item_log(world, index), 0)
        await run_item(world, 1, K.FAILED)
        async with world.listen(f"/live/decks/{RUN}") as stream:
            replay = await shared_replay(stream, lambda document: len(lines(document)) == 2)
        await world.http.aclose()
    async with running_admin(tmp_path) as admin:
        world = World(admin, protos)
        await admin.control.claim("p", limit=10, ttl=60)
        async with world.listen(f"/live/decks/{RUN}", last_event_id=f"1.{replay.seq}") as stream:
            again = await shared_replay(stream, lambda document: len(lines(document)) == 2)
            assert lines(again.document()) == lines(replay.document())
            for index in (0, 1):
                await run_item(world, index, K.SUCCEEDED if index == 0 else K.FAILED)
            await world.report(protos.node_event("e1", "n0", N.FAILED), protos.workflow_event("e1", W.FAILED))
            ended = (await stream.rest())[-1]
            assert (ended.event, read(ended)["phase"]) == ("end", "failed")
        await world.http.aclose()


@pytest.mark.parametrize(
    ("node", "execution", "phase"),
    [
        (N.SUCCEEDED, W.SUCCEEDED, "succeeded"),
        (N.FAILED, W.FAILED, "failed"),
        (N.FAILED, W.TIMED_OUT, "failed"),
        (N.ABORTED, W.ABORTED, "aborted"),
    ],
)
async def test_the_shared_deck_ends_as_the_execution_does_whatever_single_attempts_did(
    world: World, node: Any, execution: Any, phase: str
) -> None:
    await begin_map(world, 0, 1)
    for log, ended_as in (
        (item_log(world, 0), "failed"),
        (item_log(world, 1), "succeeded"),
        (item_log(world, 0, 1), "succeeded"),
    ):
        share(log, 0)
        log.end(ended_as)
    await run_item(world, 0, K.FAILED)
    await run_item(world, 0, attempt=1)
    await run_item(world, 0, K.SUCCEEDED, attempt=1)
    await run_item(world, 1, K.SUCCEEDED)
    async with world.listen(f"/live/decks/{RUN}") as stream:
        state = read((await stream.until("state"))[-1])
        assert (state["phase"], state["shared"]) == ("live", True)
        await world.report(world.protos.node_event("e1", "n0", node), world.protos.workflow_event("e1", execution))
        ended = (await stream.rest())[-1]
        assert (ended.event, read(ended)["phase"], read(ended)["shared"]) == ("end", phase, True)
        page = await world.http.get(f"/decks/{RUN}/deck.html?download=1")
    assert f">{phase.capitalize()}</" in page.text


async def test_the_deck_of_all_processes_of_a_gang_ends_as_its_newest_attempt_or_that_which_is_asked_for(
    world: World,
) -> None:
    await world.report(
        world.protos.workflow_event("e1", W.RUNNING),
        world.protos.node_event("e1", "n0", N.RUNNING, deck_uri="file:///deck.html"),
    )
    for number, ended_as in ((0, K.FAILED), (1, K.SUCCEEDED)):
        log = world.log(number)
        log.put(log.segment(Put("main", Value("v", "loss", 1.0))))
        event = world.protos.task_event("e1", "n0", ended_as, retry_attempt=number)
        event.custom_info.update({"ranks": 2, "rank_decks": True})
        await world.report(event)
    await world.report(world.protos.node_event("e1", "n0", N.SUCCEEDED, deck_uri="file:///deck.html"))
    for attempt, phase in (("latest", "succeeded"), ("0", "failed"), ("1", "succeeded")):
        async with world.listen(f"/live/decks/{RUN}/n0@all/{attempt}") as stream:
            ended = (await stream.rest())[-1]
        assert (ended.event, read(ended)["phase"], "shared" in read(ended)) == ("end", phase, False)


async def test_an_execution_that_shares_nothing_says_so(world: World) -> None:
    async with world.listen(f"/live/decks/{RUN}") as stream:
        assert read((await stream.until("state"))[-1])["phase"] == "placeholder"
        await world.report(world.protos.workflow_event("e1", W.RUNNING), world.protos.workflow_event("e1", W.SUCCEEDED))
        ended = (await stream.rest())[-1]
        assert read(ended)["phase"] == "none"
        assert "Deck.shared" in read(ended)["reason"]
    answer = await world.http.get(f"/decks/{RUN}/deck.html?version=1")
    assert (answer.status_code, "shared" in answer.text or "all share" in answer.text) == (404, True)


async def test_a_long_log_is_read_by_its_snapshot(world: World) -> None:
    await begin_map(world, 0)
    log = item_log(world, 0)
    log.placeholder()
    for step in range(40):
        log.put(log.segment(Put("main", Value("v", "score", step))))
    log.snapshot()
    log.put(log.segment(Put("main", Value("v", "score", 99))))
    async with world.listen(f"/live/headlines/{RUN}/n0") as stream:
        await Headlines(stream).until(lambda decks: values_of(decks, "n0:0") == [99])


async def test_the_deck_of_an_item_that_nobody_knew_of_is_told_of(world: World) -> None:
    await begin_map(world)
    await world.report(world.protos.task_event("e1", "n0:3", K.RUNNING))
    assert (await world.hint(b'{"seq": 0}', node="n0:3")).status_code == 204
    answer = await world.http.get(f"/api/v1/node_executions/{RUN}/n0:3")
    assert answer.json()["closure"]["deckUri"] == f"{item_log(world, 3).uri}/deck.html"


async def test_what_is_heavy_is_shared_whole_and_in_order(world: World) -> None:
    """It is merged beside the event loop, and what comes after it waits for it."""
    await begin_map(world, 0, 1)
    first, second = item_log(world, 0), item_log(world, 1)
    share(first, 0)
    share(second, 0)
    async with world.listen(f"/live/headlines/{RUN}/n0") as stream, world.listen(f"/live/decks/{RUN}") as other:
        replay = await shared_replay(other, lambda document: len(lines(document)) == 2)
        rows: list[Row] = [[number] for number in range(LIGHT)]
        table = Table("t", columns=[Column("a")], rows=list(rows))
        first.put(first.segment(Put(BOARD, table), Put("main", Value("v", "score", 1))))
        more = Table("t", columns=[Column("a")], rows=[[-1]])
        await world.hint(
            first.put(first.segment(Extend(BOARD, more), Put("main", Value("v", "score", 2)))), node="n0:0"
        )
        await world.hint(share(second, 1), node="n0:1")
        await Headlines(stream).until(lambda decks: values_of(decks, "n0:0") == [2])
        replay = await shared_replay(
            other, lambda document: sum(map(len, lines(document).values())) == 3 and -1 in cells(document), replay
        )
        assert cells(replay.document()) == [*range(LIGHT), -1]


def cells(document: Any) -> list[Any]:
    """Those of the last column of all tables: the first says whose row it is."""
    tables = [each for tab in document.decks for each in tab.elements if isinstance(each, Table)]
    return [row[-1] for table in tables for row in table.rows]
