"""Reservations of outputs, made by several servers at once."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from sqlalchemy import Engine, create_engine

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import cache
from livedeck.admin.db.cache import CachedOutputs, Reservation
from livedeck.admin.db.writer import Transaction
from tests.admin.conftest import Caller, Protos

ROUNDS = 20


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/livedeck.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
async def two(control: DatabaseControlPlane, registered: Caller, protos: Protos) -> tuple[Any, Any]:
    """Nodes of two executions that are driven."""
    for name in ("e1", "e2"):
        await registered("CreateExecution", protos.execution(name))
    await control.claim("p", limit=9, ttl=3600)
    return protos.node_id("e1", "n0"), protos.node_id("e2", "n0")


def plain_engine(url: str) -> Engine:
    """An engine without what has livedeck's writers take turns."""
    plain = url.replace("postgresql://", "postgresql+psycopg://")
    return create_engine(plain, connect_args={"timeout": 60} if plain.startswith("sqlite") else {})


async def at_once(database_url: str, work: Any) -> list[Any]:
    """Run ``work(transaction, number)`` in two threads, each with a connection of its own, at the same moment."""
    start = threading.Barrier(2)

    def run(number: int) -> Any:
        engine = plain_engine(database_url)
        try:
            with engine.begin() as connection:
                start.wait(timeout=60)
                return work(Transaction(connection), number)
        finally:
            engine.dispose()

    return list(await asyncio.gather(*(asyncio.to_thread(run, number) for number in range(2))))


async def test_one_of_two_servers_gets_a_reservation(database_url: str, two: tuple[Any, Any]) -> None:
    for key in map(str, range(ROUNDS)):

        def reserve(transaction: Transaction, number: int, key: str = key) -> Reservation:
            return cache.reserve(transaction, key, two[number], overwrite=False)

        answers = await at_once(database_url, reserve)
        assert answers[0].owner == answers[1].owner
        assert {answer.found for answer in answers} == {None}


async def test_what_was_stored_while_its_reservation_ended_is_found(
    database_url: str, two: tuple[Any, Any], control: DatabaseControlPlane, protos: Protos
) -> None:
    source = TaskExecutionIdentifier(task_id=protos.id("TASK", "double"), node_execution_id=two[0])
    for key in map(str, range(ROUNDS)):
        assert (await control.reserve_cached(key, two[0], overwrite=False)).owner == two[0]

        def work(transaction: Transaction, number: int, key: str = key) -> Reservation | None:
            if number == 0:
                cache.keep(transaction, key, CachedOutputs("file:///x", source))
                return None
            return cache.reserve(transaction, key, two[1], overwrite=False)

        _, answer = await at_once(database_url, work)
        assert answer.found is not None or answer.owner == two[0], "not for the other to compute"


async def test_two_servers_that_have_made_the_same_keep_one(
    database_url: str, two: tuple[Any, Any], control: DatabaseControlPlane, protos: Protos
) -> None:
    for key in map(str, range(ROUNDS)):

        def keep(transaction: Transaction, number: int, key: str = key) -> None:
            source = TaskExecutionIdentifier(task_id=protos.id("TASK", "double"), node_execution_id=two[number])
            cache.keep(transaction, key, CachedOutputs(f"file:///{number}", source))

        await at_once(database_url, keep)
        assert await control.find_cached(key, two[0].execution_id) is not None
