"""Brings a database to the newest schema with Alembic; costs one small query when it is there already."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from livedeck.errors import UnsupportedOption

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0013"
"""The newest revision; a test keeps it equal to Alembic's own idea of it. Known here because importing Alembic takes
longer than all else that a start with an up-to-date database has to do."""

_FOLDER = Path(__file__).parent / "migrations"
_stamp = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def migrate(engine: Engine) -> None:
    """Run every migration that the database has not seen, in one transaction.

    Raises:
        UnsupportedOption: The database was written by a newer livedeck.
    """
    with engine.begin() as connection:
        if current_revision(connection) != HEAD:
            _upgrade(connection)


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database is stamped with; None for an empty one."""
    if not inspect(connection).has_table(_stamp.name):
        return None
    return connection.scalar(select(_stamp.c.version_num))


def configuration(connection: Connection | None = None) -> "Config":
    """Return Alembic's configuration for our migrations, over an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.util import CommandError

    found = current_revision(connection)
    try:
        command.upgrade(configuration(connection), "head")
    except CommandError as error:
        raise UnsupportedOption(
            f"the database stands at schema {found!r}, which this livedeck (schema {HEAD}) does not know: "
            "use the newer livedeck that wrote it"
        ) from error
