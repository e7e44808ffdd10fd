"""Statements for the path that every event takes, compiled once and handed straight to the driver.

SQLAlchemy's execution of a Core statement costs five to ten times the statement itself on SQLite. Reporting runs some
eight of them, so these few are compiled by SQLAlchemy (for whichever database it is) and run on the driver's cursor,
inside the same transaction. Only integers, texts and bytes pass through, which both drivers take as they are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

Value = int | str | bytes | None
Row = Mapping[str, Value]

UNPREPARED = "livedeck_unprepared"
"""Execution option of an engine whose statements go through SQLAlchemy, to measure what it gains that they need not."""


class Prepared:
    """A statement with named parameters (``bindparam``), none of them expanding."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[str] | None]] = {}

    def fetch(self, connection: Connection, **values: Value) -> list[tuple[Any, ...]]:
        """Run it and return all rows."""
        if _unprepared(connection):
            return [tuple(row) for row in connection.execute(self._statement, values)]
        sql, positions = self._for(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(sql, _arrange(values, positions))
            rows = list(cursor.fetchall())
        except _driver_error(connection) as error:
            raise _as_sqlalchemy(error, sql, connection) from error
        cursor.close()
        return rows

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run it once for each of ``rows``; nothing happens when there are none."""
        if not rows:
            return
        if _unprepared(connection):
            connection.execute(self._statement, rows)
            return
        sql, positions = self._for(connection)
        cursor = connection.connection.cursor()
        try:
            if len(rows) == 1:
                cursor.execute(sql, _arrange(rows[0], positions))
            else:
                cursor.executemany(sql, [_arrange(row, positions) for row in rows])
        except _driver_error(connection) as error:
            raise _as_sqlalchemy(error, sql, connection) from error
        cursor.close()

    def _for(self, connection: Connection) -> tuple[str, Sequence[str] | None]:
        name = connection.dialect.name
        found = self._compiled.get(name)
        if found is None:
            compiled = self._statement.compile(dialect=connection.dialect)
            # SQLite's driver wants positions, psycopg names.
            found = self._compiled[name] = (str(compiled), compiled.positiontup if compiled.positional else None)
        return found


def command(connection: Connection, sql: str) -> None:
    """Run a statement without parameters or result, as it is."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql)
    except _driver_error(connection) as error:
        raise _as_sqlalchemy(error, sql, connection) from error
    cursor.close()


def _driver_error(connection: Connection) -> type[Exception]:
    return connection.dialect.loaded_dbapi.Error


def _as_sqlalchemy(error: Exception, sql: str, connection: Connection) -> DBAPIError:
    """The error as SQLAlchemy raises it: callers tell errors apart by its classes, whichever way a statement went."""
    raised = DBAPIError.instance(sql, None, error, _driver_error(connection), dialect=connection.dialect)
    assert isinstance(raised, DBAPIError)
    return raised


def _unprepared(connection: Connection) -> bool:
    return UNPREPARED in connection.get_execution_options()


def _arrange(values: Row, positions: Sequence[str] | None) -> Any:
    return values if positions is None else [values[name] for name in positions]
