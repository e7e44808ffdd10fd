"""What is committed comes into the file of an SQLite database without a commit that waits for the disk."""

import asyncio
import logging
import shutil
import sqlite3
from pathlib import Path

import pytest

from livedeck.admin.db.checkpointer import COMMITS, Checkpointer
from livedeck.admin.db.database import Database
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.prepared import command
from livedeck.admin.db.writer import Transaction
from tests.integration.running import wait_for


def rows_without_log(database: Path, tmp_path: Path) -> int:
    """Return how many rows the file alone has."""
    alone = tmp_path / "alone.db"
    shutil.copyfile(database, alone)
    connection = sqlite3.connect(alone)
    try:
        return int(connection.execute("SELECT count(*) FROM things").fetchone()[0])
    except sqlite3.DatabaseError:  # it is being written
        return 0
    finally:
        connection.close()


async def test_after_so_many_commits_all_of_them_are_in_the_file(tmp_path: Path) -> None:
    def make(transaction: Transaction) -> None:
        command(transaction.connection, "CREATE TABLE things (number)")

    def add(transaction: Transaction) -> None:
        command(transaction.connection, "INSERT INTO things VALUES (1)")

    database_file = tmp_path / "livedeck.db"
    async with Database.open(f"sqlite:///{database_file}") as database:
        await database.write(make)
        for _ in range(2 * COMMITS):
            await database.write(add)
        async with asyncio.timeout(60):
            while rows_without_log(database_file, tmp_path) < COMMITS:
                await asyncio.sleep(0)


def test_a_checkpoint_that_fails_is_told_and_the_next_one_is_made(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "livedeck.db"
    file.write_bytes(b"this is no database" * 100)
    engines = open_engines(f"sqlite:///{file}")
    assert engines.checkpoints is not None
    checkpointer = Checkpointer(engines.checkpoints, commits=1)
    checkpointer.start()
    with caplog.at_level(logging.WARNING):
        for count in (1, 2):
            checkpointer.note_commit()
            wait_for(lambda: caplog.text.count("database.checkpoint_failed") >= count)  # noqa: B023 - called at once
    checkpointer.close()
    engines.dispose()
