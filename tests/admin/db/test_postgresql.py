"""The same records on a real PostgreSQL server."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort
from flyteidl.admin.description_entity_pb2 import DescriptionEntityListRequest
from flyteidl.admin.event_pb2 import WorkflowExecutionEventRequest
from flyteidl.admin.execution_pb2 import ExecutionTerminateRequest
from flyteidl.admin.project_pb2 import Project, ProjectListRequest, ProjectRegisterRequest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from flyteidl.core.identifier_pb2 import ResourceType
from sqlalchemy import Connection, text

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import leases
from livedeck.admin.db.database import Database
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.writer import Transaction
from livedeck.admin.feed import Feed
from livedeck.admin.objects import Objects
from livedeck.admin.services.calls import Failure
from livedeck.errors import DatabaseUnavailable
from livedeck.store import open_store
from tests.admin.conftest import Caller, Protos

pytestmark = pytest.mark.postgresql

SCOPE = NamedEntityIdentifier(project="flytesnacks", domain="development")


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


async def test_an_execution_to_its_end(
    registered: Caller, protos: Protos, control: DatabaseControlPlane, database: Database
) -> None:
    await registered("CreateExecution", protos.execution("e1", x=3))
    [claim] = await control.claim("p", limit=5, ttl=30)
    assert claim.inputs == protos.literals(x=3)
    events = [
        protos.workflow_event("e1", W.RUNNING),
        protos.node_event("e1", "n0", N.RUNNING),
        protos.task_event("e1", "n0", K.RUNNING),
        protos.task_event("e1", "n0", K.SUCCEEDED),
        protos.node_event("e1", "n0", N.SUCCEEDED),
    ]
    await control.report("p", events)  # type: ignore[arg-type]
    await control.report("p", events)  # type: ignore[arg-type]
    assert (await control.renew("p", ["flytesnacks/development/e1"], ttl=30)).held
    await registered(
        "TerminateExecution", ExecutionTerminateRequest(id=protos.execution_id("e1"), cause="with a \x00 in it")
    )
    changes = await Feed(database).after(0)
    assert [change.kind for change in changes] == ["task", "node", "execution"]
    assert changes[-1].message.closure.phase == W.ABORTING
    await control.report("p", [protos.workflow_event("e1", W.ABORTED)])
    await control.release("p", "flytesnacks/development/e1")


async def test_filters_and_order(registered: Caller, protos: Protos) -> None:
    for i in range(3):
        await registered("CreateExecution", protos.execution(f"e{i}"))
    request = ResourceListRequest(
        id=NamedEntityIdentifier(project="flytesnacks", domain="development"),
        limit=5,
        filters="contains(name,e)+value_in(phase,QUEUED;RUNNING)+not_like(name,e1%)",
        sort_by=Sort(key="name", direction=Sort.ASCENDING),
    )
    assert [each.id.name for each in (await registered("ListExecutions", request)).executions] == ["e0", "e2"]


async def test_what_has_no_duration_yet_is_sorted_as_sqlite_does(registered: Caller, protos: Protos) -> None:
    for name, phases in {"e0": (W.RUNNING,), "e1": (W.RUNNING, W.SUCCEEDED), "e2": ()}.items():
        await registered("CreateExecution", protos.execution(name))
        for phase in phases:
            event = WorkflowExecutionEventRequest(event=protos.workflow_event(name, phase))
            await registered("CreateWorkflowEvent", event)
    for direction, names in ((Sort.DESCENDING, ["e1", "e2", "e0"]), (Sort.ASCENDING, ["e0", "e2", "e1"])):
        request = ResourceListRequest(id=SCOPE, limit=5, sort_by=Sort(key="duration", direction=direction))
        assert [each.id.name for each in (await registered("ListExecutions", request)).executions] == names


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("RegisterProject", ProjectRegisterRequest(project=Project(id="mine", name="x" * 256))),
        ("RegisterProject", ProjectRegisterRequest(project=Project(id="mine", description="a\x00b"))),
        ("UpdateProject", Project(id="flytesnacks", state=99999)),  # type: ignore[arg-type]
        ("ListProjects", ProjectListRequest(filters="eq(state,99999)")),
        ("ListExecutions", ResourceListRequest(id=SCOPE, limit=5, filters="eq(phase,99999)")),
        (
            "ListDescriptionEntities",
            DescriptionEntityListRequest(
                resource_type=ResourceType.TASK,
                id=NamedEntityIdentifier(project="flytesnacks", domain="development", name="a\x00"),
                limit=5,
            ),
        ),
    ],
)
async def test_what_its_columns_cannot_hold_is_refused_before(registered: Caller, method: Any, request_: Any) -> None:
    with pytest.raises(Failure) as refused:
        await registered(method, request_)
    assert refused.value.code.name == "INVALID_ARGUMENT"


async def test_two_processes_write_in_turns(
    database: Database, database_url: str, registered: Caller, protos: Protos
) -> None:
    """Numbers of events never appear out of order, whoever writes them."""
    await registered("CreateExecution", protos.execution("e1"))
    await registered("CreateExecution", protos.execution("e2"))
    async with Database.open(database_url) as second:
        seen: list[int] = []

        async def report(which: Any, name: Any) -> None:
            for i in range(20):
                await control_of[which].report(which, [protos.node_event(name, f"n{i}", N.RUNNING)])

        async def follow() -> None:
            feed = Feed(database)
            while len(seen) < 42:
                seen.extend(change.number for change in await feed.after(seen[-1] if seen else 0))

        control_of = {"a": DatabaseControlPlane(database, Objects(open_store("memory://pg")))}
        control_of["b"] = DatabaseControlPlane(second, Objects(open_store("memory://pg")))
        await database.write(leases.claim, "a", limit=1, ttl=30, holding=())
        await second.write(leases.claim, "b", limit=1, ttl=30, holding=())
        await asyncio.gather(report("a", "e1"), report("b", "e2"), follow())
        assert seen == sorted(seen)
        assert len(set(seen)) == 42


async def test_all_who_share_a_transaction_hear_that_its_connection_was_lost(database: Database) -> None:
    """As when the process that serves it is killed; what comes next gets another connection."""
    entered, proceed = threading.Event(), threading.Event()

    def block(_: Transaction) -> None:
        entered.set()
        proceed.wait(60)

    def cut(transaction: Transaction) -> None:
        transaction.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    def ask(transaction: Transaction) -> None:
        transaction.connection.execute(text("SELECT 1"))

    first = asyncio.ensure_future(database.write(block))
    await asyncio.to_thread(entered.wait, 60)
    together = [asyncio.ensure_future(database.write(work)) for work in (ask, cut, ask)]
    await asyncio.sleep(0)
    proceed.set()
    await first
    answers = await asyncio.gather(*together, return_exceptions=True)
    assert [type(answer) for answer in answers] == [DatabaseUnavailable] * 3
    await database.write(ask)


def stop_between_statements(connection: Connection) -> None:
    """Have sent a statement, and nothing since."""
    connection.begin()


def stop_among_rows(connection: Connection) -> None:
    """Have sent some rows of several, which go off without waiting for an answer to each."""
    connection.begin()
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.pipeline().__enter__()
    driver.execute("DELETE FROM executions WHERE id = %s", (0,))


def stop_reading(connection: Connection) -> None:
    """Have sent a statement whose answer is longer than what the operating system keeps for who reads it."""
    connection.begin()
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.pgconn.send_query(b"SELECT repeat('x', 10000) FROM generate_series(1, 10000)")
    driver.pgconn.flush()


@pytest.mark.slow
@pytest.mark.parametrize("stop", [stop_between_statements, stop_among_rows, stop_reading])
async def test_a_server_that_is_suspended_while_it_writes_keeps_the_others_from_writing_for_a_moment_only(
    database: Database, database_url: str, stop: Callable[[Connection], None]
) -> None:
    suspended = open_engines(database_url)
    with suspended.writer.connect() as connection:
        [[pid]] = connection.exec_driver_sql("SELECT pg_backend_pid()")
        connection.rollback()
        stop(connection)  # and nothing follows, as when its process was stopped
        assert await database.write(lambda transaction: transaction.now)
        assert pid not in await database.read(connected)
        connection.invalidate()
    suspended.dispose()


def connected(connection: Connection) -> Sequence[int]:
    """Return the ids of the processes that serve connections."""
    return connection.scalars(text("SELECT pid FROM pg_stat_activity")).all()
