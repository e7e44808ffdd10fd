"""Executions are deleted whole, with their data, and only when nobody needs them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest
from flyteidl.core import catalog_pb2
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal
from sqlalchemy import func, select, text, update
from sqlalchemy.sql.elements import quoted_name

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import cache, deletions
from livedeck.admin.db.cache import CachedOutputs
from livedeck.admin.db.database import Database
from livedeck.admin.db.tables import (
    cached_outputs,
    deleted_executions,
    events,
    execution_uses,
    executions,
    node_executions,
    task_executions,
)
from livedeck.admin.deletion import Deletion
from livedeck.admin.feed import Feed
from livedeck.admin.objects import Objects
from livedeck.admin.records.tasks import identifier
from livedeck.admin.services.calls import Failure
from livedeck.errors import NoSuchEntity, StateForbids
from livedeck.store import Store, layout
from tests.admin.conftest import Caller, Protos

OWNER = "engine"


@asynccontextmanager
async def deleting(database: Database, objects: Objects) -> AsyncIterator[Any]:
    async with Deletion(database, objects, release_timeout=60) as deletion:
        yield deletion


async def settle(database: Database) -> None:
    """Let it be a minute later: what ended is not touched before."""
    await database.write(
        lambda tx: tx.connection.execute(
            update(deleted_executions).where(deleted_executions.c.remove_at.is_not(None)).values(remove_at=0)
        )
    )


async def becomes(condition: Callable[..., Any]) -> None:
    """Wait until an awaitable condition holds."""
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.01)


async def emptied(store: Store, prefix: str = "") -> None:
    async def empty() -> bool:
        return not list(store.list(prefix))

    await becomes(empty)


async def rows(database: Database) -> dict[quoted_name, int]:
    tables = (events, task_executions, node_executions, cached_outputs, execution_uses, executions)
    return {
        table.name: await database.read(lambda c, t=table: c.scalar(select(func.count()).select_from(t)))  # type: ignore[misc]
        for table in tables
    }


async def test_what_is_deleted_is_gone_with_its_data(
    database: Database, objects: Objects, store: Store, run: Callable[..., Any], registered: Caller
) -> None:
    gone = await run("aaa")
    before = await rows(database)
    await run("bbb")
    kept = sorted(key for key in store.list() if "/bbb/" in key or "-bbb/" in key)
    async with deleting(database, objects) as deletion:
        await deletion.delete(gone)
        assert await rows(database) == before
        with pytest.raises(Failure, match="there is no execution"):
            await registered("GetExecution", _get(gone))
        with pytest.raises(NoSuchEntity):
            await deletion.delete(gone)
    await settle(database)
    async with deleting(database, objects):
        await emptied(store, layout.execution_prefix(gone.project, gone.domain, "aaa"))
        await emptied(store, f"data/{gone.project}/{gone.domain}/aaa")
    assert sorted(store.list()) == kept


def _get(identifier: WorkflowExecutionIdentifier) -> WorkflowExecutionGetRequest:
    from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest

    return WorkflowExecutionGetRequest(id=identifier)


async def test_its_data_stays_until_the_last_attempt_can_have_written_its_deck(
    database: Database, objects: Objects, store: Store, run: Callable[..., Any]
) -> None:
    gone = await run("aaa")
    async with deleting(database, objects) as deletion:
        await deletion.delete(gone)
        (due,) = await database.read(deletions.due, 2**62, 10)
        assert await database.read(deletions.due, 0, 10) == []
        assert due.name == "aaa"
        assert list(store.list())


async def test_the_name_is_taken_until_the_data_is_gone(
    database: Database, objects: Objects, run: Callable[..., Any], registered: Caller, protos: Protos
) -> None:
    store = objects.store
    gone = await run("aaa")
    async with deleting(database, objects) as deletion:
        await deletion.delete(gone)
    with pytest.raises(Failure, match="deleted a moment ago"):
        await registered("CreateExecution", protos.execution("aaa"))
    await settle(database)
    async with deleting(database, objects):
        await emptied(store, "data")

        async def free() -> bool:
            return not await database.read(deletions.is_going, gone)

        await becomes(free)
    await registered("CreateExecution", protos.execution("aaa"))


async def test_one_that_cannot_be_removed_keeps_no_other_back(
    database: Database, objects: Objects, store: Store, run: Callable[..., Any], protos: Protos
) -> None:
    request = protos.execution("aaa")
    request.spec.raw_output_data_config.output_location_prefix = f"{store.uri}/no//key"
    gone = [await run("aaa", request=request), await run("bbb")]
    async with deleting(database, objects) as deletion:
        for each in gone:
            await deletion.delete(each)
        await settle(database)
    async with deleting(database, objects):
        await emptied(store, f"data/{gone[1].project}/{gone[1].domain}/bbb")
        assert await database.read(deletions.is_going, gone[0])


async def test_what_another_server_has_removed_since_is_left_alone(
    database: Database, objects: Objects, run: Callable[..., Any]
) -> None:
    gone = await run("aaa")
    async with deleting(database, objects) as deletion:
        await deletion.delete(gone)
    (found,) = await database.read(deletions.due, 2**62, 10)
    assert await database.write(deletions.claim, found, 2**62)
    assert not await database.write(deletions.claim, found, 2**62)
    (claimed,) = await database.read(deletions.due, 2**62, 10)
    await database.write(deletions.removed, found.number)
    assert not await database.write(deletions.claim, claimed, 2**62)
    await database.write(deletions.put_off, found.number, 0)
    assert not await database.read(deletions.is_going, gone)


async def test_nothing_is_stored_under_a_name_that_is_being_removed(
    database: Database, objects: Objects, run: Callable[..., Any], registered: Caller, protos: Protos
) -> None:
    store = objects.store
    gone = await run("aaa")
    async with deleting(database, objects) as deletion:
        await deletion.delete(gone)
    before = list(store.list())
    request = protos.execution("aaa")
    request.inputs.literals["x"].scalar.primitive.integer += 1
    with pytest.raises(Failure, match="deleted a moment ago"):
        await registered("CreateExecution", request)
    assert list(store.list()) == before


async def test_what_runs_is_not_deleted(database: Database, objects: Objects, run: Callable[..., Any]) -> None:
    running = await run("aaa", ends=False)
    async with deleting(database, objects) as deletion:
        with pytest.raises(StateForbids, match="RUNNING: abort it"):
            await deletion.delete(running)


async def test_what_an_engine_still_holds_is_not_deleted(
    database: Database, objects: Objects, run: Callable[..., Any], control: DatabaseControlPlane, protos: Protos
) -> None:
    ended = await run("aaa", ends=False)
    await control.report(OWNER, [protos.workflow_event("aaa", WorkflowExecution.SUCCEEDED)])
    async with Deletion(database, objects, release_timeout=0) as deletion:
        with pytest.raises(StateForbids, match="try again"):
            await deletion.delete(ended)


async def test_what_has_just_ended_is_deleted_once_its_engine_has_let_go_of_it(
    *,
    database: Database,
    objects: Objects,
    run: Callable[..., Any],
    control: DatabaseControlPlane,
    protos: Protos,
) -> None:
    ended = await run("aaa", ends=False)
    await control.report(OWNER, [protos.workflow_event("aaa", WorkflowExecution.SUCCEEDED)])
    async with deleting(database, objects) as deletion, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(deletion.delete(ended))
        for _ in range(50):  # it has its turn among these
            await database.write(lambda _: None)
        assert not waiting.done()
        await control.release(OWNER, f"{ended.project}/{ended.domain}/aaa")
    assert not any((await rows(database)).values())


@pytest.fixture
async def outputs(database: Database, objects: Objects, run: Callable[..., Any], protos: Protos) -> CachedOutputs:
    """What an execution ``aaa``, which is over, has left in the cache under ``key``."""
    await run("aaa")
    attempt = identifier(protos.task_event("aaa", "n0", 0))
    made = CachedOutputs(objects.store.uri_of("metadata/x/outputs.pb"), attempt)
    await database.write(cache.keep, "key", made)
    return made


async def test_cached_outputs_go_with_their_run_unless_somebody_took_them(
    *,
    database: Database,
    objects: Objects,
    run: Callable[..., Any],
    control: DatabaseControlPlane,
    protos: Protos,
    outputs: CachedOutputs,
) -> None:
    source = protos.execution_id("aaa")
    user = await run("bbb", ends=False)
    hit = protos.node_event("bbb", "n1", NodeExecution.SUCCEEDED)
    hit.task_node_metadata.cache_status = catalog_pb2.CACHE_HIT
    hit.task_node_metadata.catalog_key.source_task_execution.CopyFrom(outputs.source)
    await control.report(OWNER, [hit, protos.workflow_event("bbb", WorkflowExecution.SUCCEEDED)])
    await control.release(OWNER, f"{user.project}/{user.domain}/bbb")
    async with deleting(database, objects) as deletion:
        with pytest.raises(StateForbids, match="used by bbb: delete those first"):
            await deletion.delete(source)
        assert await database.read(cache.find, "key") == outputs
        await deletion.delete(user)
        await deletion.delete(source)
    assert await database.read(cache.find, "key") is None


async def test_what_was_found_in_the_cache_is_not_deleted_before_its_use_is_reported(
    *,
    database: Database,
    objects: Objects,
    run: Callable[..., Any],
    control: DatabaseControlPlane,
    outputs: CachedOutputs,
    protos: Protos,
) -> None:
    user = await run("bbb", ends=False)
    assert await control.find_cached("key", user) == outputs
    async with deleting(database, objects) as deletion:
        with pytest.raises(StateForbids, match="used by bbb: delete those first"):
            await deletion.delete(protos.execution_id("aaa"))


@pytest.mark.usefixtures("outputs")
async def test_what_was_deleted_first_is_not_found_in_the_cache(
    database: Database, objects: Objects, run: Callable[..., Any], control: DatabaseControlPlane, protos: Protos
) -> None:
    user = await run("bbb", ends=False)
    async with deleting(database, objects) as deletion:
        await deletion.delete(protos.execution_id("aaa"))
        assert await control.find_cached("key", user) is None


async def test_a_run_whose_files_were_given_to_another_is_not_deleted(
    database: Database, objects: Objects, store: Store, run: Callable[..., Any], protos: Protos
) -> None:
    source = await run("aaa")
    uri = store.uri_of(f"{layout.raw_data_prefix(protos.project, protos.domain, 'aaa')}/n0-0/file")
    literals = protos.literals(x=1)
    literals.literals["x"].hash = uri  # anywhere in the message
    assert objects.owners_in(literals.SerializeToString()) == [source]
    request = protos.execution("bbb")
    request.inputs.CopyFrom(literals)
    await run("bbb", request=request)
    async with deleting(database, objects) as deletion:
        with pytest.raises(StateForbids, match="used by bbb"):
            await deletion.delete(source)


async def test_what_is_being_removed_is_given_to_nobody(
    database: Database, objects: Objects, run: Callable[..., Any], registered: Caller, protos: Protos
) -> None:
    source = await run("aaa")
    async with deleting(database, objects) as deletion:
        await deletion.delete(source)
    request = protos.execution("bbb")
    key = layout.raw_data_prefix(protos.project, protos.domain, "aaa")
    request.inputs.literals["x"].hash = objects.store.uri_of(f"{key}/n0-0/file")
    with pytest.raises(Failure, match=r"name data of execution .*/aaa, which was deleted"):
        await registered("CreateExecution", request)


async def test_files_that_a_run_put_into_a_folder_of_its_own_choice_are_its_own(
    database: Database, objects: Objects, store: Store, run: Callable[..., Any], protos: Protos
) -> None:
    request = protos.execution("aaa")
    request.spec.raw_output_data_config.output_location_prefix = f"{store.uri}/my/files"
    source = await run("aaa", request=request)
    user = protos.execution("bbb")
    file = f"{store.uri}/my/files/{source.project}/{source.domain}/aaa/n0-0/file"
    user.inputs.literals["x"].hash = file
    await run("bbb", request=user)
    async with deleting(database, objects) as deletion:
        with pytest.raises(StateForbids, match="used by bbb"):
            await deletion.delete(source)


def test_owners_are_found_only_in_this_store(objects: Objects, store: Store) -> None:
    elsewhere = Literal()
    elsewhere.hash = "s3://other/data/p/staging/name/file"
    mine = Literal()
    mine.hash = (
        f"see {store.uri}/data/p/staging/name/file, {store.uri}/metadata/p/production/other/n0/data/0/outputs.pb, "
        f"{store.uri}/metadata/propeller/a-production-b-staging-c/n0/data/inputs.pb, "
        f"{store.uri}/code/p/elsewhere/bundle.tar.gz"
    )
    from flyteidl.core.literals_pb2 import LiteralMap

    found = objects.owners_in(LiteralMap(literals={"a": elsewhere, "b": mine}).SerializeToString())
    assert [(each.project, each.domain, each.name) for each in found] == [
        ("a", "production", "b-staging-c"),  # dashes do not tell which of the two
        ("a-production-b", "staging", "c"),
        ("p", "production", "other"),
        ("p", "staging", "name"),
    ]


async def test_numbers_go_on_and_viewers_are_told(
    database: Database, objects: Objects, run: Callable[..., Any], protos: Protos
) -> None:
    feed = Feed(database)
    gone = await run("aaa")
    number = await feed.current()
    async with deleting(database, objects) as deletion:
        await deletion.delete(gone)
    assert await feed.current() == number + 1
    (change,) = await feed.after(number, project=protos.project, domain=protos.domain)
    assert (change.kind, change.key) == ("deleted", (protos.project, protos.domain, "aaa"))
    assert change.message.id == gone
    await run("bbb")
    later = await feed.after(number + 1)
    assert min(each.number for each in later) > number + 1


async def move_to_where_it_was(database: Database, store: Store, identifier: Any) -> str:
    """Put an execution into the folder that it would have had before folders were on record; return that."""
    new = layout.execution_prefix(identifier.project, identifier.domain, identifier.name)
    old = f"metadata/{identifier.project}/{identifier.domain}/{identifier.name}"
    for key in list(store.list(new)):
        store.put(old + key.removeprefix(new), store.get(key))
        store.delete(key)
    folder = executions.c.folder
    await database.write(lambda tx: tx.connection.execute(update(executions).where(folder == new).values(folder=old)))
    return old


async def test_an_execution_of_before_is_deleted_where_it_lies(
    database: Database, objects: Objects, store: Store, run: Callable[..., Any]
) -> None:
    gone = await run("aaa")
    folder = await move_to_where_it_was(database, store, gone)
    assert list(store.list(folder))
    async with deleting(database, objects) as deletion:
        await deletion.delete(gone)
    await settle(database)
    async with deleting(database, objects):
        await emptied(store, folder)


async def test_an_execution_does_not_get_the_folder_of_another(
    database: Database, objects: Objects, run: Callable[..., Any], registered: Caller, protos: Protos
) -> None:
    """``a`` + ``development`` + ``development-x``, and ``a-development`` + ``development`` + ``x``."""
    taken = await run("aaa")
    folder = layout.execution_prefix(taken.project, taken.domain, "bbb")
    move = update(executions).where(executions.c.name == "aaa").values(folder=folder)
    await database.write(lambda tx: tx.connection.execute(move))
    with pytest.raises(Failure, match=r"would lie in .*bbb, as those of flytesnacks/development/aaa do") as refused:
        await registered("CreateExecution", protos.execution("bbb"))
    assert refused.value.code.name == "ALREADY_EXISTS"
    assert not list(objects.store.list(folder))
    async with deleting(database, objects) as deletion:
        await deletion.delete(taken)  # which is noted, and done later
    with pytest.raises(Failure, match="data is still being removed"):
        await registered("CreateExecution", protos.execution("bbb"))


async def test_files_that_were_put_elsewhere_stay(
    database: Database, objects: Objects, store: Store, run: Callable[..., Any], protos: Protos
) -> None:
    request = protos.execution("aaa")
    request.spec.raw_output_data_config.output_location_prefix = "s3://elsewhere/x"
    gone = await run("aaa", request=request)
    async with deleting(database, objects) as deletion:
        await deletion.delete(gone)
        (due,) = await database.read(deletions.due, 2**62, 10)
        assert due.raw_data_key == ""


async def test_what_was_written_before_is_known_to_its_users(tmp_path: Path, protos: Protos) -> None:
    """A database of an early schema, with a cache entry and a hit; tests/admin/db has PostgreSQL's."""
    from alembic import command
    from flyteidl.admin import node_execution_pb2
    from sqlalchemy import insert

    from livedeck.admin.db.engines import open_engines
    from livedeck.admin.db.migrate import configuration, migrate

    engines = open_engines(f"sqlite:///{tmp_path}/early.db")
    with engines.writer.begin() as connection:
        command.upgrade(configuration(connection), "0002")
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        source = identifier(protos.task_event("aaa", "n0", 0))
        hit = node_execution_pb2.NodeExecution(id=protos.node_id("bbb", "n0"))
        hit.closure.task_node_metadata.cache_status = catalog_pb2.CACHE_HIT
        hit.closure.task_node_metadata.catalog_key.source_task_execution.CopyFrom(source)
        connection.execute(
            text(
                "INSERT INTO workflows (id, project, domain, name, version, digest, hidden, created_at, message,"
                " closure) VALUES (1, 'p', 'd', 'w', 'v', x'00', 0, 0, x'', x'')"
            )
        )
        for row_id, name in ((1, "aaa"), (2, "bbb")):
            connection.execute(
                text(
                    "INSERT INTO executions (id, project, domain, name, workflow_id, workflow_name, workflow_version,"
                    " resource_type, launch_plan_name, launch_plan_version, phase, state, mode, principal, created_at,"
                    " updated_at, inputs_uri, user_inputs_uri, abort_cause, changed, message) VALUES (:id, :project,"
                    " :domain, :name, 1, 'w', 'v', 0, 'l', 'v', 4, 0, 0, '', 0, 0, '', '', '', 0, x'')"
                ),
                {"id": row_id, "project": protos.project, "domain": protos.domain, "name": name},
            )
        connection.execute(
            insert(node_executions).values(
                execution_id=2, node_id="n0", phase=3, created_at=0, updated_at=0, born=1, changed=1,
                message=hit.SerializeToString(),
            )
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO cached_outputs (key, output_uri, source, created_at) VALUES ('k', 'u', :source, 0)"),
            {"source": source.SerializeToString()},
        )
    migrate(engines.writer)
    with engines.reader.begin() as connection:
        assert connection.execute(select(execution_uses)).all() == [(2, 1)]
        assert connection.scalar(select(cached_outputs.c.execution_id)) == 1
    engines.dispose()
