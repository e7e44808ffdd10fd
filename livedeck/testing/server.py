"""An admin in the test's own process, and a client of its live streams."""

import asyncio
import contextlib
import functools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from livedeck.admin.app import Admin, AdminSettings, OpenReader
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.migrate import migrate
from livedeck.admin.operations.tracing import Spans
from livedeck.admin.tuning import Tuning
from livedeck.client.sse import ServerEvent, SseParser
from livedeck.deck.reader import Reader

DatabaseOf = Callable[[Path], str]
"""From the folder that an admin keeps its data in to the URL of its database, the same each time."""

_database_of: DatabaseOf | None = None

DEADLINE = 60.0
"""Seconds that a test waits for something that must happen."""


def make_database(file: Path) -> None:
    """Make an SQLite database without any entity, unless there is a file: at once, but for the first in this process.

    All of one process are copies of one, with its identity.

    Args:
        file: Where it is to be. Its folder is made if it is missing.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_empty_database())


@functools.cache
def _empty_database() -> bytes:
    """Return what is in the file of a database that was just migrated to the newest schema."""
    with tempfile.TemporaryDirectory(prefix="livedeck-") as folder:
        file = Path(folder) / "livedeck.db"
        engines = open_engines(f"sqlite:///{file}")
        migrate(engines.writer)
        engines.dispose()
        return file.read_bytes()


@contextlib.contextmanager
def databases(database_of: DatabaseOf) -> Iterator[None]:
    """Have admins that are told of no database use others than SQLite files in their folders, during the block.

    Args:
        database_of: From an admin's folder to the URL of its database.

    Yields:
        Nothing, once.
    """
    global _database_of  # noqa: PLW0603 - for all that a test starts, however deep in its fixtures
    before, _database_of = _database_of, database_of
    try:
        yield
    finally:
        _database_of = before


@contextlib.asynccontextmanager
async def running_admin(
    folder: Path,
    *,
    tuning: Tuning | None = None,
    open_reader: OpenReader = Reader,
    spans: Spans | None = None,
    **settings: Any,
) -> AsyncIterator[Admin]:
    """Serve on a free port of loopback, with database, store and run folder below ``folder``.

    Args:
        folder: Where everything is kept; start again on the same one to see what survives.
        tuning: How long its parts wait, and how much they keep.
        open_reader: Opens the reader of a Deck's log.
        spans: Sends traces; None: there are none.
        settings: Other settings of `AdminSettings`.

    Yields:
        The admin, which serves as long as the block lasts.
    """
    given = {
        "root": f"file://{folder / 'store'}",
        "database": _database_of(folder) if _database_of else f"sqlite:///{folder / 'livedeck.db'}",
        "run_dir": folder / "run",
        "port": 0,
        "shutdown_grace": 1.0,
        **settings,
    }
    if given["database"] == f"sqlite:///{folder / 'livedeck.db'}":
        make_database(folder / "livedeck.db")
    async with Admin(AdminSettings(**given), tuning=tuning, open_reader=open_reader, spans=spans) as admin:
        yield admin


class LiveStream:
    """One connection to a live stream.

    Args:
        reader: What the server sends.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._parser = SseParser()
        self._waiting: list[ServerEvent] = []
        self.status = 0
        self.headers: dict[str, str] = {}
        self.raw = b""
        """Everything received, comments too."""

    async def next(self) -> ServerEvent | None:
        """Return the next event; None at the end of the stream.

        Raises:
            TimeoutError: There was none within `DEADLINE`.
        """
        async with asyncio.timeout(DEADLINE):
            while not self._waiting:
                piece = await self._piece()
                if piece is None:
                    return None
                self.raw += piece
                self._waiting.extend(self._parser.feed(piece))
        return self._waiting.pop(0)

    async def until(self, event: str) -> list[ServerEvent]:
        """Return the events up to and with the next one whose name is ``event``.

        Raises:
            AssertionError: The stream ended before.
        """
        found: list[ServerEvent] = []
        while not found or found[-1].event != event:
            one = await self.next()
            if one is None:
                raise AssertionError(f"the stream ended without {event!r}: {[each.event for each in found]}")
            found.append(one)
        return found

    async def rest(self) -> list[ServerEvent]:
        """Return the events up to the end of the stream."""
        found: list[ServerEvent] = []
        while (one := await self.next()) is not None:
            found.append(one)
        return found

    async def open(self) -> None:
        """Read the response's head."""
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        pairs = (line.partition(": ") for line in lines[1:] if line)
        self.headers = {name.lower(): value for name, _, value in pairs}

    async def _piece(self) -> bytes | None:
        """Read one chunk of the body."""
        try:
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            chunk = await self._reader.readexactly(size + 2)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return chunk[:-2] if size else None


@contextlib.asynccontextmanager
async def listening(
    endpoint: str, path: str, *, last_event_id: str | None = None, headers: Mapping[str, str] | None = None
) -> AsyncIterator[LiveStream]:
    """Connect to a live stream; the connection ends with the block.

    Args:
        endpoint: ``host:port``.
        path: Such as ``/live/executions/p/d/name``.
        last_event_id: Where to resume.
        headers: More headers.

    Yields:
        The stream.
    """
    host, _, port = endpoint.rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        wanted = {"Host": endpoint, "Accept": "text/event-stream", **(headers or {})}
        if last_event_id is not None:
            wanted["Last-Event-ID"] = last_event_id
        head = "".join(f"{name}: {value}\r\n" for name, value in wanted.items())
        writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        stream = LiveStream(reader)
        async with asyncio.timeout(DEADLINE):
            await stream.open()
        yield stream
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
