"""What the migrations build is what `tables` says, and a database is migrated once and only forwards."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from livedeck.admin.db.database import Database
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.migrate import HEAD, configuration, current_revision, migrate
from livedeck.admin.db.tables import metadata
from livedeck.errors import UnsupportedOption


def test_head_is_known_without_asking_alembic():
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


def test_the_migrated_schema_is_that_of_the_tables(database_url):
    engines = open_engines(database_url)
    migrate(engines.writer)
    with engines.reader.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert current_revision(connection) == HEAD
    engines.dispose()


async def test_opening_again_changes_nothing(database_url):
    async with Database.open(database_url) as database:
        assert await database.read(current_revision) == HEAD
    async with Database.open(database_url) as database:
        assert await database.read(current_revision) == HEAD


async def test_a_newer_database_is_refused_in_plain_words(database_url):
    async with Database.open(database_url) as database:
        await database.write(lambda tx: tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(UnsupportedOption, match="9999"):
        async with Database.open(database_url):
            pass


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "nonsense"])
def test_other_databases_are_refused(url):
    with pytest.raises(UnsupportedOption):
        open_engines(url)


def test_sqlite_runs_in_wal(database_url):
    engines = open_engines(database_url)
    with engines.writer.begin() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 1
    engines.dispose()
