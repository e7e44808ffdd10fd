"""A database that cannot be opened is told in words that name it, and not its password."""

import asyncio
import contextlib
import socket
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.event.event_pb2 import NodeExecutionEvent
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from bench.history import DOMAIN, PROJECT, write_history
from livedeck.admin.db import executions, recording
from livedeck.admin.db.database import Database
from livedeck.admin.db.engines import READERS, open_engines, shown
from livedeck.admin.db.prepared import command
from livedeck.admin.db.writer import Transaction
from livedeck.errors import DatabaseUnavailable, NotWritable, ServerError, UnknownEntity, UnsupportedOption


@pytest.mark.parametrize("prepared", [True, False])
async def test_statements_find_and_write_the_same_through_the_driver_and_through_sqlalchemy(
    tmp_path: Path, prepared: bool
) -> None:
    url = f"sqlite:///{tmp_path}/livedeck.db"
    write_history(url, 10)
    running = WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name="x9")
    nodes = [NodeExecutionIdentifier(execution_id=running, node_id=name) for name in ("n1", "n2")]
    events = [
        NodeExecutionEvent(id=node, phase=NodeExecution.RUNNING, occurred_at=Timestamp(seconds=1)) for node in nodes
    ]
    async with Database.open(url, prepared=prepared) as database:
        await database.write(recording.record, recording.Reporter(None), events)
        found = [await database.read(executions.find_node, node) for node in nodes]
        assert [each.closure.phase for each in found] == [NodeExecution.RUNNING] * 2


@pytest.mark.parametrize("others", [0, 3])
async def test_what_the_driver_itself_says_of_a_full_disk_is_told_to_all_whom_it_concerns(
    tmp_path: Path, others: int
) -> None:
    def bound(transaction: Transaction) -> None:
        command(transaction.connection, "CREATE TABLE things (data)")
        command(transaction.connection, "PRAGMA max_page_count=1")

    def fill(transaction: Transaction) -> None:
        command(transaction.connection, "INSERT INTO things VALUES (zeroblob(10000000))")

    def add(transaction: Transaction) -> None:
        command(transaction.connection, "INSERT INTO things VALUES (1)")

    async with Database.open(f"sqlite:///{tmp_path}/livedeck.db") as database:
        await database.write(bound)
        works = [fill, *[add] * others] if others else [fill]
        together = [asyncio.create_task(database.write(work)) for work in [lambda _: None, *works]]
        answers = (await asyncio.gather(*together, return_exceptions=True))[1:]
        told = [str(answer) for answer in answers if answer is not None]
        assert isinstance(answers[0], DatabaseUnavailable)
        assert all("does not work: database or disk is full; free some space in" in each for each in told)
        kept = await database.read(lambda connection: connection.scalar(text("SELECT count(*) FROM things")))
        assert kept == answers.count(None), "what was said to be written is there, and nothing else"


async def refusal(url: Any, kind: Any) -> Any:
    with pytest.raises(kind) as caught:
        async with Database.open(url):
            pass
    return str(caught.value)


async def test_a_server_that_is_not_there() -> None:
    with socket.socket() as bound:  # but it does not listen
        bound.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{bound.getsockname()[1]}/decks"
        words = await refusal(f"postgresql://me:secret@{place}", ServerError)
    assert f"cannot open the database postgresql://me:***@{place}: " in words
    assert "refused" in words
    assert "--database" in words
    assert "\n" not in words


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("no database\n" * 1000)
    assert f"sqlite:///{path}: file is not a database; " in await refusal(f"sqlite:///{path}", ServerError)
    assert path.read_text() == "no database\n" * 1000


async def test_a_database_of_another_program(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE executions (x)")
    other.close()
    assert "already exists; see that" in await refusal(f"sqlite:///{tmp_path}/other.db", ServerError)


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert f"{tmp_path}/file" in await refusal(f"sqlite:///{tmp_path}/file/livedeck.db", NotWritable)


async def test_a_bad_value_in_the_query(tmp_path: Path) -> None:
    assert "'abc'" in await refusal(f"sqlite:///{tmp_path}/livedeck.db?timeout=abc", ServerError)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@host:port-word/decks",
        "postgresql://me:not@secret@host/decks",
        "postgresql://me:secret@[::1/decks",
        "postgresql:/me:secret@host/decks",
    ],
)
def test_urls_that_cannot_be_read(url: Any) -> None:
    with pytest.raises(UnsupportedOption, match="cannot be read: write sqlite:///FILE or") as caught:
        open_engines(url)
    assert "secret" not in str(caught.value)


def test_without_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UnknownEntity, match=r"livedeck\[postgres\]"):
        open_engines("postgresql://host/decks")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:////data/livedeck.db", "sqlite:////data/livedeck.db"),
        ("postgresql://host:5432/decks", "postgresql://host:5432/decks"),
        ("postgresql://me@host/decks", "postgresql://me@host/decks"),
        ("postgresql://me:s:e@c@host/decks", "postgresql://me:***@host/decks"),
        ("postgresql://host/decks?user=me&password=secret&x=1", "postgresql://host/decks?user=me&password=***&x=1"),
        ("postgresql://host/decks?sslpassword=secret", "postgresql://host/decks?sslpassword=***"),
    ],
)
def test_urls_are_shown_without_their_passwords(url: Any, expected: Any) -> None:
    assert shown(url) == expected


def test_all_connections_together_keep_few_pages_in_memory(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path}/livedeck.db")
    kept = 0
    with contextlib.ExitStack() as stack:
        for engine, connections in ((engines.writer, 1), (engines.reader, READERS + 1)):
            for _ in range(connections):
                connection = stack.enter_context(engine.connect())
                kept -= connection.execute(text("PRAGMA cache_size")).scalar_one() * 1024
    engines.dispose()
    assert 0 < kept <= 64 << 20, "a server has them all for as long as it runs"
