"""Engines for the two databases livedeck runs on, with the settings that make them safe and quick.

SQLAlchemy's synchronous engine is used in threads of our own (see `writer` and `database`): a request costs one
hop to a thread however many statements it runs, where an async driver over SQLite would hop for each of them.
"""

import re
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from livedeck.admin.db.checkpointer import LOG_PAGES
from livedeck.admin.db.migrate import APPLICATION, HEAD
from livedeck.admin.db.prepared import UNPREPARED, command
from livedeck.errors import NotWritable, UnknownEntity, UnsupportedOption

READERS = 4
"""Threads for reading; each has a connection, and so has the thread for lookups."""

_WRITER_CACHE, _READER_CACHE = 16 << 20, 8 << 20
"""Bytes of pages that a connection to SQLite keeps in memory: 56 MB for all of them, which a server that has long run
comes to take. What is not among them is in the operating system's cache of the file, or is read from it."""

_BUSY_SECONDS = 30
"""How long a statement waits for another process's lock on the SQLite file."""

WRITER_LOCK = 0x6C697665
"""Key of the PostgreSQL advisory lock that one writer holds at a time ("live")."""


SUSPENDED = 5
"""Seconds after which PostgreSQL ends the transaction of a writer that does nothing in it: its server is suspended or
cut off, and all others wait for the lock. What it wanted to commit it does again when it finds out."""


_TIMEOUTS = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""What finds out within seconds that the database's machine is gone; what the URL says goes before."""


@dataclass(frozen=True)
class Engines:
    """One engine for the single writer, one for readers."""

    writer: Engine
    reader: Engine
    channel: Engine | None = None
    """For telling other servers; None: only this one has the database."""
    checkpoints: Engine | None = None
    """For SQLite's checkpoints; None: the database has a process of its own for them."""

    def prepare_nothing(self) -> None:
        """Have the driver prepare no statements on the server; to be called before anything is connected.

        A pooler in transaction mode gives the next transaction another connection, which does not know them.
        """
        for engine in (self.writer, self.reader, self.channel):
            if engine is not None:
                event.listen(engine, "connect", _prepare_nothing)

    def dispose(self) -> None:
        """Close every connection. Blocks for as long as the database takes to answer."""
        for engine in (self.channel, self.checkpoints, self.reader, self.writer):
            if engine is not None:
                engine.dispose()


def open_engines(url: str, *, prepared: bool = True) -> Engines:
    """Build the engines for a SQLAlchemy URL; nothing is connected yet.

    Args:
        url: ``sqlite:///path``, ``sqlite+aiosqlite:///path``, ``postgresql://...`` or ``postgresql+psycopg://...``.
        prepared: Whether the statements that every event takes are handed straight to the driver.

    Raises:
        UnsupportedOption: Another kind of database, or SQLite without a file.
        NotWritable: The folder of the SQLite file cannot be made.
        UnknownEntity: The driver is not installed.
    """
    parsed = _parsed(url)
    options = {} if prepared else {UNPREPARED: True}
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, options)
        case "postgresql":
            return _postgresql(parsed, options)
        case other:
            raise UnsupportedOption(
                f"database {other!r} is not supported: use sqlite:///FILE or postgresql://HOST/NAME"
            )


def shown(url: str) -> str:
    """Return a URL, even one that cannot be read, without its passwords."""
    without = re.sub(r"(://[^:/@]*:|:(?!//)).*@", r"\1***@", url)
    return re.sub(r"([?&]\w*password=)[^&]*", r"\1***", without)


def _parsed(url: str) -> URL:
    # Not `from` what SQLAlchemy says, nor a host with an @ in it passed on: either may quote a part of the password.
    with suppress(ArgumentError, ValueError):
        parsed = make_url(url)
        if "@" not in (parsed.host or ""):
            return parsed
    raise UnsupportedOption(
        f"database URL {shown(url)!r} cannot be read: write sqlite:///FILE or "
        "postgresql://USER:PASSWORD@HOST:PORT/NAME, PORT a number, and @ : / in the password as %40 %3A %2F"
    )


def _sqlite(url: URL, options: dict[str, Any]) -> Engines:
    if url.database in (None, "", ":memory:"):
        # Readers and the writer have connections of their own, which a database in memory cannot share.
        raise UnsupportedOption("SQLite needs a file: sqlite:///path/to/livedeck.db")
    folder = Path(str(url.database)).expanduser().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(
            f"cannot make the folder {folder} of the database: {error.strerror}; choose another"
        ) from error
    plain = url.set(drivername="sqlite+pysqlite")
    arguments = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    writer = create_engine(plain, connect_args=arguments, pool_size=1, max_overflow=0, execution_options=options)
    reader = create_engine(
        plain, connect_args=arguments, pool_size=READERS + 1, max_overflow=0, execution_options=options
    )
    for engine, begin, cache in ((writer, "BEGIN IMMEDIATE", _WRITER_CACHE), (reader, "BEGIN", _READER_CACHE)):
        event.listen(engine, "connect", partial(_prepare_sqlite, cache))
        event.listen(engine, "begin", _begin(begin))
    checkpoints = create_engine(plain, connect_args=arguments, pool_size=1, max_overflow=0)
    event.listen(checkpoints, "connect", partial(_prepare_sqlite, 0))
    return Engines(writer, reader, checkpoints=checkpoints)


def _prepare_sqlite(cache: int, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    # The driver must not begin transactions on its own: savepoints and BEGIN IMMEDIATE need the say.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        # In WAL this survives the death of the process at any moment; only a power cut may undo the last commits.
        "synchronous=NORMAL",
        "foreign_keys=ON",
        # As PostgreSQL's LIKE is.
        "case_sensitive_like=ON",
        f"cache_size=-{cache // 1024}",
        "temp_store=MEMORY",
        f"wal_autocheckpoint={LOG_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _postgresql(url: URL, options: dict[str, Any]) -> Engines:
    plain = url.set(drivername="postgresql+psycopg")
    name = " ".join((f"{APPLICATION}{HEAD}", *plain.normalized_query.get("application_name", ())))
    plain = plain.update_query_dict({**_TIMEOUTS, **plain.query, "application_name": name})
    try:
        writer = create_engine(plain, pool_size=1, max_overflow=0, pool_pre_ping=True, execution_options=options)
    except ImportError as error:
        raise UnknownEntity("PostgreSQL needs a driver: pip install 'livedeck[postgres]'") from error
    # One snapshot for all statements of a read, as SQLite gives.
    reader = create_engine(
        plain,
        pool_size=READERS + 1,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        execution_options=options,
    )
    suspended = f"SET LOCAL idle_in_transaction_session_timeout = {SUSPENDED * 1000}"
    begin = f"{suspended}; SELECT pg_advisory_xact_lock({WRITER_LOCK})"
    event.listen(writer, "begin", _begin(begin))
    return Engines(writer, reader, create_engine(plain, poolclass=NullPool, isolation_level="AUTOCOMMIT"))


def _prepare_nothing(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.prepare_threshold = None  # psycopg's


class _begin:  # noqa: N801 - reads as the function that it is
    """Runs a statement when a transaction begins.

    One writer at a time, over all processes, is what makes event numbers appear in order: a reader that has seen
    number n never finds a smaller one later.
    """

    def __init__(self, statement: str) -> None:
        self._statement = statement

    def __call__(self, connection: Connection) -> None:
        command(connection, self._statement)
