"""The single writer: a thread that takes whatever requests are waiting and commits them together.

Group commit is what makes reporting cheap: while one transaction is being committed, the requests that arrive
meanwhile queue up and share the next one. Each request runs in a savepoint, so one that is refused undoes only
itself. Nobody is answered before the commit has returned: what was acknowledged survives the process.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine

from livedeck.admin.db.numbers import last_number
from livedeck.admin.db.prepared import command

_MAX_BATCH = 256
"""Requests in one transaction; more than this only delays the first."""


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

    def number(self) -> int:
        """Return the next event number."""
        self.last += 1
        return self.last


@dataclass(frozen=True)
class _Request:
    work: Callable[[Transaction], Any]
    answer: "asyncio.Future[Any]"


@dataclass(frozen=True)
class Committed:
    """What a commit brought, for those who wait for news."""

    last: int = 0
    """The number of the newest event; 0: it brought none."""
    work: bool = False


class Writer:
    """Runs write requests in a thread of its own. Start it once, close it once."""

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop, notify: Callable[[Committed], None]) -> None:
        self._engine = engine
        self._loop = loop
        self._notify = notify
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="livedeck-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def submit(self, work: Callable[[Transaction], Any]) -> Any:
        """Run ``work`` in a transaction; return its result once that is committed.

        Cancelling the caller does not undo the work: it may be committed already.
        """
        if self._closed:
            raise RuntimeError("the database is closed")
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._requests.put(_Request(work, answer))
        return await answer

    def close(self) -> None:
        """Finish what was submitted and stop. Blocks until the thread has ended."""
        self._closed = True
        self._requests.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._serve(batch)

    def _next_batch(self) -> list[_Request] | None:
        first = self._requests.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < _MAX_BATCH:
            try:
                more = self._requests.get_nowait()
            except queue.Empty:
                break
            if more is None:  # to be found again once this batch is served
                self._requests.put(None)
                break
            batch.append(more)
        return batch

    def _serve(self, batch: list[_Request]) -> None:
        results: list[tuple[Any, BaseException | None]] = []
        news = Committed()
        try:
            with self._engine.begin() as connection:
                transaction = Transaction(connection)
                first = last_number(connection)
                transaction.last = first
                if len(batch) == 1:  # the whole transaction is its savepoint
                    results = [(batch[0].work(transaction), None)]
                else:
                    results = [_attempt(transaction, request.work) for request in batch]
                news = Committed(transaction.last if transaction.last > first else 0, transaction.wanted)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to those who wait for the answer
            results = [(None, error)] * len(batch)
            news = Committed()
        try:
            self._loop.call_soon_threadsafe(self._deliver, batch, results, news)
        except RuntimeError:
            # The loop was closed under us: nobody is left to be answered, and what is committed stays so.
            return

    def _deliver(self, batch: list[_Request], results: list[tuple[Any, BaseException | None]], news: Committed) -> None:
        for request, (result, error) in zip(batch, results, strict=True):
            if request.answer.done():
                continue
            if error is None:
                request.answer.set_result(result)
            else:
                request.answer.set_exception(error)
        self._notify(news)


def _attempt(transaction: Transaction, work: Callable[[Transaction], Any]) -> tuple[Any, BaseException | None]:
    """Run one request of several, within a savepoint of its own."""
    connection, last, wanted = transaction.connection, transaction.last, transaction.wanted
    command(connection, "SAVEPOINT request")
    try:
        result = work(transaction)
    except Exception as error:  # noqa: BLE001 - handed to the caller, whatever it is
        command(connection, "ROLLBACK TO SAVEPOINT request")
        transaction.last, transaction.wanted = last, wanted
        return None, error
    command(connection, "RELEASE SAVEPOINT request")
    return result, None
