"""Databases in the states that they may be in."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livedeck.admin.db.inspection import PostgresqlFacts
from livedeck.admin.db.migrate import HEAD
from livedeck.admin.db.preflight import Pooling
from livedeck.cli.doctor.database import check_database, check_facts
from livedeck.cli.doctor.findings import Finding, Level
from livedeck.testing.server import make_database


def found(url: str) -> dict[str, Finding]:
    return {each.part: each for each in check_database(url)}


def test_a_database_of_this_version_is_fine_and_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "livedeck.db"
    make_database(file)
    before = file.read_bytes()
    findings = found(f"sqlite:///{file}")
    assert {each.level for each in findings.values()} == {Level.FINE}
    assert findings.keys() == {"database", "schema"}
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["livedeck.db"]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert found(f"sqlite:///{tmp_path}/none.db")["database"].level is Level.WARNING
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("revision", "level", "words"), [("0003", Level.WARNING, "older than"), ("9999", Level.WRONG, "does not know")]
)
def test_a_schema_of_another_version_is_named(tmp_path: Path, revision: str, level: Level, words: str) -> None:
    make_database(tmp_path / "livedeck.db")
    with closing(sqlite3.connect(tmp_path / "livedeck.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    schema = found(f"sqlite:///{tmp_path}/livedeck.db")["schema"]
    assert schema.level is level
    assert f"revision {revision}" in schema.what
    assert words in schema.what


def test_an_empty_database_gets_its_tables_at_the_start_of_a_server(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "empty.db")) as connection, connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
    assert found(f"sqlite:///{tmp_path}/empty.db")["schema"].level is Level.WARNING


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is a text, and no database at all")
    finding = found(f"sqlite:///{tmp_path}/text.db")["database"]
    assert finding.level is Level.WRONG
    assert "file is not a database" in finding.what


@pytest.mark.parametrize("url", ["mysql://ada:secret@host/db", "nonsense", "postgresql://u:se:secret@h:x/y"])
def test_urls_that_cannot_work_are_wrong_and_no_password_is_shown(url: str) -> None:
    finding = found(url)["database"]
    assert finding.level is Level.WRONG
    assert "secret" not in finding.what


def test_a_server_that_does_not_answer_is_told_with_its_words() -> None:
    finding = found("postgresql://ada:secret@127.0.0.1:9/livedeck")["database"]
    assert finding.level is Level.WRONG
    assert "postgresql://ada:***@127.0.0.1:9/livedeck" in finding.what
    assert "refused" in finding.what
    assert "secret" not in finding.what


FACTS = PostgresqlFacts(
    version="17.2",
    number=170002,
    revision=HEAD,
    oldest=None,
    connect_seconds=0.01,
    answer_seconds=0.001,
    clock_ahead=0.0,
    replica=False,
    read_only=False,
    not_durable=(),
    connections=14,
    most_connections=97,
    pooling=Pooling.NONE,
)


def test_a_postgresql_that_is_as_it_should_be_is_fine() -> None:
    assert {each.level for each in check_facts(FACTS)} == {Level.FINE}


@pytest.mark.parametrize(
    ("changes", "part", "level", "words"),
    [
        ({"version": "12.9", "number": 120009}, "database", Level.WARNING, "PostgreSQL 12.9"),
        ({"clock_ahead": 90.0}, "database clock", Level.WRONG, "90 s ahead of this machine's"),
        ({"clock_ahead": -7.0}, "database clock", Level.WRONG, "7 s behind this machine's"),
        ({"replica": True}, "database role", Level.WRONG, "a replica, which can only be read"),
        ({"not_durable": ("fsync",)}, "database settings", Level.WARNING, "fsync is off"),
        ({"connections": 90}, "connections", Level.WARNING, "90 of 97 connections"),
        ({"revision": "9999", "oldest": HEAD}, "schema", Level.WARNING, "to which it has only added"),
        ({"pooling": Pooling.TRANSACTION}, "pooler", Level.WARNING, "up to a second late"),
    ],
)
def test_what_is_not_as_it_should_be_is_named_with_what_to_do(
    changes: dict[str, Any], part: str, level: Level, words: str
) -> None:
    (finding,) = [each for each in check_facts(replace(FACTS, **changes)) if each.level is not Level.FINE]
    assert (finding.part, finding.level) == (part, level)
    assert words in finding.what
    assert finding.advice
