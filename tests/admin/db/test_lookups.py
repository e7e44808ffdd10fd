"""Lookups are read together, and one that fails costs the others nothing."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from livedeck.admin.db.database import Database
from livedeck.errors import NoSuchEntity


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    async with Database.open(url) as database:
        yield database


async def test_what_waits_is_read_in_one_transaction(opened: Any) -> None:
    entered, go_on = threading.Event(), threading.Event()
    seen = []

    def slow(connection: Any) -> None:
        seen.append(connection)
        entered.set()
        assert go_on.wait(60)

    first = asyncio.create_task(opened.look_up(slow))
    await asyncio.to_thread(entered.wait, 60)
    others = [asyncio.create_task(opened.look_up(seen.append)) for _ in range(10)]
    await asyncio.sleep(0)  # lets them hand in what they want
    go_on.set()
    await asyncio.gather(first, *others)
    assert len(seen) == 11
    assert len({id(connection) for connection in seen[1:]}) == 1


async def test_a_lookup_that_fails_costs_the_others_nothing(opened: Any) -> None:
    def works(connection: Any) -> Any:
        return connection.scalar(text("SELECT 7"))

    def refused(connection: Any) -> None:
        works(connection)
        raise NoSuchEntity("there is none")

    def broken(connection: Any) -> None:
        connection.execute(text("SELECT nonsense"))

    answers = await asyncio.gather(
        *(opened.look_up(work) for work in (works, refused, works, broken, works)), return_exceptions=True
    )
    assert [answer for answer in answers if answer == 7] == [7, 7, 7]
    assert isinstance(answers[1], NoSuchEntity)
    assert "nonsense" in str(answers[3])


async def test_what_was_written_is_found(opened: Any) -> None:
    for number in range(20):
        await opened.write(lambda tx, n=number: tx.connection.execute(text(f"UPDATE projects SET description = '{n}'")))
        found = await opened.look_up(lambda connection: connection.scalar(text("SELECT description FROM projects")))
        assert found == str(number)


async def test_a_lookup_after_the_end_is_refused(tmp_path: Path) -> None:
    async with Database.open(f"sqlite:///{tmp_path}/x.db") as database:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        await database.look_up(lambda _: None)
