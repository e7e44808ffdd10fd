"""The feed: numbered, in order, resumable, never missing a change."""

import asyncio

import pytest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import executions
from livedeck.admin.db.database import Database
from livedeck.admin.feed import Feed
from livedeck.admin.queries import Queries
from tests.admin.conftest import Caller, Protos


@pytest.fixture
def feed(database: Database) -> Feed:
    return Feed(database)


@pytest.fixture
async def running(registered: Caller, protos: Protos, control: DatabaseControlPlane) -> str:
    await registered("CreateExecution", protos.execution("e1"))
    await control.claim("p", limit=1, ttl=30)
    await control.report(
        "p",
        [
            protos.workflow_event("e1", W.RUNNING),
            protos.node_event("e1", "n0", N.RUNNING),
            protos.task_event("e1", "n0", K.RUNNING),
        ],
    )
    return "e1"


async def test_changes_come_in_order_and_whole(feed: Feed, running: str) -> None:
    changes = await feed.after(0)
    assert [change.kind for change in changes] == ["execution", "node", "task"]
    assert [change.number for change in changes] == sorted(change.number for change in changes)
    assert changes[0].message.closure.phase == W.RUNNING
    assert changes[2].key == ("flytesnacks", "development", "e1", "n0", 0)
    assert await feed.after(changes[-1].number) == []
    assert await feed.current() == changes[-1].number


async def test_pages_leave_nothing_out(feed: Feed, running: str, control: DatabaseControlPlane, protos: Protos) -> None:
    await control.report("p", [protos.node_event("e1", f"n{i}", N.QUEUED) for i in range(1, 30)])
    seen, number = [], 0
    while page := await feed.after(number, limit=7):
        seen += page
        number = page[-1].number
    assert seen == await feed.after(0)
    assert len(seen) == 32


async def test_scopes_and_kinds(feed: Feed, running: str, registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("e2"))
    assert {change.key[2] for change in await feed.after(0, name="e2")} == {"e2"}
    assert len(await feed.after(0, project="flytesnacks", domain="development", name="e1")) == 3
    assert await feed.after(0, domain="production") == []
    assert {change.kind for change in await feed.after(0, kinds=["execution"])} == {"execution"}


async def test_a_snapshot_is_valid_at_its_number(
    feed: Feed, running: str, control: DatabaseControlPlane, protos: Protos
) -> None:
    changes, number = await feed.snapshot("flytesnacks", "development", "e1")
    assert len(changes) == 3
    assert number == await feed.current()
    await control.report("p", [protos.task_event("e1", "n0", K.SUCCEEDED)])
    [change] = await feed.after(number)
    assert change.message.closure.phase == K.SUCCEEDED


async def test_waiting_ends_with_the_next_commit(
    feed: Feed, running: str, control: DatabaseControlPlane, protos: Protos
) -> None:
    number = await feed.current()
    assert not await feed.wait(number, timeout=0)
    waiting = asyncio.ensure_future(feed.wait(number, timeout=60))
    await control.report("p", [protos.task_event("e1", "n0", K.SUCCEEDED)])
    assert await waiting
    assert await feed.wait(number, timeout=60)


@pytest.mark.slow
async def test_another_processes_commit_is_seen(feed: Feed, running: str, database_url: str, protos: Protos) -> None:
    number = await feed.current()
    waiting = asyncio.ensure_future(feed.wait(number, timeout=60))
    async with Database.open(database_url) as other:
        await other.write(executions.terminate, protos.execution_id("e1"), "elsewhere", "")
    assert await waiting


async def test_queries(database: Database, running: str, protos: Protos) -> None:
    queries = Queries(database)
    assert (await queries.get_execution(protos.execution_id("e1"))).closure.phase == W.RUNNING
    assert await queries.get_execution(protos.execution_id("none")) is None
    assert (await queries.get_node_execution(protos.node_id("e1", "n0"))).closure.phase == N.RUNNING
    assert len(await queries.list_task_executions(protos.node_id("e1", "n0"))) == 1
