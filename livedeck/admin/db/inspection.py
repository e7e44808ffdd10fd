"""Facts about a database, which is only read for them: its version, settings, schema and clock."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from livedeck.admin.db.engines import shown
from livedeck.admin.db.migrate import HEAD, current_revision, oldest_schema
from livedeck.admin.db.preflight import Pooling, pooling_of
from livedeck.errors import DatabaseUnavailable, UnknownEntity, UnsupportedOption

_TIMEOUT: Final = 10
"""Seconds until a database that does not answer is given up."""
_DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True)
class SqliteFacts:
    """What was found in an SQLite file."""

    version: str
    journal: str
    """The mode of its journal: ``wal``, once a server has opened it."""
    revision: str | None
    """The schema that it is stamped with; None: no tables of livedeck's."""
    seconds: float
    """How long all of it took."""


@dataclass(frozen=True)
class PostgresqlFacts:
    """What was found in a PostgreSQL database."""

    version: str
    number: int
    """``server_version_num``: 150004 for 15.4."""
    revision: str | None
    """The schema that it is stamped with; None: no tables of livedeck's."""
    oldest: str | None
    """The oldest schema whose servers can use it, where it stands at a newer one than this livedeck's."""
    connect_seconds: float
    answer_seconds: float
    clock_ahead: float
    """Seconds that its clock is ahead of this machine's, at least; negative: behind; 0: no difference can be told."""
    replica: bool
    read_only: bool
    """Transactions of this user can only read."""
    not_durable: tuple[str, ...]
    """Settings that are off, without which a crash of its machine may lose what was committed."""
    connections: int
    """How many are open."""
    most_connections: int
    pooling: Pooling


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database; None: it is PostgreSQL's.

    Raises:
        UnsupportedOption: It is neither, or no URL.
    """
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except (ArgumentError, ValueError):  # what it says may quote the password
        raise UnsupportedOption(f"{shown(url)} is no URL of a database") from None
    if kind == "postgresql":
        return None
    if kind != "sqlite" or not parsed.database:
        raise UnsupportedOption(f"database {kind!r} is not supported, or has no name")
    return Path(parsed.database).expanduser()


def inspect_sqlite(file: Path) -> SqliteFacts:
    """Look at an SQLite file, which must be there.

    Raises:
        DatabaseUnavailable: It cannot be read, or is no database.
    """
    # Reading makes files beside it, which only who may write can remove; where there are none, nobody writes.
    way = "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "immutable=1"
    began = time.perf_counter()
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?{way}", uri=True, timeout=_TIMEOUT)) as connection:
            (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            stamp = "SELECT version_num FROM alembic_version"
            revision = connection.execute(stamp).fetchone() if "alembic_version" in tables else None
    except sqlite3.Error as error:
        raise DatabaseUnavailable(f"{file}: {error}") from error
    seconds = time.perf_counter() - began
    return SqliteFacts(sqlite3.sqlite_version, journal, revision[0] if revision else None, seconds)


def inspect_postgresql(url: str) -> PostgresqlFacts:
    """Look at a PostgreSQL database.

    Raises:
        UnknownEntity: The driver is not installed.
        DatabaseUnavailable: It does not answer, or not to this user.
    """
    plain = make_url(url).set(drivername="postgresql+psycopg")
    try:
        engine = create_engine(plain, poolclass=NullPool, connect_args={"connect_timeout": _TIMEOUT})
    except ImportError as error:
        raise UnknownEntity("the driver for PostgreSQL is not installed") from error
    began = time.perf_counter()
    try:
        with engine.connect() as connection:
            seconds = time.perf_counter() - began
            pooling = pooling_of(engine.execution_options(isolation_level="AUTOCOMMIT"))
            return _ask(connection, seconds, pooling)
    except SQLAlchemyError as error:
        cause = " ".join(str(getattr(error, "orig", None) or error).split())
        raise DatabaseUnavailable(f"{shown(url)}: {cause}") from error
    finally:
        engine.dispose()


def _ask(connection: Connection, connect_seconds: float, pooling: Pooling) -> PostgresqlFacts:
    began = time.perf_counter()
    number = int(_setting(connection, "server_version_num"))
    answer_seconds = time.perf_counter() - began
    usable = int(_setting(connection, "max_connections")) - int(_setting(connection, "superuser_reserved_connections"))
    revision, clock_ahead = current_revision(connection), _clock_ahead(connection)
    replica = bool(connection.scalar(text("SELECT pg_is_in_recovery()")))
    read_only = _setting(connection, "transaction_read_only") == "on"
    connections = connection.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    not_durable = tuple(name for name in _DURABLE if _setting(connection, name) == "off")
    newer = revision is not None and revision.isdecimal() and revision > HEAD
    return PostgresqlFacts(
        version=_setting(connection, "server_version"),
        number=number,
        revision=revision,
        oldest=oldest_schema(connection) if newer else None,
        connect_seconds=connect_seconds,
        answer_seconds=answer_seconds,
        clock_ahead=clock_ahead,
        replica=replica,
        read_only=read_only,
        not_durable=not_durable,
        connections=connections or 0,
        most_connections=usable,
        pooling=pooling,
    )


def _clock_ahead(connection: Connection) -> float:
    before = time.time()
    theirs = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0.0)
    after = time.time()
    return max(0.0, theirs - after) - max(0.0, before - theirs)


def _setting(connection: Connection, name: str) -> str:
    return str(connection.scalar(text("SELECT current_setting(:name)"), {"name": name}))
