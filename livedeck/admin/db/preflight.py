"""Looks at a PostgreSQL database before a server works on it: whether it can be written to, and what is in between."""

import enum
from typing import Final

from sqlalchemy import Connection, Engine

from livedeck.errors import UnsupportedOption

_TRIES: Final = 10


class Pooling(enum.Enum):
    """What stands between this process and the database."""

    NONE = "none"
    """Nothing that shares connections."""
    SESSION = "session"
    """A pooler that keeps a connection of the database's for as long as a client's lasts."""
    TRANSACTION = "transaction"
    """A pooler that gives each transaction whichever connection is free: what is set, prepared or listened to in one
    transaction is another client's in the next."""


def refuse_read_only(connection: Connection, shown: str) -> None:
    """Refuse a database that no server can work on.

    Args:
        connection: To it.
        shown: Its URL, without passwords.

    Raises:
        UnsupportedOption: It is a read replica, or its transactions can only read.
    """
    replica, read_only = connection.exec_driver_sql(
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"
    ).one()
    if replica:
        raise UnsupportedOption(
            f"the database {shown} is a read replica, which cannot be written to: name the primary with --database "
            "(LIVEDECK_DATABASE); with several hosts in the URL add target_session_attrs=read-write"
        )
    if read_only:
        raise UnsupportedOption(
            f"transactions in the database {shown} can only read: set default_transaction_read_only = off for its user "
            "and the database, or name another with --database (LIVEDECK_DATABASE)"
        )


def pooling_of(engine: Engine) -> Pooling:
    """Find out whether a pooler is between, and of which kind.

    Args:
        engine: makes connections that commit each statement.
    """
    with engine.connect() as one, engine.connect() as other:
        before = _process(one)
        # A pooler answers for the database when a client connects, and makes up the number of the process.
        if before == one.connection.driver_connection.info.backend_pid:  # type: ignore[union-attr]
            return Pooling.NONE
        for _ in range(_TRIES):
            # What the first has left is free, and so the second gets it, unless another client has been quicker: then
            # the first is given another one. A connection that lasts as long as the client's does neither.
            other.exec_driver_sql("BEGIN")
            given = _process(other)
            other.exec_driver_sql("ROLLBACK")
            after = _process(one)
            if before == given or before != after:
                return Pooling.TRANSACTION
    return Pooling.SESSION


def _process(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
