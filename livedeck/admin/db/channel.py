"""What servers on one PostgreSQL database tell each other: what was committed, and what publishers hint.

It goes by NOTIFY: news of a commit with the commit, hints in transactions of their own. Losing any of it costs only
time, for whoever waits looks by itself now and then; so what cannot be sent is dropped, and when a connection was lost
all who wait look at once. Behind a pooler that gives each transaction another connection nobody can listen, and no more
is lost than that time.
"""

import asyncio
import contextlib
import logging
import os
import queue
import select
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

_NAME: Final = "livedeck"
_LONGEST: Final = 7900
"""Bytes of what is told at once: PostgreSQL takes fewer than 8,000."""
LONGEST_HINT: Final = 6000
"""Bytes of a hint that is passed on whole."""
_MOST_WAITING: Final = 1000
"""Hints that wait to be passed on; the others are dropped."""
_MOST_ENDED: Final = 50
_PAUSE: Final = 1.0
"""Seconds before a lost connection is made again."""

_log = logging.getLogger(__name__)


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message."""

    sender: str
    last: int = 0
    """The number of the newest event; 0: there is no new one."""
    work: bool = False
    signalled: bool = False
    released: bool = False
    ended: list[str] = []
    """Keys of executions that are over."""
    hints: list[tuple[str, str]] = []
    """Of which Deck, and what."""


@dataclass(frozen=True)
class Ears:
    """Who is told, in the event loop."""

    on_told: Callable[[Told], None]
    """What another server says."""
    on_missed: Callable[[], None]
    """Something may have been missed."""


class Channel:
    """Tells other servers, and listens to them, in threads of its own.

    Args:
        engine: makes connections that commit each statement.
        loop: the event loop of those who are told.
        ears: these; None: nobody can listen here.
    """

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop, ears: Ears | None) -> None:
        self._engine = engine
        self._loop = loop
        self._me = uuid.uuid4().hex
        self._waiting: queue.Queue[tuple[str, str] | None] = queue.Queue(_MOST_WAITING)
        self._closed = threading.Event()
        self._closing, self._close = os.pipe()
        self._threads = [threading.Thread(target=self._tell_hints, name="livedeck-teller", daemon=True)]
        if ears is not None:
            listener = threading.Thread(target=self._listen, args=(ears,), name="livedeck-listener", daemon=True)
            self._threads.append(listener)

    def start(self) -> None:
        """Begin to listen and to tell."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop. A connection to a database that does not answer is left to the end of the process."""
        self._closed.set()
        os.write(self._close, b"\0")
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        for thread in self._threads:
            thread.join(timeout=2.0)

    def hint(self, topic: str, body: str) -> None:
        """Pass a hint on. Never blocks: one too many is dropped."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait((topic, body))

    def tell(self, connection: Connection, news: Told) -> None:
        """Tell of a transaction when it is committed; to be called in it, at its end."""
        if news.ended[_MOST_ENDED:]:
            news = msgspec.structs.replace(news, ended=news.ended[:_MOST_ENDED])
        _notify(connection, msgspec.structs.replace(news, sender=self._me))

    def _tell_hints(self) -> None:
        while not self._closed.is_set():
            try:
                with self._engine.connect() as connection:
                    while (hints := self._next_hints()) is not None:
                        _notify(connection, Told(self._me, hints=hints), lasting=False)
                    return
            except SQLAlchemyError as error:
                _log.info("hints_not_passed_on error=%s", error)
                self._closed.wait(_PAUSE)

    def _next_hints(self) -> list[tuple[str, str]] | None:
        """Return hints that fit into a message, once there are any; None: it is closed."""
        found: list[tuple[str, str]] = []
        room = _LONGEST
        while not found or not self._waiting.empty():
            hint = self._waiting.get()
            if hint is None:
                return None
            room -= len(msgspec.json.encode(hint)) + 100
            found.append(hint)
            if room < LONGEST_HINT:
                break
        return found

    def _listen(self, ears: Ears) -> None:
        while not self._closed.is_set():
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql(f"LISTEN {_NAME}")
                    self._in_loop(ears.on_missed)
                    self._hear(connection.connection.driver_connection, ears)
            except (SQLAlchemyError, OSError, self._engine.dialect.loaded_dbapi.Error) as error:
                _log.info("listening_failed error=%s", error)
                self._closed.wait(_PAUSE)

    def _hear(self, driver: Any, ears: Ears) -> None:
        while not self._closed.is_set():
            select.select([driver.fileno(), self._closing], [], [])
            driver.pgconn.consume_input()
            while (notice := driver.pgconn.notifies()) is not None:
                with contextlib.suppress(msgspec.DecodeError):  # of another version of livedeck, or not of livedeck
                    told = msgspec.json.decode(notice.extra, type=Told)
                    if told.sender != self._me:
                        self._in_loop(lambda told=told: ears.on_told(told))  # type: ignore[misc]

    def _in_loop(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed
            self._loop.call_soon_threadsafe(call)


def _notify(connection: Connection, told: Told, *, lasting: bool = True) -> None:
    """Tell something with the transaction; one that writes nothing that has to stay need not wait for the disk."""
    # For the transaction alone: behind a pooler the next one on this connection may be another client's.
    first = "" if lasting else "set_config('synchronous_commit', 'off', true), "
    connection.exec_driver_sql(f"SELECT {first}pg_notify(%s, %s)", (_NAME, msgspec.json.encode(told).decode()))
