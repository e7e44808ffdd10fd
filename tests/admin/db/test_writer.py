"""Group commit: requests share a transaction, and one that fails undoes only itself."""

import asyncio
import sys
import threading
from typing import Any

import pytest
from flyteidl.admin.project_pb2 import Project

from livedeck.admin.db import projects
from livedeck.admin.db.database import Database
from livedeck.errors import EntityExists

_KILLED = """
import asyncio, os, signal, sys
from flyteidl.admin.project_pb2 import Project
from livedeck.admin.db import projects
from livedeck.admin.db.database import Database

async def main():
    async with Database.open(sys.argv[1]) as database:
        for number in range(10_000):
            await database.write(projects.add, Project(id=f"p{number}"))
            print(number, flush=True)

asyncio.run(main())
"""


async def test_waiting_requests_are_committed_together(database: Database) -> None:
    entered, proceed = threading.Event(), threading.Event()
    connections = []

    def block(transaction: Any) -> None:
        entered.set()
        proceed.wait(60)

    def work(transaction: Any) -> None:
        connections.append(transaction.connection)

    first = asyncio.ensure_future(database.write(block))
    await asyncio.to_thread(entered.wait, 60)
    others = [asyncio.ensure_future(database.write(work)) for _ in range(5)]
    await asyncio.sleep(0)  # let them be submitted while the first holds the writer
    proceed.set()
    await asyncio.gather(first, *others)
    assert len(connections) == 5
    assert len({id(connection) for connection in connections}) == 1


async def test_one_that_fails_undoes_only_itself(database: Database) -> None:
    entered, proceed = threading.Event(), threading.Event()

    def block(transaction: Any) -> None:
        entered.set()
        proceed.wait(60)

    def add_and_fail(transaction: Any) -> None:
        projects.add(transaction, Project(id="half"))
        raise ZeroDivisionError

    first = asyncio.ensure_future(database.write(block))
    await asyncio.to_thread(entered.wait, 60)
    good = asyncio.ensure_future(database.write(projects.add, Project(id="good")))
    bad = asyncio.ensure_future(database.write(add_and_fail))
    late = asyncio.ensure_future(database.write(projects.add, Project(id="late")))
    await asyncio.sleep(0)
    proceed.set()
    await asyncio.gather(first, good, late)
    with pytest.raises(ZeroDivisionError):
        await bad
    assert await database.read(projects.find, "good") is not None
    assert await database.read(projects.find, "late") is not None
    assert await database.read(projects.find, "half") is None


async def test_one_that_fails_alone_undoes_itself(database: Database) -> None:
    def add_and_fail(transaction: Any) -> None:
        projects.add(transaction, Project(id="half"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(add_and_fail)
    assert await database.read(projects.find, "half") is None


async def test_closing_finishes_what_was_submitted(database_url: str) -> None:
    async with Database.open(database_url) as database:
        pending = [asyncio.ensure_future(database.write(projects.add, Project(id=f"p{i}"))) for i in range(20)]
        await asyncio.sleep(0)
    await asyncio.gather(*pending)
    async with Database.open(database_url) as database:
        for i in range(20):
            assert await database.read(projects.find, f"p{i}") is not None


async def test_a_closed_database_says_so(database_url: str) -> None:
    async with Database.open(database_url) as database:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        await database.write(projects.ensure_default)


async def test_the_default_project_is_there(database: Database) -> None:
    assert (await database.read(projects.find, "flytesnacks")).id == "flytesnacks"
    with pytest.raises(EntityExists):
        await database.write(projects.add, Project(id="flytesnacks"))


async def test_what_was_acknowledged_survives_a_kill(database_url: str) -> None:
    """Killed with -9 in the midst of writing; every write that was acknowledged is there."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED, database_url, stdout=asyncio.subprocess.PIPE
    )
    acknowledged = 0
    while acknowledged < 50:
        assert await child.stdout.readline()
        acknowledged += 1
    child.kill()
    acknowledged += (await child.stdout.read()).count(b"\n")
    await child.wait()
    async with Database.open(database_url) as database:
        for number in range(acknowledged):
            assert await database.read(projects.find, f"p{number}") is not None
