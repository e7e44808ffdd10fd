"""Decks as pages: the HTML itself for frames, a viewer around it for people, links to share.

A Deck's HTML is hostile. It is given to frames only, in a sandbox by header whatever the frame says; who opens its
address directly gets a page of ours with the Deck in a frame, because a page of its own could send itself elsewhere.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from livedeck.admin.finishing import ended_as
from livedeck.admin.links import Links
from livedeck.admin.live.deck_log import LogReader, OpenAttempt, is_stored_whole
from livedeck.admin.live.keys import DeckKey, ExecutionKey, NodeKey, RanksKey, parse_attempt
from livedeck.admin.live.nodes import Lookup, look_up
from livedeck.admin.live.states import NodeRecord, cached_source, latest_attempt, may_publish, rfc3339, task_of
from livedeck.admin.pages import Pages, path_of
from livedeck.admin.pieces import InPieces
from livedeck.admin.security import DECK_HEADERS
from livedeck.admin.stored import stored_response
from livedeck.deck import flytekit_page, snapshot
from livedeck.deck.bounds import PAGE_BYTES
from livedeck.deck.ops import Document
from livedeck.deck.reader import Offload
from livedeck.deck.snapshot import Ended
from livedeck.errors import InvalidRequest, NoSuchEntity, ObjectNotFound
from livedeck.store import Store
from livedeck.store.layout import DECK

SHARE_DEFAULT: Final = timedelta(days=7)
SHARE_MAX: Final = timedelta(days=30)

_REWRITES: Final = 20
_REWRITE_PAUSE: Final = 0.05
"""A foreign page that is being rewritten is read again so often, with so many seconds between."""

_CHANGED: Final = 16 * 1024 * 1024
"""Bytes of a foreign page up to which it is made to open on the user's first tab."""


class ShareRequest(msgspec.Struct):
    """What is to be shared, and for how long (seconds)."""

    project: str
    domain: str
    name: str
    node: str
    attempt: int
    expires_in: float | None = None


class Decks:
    """The endpoints under ``/decks/``.

    Args:
        lookup: What is recorded.
        open_store: Opens the folder of an attempt.
        open_reader: Opens the reader of a Deck's log.
        links: Makes and reads links.
        pages: The viewer.
        shared_document: Reads a Deck that several share, and whether more may follow: that of an execution's tasks, or
            of a gang's processes.
        offload: Runs what takes long; in a thread by default.
    """

    def __init__(
        self,
        *,
        lookup: Lookup,
        open_store: OpenAttempt,
        open_reader: Callable[[Store], LogReader],
        links: Links,
        pages: Pages,
        shared_document: Callable[[ExecutionKey | RanksKey], Awaitable[tuple[Document, bool]]],
        offload: Offload = asyncio.to_thread,
    ) -> None:
        self._shared_document = shared_document
        self._lookup = lookup
        self._open_store = open_store
        self._open_reader = open_reader
        self._links = links
        self._pages = pages
        self._offload = offload

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/decks/share", self._share, methods=["POST"]),
            Route("/decks/shared/{token}", self._shared),
            Route("/decks/shared/{token}/deck.html", self._shared_html),
            Route("/decks/{project}/{domain}/{name}/{node}/{attempt}/deck.html", self._html),
            Route("/decks/{project}/{domain}/{name}/deck.html", self._of_execution),
        ]

    async def _html(self, request: Request) -> Response:
        given = request.path_params
        node = NodeKey(given["project"], given["domain"], given["name"], given["node"])
        number = parse_attempt(given["attempt"])
        ranks = RanksKey.of(node, number)
        shown = ranks.of_node if ranks is not None else node
        shown.attempt(number or 0).check()
        recorded = await look_up(self._lookup, shown)
        if is_for_people(request):
            attempt = (node.project, node.domain, node.execution, node.node, given["attempt"])
            return self._pages.viewer(
                stream=path_of("live", "decks", *attempt),
                raw=path_of("decks", *attempt, "deck.html"),
                title=f"{node.execution} / {node.node}",
            )
        if ranks is not None:
            nothing = "no process of this task has published to a Deck of its own (yet)"
            return await self._several(request, ranks, f"{node.execution}-{shown.node}-ranks", nothing)
        return await self._raw(request, node, number, recorded)

    async def _of_execution(self, request: Request) -> Response:
        given = request.path_params
        key = ExecutionKey(given["project"], given["domain"], given["name"])
        key.check()
        if await self._lookup.get_execution(key.id) is None:
            raise NoSuchEntity(f"there is no execution {key.path}")
        if is_for_people(request):
            place = (key.project, key.domain, key.name)
            return self._pages.viewer(
                stream=path_of("live", "decks", *place), raw=path_of("decks", *place, "deck.html"), title=key.name
            )
        nothing = f"no task of {key.path} has published to a tab that all share (yet)"
        return await self._several(request, key, key.name, nothing)

    async def _several(self, request: Request, key: ExecutionKey | RanksKey, title: str, nothing: str) -> Response:
        """Answer with the page of a Deck that several share."""
        document, live = await self._shared_document(key)
        if not document.decks:
            raise NoSuchEntity(nothing)
        headers = {**DECK_HEADERS, "content-type": "text/html; charset=utf-8"}
        if request.query_params.get("download"):
            headers["content-disposition"] = f'attachment; filename="{title}.html"'
        page = partial(snapshot.render, document, live=live, title=title, whole=True)
        return InPieces(await self._offload(page), headers)

    async def _shared(self, request: Request) -> Response:
        token = request.path_params["token"]
        deck = self._links.shared(token)
        return self._pages.viewer(
            stream=path_of("live", "shared", token),
            raw=path_of("decks", "shared", token, "deck.html"),
            title=f"{deck.execution} / {deck.node}",
        )

    async def _shared_html(self, request: Request) -> Response:
        token = request.path_params["token"]
        deck = self._links.shared(token)
        if is_for_people(request):
            return await self._shared(request)
        recorded = await look_up(self._lookup, deck.of_node)
        return await self._raw(request, deck.of_node, deck.number, recorded)

    async def _share(self, request: Request) -> Response:
        asked = await _share_request(request)
        deck = DeckKey(asked.project, asked.domain, asked.name, asked.node, asked.attempt)
        deck.check()
        recorded = await look_up(self._lookup, deck.of_node)
        if recorded.node is None:
            raise NoSuchEntity(f"execution {asked.name} has no node {asked.node!r}")
        lifetime = SHARE_DEFAULT if asked.expires_in is None else timedelta(seconds=asked.expires_in)
        url, expiry = self._links.share_url(deck, lifetime)
        return JSONResponse({"url": url, "expires_at": rfc3339(expiry)}, headers={"cache-control": "no-store"})

    async def _raw(self, request: Request, node: NodeKey, number: int | None, recorded: NodeRecord) -> Response:
        shown = latest_attempt(recorded) if number is None else number
        source = cached_source(recorded)
        key = DeckKey.of(source).of_rank(node.rank) if source is not None else node.attempt(shown)
        task = task_of(recorded, shown)
        title = task.id.task_id.name if task is not None else node.node
        headers = {**DECK_HEADERS, "content-type": "text/html; charset=utf-8"}
        download = bool(request.query_params.get("download"))
        if download:
            headers["content-disposition"] = f'attachment; filename="{node.execution}-{node.node}-{shown}.html"'
        store = await self._open_store(key)
        reader = self._open_reader(store)
        over = source is None and not may_publish(shown, recorded, datetime.now(UTC))
        ended = partial(ended_as, shown, recorded) if over else None
        return await deck_response(store, reader, title, headers, download=download, offload=self._offload, ended=ended)


async def deck_response(
    store: Store,
    reader: LogReader,
    title: str,
    headers: Mapping[str, str],
    *,
    download: bool,
    offload: Offload,
    ended: Callable[[Document], Ended | None] | None = None,
) -> Response:
    """Answer with the newest HTML that there is of a Deck: for livedeck's own log also what no snapshot holds yet.

    Args:
        store: The folder of the attempt.
        reader: The reader of the Deck's log.
        title: What it is the Deck of.
        headers: Headers of the answer.
        download: Whether the page is to be kept.
        offload: Runs what takes long.
        ended: Says how the attempt ended, for one that is over; None: more may follow, unless the document has an end.

    Raises:
        NoSuchEntity: There is no Deck.
    """
    document = await reader.load()
    if document is not None:
        live = document.end is None and ended is None
        how = ended(document) if ended is not None and document.end is None else None
        page = partial(snapshot.render, document, live=live, title=title, ended=how, whole=download)
        return InPieces(await offload(page), headers)
    try:
        for _ in range(_REWRITES):
            head = await store.ahead(DECK)
            if head is None or await is_stored_whole(store, head):
                break
            await asyncio.sleep(_REWRITE_PAUSE)
        if download or (head is not None and head.size > _CHANGED):
            return await stored_response(store, DECK, headers, limit=PAGE_BYTES)
        html = await store.aget(DECK, limit=_CHANGED)
    except ObjectNotFound:
        raise NoSuchEntity("this attempt has no Deck (yet)") from None
    return InPieces(flytekit_page.on_first_tab(html), headers)


def is_for_people(request: Request) -> bool:
    """Tell whether an address was opened as a page, rather than by a frame of the console's or to be saved."""
    if request.query_params.get("download"):
        return False
    where = request.headers.get("sec-fetch-dest")
    if where is None:  # an old browser, a plain-HTTP host, or no browser: the console's frames name a version
        return "version" not in request.query_params
    return where not in {"iframe", "frame"}


async def _share_request(request: Request) -> ShareRequest:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > 64 * 1024:
            raise InvalidRequest("a request to share a Deck is not that large")
    try:
        asked = msgspec.json.decode(body, type=ShareRequest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"this is not a request to share a Deck: {error}") from error
    if asked.expires_in is not None and not 0 < asked.expires_in <= SHARE_MAX.total_seconds():
        raise InvalidRequest(f"expires_in is {asked.expires_in}: seconds, at most {SHARE_MAX.days} days")
    return asked
