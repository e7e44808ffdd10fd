"""The single writer: whatever requests are waiting are committed together.

Group commit is what makes reporting cheap: while one transaction is being committed, the requests that arrive
meanwhile queue up and share the next one. Each request runs in a savepoint, so one that is refused undoes only
itself. Nobody is answered before the commit has returned: what was acknowledged survives the process.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import BigInteger, Connection, Engine, cast, extract, func, select
from sqlalchemy.exc import SQLAlchemyError

from livedeck.admin.db.batches import Answer, BatchThread, Request
from livedeck.admin.db.numbers import last_number
from livedeck.admin.db.prepared import command
from livedeck.errors import DatabaseUnavailable

_MOST: Final = 256
_CLOCK: Final = select(cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger))


def now() -> int:
    """The wall clock in microseconds since the epoch."""
    return time.time_ns() // 1000


@dataclass
class Transaction:
    """What a write request works with."""

    connection: Connection
    now: int = field(default_factory=now)
    """Microseconds since the epoch, the same for all that is written together."""
    last: int = 0
    """The last event number given out."""
    wanted: bool = False
    """There is work for a propeller: an execution was created or asked to abort."""
    signalled: bool = False
    """Somebody has set a signal that a gate may wait for."""
    released: bool = False
    """Outputs that others wait for are in the cache, or are not computed any more."""
    ended: list[tuple[str, str]] = field(default_factory=list)
    """Keys (``project/domain/name``) of executions that are over now, each with its phase's name."""

    def shared_now(self) -> int:
        """Return the time that all servers agree on, in microseconds: PostgreSQL's own; SQLite has this machine's."""
        if self.connection.dialect.name != "postgresql":
            return self.now
        return self.connection.execute(_CLOCK).scalar_one()

    def number(self) -> int:
        """Return the next event number."""
        self.last += 1
        return self.last


@dataclass(frozen=True)
class Committed:
    """What a commit brought, for those who wait for news."""

    last: int = 0
    """The number of the newest event; 0: it brought none."""
    numbers: int = 0
    """How many numbers of events it has given out."""
    work: bool = False
    signalled: bool = False
    released: bool = False
    ended: tuple[tuple[str, str], ...] = ()


class Writer(BatchThread[Transaction]):
    """Runs write requests. Each is answered once it is committed; cancelling the caller does not undo it.

    Args:
        engine: Of the database.
        loop: The event loop of those who ask.
        notify: Called in the loop with what each commit brought.
        announce: Called within a transaction, at its end, with what it brings.
    """

    def __init__(
        self,
        engine: Engine,
        loop: asyncio.AbstractEventLoop,
        notify: Callable[[Committed], None],
        announce: Callable[[Connection, Committed], None],
    ) -> None:
        super().__init__(loop, "livedeck-writer", _MOST)
        self._engine = engine
        self._notify = notify
        self._announce = announce

    def _serve(self, batch: list[Request[Transaction]]) -> None:
        try:
            with self._engine.begin() as connection:
                if not (batch := _wanted(batch)):  # the database was away until now, and nobody waits any more
                    return
                transaction = Transaction(connection)
                first = last_number(connection)
                transaction.last = first
                if len(batch) == 1:  # the whole transaction is its savepoint
                    answers = [Answer(batch[0], batch[0].work(transaction))]
                else:
                    answers = [_attempt(transaction, request) for request in batch]
                numbers = transaction.last - first
                last = transaction.last if numbers else 0
                news = Committed(
                    last,
                    numbers,
                    transaction.wanted,
                    transaction.signalled,
                    transaction.released,
                    tuple(transaction.ended),
                )
                _check_wanted(batch)
                if news != Committed():
                    self._announce(connection, news)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to those who wait for the answer
            answers = [Answer(request, error=error) for request in batch]
            news = Committed()
        self._deliver(answers, partial(self._notify, news))


def _wanted(batch: list[Request[Transaction]]) -> list[Request[Transaction]]:
    """Return the requests whose callers were not told meanwhile that they are refused."""
    return [request for request in batch if not request.withdrawn]


def _check_wanted(batch: list[Request[Transaction]]) -> None:
    """Refuse to commit what somebody was told is refused: the others ask again.

    Raises:
        DatabaseUnavailable: There is such a request.
    """
    if len(_wanted(batch)) < len(batch):
        raise DatabaseUnavailable("the database has not answered for long; try again")


def _attempt(transaction: Transaction, request: Request[Transaction]) -> Answer[Transaction]:
    """Run one request of several, within a savepoint of its own."""
    connection, last, wanted = transaction.connection, transaction.last, transaction.wanted
    ended = len(transaction.ended)
    command(connection, "SAVEPOINT request")
    try:
        result = request.work(transaction)
    except Exception as error:  # noqa: BLE001 - handed to the caller, whatever it is
        _roll_back(connection, error)
        transaction.last, transaction.wanted = last, wanted
        del transaction.ended[ended:]
        return Answer(request, error=error)
    command(connection, "RELEASE SAVEPOINT request")
    return Answer(request, result)


def _roll_back(connection: Connection, error: Exception) -> None:
    """Undo one request, which failed with ``error``; that is raised where the whole transaction is gone with it.

    SQLite undoes all of it when its disk is full, and PostgreSQL when the connection was lost.
    """
    try:
        command(connection, "ROLLBACK TO SAVEPOINT request")
    except SQLAlchemyError:  # the driver's own, or that the connection can be used no more
        raise error from None
