"""What the migrations build is what `tables` says, and a database is migrated once and only forwards."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flyteidl.admin.common_pb2 import NamedEntityIdentifier
from sqlalchemy import text

from livedeck.admin.db import entities, named_entities
from livedeck.admin.db.database import Database
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.list_queries import Page
from livedeck.admin.db.migrate import HEAD, configuration, current_revision, migrate
from livedeck.admin.db.tables import metadata
from livedeck.errors import UnsupportedOption


def test_head_is_known_without_asking_alembic() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    engines = open_engines(database_url)
    migrate(engines.writer)
    with engines.reader.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert current_revision(connection) == HEAD
    engines.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A database of the first schema, with an entity of each kind."""
    url = f"sqlite:///{tmp_path}/old.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    engines = open_engines(url)
    with engines.writer.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        place = {"project": "flytesnacks", "domain": "development", "created_at": 1, "digest": b"", "message": b""}
        for table, columns in (
            ("tasks", {"type": "python-task"}),
            ("workflows", {"closure": b""}),
            ("launch_plans", {"workflow_id": 1, "workflow_name": "w", "state": 0, "scheduled": False, "updated_at": 1}),
        ):
            for number, (name, version) in enumerate([("a", "v1"), ("a", "v2"), ("b", "v1"), (".flytegen.a", "v1")]):
                row = {**place, **columns, "id": number + 1, "name": name, "version": version}
                row["hidden"] = name.startswith(".")
                connection.execute(metadata.tables[table].insert().values(row))
        described = {"resource_type": 1, "project": "flytesnacks", "domain": "development", "name": "a"}
        connection.execute(metadata.tables["named_entities"].insert().values(**described, description="words", state=1))
    engines.dispose()
    return url


async def test_the_first_schema_is_brought_forward_with_its_data(old_database: Any) -> None:
    async with Database.open(old_database) as database:
        for kind in entities.KINDS.values():
            page = (kind.resource_type, "flytesnacks", "development", Page(10))
            found, _ = await database.read(named_entities.list_named, *page)
            assert [entity.id.name for entity in found] == ["a", "b"]
            words = "words" if kind is entities.TASK else ""
            assert [(entity.metadata.description, entity.metadata.state) for entity in found] == [
                (words, bool(words)),
                ("", 0),
            ]
            listed, _ = await database.read(
                entities.list_entities,  # type: ignore[arg-type]
                kind,
                NamedEntityIdentifier(project="flytesnacks", domain="development"),
                Page(10),
            )
            assert len(listed) == 3
    engines = open_engines(old_database)
    with engines.reader.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engines.dispose()


async def test_opening_again_changes_nothing(database_url: str) -> None:
    async with Database.open(database_url) as database:
        assert await database.read(current_revision) == HEAD
    async with Database.open(database_url) as database:
        assert await database.read(current_revision) == HEAD


async def test_a_newer_database_is_refused_in_plain_words(database_url: str) -> None:
    async with Database.open(database_url) as database:
        await database.write(lambda tx: tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(UnsupportedOption, match="9999"):
        async with Database.open(database_url):
            pass


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "nonsense"])
def test_other_databases_are_refused(url: Any) -> None:
    with pytest.raises(UnsupportedOption):
        open_engines(url)


def test_sqlite_runs_in_wal(database_url: str) -> None:
    engines = open_engines(database_url)
    with engines.writer.begin() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 1
    engines.dispose()
