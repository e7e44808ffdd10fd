"""Brings a database to the newest schema with Alembic; costs one small query when it is there already.

Servers of two versions of livedeck may share a database while one takes the other's place. A migration says whether it
has only added what older servers need not know (``only_adds = True``). The database holds which schema is the oldest
whose servers can use it: an older server that starts looks there.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, event, inspect, select, text, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from livedeck.errors import DatabaseUnavailable, UnsupportedOption

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0015"
"""The newest revision; a test keeps it equal to Alembic's own idea of it. Known here because importing Alembic takes
longer than all else that a start with an up-to-date database has to do."""

APPLICATION: Final = "livedeck-"
"""What the names begin with that servers give PostgreSQL for their connections; their schema follows."""

_FOLDER = Path(__file__).parent / "migrations"
_stamp = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
# What servers of any version ask of it.
_identity = Table("identity", MetaData(), Column("oldest_schema", String(32)))

_log = logging.getLogger(__name__)


def migrate(engine: Engine) -> None:
    """Run every migration that the database has not seen, in one transaction.

    Raises:
        UnsupportedOption: The database stands at a newer schema that this livedeck cannot use, or servers that cannot
            use this one's are connected to it.
    """
    with engine.begin() as connection:
        found = current_revision(connection)
        if found == HEAD:
            return
        if found is not None and found.isdecimal() and found > HEAD:
            _check_usable(connection, found)
        else:
            _upgrade(connection, found)


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database is stamped with; None for an empty one."""
    if not inspect(connection).has_table(_stamp.name):
        return None
    return connection.scalar(select(_stamp.c.version_num))


def oldest_schema(connection: Connection) -> str:
    """Return the oldest schema whose servers can use a database that stands at this one's or a newer one."""
    return str(connection.scalar(select(_identity.c.oldest_schema)))


def configuration(connection: Connection | None = None) -> "Config":
    """Return Alembic's configuration for our migrations, over an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def refuse_once_unusable(engine: Engine) -> None:
    """Have each new connection refused once a newer server has brought the database to a schema that is unusable here.

    A newer server does not do so while it sees this one's connections; but those may be cut, and made again later.
    """
    event.listen(engine, "connect", _check_connected)


def _check_connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    try:
        _refuse_unusable(connection)
    except BaseException:
        connection.close()  # not every version of SQLAlchemy does
        raise


def _refuse_unusable(connection: DBAPIConnection) -> None:
    cursor = connection.cursor()
    cursor.execute("SELECT oldest_schema FROM identity")
    [(oldest,)] = cursor.fetchall()
    cursor.close()
    connection.rollback()
    if oldest > HEAD:
        raise DatabaseUnavailable(
            f"the database was brought to a schema that only servers of schema {oldest} and newer can use, and this "
            f"one is of {HEAD}: stop it, and start the newer livedeck"
        )


def _check_usable(connection: Connection, found: str) -> None:
    """Refuse a database of a newer schema, unless all that came after this one has only added."""
    oldest = oldest_schema(connection)
    if oldest > HEAD:
        raise UnsupportedOption(
            f"the database stands at schema {found!r}, which servers of schema {oldest} and newer can use, and this "
            f"livedeck is of {HEAD}: use the newer livedeck that wrote it"
        )
    _log.warning("newer_schema schema=%s own=%s", found, HEAD)


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = configuration(connection)
    try:
        pending = list(ScriptDirectory.from_config(config).iterate_revisions("head", found or "base"))
    except CommandError as error:
        raise UnsupportedOption(
            f"the database stands at schema {found!r}, which this livedeck (schema {HEAD}) does not know: "
            "use the newer livedeck that wrote it"
        ) from error
    changing = [script.revision for script in pending if not getattr(script.module, "only_adds", False)]
    if changing and found is not None:
        _check_alone(connection, found, changing[0])
    command.upgrade(config, "head")
    if changing:
        connection.execute(update(_identity).values(oldest_schema=changing[0]))


def _check_alone(connection: Connection, found: str, oldest: str) -> None:
    """Refuse to bring a database to a schema that servers cannot use which are connected to it."""
    if connection.dialect.name != "postgresql":
        return  # an SQLite file is one server's
    sessions = text(
        "SELECT DISTINCT substr(application_name, :after, 4) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name LIKE :ours"
    )
    names = {"after": len(APPLICATION) + 1, "ours": f"{APPLICATION}____%"}
    older = sorted(schema for schema in connection.scalars(sessions, names) if schema < oldest)
    if older:
        raise UnsupportedOption(
            f"the database stands at schema {found!r}, and servers of schema {', '.join(older)} are connected to it "
            f"that cannot use schema {HEAD}: stop them, then start this one again (connections of a stopped server may "
            "stay open in a pooler for some minutes)"
        )
