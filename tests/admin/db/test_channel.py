"""What servers on one PostgreSQL database tell each other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from flyteidl.admin.execution_pb2 import ExecutionTerminateRequest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from sqlalchemy import Connection, text

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db.channel import LONGEST_HINT
from livedeck.admin.db.database import Database
from livedeck.admin.feed import Feed
from tests.admin.conftest import Caller, Protos

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(120)]

LONG = 60.0
"""Seconds; nobody who waits here looks by itself."""


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


@pytest.fixture
async def other(database_url: str, database: Database) -> AsyncIterator[Database]:
    """Another server's."""
    async with Database.open(database_url) as other:
        assert await other.recorded.wait(0, timeout=LONG), "it has begun to listen"
        yield other


async def test_what_is_committed_wakes_those_who_wait_on_another_server(
    database: Database, other: Database, registered: Caller, protos: Protos, control: DatabaseControlPlane
) -> None:
    recorded, wanted = other.recorded.count, other.wanted.count
    await registered("CreateExecution", protos.execution("e1"))
    assert await other.wanted.wait(wanted, timeout=LONG)
    await control.claim("p", limit=1, ttl=30)
    await control.report("p", [protos.workflow_event("e1", W.RUNNING), protos.node_event("e1", "n0", N.RUNNING)])
    assert await other.recorded.wait(recorded, timeout=LONG)
    assert await Feed(other).wait(database.newest - 1, timeout=LONG)
    wanted = other.wanted.count
    await registered("TerminateExecution", ExecutionTerminateRequest(id=protos.execution_id("e1"), cause="enough"))
    assert await other.wanted.wait(wanted, timeout=LONG), "its engine hears of the abort"
    with other.ended.listening("flytesnacks/development/e1") as ended:
        await control.report("p", [protos.workflow_event("e1", W.ABORTED)])
        async with asyncio.timeout(LONG):
            await ended.wait()


async def test_hints_reach_the_other_servers_and_not_the_one_that_had_them(database: Database, other: Database) -> None:
    heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
    other.on_hint = lambda topic, hint: heard.put_nowait((topic, hint))
    own: list[str] = []
    database.on_hint = lambda topic, _hint: own.append(topic)
    sent = [("a/b/c/n0/0", b'{"seq":%d}' % number) for number in range(20)] + [
        ("a/b/c/n1/0", b'"' + b"x" * (LONGEST_HINT - 2) + b'"')
    ]
    for topic, hint in sent:
        database.pass_on(topic, hint)
    async with asyncio.timeout(LONG):
        assert [await heard.get() for _ in sent] == sent
    assert own == []


async def test_a_listener_that_was_cut_off_listens_again_and_wakes_all_who_may_have_missed_something(
    database: Database, other: Database
) -> None:
    seen = other.recorded.count
    await database.read(_cut_listeners_off)
    assert await other.recorded.wait(seen, timeout=LONG), "whatever was missed meanwhile"
    heard = asyncio.Event()
    other.on_hint = lambda _topic, _hint: heard.set()
    async with asyncio.timeout(LONG):
        while not heard.is_set():  # the one that tells may have been cut off, too
            database.pass_on("a/b/c/n0/0", b"{}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await heard.wait()


def _cut_listeners_off(connection: Connection) -> None:
    listeners = "query LIKE 'LISTEN%' AND datname = current_database()"
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listeners}"
    assert connection.execute(text(cut)).all()
