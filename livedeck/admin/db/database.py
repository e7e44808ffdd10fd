"""The database as the rest of admin sees it: open it, read with a function, write with a function.

The functions stand in the modules beside this one (`entities`, `executions`, `recording`, `leases`, ...), take a
connection or a transaction, and are plain synchronous code.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from livedeck.admin.db import preflight, projects
from livedeck.admin.db.batches import Request
from livedeck.admin.db.channel import Channel, Ears, Told
from livedeck.admin.db.checkpointer import Checkpointer
from livedeck.admin.db.engines import READERS, Engines, open_engines, shown
from livedeck.admin.db.liveness import PATIENCE, TIMEOUT, Liveness
from livedeck.admin.db.lookups import Lookups
from livedeck.admin.db.migrate import migrate, refuse_once_unusable
from livedeck.admin.db.preflight import Pooling
from livedeck.admin.db.writer import Committed, Transaction, Writer
from livedeck.admin.notifiers import KeyedNotifier, Notifier
from livedeck.errors import DatabaseUnavailable, LeaseLost, Refusal, ServerError
from livedeck.telemetry.metrics import Counter, Histogram, Timed

__all__ = ["Connection", "Database", "Transaction"]

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_TIMES: Final = Histogram(
    "livedeck_database_seconds", "How long the database takes: a read, a lookup, a write.", ["operation"]
)
_ERRORS: Final = Counter("livedeck_database_errors", "What the database failed at.", ["operation", "error"])
_EVENTS: Final = Counter("livedeck_events", "Events and other changes that this server has recorded.")
_ENDED: Final = Counter("livedeck_ended_executions", "Executions whose end this server has recorded.", ["phase"])


class Database:
    """An open database, migrated to the newest schema. Get one from `Database.open`."""

    def __init__(self, engines: Engines, pooling: Pooling = Pooling.NONE) -> None:
        self._engines = engines
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="livedeck-reader")
        self._lookups = Lookups(engines.reader, asyncio.get_running_loop())
        self._writer = Writer(engines.writer, asyncio.get_running_loop(), self._notify, self._announce)
        self._checkpointer = Checkpointer(engines.checkpoints) if engines.checkpoints is not None else None
        self._channel: Channel | None = None
        self._liveness: Liveness | None = None
        if engines.channel is not None:
            self._liveness = Liveness(engines.channel)
            ears = None if pooling is Pooling.TRANSACTION else Ears(self._on_told, self._on_missed)
            self._channel = Channel(engines.channel, asyncio.get_running_loop(), ears)
        self.on_hint: Callable[[str, bytes], None] = lambda _topic, _body: None
        """Called with what publishers have hinted to other servers."""
        self.newest = 0
        """The number of the newest event that is known to be committed; 0 when there was none yet."""
        self.recorded = Notifier()
        """Notifies when a server has committed an event."""
        name = engines.writer.url.database if engines.writer.dialect.name == "sqlite" else None
        self._file = Path(name) if name else None
        self._opened = _identity(self._file) if self._file else None
        self.wanted = Notifier()
        """Notifies when a server has committed work for a propeller."""
        self.signalled = Notifier()
        """Notifies when a server has committed that a signal was set."""
        self.released = Notifier()
        """Notifies when a server has committed that outputs are in the cache, or not computed any more."""
        self.ended = KeyedNotifier()
        """Notifies for an execution (``project/domain/name``) when a server has committed that it is over."""

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, prepared: bool = True) -> AsyncIterator[Self]:
        """Connect, migrate to the newest schema, and close at the end.

        Args:
            url: A SQLAlchemy URL of an SQLite file or a PostgreSQL database; an async driver's name is accepted.
            prepared: Whether the statements that every event takes are handed straight to the driver.

        Raises:
            UnsupportedOption: The URL names no database that livedeck runs on, or one that can only be read, or that
                stands at a schema of a newer livedeck.
            UnknownEntity: Its driver is not installed.
            ServerError: The database cannot be reached, or is none; `NotWritable` if its folder cannot be made.
        """
        with _opening(url):
            engines = open_engines(url, prepared=prepared)
        try:
            with _opening(url):
                pooling = await asyncio.to_thread(_prepare, engines, shown(url))
            database = cls(engines, pooling)
            database._lookups.start()
            database._writer.start()
            for further in (database._checkpointer, database._channel):
                if further is not None:
                    further.start()
            try:
                with _opening(url):
                    await database.write(projects.ensure_default)
                yield database
            finally:
                await asyncio.to_thread(database._close)
        finally:
            await asyncio.to_thread(engines.dispose)

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(connection, ...)`` in a reader thread, over one consistent snapshot."""

        def run() -> T:
            with self._answering("read"), self._engines.reader.begin() as connection:
                return work(connection, *args, **kwargs)

        return await self._while_it_answers(asyncio.get_running_loop().run_in_executor(self._readers, run))

    async def look_up(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(connection, ...)``, which finds a few rows by their keys, together with others that are waiting.

        What may take longer than a lookup belongs in `read`: it would hold the others up.
        """
        with self._answering("lookup"):
            request = self._lookups.request(lambda connection: work(connection, *args, **kwargs))
            return cast("T", await self._while_it_answers(request.answer, request))

    async def write(self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(transaction, ...)`` in the writer; return when it is committed.

        An exception undoes what this ``work`` did, and nothing else.
        """
        with self._answering("write"):
            request = self._writer.request(lambda transaction: work(transaction, *args, **kwargs))
            return cast("T", await self._while_it_answers(request.answer, request))

    async def _while_it_answers(self, answer: "asyncio.Future[T]", request: Request[Any] | None = None) -> T:
        """Wait for an answer, for as long as the database is there.

        Raises:
            DatabaseUnavailable: It is not. What was asked for is not done, or, if it has begun, may be.
        """
        if self._liveness is None:
            return await answer
        while not (await asyncio.wait([answer], timeout=PATIENCE))[0]:
            if not await self._liveness.answers() and not answer.done():
                if request is not None:
                    request.withdrawn = True
                answer.cancel()
                raise DatabaseUnavailable(
                    f"the database has not answered for {PATIENCE + TIMEOUT:g} s; try again once it is there"
                )
        return answer.result()

    def pass_on(self, topic: str, hint: bytes) -> None:
        """Pass a publisher's hint on to the other servers on the database, if there can be any. Never blocks.

        Args:
            topic: What it is about.
            hint: ``LONGEST_HINT`` bytes at most.
        """
        if self._channel is not None:
            self._channel.hint(topic, hint.decode())

    def check(self) -> None:
        """See that the file of the database is still the one that was opened.

        SQLite goes on with a file that was deleted, as if nothing had happened, and all of it is lost at the end.

        Raises:
            DatabaseUnavailable: It is not.
        """
        if self._file is not None and _identity(self._file) != self._opened:
            raise DatabaseUnavailable(
                f"the database {self._file} was deleted or replaced while the server ran: stop the server, put the "
                "file back from a copy, or start again with an empty one"
            )

    @contextmanager
    def _answering(self, operation: str) -> Iterator[None]:
        """Say in words what to do when the database does not work; time the operation."""
        try:
            with Timed(_TIMES, _ERRORS, operation, (Refusal, LeaseLost)):
                self.check()
                yield
        except DBAPIError as error:
            if not (isinstance(error, OperationalError) or _is_of_the_servers(error)):
                raise
            cause = _cause(error)
            if self._file is None:
                raise DatabaseUnavailable(f"the database does not answer: {cause}") from error
            advice = _no_room(cause, f"in {self._file.parent}") or "see that it can be read and written"
            raise DatabaseUnavailable(f"the database {self._file} does not work: {cause}; {advice}") from error

    def _notify(self, news: Committed) -> None:
        if self._checkpointer is not None:
            self._checkpointer.note_commit()
        if news.last:
            _EVENTS.add(count=news.numbers)
        for _, phase in news.ended:
            _ENDED.add(phase)
        self._wake(_told(news))

    def _announce(self, connection: Connection, news: Committed) -> None:
        if self._channel is not None:
            self._channel.tell(connection, _told(news))

    def _on_told(self, told: Told) -> None:
        self._wake(told)
        for topic, hint in told.hints:
            self.on_hint(topic, hint.encode())

    def _on_missed(self) -> None:
        for notifier in (self.recorded, self.wanted, self.signalled, self.released):
            notifier.notify()

    def _wake(self, told: Told) -> None:
        if told.last:
            self.newest = max(self.newest, told.last)
            self.recorded.notify()
        if told.work:
            self.wanted.notify()
        if told.signalled:
            self.signalled.notify()
        if told.released:
            self.released.notify()
        self.ended.notify(told.ended)

    def _close(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self._writer.close()
        if self._checkpointer is not None:
            self._checkpointer.close()
        self._lookups.close()
        self._readers.shutdown(wait=True)


def _prepare(engines: Engines, url: str) -> Pooling:
    """See whether the database can be used, and bring it to the newest schema; return what is between."""
    pooling = Pooling.NONE
    if engines.channel is not None:
        with engines.channel.connect() as connection:
            preflight.refuse_read_only(connection, url)
        pooling = preflight.pooling_of(engines.channel)
        if pooling is Pooling.TRANSACTION:
            _log.warning("pooler mode=transaction: what other servers do is seen up to a second late")
            engines.prepare_nothing()
    migrate(engines.writer)
    if engines.channel is not None:
        for engine in (engines.writer, engines.reader):
            refuse_once_unusable(engine)
    return pooling


def _told(news: Committed) -> Told:
    return Told("", news.last, news.work, news.signalled, news.released, [key for key, _ in news.ended])


def _identity(file: Path) -> tuple[int, int] | None:
    """Which file has that name now."""
    try:
        found = os.stat(file)  # noqa: PTH116 - before each read and write
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_of_the_servers(error: DBAPIError) -> bool:
    """Tell whether an error, which the driver calls an internal one, is of the database's state and not of a request.

    PostgreSQL has ended a transaction because this process did nothing in it for too long, or it has become a replica.
    """
    return getattr(error.orig, "sqlstate", None) in {"25P03", "25006"}


def _no_room(cause: str, where: str) -> str:
    """Return what to do where ``cause``, the database's words, are those of a full disk."""
    if "full" in cause:
        return f"free some space {where}"
    if "disk I/O error" in cause:  # SQLite, also where there is no room for the files that it keeps beside
        return f"free some space {where}, or see that the disk works"
    return ""


def _cause(error: Exception) -> str:
    """Return what the driver has said first: SQLAlchemy, which cleans up after an error, may meet another thereby."""
    first: BaseException = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    library = type(first).__module__.partition(".")[0]
    while (earlier := first.__context__) is not None and type(earlier).__module__.partition(".")[0] == library:
        first = earlier
    return " ".join(str(first).split())


@contextmanager
def _opening(url: str) -> Iterator[None]:
    """Say what the database answers in words that name it and what to do."""
    try:
        yield
    except (SQLAlchemyError, DatabaseUnavailable, ValueError) as error:  # the last for a bad value in the URL's query
        cause = _cause(error)
        own = "see that it is there, that it is livedeck's own and may be written to"
        advice = _no_room(cause, "on its disk") or own
        raise ServerError(
            f"cannot open the database {shown(url)}: {cause}; {advice}, or name another with --database "
            "(LIVEDECK_DATABASE)"
        ) from error
