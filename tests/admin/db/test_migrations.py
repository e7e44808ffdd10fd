"""What the migrations build is what `tables` says, and a database is migrated once and only forwards."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flyteidl.admin.common_pb2 import NamedEntityIdentifier
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine.reflection import Inspector

from livedeck.admin.db import entities, named_entities
from livedeck.admin.db.database import Database
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.list_queries import Page
from livedeck.admin.db.migrate import HEAD, configuration, current_revision, migrate
from livedeck.admin.db.tables import metadata
from livedeck.admin.db.writer import Transaction
from livedeck.errors import DatabaseUnavailable, UnsupportedOption


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/livedeck.db"
    return str(request.getfixturevalue("postgresql_url"))


def test_head_is_known_without_asking_alembic() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    engines = open_engines(database_url)
    migrate(engines.writer)
    with engines.reader.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert current_revision(connection) == HEAD
    engines.dispose()


@pytest.fixture
def old_database(database_url: str) -> str:
    """A database of the first schema, with an entity of each kind."""
    engines = open_engines(database_url)
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
    return database_url


async def test_the_first_schema_is_brought_forward_with_its_data(old_database: str) -> None:
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


async def bring_to(database: Database, schema: str, oldest: str) -> None:
    """Have a database look as a newer livedeck would leave it.

    Args:
        database: Which.
        schema: The newer livedeck's.
        oldest: The oldest one whose servers can use the database then.
    """

    def stamp(transaction: Transaction) -> None:
        transaction.connection.execute(text(f"UPDATE alembic_version SET version_num = '{schema}'"))
        transaction.connection.execute(text(f"UPDATE identity SET oldest_schema = '{oldest}'"))

    await database.write(stamp)


async def test_a_newer_database_that_this_version_cannot_use_is_refused_in_plain_words(database_url: str) -> None:
    async with Database.open(database_url) as database:
        await bring_to(database, "9999", "9998")
    with pytest.raises(UnsupportedOption, match=f"9999.* schema 9998 and newer can use, .* of {HEAD}: use the newer"):
        async with Database.open(database_url):
            pass


async def test_a_newer_database_to_which_was_only_added_is_used(database_url: str) -> None:
    async with Database.open(database_url) as database:
        await bring_to(database, "9999", HEAD)
    async with Database.open(database_url) as database:
        assert await database.read(current_revision) == "9999"


@pytest.mark.postgresql
async def test_a_server_that_connects_again_does_not_use_what_a_newer_one_has_changed(postgresql_url: str) -> None:
    async with Database.open(postgresql_url) as database:
        await bring_to(database, "9999", "9998")
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        other = create_engine(postgresql_url.replace("postgresql://", "postgresql+psycopg://"))
        with other.connect() as connection:
            connection.execute(text(f"{cut} AND datname = current_database()"))
        other.dispose()
        for ask in (database.write(lambda _: None), database.read(current_revision)):
            with pytest.raises(DatabaseUnavailable, match="only servers of schema 9998 and newer can use"):
                await ask


def rules() -> dict[str, bool]:
    """Say of each migration whether it has only added."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    return {script.revision: getattr(script.module, "only_adds", False) for script in scripts}


def test_migrations_say_whether_they_have_only_added() -> None:
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    assert not [
        script.path for script in scripts if script.revision > "0013" and not hasattr(script.module, "only_adds")
    ]


@pytest.mark.parametrize("revision", sorted(revision for revision, only_adds in rules().items() if only_adds))
def test_what_has_only_been_added_is_nothing_to_servers_of_before(database_url: str, revision: str) -> None:
    engines = open_engines(database_url)
    with engines.writer.begin() as connection:
        command.upgrade(configuration(connection), f"{int(revision) - 1:04}")
        before = inspect(connection)
        old = {table: Seen.of(before, table) for table in before.get_table_names()}
        command.upgrade(configuration(connection), revision)
        after = inspect(connection)
        for table, seen in old.items():
            Seen.of(after, table).check_goes_with(seen)
    engines.dispose()


@dataclass(frozen=True)
class Seen:
    """What a server of an older schema depends on of a table."""

    columns: dict[str, tuple[str, bool]]
    """By name: the type, and whether it may be null."""
    needs_no_value: frozenset[str]
    """Columns that a row may be added without."""
    rules: frozenset[str]
    """What rows are refused by."""

    @classmethod
    def of(cls, inspector: Inspector, table: str) -> "Seen":
        columns = inspector.get_columns(table)
        unique = [each for each in inspector.get_indexes(table) if each["unique"]]
        found = [
            *inspector.get_unique_constraints(table),
            *inspector.get_foreign_keys(table),
            *inspector.get_check_constraints(table),
            *unique,
        ]
        return cls(
            {each["name"]: (str(each["type"]), each["nullable"]) for each in columns},
            frozenset(each["name"] for each in columns if each["nullable"] or each["default"] is not None),
            frozenset(map(repr, found)),
        )

    def check_goes_with(self, older: "Seen") -> None:
        """See that servers which know the table as ``older`` can go on."""
        assert {name: self.columns.get(name) for name in older.columns} == older.columns
        assert self.columns.keys() - older.columns.keys() <= self.needs_no_value
        assert self.rules <= older.rules


def test_a_change_that_older_servers_cannot_live_with_is_seen(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path}/x.db")
    with engines.writer.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
        older = Seen.of(inspect(connection), "t")
        for change in (
            "ALTER TABLE t RENAME COLUMN a TO b",
            "CREATE UNIQUE INDEX i ON t (a)",
            "DROP TABLE t; CREATE TABLE t (a TEXT)",
            "DROP TABLE t; CREATE TABLE t (a INTEGER, b INTEGER NOT NULL)",
        ):
            savepoint = connection.begin_nested()
            for statement in change.split("; "):
                connection.execute(text(statement))
            with pytest.raises(AssertionError):
                Seen.of(inspect(connection), "t").check_goes_with(older)
            savepoint.rollback()
        connection.execute(text("ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 0"))
        Seen.of(inspect(connection), "t").check_goes_with(older)
    engines.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "nonsense"])
def test_other_databases_are_refused(url: Any) -> None:
    with pytest.raises(UnsupportedOption):
        open_engines(url)


def test_sqlite_runs_in_wal(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path}/livedeck.db")
    with engines.writer.begin() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 1
    engines.dispose()
