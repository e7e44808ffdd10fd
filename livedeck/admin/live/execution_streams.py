"""Executions as they change: Flyte's own entities, whole, each under the number of the event that changed it last."""

import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Final, Protocol

import msgspec
from flyteidl.admin.execution_pb2 import Execution
from google.protobuf.message import Message

from livedeck.admin.feed import KINDS, Change, Kind, Position
from livedeck.admin.live.changes import ChangeFollower, Subscription
from livedeck.admin.live.items import as_columns
from livedeck.admin.live.messages import Stale
from livedeck.admin.live.queues import QueueNews, Queues, nothing_queued
from livedeck.admin.live.sse import BEAT, HEARTBEAT, event
from livedeck.admin.records.shown import as_dict
from livedeck.store.layout import ITEM

_encode: Final = msgspec.json.Encoder().encode
PAGE: Final = 500
_DIGITS: Final = 18
"""Of the greatest number of a change that is read."""

FirstPage = Callable[[str], Awaitable[tuple[list[bytes], int]]]
"""From the identity of the database to what a new viewer is sent, encoded, and the number of the event that it is valid
at."""


class EntityFeed(Protocol):
    """What is asked of the feed; `livedeck.admin.feed.Feed` is one."""

    async def position(self) -> Position: ...

    async def after(
        self,
        number: int,
        *,
        project: str | None = None,
        domain: str | None = None,
        name: str | None = None,
        kinds: tuple[Kind, ...] = ...,
        limit: int = ...,
    ) -> list[Change]: ...


def as_json(message: Message) -> bytes:
    """Return the JSON form of a protobuf message, enums by name: what browsers read."""
    return _encode(as_dict(message))


def as_protobuf(message: Message) -> bytes:
    """Return a protobuf message in base64: for our own client, both ends spend a fraction of what JSON takes."""
    return b64encode(message.SerializeToString())


Encoding = Callable[[Message], bytes]
"""How an entity becomes the data of an event; without a line break."""

ENCODINGS: Final[Mapping[str, Encoding]] = {"json": as_json, "protobuf": as_protobuf}


def event_id(position: Position) -> str:
    """Return the id of an event: the number of a change alone would say nothing to the server of another database."""
    return f"{position.database}.{position.number}"


def parse_event_id(text: str | None) -> Position | None:
    """Return what a ``Last-Event-ID`` says; None when it is absent or the id of no event."""
    database, dot, number = (text or "").rpartition(".")
    if not (dot and number.isascii() and number.isdigit() and len(number) <= _DIGITS):
        return None
    return Position(database, int(number))


def encode_changes(changes: Iterable[Change], encoding: Encoding, database: str) -> list[bytes]:
    """Encode entities as events, in order; those of items of array nodes as one, after the others.

    Args:
        changes: The entities.
        encoding: Of the entities.
        database: The identity of the database that they were read from.
    """
    encoded: list[bytes] = []
    items: list[Change] = []
    last = 0
    for change in changes:
        last = max(last, change.number)
        if change.kind == "task" and ITEM in str(change.key[3]):
            items.append(change)
        else:
            id = event_id(Position(database, change.number))
            encoded.append(event(change.kind, encoding(change.message), id=id))
    if items:
        columns = _encode(as_columns(each.message for each in items))
        encoded.append(event("items", columns, id=event_id(Position(database, last))))
    return encoded


def encode_execution(execution: Execution, encoding: Encoding) -> bytes:
    """Encode an execution of a first page, which has no number of its own."""
    return event("execution", encoding(execution))


class EntityStream:
    """One viewer of some executions.

    Args:
        feed: Where entities are read from.
        changes: Says what changes afterwards.
        project: Of the executions.
        domain: Of the executions.
        name: Of the one execution, with its nodes and attempts; None: all executions, without.
        encoding: Of the entities.
        queues: Say what holds nodes back now.
        heartbeat: Seconds of silence after which a comment is sent.
    """

    def __init__(
        self,
        feed: EntityFeed,
        changes: ChangeFollower,
        *,
        project: str,
        domain: str,
        name: str | None,
        encoding: Encoding = as_json,
        queues: Queues = nothing_queued,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._feed = feed
        self._changes = changes
        self._scope = (project, domain) if name is None else (project, domain, name)
        self._project, self._domain, self._name = project, domain, name
        self._encoding = encoding
        self._heartbeat = heartbeat
        self._kinds: tuple[Kind, ...] = ("execution", "deleted") if name is None else KINDS
        self._database = ""
        self._number = 0
        self._queue = QueueNews(lambda: queues(f"{project}/{domain}/{name}") if name is not None else {})

    async def events(self, last_id: str | None, first_page: FirstPage) -> AsyncIterator[bytes]:
        """Yield the entities, ``ready`` once all that is known was sent, and then every change.

        Before all of it comes ``reset`` where what the viewer has is of another database, and is to be forgotten.

        Args:
            last_id: Id of the last event that the viewer has.
            first_page: Reads what is sent to one who has none.
        """
        async with self._changes.subscribe(self._wants) as subscription:
            newest = await self._feed.position()
            self._database = newest.database
            last = parse_event_id(last_id)
            if last is not None and last.database == newest.database and last.number <= newest.number:
                self._number = last.number
            else:
                if last_id:  # of another database, or of this one before it was restored
                    yield event("reset", b"{}")
                first, self._number = await first_page(self._database)
                if first:
                    yield b"".join(first)
            async for data in self._missed():
                yield data
            yield self._queue.take(changed=True) + event("ready", b"{}", id=self._event_id())
            async for data in self._live(subscription):
                yield data

    def _wants(self, change: Change) -> bool:
        return change.kind in self._kinds and change.key[: len(self._scope)] == self._scope

    async def _missed(self) -> AsyncIterator[bytes]:
        while True:
            page = await self._feed.after(
                self._number,
                project=self._project,
                domain=self._domain,
                name=self._name,
                kinds=self._kinds,
                limit=PAGE,
            )
            if page:
                self._number = page[-1].number
                yield self._encoded(page)
            if len(page) < PAGE:
                return

    async def _live(self, subscription: Subscription) -> AsyncIterator[bytes]:
        spoke = time.monotonic()
        stale = ""
        while True:
            seen = subscription.arrived.count
            fresh = self._fresh(subscription.take())
            news = self._encoded(fresh) + self._queue.take(changed=bool(fresh))
            if subscription.stale != stale:
                stale = subscription.stale
                news += event("stale", _encode(Stale(stale)))
            silent = max(0.0, spoke + self._heartbeat - time.monotonic())
            if news or not silent:
                spoke = time.monotonic()
                yield news or BEAT
                continue
            queue = self._queue.wait
            await subscription.arrived.wait(seen, timeout=silent if queue is None else min(silent, queue))

    def _encoded(self, changes: Iterable[Change]) -> bytes:
        return b"".join(encode_changes(changes, self._encoding, self._database))

    def _event_id(self) -> str:
        return event_id(Position(self._database, self._number))

    def _fresh(self, changes: Iterable[Change]) -> list[Change]:
        """What is newer than all that was sent: the subscription began before the first reading."""
        fresh = [change for change in changes if change.number > self._number]
        if fresh:
            self._number = fresh[-1].number
        return fresh
