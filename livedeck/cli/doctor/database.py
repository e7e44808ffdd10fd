"""A database: whether it answers, its version and settings, its schema, and its clock."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

from livedeck.admin.db.inspection import PostgresqlFacts, file_of, inspect_postgresql, inspect_sqlite
from livedeck.admin.db.migrate import HEAD
from livedeck.admin.db.preflight import Pooling
from livedeck.cli.doctor.findings import Finding, fine, warning, wrong
from livedeck.errors import DatabaseUnavailable, UnknownEntity, UnsupportedOption

_SKEW: Final = 2.0
"""Seconds that clocks may differ by: leases last 30."""
_OLDEST: Final = 130000
"""The oldest PostgreSQL that livedeck should be used with, as ``server_version_num``."""
_CONNECTIONS: Final = 20
"""Connections that should be free: a server has seven, and the next one comes while it is still there."""
_SHARED: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "fuse.glusterfs"})
"""File systems of several machines, on which SQLite's locks and shared memory cannot be relied on."""


def check_database(url: str) -> Iterator[Finding]:
    """Look at a database.

    Args:
        url: SQLAlchemy URL.
    """
    try:
        file = file_of(url)
    except UnsupportedOption as error:
        yield wrong("database", str(error), "write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        return
    yield from _postgresql(url) if file is None else _sqlite(file)


def _sqlite(file: Path) -> Iterator[Finding]:
    if not file.is_file():
        yield warning(
            "database", f"there is no file {file}", "livedeck serve makes it; if one did, the path is another"
        )
        return
    kind = _file_system(file)
    if kind in _SHARED:
        advice = "keep it on a disk of this machine (--data-dir), or use PostgreSQL"
        yield wrong("database disk", f"{file} is on {kind}, where SQLite's locks cannot be relied on", advice)
    try:
        facts = inspect_sqlite(file)
    except DatabaseUnavailable as error:
        yield wrong("database", str(error), "see that it is livedeck's own and can be read; else restore a copy")
        return
    times = f"answers in {1000 * facts.seconds:.1f} ms"
    yield fine("database", f"SQLite {facts.version}, {file}, journal {facts.journal}, {times}")
    yield _schema(facts.revision)


def _file_system(file: Path) -> str:
    """Return the type of the file system that a file is on."""
    path = str(file.resolve())
    mounts = [each for each in psutil.disk_partitions(all=True) if path.startswith(each.mountpoint.rstrip("/") + "/")]
    return max(mounts, key=lambda each: len(each.mountpoint)).fstype if mounts else ""


def _postgresql(url: str) -> Iterator[Finding]:
    try:
        facts = inspect_postgresql(url)
    except UnknownEntity as error:
        yield wrong("database", str(error), "pip install 'livedeck[postgres]'")
        return
    except DatabaseUnavailable as error:
        advice = "see that the server runs, that the database exists, and that this user may use it from here"
        yield wrong("database", str(error), advice)
        return
    yield from check_facts(facts)


def check_facts(facts: PostgresqlFacts) -> Iterator[Finding]:
    """Say what to make of a PostgreSQL database.

    Args:
        facts: What was found in it.
    """
    times = f"connects in {1000 * facts.connect_seconds:.1f} ms, answers in {1000 * facts.answer_seconds:.1f} ms"
    words = f"PostgreSQL {facts.version}, {times}"
    yield fine("database", words) if facts.number >= _OLDEST else warning("database", words, "use 13 or newer")
    yield _schema(facts.revision, facts.oldest)
    yield _clock(facts)
    yield _role(facts)
    yield _durability(facts)
    yield _connections(facts)
    if facts.pooling is Pooling.TRANSACTION:
        words = "a pooler in transaction mode is between: what other servers do is seen up to a second late"
        yield warning("pooler", words, "connect to the database itself, or set the pooler to pool_mode=session")


def _role(facts: PostgresqlFacts) -> Finding:
    if facts.replica:
        return wrong("database role", "this is a replica, which can only be read", "name the primary with --database")
    if facts.read_only:
        advice = "set default_transaction_read_only = off, for the user and the database"
        return wrong("database role", "transactions of this user can only read", advice)
    return fine("database role", "it can be written to")


def _durability(facts: PostgresqlFacts) -> Finding:
    if not facts.not_durable:
        return fine("database settings", "what was committed survives a crash (fsync, synchronous_commit)")
    off = ", ".join(facts.not_durable)
    words = f"{off} is off: after a crash of its machine the database may lack what was acknowledged"
    return warning("database settings", words, "turn it on, unless the executions may be lost")


def _connections(facts: PostgresqlFacts) -> Finding:
    words = f"{facts.connections} of {facts.most_connections} connections are in use"
    if facts.most_connections - facts.connections >= _CONNECTIONS:
        return fine("connections", words)
    return warning("connections", words, "raise max_connections: each server has seven")


def _clock(facts: PostgresqlFacts) -> Finding:
    if abs(facts.clock_ahead) <= _SKEW:
        return fine("database clock", f"its clock and this machine's differ by less than {_SKEW:g} s")
    where = "ahead of" if facts.clock_ahead > 0 else "behind"
    return wrong(
        "database clock", f"its clock is {abs(facts.clock_ahead):.0f} s {where} this machine's", "set both by NTP"
    )


def _schema(revision: str | None, oldest: str | None = None) -> Finding:
    if revision == HEAD:
        return fine("schema", f"revision {revision}, this livedeck's own")
    if revision is None:
        return warning("schema", "it has no tables of livedeck's", "livedeck serve makes them when it is started")
    if revision.isdecimal() and revision < HEAD:
        words = f"revision {revision}, older than this livedeck's {HEAD}"
        return warning("schema", words, "livedeck serve brings it up to date; older servers cannot use it then")
    if oldest is not None and oldest <= HEAD:
        words = f"revision {revision}, newer than this livedeck's {HEAD}, to which it has only added"
        return warning("schema", words, "it can be used; upgrade this livedeck, too")
    words = f"revision {revision}, which this livedeck ({HEAD}) does not know"
    return wrong("schema", words, "use the newer livedeck that wrote it")
