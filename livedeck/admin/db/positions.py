"""How far each reader of the event log has come, kept over restarts."""

from sqlalchemy import Connection, insert, select, update

from livedeck.admin.db.tables import positions
from livedeck.admin.db.writer import Transaction


def position(connection: Connection, reader: str) -> int | None:
    """Return the number up to which a reader has done its work; None when it never began."""
    return connection.execute(select(positions.c.number).where(positions.c.reader == reader)).scalar()


def move(transaction: Transaction, reader: str, number: int) -> None:
    """Note that a reader has done its work up to a number; a position never goes back."""
    known = position(transaction.connection, reader)
    if known is None:
        transaction.connection.execute(insert(positions).values(reader=reader, number=number))
    elif known < number:
        transaction.connection.execute(update(positions).where(positions.c.reader == reader).values(number=number))
