"""The live endpoints: streams out, hints in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Final, Protocol, Self

from flyteidl.admin.execution_pb2 import Execution
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from livedeck.admin.feed import Change
from livedeck.admin.live import hints, log_stream
from livedeck.admin.live.changes import ChangeFollower
from livedeck.admin.live.deck_log import LogReader, OpenAttempt
from livedeck.admin.live.deck_stream import follow
from livedeck.admin.live.execution_streams import (
    ENCODINGS,
    Encoding,
    EntityFeed,
    EntityStream,
    encode_changes,
    encode_execution,
)
from livedeck.admin.live.group_pool import GroupPool
from livedeck.admin.live.group_streams import headlines, shared_tabs
from livedeck.admin.live.inotify import Inotify
from livedeck.admin.live.keys import DeckKey, ExecutionKey, NodeKey, RanksKey, parse_attempt, parse_event_id
from livedeck.admin.live.multiplex import multiplexed
from livedeck.admin.live.nodes import Lookup, RecordedNodeSource, RecordFollower, look_up
from livedeck.admin.live.probes import Probes, check_id
from livedeck.admin.live.queues import Queues, nothing_queued
from livedeck.admin.live.recent import KEPT, Kept
from livedeck.admin.live.sse import HEARTBEAT, EventStream
from livedeck.admin.live.states import NodeRecord, latest_attempt, node_is_over, task_of
from livedeck.admin.live.tail_pool import TailPool
from livedeck.admin.live.wakes import watching
from livedeck.admin.notifiers import Notifier
from livedeck.admin.records.gangs import ranks_of
from livedeck.deck.hints import opened
from livedeck.deck.reader import Offload
from livedeck.errors import InvalidLink, NoSuchEntity
from livedeck.store import Store
from livedeck.store.layout import RANK, check_name, split_rank

FIRST_PAGE: Final = 100
"""Executions that a new viewer of the list is sent, the newest ones."""


class Feed(EntityFeed, Protocol):
    """What is asked of the feed besides; `livedeck.admin.feed.Feed` is one."""

    async def current(self) -> int: ...

    async def wait(self, after: int, timeout: float) -> bool: ...

    async def snapshot(self, project: str, domain: str, name: str) -> tuple[list[Change], int]: ...


class HintLinks(Protocol):
    """Reads the tokens of hints and shared links; `livedeck.admin.links.Links` does."""

    def hinted(self, token: str) -> DeckKey: ...

    def shared(self, token: str) -> DeckKey: ...


NewestExecutions = Callable[[str, str, int], Awaitable[list[Execution]]]
"""From project, domain and a number to that many executions, the newest first."""


NoteDeck = Callable[[DeckKey], Awaitable[None]]


class Live:
    """All live streams of this process. An async context manager; `close` ends the streams.

    Args:
        feed: What changes.
        lookup: What is recorded.
        newest_executions: Reads the first page of a list.
        open_store: Opens the folder of an attempt.
        open_reader: Opens the reader of a Deck's log.
        links: Reads tokens.
        offload: Runs what takes long; in a thread by default.
        max_streams: Streams open at once; the next is refused, for calls to have room.
        queues: Say what holds nodes back now.
        kept: How much of each watched Deck's log is kept at hand.
        heartbeat: Seconds of silence on a stream after which a comment is sent.
        pass_on: Tells other servers of a hint.
        pass_on_probe: Tells other servers of a probe.
        note_deck: Records that an attempt has a Deck that need not have had one.
    """

    def __init__(
        self,
        *,
        feed: Feed,
        lookup: Lookup,
        newest_executions: NewestExecutions,
        open_store: OpenAttempt,
        open_reader: Callable[[Store], LogReader],
        links: HintLinks,
        offload: Offload = asyncio.to_thread,
        max_streams: int = 1_000_000,
        queues: Queues = nothing_queued,
        kept: Kept = KEPT,
        heartbeat: float = HEARTBEAT,
        pass_on: Callable[[DeckKey, bytes], None] = lambda _key, _body: None,
        pass_on_probe: Callable[[str], None] = lambda _id: None,
        note_deck: NoteDeck | None = None,
    ) -> None:
        self._note_deck = note_deck
        self._feed = feed
        self._pass_on_probe = pass_on_probe
        self._pass_on = pass_on
        self._lookup = lookup
        self._newest_executions = newest_executions
        self._open_store = open_store
        self._open_reader = open_reader
        self._links = links
        self._offload = offload
        self._limit = _StreamLimit(max_streams)
        self._queues = queues
        self._kept = kept
        self._heartbeat = heartbeat
        self._probes_waited_for = Probes()
        self._closing = asyncio.Event()
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._inotify = Inotify.open()
        self._watch = watching(self._inotify)
        self._changes = ChangeFollower(self._feed, self._tasks)
        self.tails = TailPool(
            records=RecordedNodeSource(self._changes, self._lookup),
            open_store=self._open_store,
            open_reader=self._open_reader,
            watch=self._watch,
            tasks=self._tasks,
            offload=self._offload,
            queues=self._queues,
            kept=self._kept,
        )
        self.groups = GroupPool(
            changes=self._changes,
            snapshot=self._feed.snapshot,
            open_store=self._open_store,
            open_reader=self._open_reader,
            tasks=self._tasks,
            offload=self._offload,
            kept=self._kept,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        # Every stream is over by now, the web server having drained, and with its viewers went each task of the group.
        # An error on its way out is not the group's: it would come out wrapped as one.
        await self._tasks.__aexit__(None, None, None)
        if self._inotify is not None:
            self._inotify.close()

    @property
    def open_streams(self) -> int:
        """How many streams are open now."""
        return self._limit.open

    def close(self) -> None:
        """End all streams; their clients come back to the server that is there then."""
        self._closing.set()

    def routes(self) -> list[Route]:
        """Return the routes."""
        attempt = "{project}/{domain}/{name}/{node}/{attempt}"
        streams = [
            Route("/live/executions", self._executions),
            Route("/live/executions/{project}/{domain}/{name}", self._execution),
            Route(f"/live/decks/{attempt}", self._deck),
            Route("/live/decks/{project}/{domain}/{name}", self._shared_tabs),
            Route("/live/headlines/{project}/{domain}/{name}", self._headlines),
            Route("/live/headlines/{project}/{domain}/{name}/{node}", self._headlines),
            Route(f"/live/logs/{attempt}", self._log),
            Route("/live/shared/{token}", self._shared),
        ]
        return [
            Route("/live/hints", self._hint, methods=["POST"]),
            *streams,
            multiplexed(streams),
            Route("/live/probes/{id}", self._probes),
            Route("/live/probes/{id}", self._probe, methods=["POST"]),
        ]

    async def _executions(self, request: Request) -> Response:
        project = check_name(request.query_params.get("project", ""), "project")
        domain = check_name(request.query_params.get("domain", ""), "domain")
        encoding = _encoding(request)
        await self._feed.current()  # a database that is away is said at once: the stream would wait for it

        async def first_page(_database: str) -> tuple[list[bytes], int]:
            number = await self._feed.current()
            newest = await self._newest_executions(project, domain, FIRST_PAGE)
            return [encode_execution(execution, encoding) for execution in reversed(newest)], number

        stream = EntityStream(
            self._feed,
            self._changes,
            project=project,
            domain=domain,
            name=None,
            encoding=encoding,
            heartbeat=self._heartbeat,
        )
        return self._stream(stream.events(_last_id(request), first_page))

    async def _execution(self, request: Request) -> Response:
        encoding = _encoding(request)
        key = await self._known_execution(request)
        project, domain, name = key.project, key.domain, key.name

        async def first_page(database: str) -> tuple[list[bytes], int]:
            changes, number = await self._feed.snapshot(project, domain, name)
            return encode_changes(changes, encoding, database), number

        stream = EntityStream(
            self._feed,
            self._changes,
            project=project,
            domain=domain,
            name=name,
            encoding=encoding,
            queues=self._queues,
            heartbeat=self._heartbeat,
        )
        return self._stream(stream.events(_last_id(request), first_page))

    async def _deck(self, request: Request) -> Response:
        node, number = _attempt_of(request)
        ranks = RanksKey.of(node, number)
        if ranks is not None:
            await self._known(ranks.of_node, number)
            last_id = parse_event_id(_last_id(request))
            return self._stream(shared_tabs(self.groups, ranks, last_id, heartbeat=self._heartbeat))
        await self._known(node, number)
        return self._stream(self._deck_events(node, number, request))

    async def _shared_tabs(self, request: Request) -> Response:
        key = await self._known_execution(request)
        last_id = parse_event_id(_last_id(request))
        return self._stream(shared_tabs(self.groups, key, last_id, heartbeat=self._heartbeat))

    async def _headlines(self, request: Request) -> Response:
        key = await self._known_execution(request)
        node = request.path_params.get("node")
        if node is not None:
            await self._known(NodeKey(key.project, key.domain, key.name, node), None)
        return self._stream(headlines(self.groups, key, node, heartbeat=self._heartbeat))

    async def _shared(self, request: Request) -> Response:
        deck = self._links.shared(request.path_params["token"])
        await self._known(deck.of_node, deck.number)
        return self._stream(self._deck_events(deck.of_node, deck.number, request))

    def _deck_events(self, node: NodeKey, number: int | None, request: Request) -> AsyncIterator[bytes]:
        return follow(self.tails, node, number, parse_event_id(_last_id(request)), heartbeat=self._heartbeat)

    async def _log(self, request: Request) -> Response:
        node, number = _attempt_of(request)
        await self._known(node, number)
        return self._stream(self._log_events(node, number, parse_event_id(_last_id(request))))

    async def _log_events(
        self, node: NodeKey, number: int | None, last_id: tuple[int, int] | None
    ) -> AsyncIterator[bytes]:
        wake = Notifier()
        async with RecordFollower.follow(self._changes, self._lookup, node, wake) as records:
            events = log_stream.follow(
                node,
                number,
                last_id,
                records=records,
                open_store=self._open_store,
                watch=self._watch,
                wake=wake,
                heartbeat=self._heartbeat,
            )
            async for data in events:
                yield data

    async def _hint(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidLink("a hint needs the attempt's token: Authorization: Bearer ...")
        key = self._links.hinted(token.strip())
        rank = request.query_params.get("rank")
        if rank is not None:
            key = key.of_rank(split_rank(f"{key.node}{RANK}{rank}")[1])
        body = await _body(request, hints.MAX_BYTES)
        self.take_hint(key, body)
        self._pass_on(key, body)
        if self._note_deck is not None and body == opened():  # as its publisher writes it
            await self._note_deck(key)
        return Response(status_code=204)

    def take_hint(self, key: DeckKey, body: bytes) -> None:
        """Take in what a publisher has hinted, here or to another server.

        Raises:
            DeckError: It is no hint.
        """
        self.tails.hint(key, body)
        self.groups.hint(key, body)

    async def _probes(self, request: Request) -> Response:
        return self._stream(self._probes_waited_for.events(check_id(request.path_params["id"])))

    async def _probe(self, request: Request) -> Response:
        identifier = check_id(request.path_params["id"])
        self.take_probe(identifier)
        self._pass_on_probe(identifier)
        return Response(status_code=204)

    def take_probe(self, identifier: str) -> None:
        """Take in a probe that was sent here or to another server."""
        self._probes_waited_for.tell(identifier)

    async def _known_execution(self, request: Request) -> ExecutionKey:
        """Refuse a stream about an execution that there is not."""
        given = request.path_params
        key = ExecutionKey(*(check_name(given[part], part) for part in ("project", "domain", "name")))
        if await self._lookup.get_execution(key.id) is None:
            raise NoSuchEntity(f"there is no execution {key.path}")
        return key

    async def _known(self, node: NodeKey, number: int | None) -> NodeRecord:
        """Refuse a stream about what does not exist and never will."""
        node.attempt(number or 0).check()
        recorded = await look_up(self._lookup, node)
        if recorded.node is None and node_is_over(recorded):
            raise NoSuchEntity(f"execution {node.execution} has no node {node.node!r}")
        newest = latest_attempt(recorded)
        # One ahead, for who knows of a retry a moment before it is recorded here.
        if number is not None and number > newest + (0 if node_is_over(recorded) else 1):
            raise NoSuchEntity(f"node {node.node!r} has no attempt {number}: the newest is {newest}")
        task = task_of(recorded, newest if number is None else number)
        if node.rank and task is not None and node.rank >= ranks_of(task):
            raise NoSuchEntity(f"node {node.whole.node!r} has no rank {node.rank}: it has {ranks_of(task)} of them")
        return recorded

    def _stream(self, events: AsyncIterator[bytes]) -> "_Streamed":
        return _Streamed(EventStream(events, self._closing), self._limit)


class _Streamed(Response):
    """What Starlette's routes take as a response: the stream; for HEAD, which it would keep for ever, its head."""

    def __init__(self, stream: EventStream, limit: "_StreamLimit") -> None:
        super().__init__(media_type="text/event-stream", headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._events = stream
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await super().__call__(scope, receive, send)
            return
        with self._limit:
            await self._events(scope, receive, send)


class _StreamLimit:
    """Limits how many streams there are: each is open within a context of this."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.open = 0

    def __enter__(self) -> None:
        if self.open >= self._most:
            words = f"{self.open} viewers watch already, as many as this server takes: try again later"
            raise HTTPException(503, words, headers={"retry-after": "10"})
        self.open += 1

    def __exit__(self, *_: object) -> None:
        self.open -= 1


def _attempt_of(request: Request) -> tuple[NodeKey, int | None]:
    given = request.path_params
    node = NodeKey(given["project"], given["domain"], given["name"], given["node"])
    return node, parse_attempt(given["attempt"])


def _encoding(request: Request) -> Encoding:
    name = request.query_params.get("encoding", "json")
    if name not in ENCODINGS:
        raise HTTPException(400, f"no encoding {name!r}: there are {', '.join(ENCODINGS)}")
    return ENCODINGS[name]


def _last_id(request: Request) -> str | None:
    return request.headers.get("last-event-id") or request.query_params.get("last_event_id")


async def _body(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413, f"a hint has at most {limit} bytes")
    return bytes(body)
