"""What a server finds out of a PostgreSQL database before it works on it, and how it works behind a pooler."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from livedeck.admin.db.channel import LONGEST_HINT
from livedeck.admin.db.database import Database
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.preflight import Pooling, pooling_of
from livedeck.admin.db.writer import Transaction
from livedeck.cli.doctor.database import check_database
from livedeck.errors import ServerError, UnsupportedOption
from livedeck.testing.cluster.postgresql import PostgresqlServer
from tests.postgresql import running_pooler, running_postgresql, running_replica

pytestmark = pytest.mark.postgresql

OFTEN = 12
"""More often than the driver executes a statement before it prepares it."""


@pytest.fixture
def name(postgresql: PostgresqlServer) -> Iterator[str]:
    """A fresh database's name."""
    made = postgresql.new_database()
    yield made
    postgresql.drop_database(made)


def found(url: str) -> Pooling:
    engines = open_engines(url)
    assert engines.channel is not None
    try:
        return pooling_of(engines.channel)
    finally:
        engines.dispose()


@pytest.mark.parametrize(("mode", "pooling"), [("session", Pooling.SESSION), ("transaction", Pooling.TRANSACTION)])
def test_a_pooler_is_told_from_the_database_itself(
    postgresql: PostgresqlServer, name: str, mode: str, pooling: Pooling
) -> None:
    assert found(postgresql.url(name)) is Pooling.NONE
    with running_pooler(postgresql, mode) as pooled:
        assert found(pooled(name)) is pooling
        with ExitStack() as stack:  # and while others have used connections that are free now
            engines = open_engines(pooled(name))
            stack.callback(engines.dispose)
            connections = [stack.enter_context(engines.reader.connect()) for _ in range(3)]
            for connection in connections:
                connection.execute(text("SELECT 1"))
            for connection in connections:
                connection.rollback()
            assert found(pooled(name)) is pooling


@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_what_is_done_again_and_again_works_behind_a_pooler(
    postgresql: PostgresqlServer, name: str, mode: str
) -> None:
    def write(transaction: Transaction, number: str) -> None:
        transaction.connection.execute(
            text("INSERT INTO positions (reader, number) VALUES (:reader, 0)"), {"reader": number}
        )

    def read(connection: Any) -> Any:
        return connection.execute(text("SELECT count(*) FROM positions WHERE number = :n"), {"n": 0}).scalar_one()

    with running_pooler(postgresql, mode) as pooled:
        async with Database.open(pooled(name)) as one, Database.open(pooled(name)) as other:
            for number in range(OFTEN):
                databases = (one, other)
                await asyncio.gather(
                    *(each.write(write, f"{number}-{which}") for which, each in enumerate(databases)),
                    *(each.read(read) for each in databases for _ in range(4)),
                    *(each.look_up(read) for each in databases for _ in range(4)),
                )
            assert await one.read(read) == 2 * OFTEN + 1


async def test_what_a_server_sets_is_not_set_for_others_behind_a_pooler(
    postgresql: PostgresqlServer, name: str
) -> None:
    """Hints are not waited for until they are on the disk; all else is."""
    with running_pooler(postgresql, "transaction") as pooled, ExitStack() as stack:
        async with Database.open(pooled(name)) as database, Database.open(postgresql.url(name)) as direct:
            heard = asyncio.Event()
            direct.on_hint = lambda _topic, _body: heard.set()
            async with asyncio.timeout(60):
                while not heard.is_set():  # what is told before the other listens is lost
                    database.pass_on("deck", b"x" * LONGEST_HINT)
                    await asyncio.sleep(0.05)
        plain = create_engine(make_url(pooled(name)).set(drivername="postgresql+psycopg"))
        stack.callback(plain.dispose)
        connections = [stack.enter_context(plain.connect()) for _ in range(5)]  # each in a transaction
        assert {each.scalar(text("SHOW synchronous_commit")) for each in connections} == {"on"}


async def refusal(url: str, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        async with Database.open(url):
            pass
    return str(caught.value)


@pytest.mark.slow
async def test_a_read_replica_is_refused(tmp_path: Any) -> None:
    with running_postgresql() as primary, running_replica(primary) as replica:
        words = await refusal(replica.url("postgres"), UnsupportedOption)
        assert words.startswith(f"the database {replica.url('postgres')} is a read replica, which cannot be written to")
        assert "target_session_attrs=read-write" in words
        hosts = f"postgresql://livedeck@/postgres?host={replica.folder}&host={primary.folder}"
        async with Database.open(f"{hosts}&target_session_attrs=read-write") as database:
            await database.write(lambda _: None)


async def test_a_user_who_can_only_read_is_refused(postgresql: PostgresqlServer, name: str) -> None:
    engine = create_engine(make_url(postgresql.url(name)).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    engine.dispose()
    assert "default_transaction_read_only = off" in await refusal(postgresql.url(name), UnsupportedOption)


async def test_a_pooler_that_knows_no_transactions_is_refused(postgresql: PostgresqlServer, name: str) -> None:
    with running_pooler(postgresql, "statement") as pooled:
        words = await refusal(pooled(name), ServerError)
    assert "cannot open the database" in words
    assert "statement pooling mode" in words


def test_the_doctor_tells_of_a_pooler_in_transaction_mode_only(postgresql: PostgresqlServer, name: str) -> None:
    with running_pooler(postgresql, "transaction") as pooled:
        words = {each.part: each.what for each in check_database(pooled(name))}
    assert "up to a second late" in words["pooler"]
    with running_pooler(postgresql, "session") as pooled:
        assert "pooler" not in {each.part for each in check_database(pooled(name))}
