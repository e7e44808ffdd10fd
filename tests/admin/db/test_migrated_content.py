"""What was recorded under any earlier schema is there after the migrations, as the API gives it, on both databases.

Content is made through the API on the newest schema. For each earlier one it is laid into a database of that schema,
as far as that had room for it; then the database is brought forward, and has to answer as the one it was taken from.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flyteidl.admin.common_pb2 import (
    NamedEntityIdentifier,
    NamedEntityListRequest,
    NamedEntityMetadata,
    NamedEntityUpdateRequest,
    ResourceListRequest,
)
from flyteidl.admin.description_entity_pb2 import DescriptionEntityListRequest
from flyteidl.admin.execution_pb2 import (
    ExecutionState,
    ExecutionUpdateRequest,
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetRequest,
)
from flyteidl.admin.launch_plan_pb2 import LaunchPlanState, LaunchPlanUpdateRequest
from flyteidl.admin.node_execution_pb2 import NodeExecutionListRequest
from flyteidl.admin.project_pb2 import Project, ProjectListRequest, ProjectRegisterRequest
from flyteidl.admin.signal_pb2 import SignalGetOrCreateRequest, SignalListRequest, SignalSetRequest
from flyteidl.admin.task_execution_pb2 import TaskExecutionListRequest
from flyteidl.core import catalog_pb2
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from flyteidl.core.identifier_pb2 import ResourceType, SignalIdentifier, TaskExecutionIdentifier
from sqlalchemy import Connection, Integer, MetaData, create_engine, select, text

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import cache, deletions, numbers, retention
from livedeck.admin.db.database import Database
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.migrate import HEAD, configuration
from livedeck.admin.db.tables import metadata
from livedeck.admin.feed import Feed
from livedeck.admin.objects import Objects
from livedeck.admin.services.admin import build_services
from livedeck.errors import StateForbids
from livedeck.store import open_store
from livedeck.testing.executors import literal
from tests.admin.conftest import DOMAIN, INTEGER, PROJECT, Caller, PlainLinks, Protos

OWNER: Final = "engine"
SCOPE: Final = NamedEntityIdentifier(project=PROJECT, domain=DOMAIN)
PROTOS: Final = Protos()
NAMES: Final = ("open", "failed", "made", "hit", "mapped", "waiting", "child", "kept", "single")
"""Executions, by their names."""
EARLIER: Final = sorted(
    script.revision
    for script in ScriptDirectory.from_config(configuration()).walk_revisions()
    if script.revision < HEAD
)

SINCE: Final[Mapping[str, str]] = {
    "deletions": "0003",
    "items of maps": "0005",
    "signals": "0006",
    "reservations": "0007",
    "identity": "0009",
    "removed by retention": "0011",
    "measured sizes": "0012",
    "secret": "0013",
}
"""The schema since which there has been room for a part of the content."""


@dataclass(frozen=True)
class Content:
    """What is in a database of the newest schema: its rows, and what the API says of them."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    """By table."""
    answers: Mapping[str, Any]
    root: str
    """Of its store."""


@dataclass(frozen=True)
class World:
    """A database, and the services over it."""

    database: Database
    objects: Objects
    call: Caller
    control: DatabaseControlPlane

    async def report(self, *events: Any) -> None:
        await self.control.report(OWNER, events)

    async def create(self, name: str, **more: Any) -> None:
        request = PROTOS.execution(name)
        request.spec.MergeFrom(type(request.spec)(**more))
        await self.call("CreateExecution", request)
        await self.control.claim(OWNER, limit=10, ttl=3600)
        await self.report(PROTOS.workflow_event(name, W.RUNNING), PROTOS.node_event(name, "n0", N.RUNNING))

    async def end(self, name: str, phase: Any = W.SUCCEEDED) -> None:
        end = PROTOS.workflow_event(name, phase)
        if phase == W.FAILED:
            end.error.code, end.error.message = "ValueError", "no such file"
        await self.report(end)
        await self.control.release(OWNER, f"{PROJECT}/{DOMAIN}/{name}")


@asynccontextmanager
async def world(url: str, root: str) -> AsyncIterator[World]:
    """Open a database, which is migrated by that."""
    objects = Objects(open_store(root))
    async with Database.open(url) as database:
        caller = Caller(build_services(database, objects, PlainLinks()))
        yield World(database, objects, caller, DatabaseControlPlane(database, objects))


async def register(call: Caller) -> None:
    """Have something of all that can be registered."""
    await call("RegisterProject", ProjectRegisterRequest(project=Project(id="second", name="Second", description="2")))
    described = PROTOS.task(version="v2")
    described.spec.description.short_description = "Doubles a number."
    for request in (PROTOS.task(), described):
        await call("CreateTask", request)
    for version in ("v1", "v2"):
        await call("CreateWorkflow", PROTOS.chain(version=version))
        await call("CreateLaunchPlan", PROTOS.launch_plan(version=version))
    plan = PROTOS.id("LAUNCH_PLAN", "chain", "v2")
    await call("UpdateLaunchPlan", LaunchPlanUpdateRequest(id=plan, state=LaunchPlanState.ACTIVE))
    words = NamedEntityMetadata(description="words", state=1)  # type: ignore[arg-type]
    name = NamedEntityIdentifier(project=PROJECT, domain=DOMAIN, name="chain")
    update = NamedEntityUpdateRequest(resource_type=ResourceType.WORKFLOW, id=name, metadata=words)
    await call("UpdateNamedEntity", update)


async def execute(made: World) -> None:
    """Have executions in every state, and of every part of `SINCE`."""
    node, task, report = PROTOS.node_event, PROTOS.task_event, made.report
    await made.create("open")
    await report(task("open", "n0", K.RUNNING, retry_attempt=0))
    await report(
        task("open", "n0", K.RETRYABLE_FAILED, retry_attempt=0), task("open", "n0", K.RUNNING, retry_attempt=1)
    )

    await made.create("failed")
    await report(task("failed", "n0", K.RUNNING), task("failed", "n0", K.FAILED), node("failed", "n0", N.FAILED))
    await made.end("failed", W.FAILED)

    await made.create("made")
    await report(task("made", "n0", K.RUNNING), task("made", "n0", K.SUCCEEDED))
    dynamic = node("made", "n0", N.DYNAMIC_RUNNING, is_dynamic=True)
    dynamic.task_node_metadata.dynamic_workflow.id.CopyFrom(PROTOS.id("WORKFLOW", "made"))
    below = node("made", "n0-0-n1", N.SUCCEEDED)
    below.parent_node_metadata.node_id = "n0"
    await report(dynamic, below, node("made", "n0", N.SUCCEEDED))
    source = TaskExecutionIdentifier(
        task_id=PROTOS.id("TASK", "double"), node_execution_id=PROTOS.node_id("made", "n0")
    )
    await made.control.store_cached("key", "file:///outputs.pb", source)
    await made.end("made")

    await made.create("hit")
    hit = node("hit", "n0", N.SUCCEEDED)
    hit.task_node_metadata.cache_status = catalog_pb2.CACHE_HIT
    hit.task_node_metadata.catalog_key.source_task_execution.CopyFrom(source)
    await report(hit)
    await made.end("hit")

    await made.create("mapped")
    await report(node("mapped", "n1", N.RUNNING, is_array=True), task("mapped", "n1:0", K.RUNNING))
    await report(task("mapped", "n1:0", K.SUCCEEDED), task("mapped", "n1:1", K.RUNNING))

    await made.create("waiting")
    for name in ("set", "unset"):
        identifier = SignalIdentifier(signal_id=name, execution_id=PROTOS.execution_id("waiting"))
        await made.call("GetOrCreateSignal", SignalGetOrCreateRequest(id=identifier, type=INTEGER))
        if name == "set":
            await made.call("SetSignal", SignalSetRequest(id=identifier, value=literal(7)))
    await made.control.reserve_cached("reserved", PROTOS.node_id("waiting", "n0"), overwrite=False)

    child = PROTOS.execution("child")
    child.spec.metadata.parent_node_execution.CopyFrom(PROTOS.node_id("open", "n0"))
    await made.control.create_child(OWNER, child)

    await made.create("kept")
    await report(node("kept", "n0", N.SUCCEEDED))
    await made.end("kept")
    archived = ExecutionUpdateRequest(id=PROTOS.execution_id("kept"), state=ExecutionState.EXECUTION_ARCHIVED)
    await made.call("UpdateExecution", archived)
    [kept] = [each for each in await old(made.database) if each.identifier.name == "kept"]
    await made.database.write(retention.note_removed, kept.row_id, retention.LOGS)
    await made.database.write(retention.note_size, kept.row_id, 4096)

    single = PROTOS.execution("single")
    single.spec.launch_plan.CopyFrom(PROTOS.id("TASK", "double"))
    await made.call("CreateExecution", single)

    await made.create("gone")
    await made.end("gone")
    await made.database.write(deletions.remove, PROTOS.execution_id("gone"), lambda _: "raw/gone")


async def old(database: Database) -> list[retention.Old]:
    return await database.read(retention.over_before, (PROJECT, DOMAIN), 2**62, limit=50)


async def answers_of(asked: World) -> dict[str, Any]:
    """Ask for everything."""
    call, database = asked.call, asked.database
    page = ResourceListRequest(id=SCOPE, limit=50)
    answers: dict[str, Any] = {
        "projects": await call("ListProjects", ProjectListRequest(limit=50)),
        "tasks": await call("ListTasks", page),
        "workflows": await call("ListWorkflows", page),
        "launch plans": await call("ListLaunchPlans", page),
        "executions": await call("ListExecutions", page),
        "descriptions": await call(
            "ListDescriptionEntities",
            DescriptionEntityListRequest(resource_type=ResourceType.TASK, id=SCOPE, limit=50),
        ),
        "cached outputs": await database.read(cache.find, "key"),
        "secret": await database.read(numbers.shared_secret),
        "identity": (await database.read(numbers.newest_position)).database,
    }
    for kind in (ResourceType.TASK, ResourceType.WORKFLOW, ResourceType.LAUNCH_PLAN):
        named = NamedEntityListRequest(resource_type=kind, project=PROJECT, domain=DOMAIN, limit=50)
        answers[f"names of kind {kind}"] = await call("ListNamedEntities", named)
    for name in NAMES:
        await ask_of_execution(call, name, answers)
    with_bits = {bits: await removed(database, bits) for bits in (0, retention.LOGS)}
    answers["removed by retention"] = with_bits[retention.LOGS]
    answers["measured sizes"] = {each.identifier.name: each.stored_bytes for each in await old(database)}
    engine = DatabaseControlPlane(database, asked.objects)  # which has started again, and takes up what it had
    answers["reservations"] = {
        claim.id.name: claim.reserving for claim in await engine.claim(OWNER, limit=50, ttl=3600)
    }
    waiting = SignalListRequest(workflow_execution_id=PROTOS.execution_id("waiting"), limit=50)
    answers["signals"] = await call("ListSignals", waiting)
    changes = await Feed(database).after(0)
    answers["changes"] = [(each.number, each.kind, each.key) for each in changes if not of_item(each.key)]
    answers["changes"] = [each for each in answers["changes"] if each[1] != "deleted"]
    answers["items of maps"] = [(each.number, each.key) for each in changes if of_item(each.key)]
    answers["deletions"] = await database.read(deletions.is_going, PROTOS.execution_id("gone"))
    return answers


async def ask_of_execution(call: Caller, name: str, answers: dict[str, Any]) -> None:
    identifier = PROTOS.execution_id(name)
    answers[f"{name}: itself"] = await call("GetExecution", WorkflowExecutionGetRequest(id=identifier))
    answers[f"{name}: data"] = await call("GetExecutionData", WorkflowExecutionGetDataRequest(id=identifier))
    for parent in ("", "n0"):
        nodes = NodeExecutionListRequest(workflow_execution_id=identifier, limit=50, unique_parent_id=parent)
        answers[f"{name}: nodes of {parent or 'the top'}"] = await call("ListNodeExecutions", nodes)
    attempts = TaskExecutionListRequest(node_execution_id=PROTOS.node_id(name, "n0"), limit=50)
    answers[f"{name}: attempts"] = await call("ListTaskExecutions", attempts)


async def removed(database: Database, bits: int) -> list[str]:
    found = await database.read(retention.over_before, (PROJECT, DOMAIN), 2**62, removed=bits, limit=50)
    return [each.identifier.name for each in found]


def of_item(key: tuple[str | int, ...]) -> bool:
    return len(key) > 3 and ":" in str(key[3])


def expected(answers: Mapping[str, Any], revision: str) -> dict[str, Any]:
    """Return what a database that was of a schema is to answer."""
    without: dict[str, Any] = {
        "deletions": False,
        "items of maps": [],
        "signals": type(answers["signals"])(),
        "reservations": dict.fromkeys(answers["reservations"], ()),
        "removed by retention": [],
        "measured sizes": dict.fromkeys(answers["measured sizes"]),
    }
    lost = {part: empty for part, empty in without.items() if revision < SINCE[part]}
    made_anew = [part for part in ("identity", "secret") if revision < SINCE[part]]
    return {part: answer for part, answer in {**answers, **lost}.items() if part not in made_anew}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    folder = tmp_path_factory.mktemp("content")
    url, root = f"sqlite:///{folder}/livedeck.db", f"file://{folder}/store"

    async def make() -> dict[str, Any]:
        async with world(url, root) as made:
            await register(made.call)
            await execute(made)
            return await answers_of(made)

    answers = asyncio.run(make())
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = {table.name: rows_of(connection, table) for table in metadata.sorted_tables}
    engine.dispose()
    assert all(rows.values()), f"nothing is in {[name for name, found in rows.items() if not found]}"
    return Content(rows, answers, root)


def rows_of(connection: Connection, table: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


def lay(connection: Connection, content: Content, revision: str) -> None:
    """Have a database of a schema with as much of the content as it has room for."""
    command.upgrade(configuration(connection), revision)
    found = MetaData()
    found.reflect(connection)
    tables = [table for table in found.sorted_tables if table.name != "alembic_version"]
    for table in reversed(tables):
        connection.execute(table.delete())
    for table in tables:
        rows = [{name: row[name] for name in table.c.keys()} for row in content.rows[table.name]]  # noqa: SIM118
        if table.name == "task_executions" and revision < SINCE["items of maps"]:
            rows = [row for row in rows if ":" not in row["node_id"]]
        if table.name == "positions" and revision < SINCE["removed by retention"]:
            rows = [row for row in rows if row["reader"] != retention.READER]
        if rows:
            connection.execute(table.insert(), rows)
        if connection.dialect.name == "postgresql" and "id" in table.c and isinstance(table.c.id.type, Integer):
            last = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))"
            connection.execute(text(last))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/livedeck.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.mark.parametrize("revision", EARLIER)
async def test_what_was_recorded_under_an_earlier_schema_is_answered_as_before(
    content: Content, url: str, revision: str
) -> None:
    engines = open_engines(url)
    with engines.writer.begin() as connection:
        lay(connection, content, revision)
    engines.dispose()
    async with world(url, content.root) as brought:
        answers = await answers_of(brought)
        for part, answer in expected(content.answers, revision).items():
            assert answers[part] == answer, part
        await check_goes_on(brought)
    engines = open_engines(url)
    with engines.reader.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        if url.startswith("sqlite"):
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engines.dispose()


async def check_goes_on(brought: World) -> None:
    """See that what a server does with executions of before, and with new ones, works."""
    with pytest.raises(StateForbids, match="is used by hit"):
        await brought.database.write(deletions.remove, PROTOS.execution_id("made"), lambda _: "")
    for name in ("hit", "made"):
        await brought.database.write(deletions.remove, PROTOS.execution_id(name), lambda _: "")
    await brought.report(PROTOS.task_event("open", "n0", K.SUCCEEDED, retry_attempt=1))
    await brought.create("new")
    await brought.end("new")
    page = ResourceListRequest(id=SCOPE, limit=1)
    assert [each.id.name for each in (await brought.call("ListExecutions", page)).executions] == ["new"]
