"""A server for Decks in a folder, without a database: the console's viewer, its frame and its live streams."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.server import Server

from livedeck.admin.decks import deck_response, is_for_people
from livedeck.admin.error_responses import HANDLERS
from livedeck.admin.folder_nodes import FolderNodeSource
from livedeck.admin.listen import listen
from livedeck.admin.live.deck_stream import follow
from livedeck.admin.live.inotify import Inotify
from livedeck.admin.live.keys import DeckKey, NodeKey, parse_event_id
from livedeck.admin.live.multiplex import multiplexed
from livedeck.admin.live.sse import EventStream
from livedeck.admin.live.tail_pool import TailPool
from livedeck.admin.live.wakes import watching
from livedeck.admin.pages import Pages, path_of
from livedeck.admin.security import DECK_HEADERS, Guard
from livedeck.deck.locations import below, decks_in
from livedeck.deck.reader import Reader
from livedeck.deck.runlock import Liveness, liveness
from livedeck.errors import NoSuchEntity
from livedeck.store import Store

_NODE: Final = NodeKey("local", "view", "decks", "n0")
"""Decks are known to the streams as nodes of an execution; here their nodes are numbered."""


class DeckView:
    """Serves the Decks below one store's root.

    Args:
        store: Where they lie.
        title: What to call the whole.
    """

    def __init__(self, store: Store, title: str) -> None:
        self._store = store
        self._title = title
        self._folders: list[str] = []
        """The folders with Decks as they were found: a Deck's number is its place in here."""
        self._pages = Pages()
        self._source = FolderNodeSource(self._of_node, _liveness)
        self._closing = asyncio.Event()

    @asynccontextmanager
    async def app(self) -> AsyncIterator[ASGIApp]:
        """The application, for as long as it is served."""
        inotify = Inotify.open()
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tails = TailPool(
                    records=self._source,
                    open_store=self._of_attempt,
                    open_reader=self._source.open_reader,
                    watch=watching(inotify),
                    tasks=tasks,
                )
                yield Guard(Starlette(routes=self._routes(), exception_handlers=dict(HANDLERS)))
        finally:
            if inotify is not None:
                inotify.close()

    @asynccontextmanager
    async def serving(self, host: str, port: int) -> AsyncIterator[str]:
        """Serve; yields the address.

        Raises:
            PortTaken: Somebody listens there already.
            ServerError: It cannot be listened on for another reason.
        """
        sockets = listen(host, port)
        try:
            async with self.app() as app:
                config = Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
                server = _Server(config)
                task = asyncio.create_task(server.serve(sockets), name="deck-view")
                yield f"http://{host}:{sockets[0].getsockname()[1]}/"
                self._closing.set()  # first: streams would never end by themselves
                server.should_exit = True
                await task
        finally:
            for each in sockets:
                each.close()

    async def find(self) -> int:
        """Look for Decks; return how many there are."""
        found = await asyncio.to_thread(decks_in, self._store)
        self._folders.extend(folder for folder in found if folder not in self._folders)
        return len(self._folders)

    def _routes(self) -> list[Route]:
        stream = Route("/live/{number:int}", self._stream)
        return [
            Route("/", self._page),
            Route("/decks", self._list),
            stream,
            multiplexed([stream]),
            Route("/decks/{number:int}/deck.html", self._html),
            *(route for route in self._pages.routes() if isinstance(route, Route) and route.path != "/"),
        ]

    async def _page(self, _request: Request) -> Response:
        return self._pages.viewer(stream="", raw=path_of("decks", 0, "deck.html"), title=self._title, decks="/decks")

    async def _list(self, _request: Request) -> Response:
        await self.find()
        decks = [
            {
                "name": folder or self._title,
                "stream": path_of("live", number),
                "raw": path_of("decks", number, "deck.html"),
            }
            for number, folder in enumerate(self._folders)
        ]
        return JSONResponse(decks, headers={"cache-control": "no-store"})

    async def _stream(self, request: Request) -> Response:
        number = self._known(request)
        last_id = parse_event_id(request.headers.get("last-event-id") or request.query_params.get("last_event_id"))
        return _Stream(EventStream(follow(self._tails, _node(number), 0, last_id), self._closing))

    async def _html(self, request: Request) -> Response:
        number = self._known(request)
        if is_for_people(request):
            return await self._page(request)
        store = below(self._store, self._folders[number])
        headers = {**DECK_HEADERS, "content-type": "text/html; charset=utf-8"}
        download = bool(request.query_params.get("download"))
        if download:
            headers["content-disposition"] = 'attachment; filename="deck.html"'
        return await deck_response(
            store, Reader(store), self._title, headers, download=download, offload=asyncio.to_thread
        )

    def _known(self, request: Request) -> int:
        number = int(request.path_params["number"])
        if number >= len(self._folders):
            raise NoSuchEntity(f"there is no Deck {number} here")
        return number

    def _of_node(self, node: NodeKey) -> Store:
        return below(self._store, self._folders[int(node.node[1:])])

    async def _of_attempt(self, attempt: DeckKey) -> Store:
        return self._of_node(attempt.of_node)


class _Server(Server):
    """uvicorn's server, which leaves the process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Stream(Response):
    """What Starlette's routes take as a response."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__()
        self._events = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._events(scope, receive, send)


def _node(number: int) -> NodeKey:
    return NodeKey(_NODE.project, _NODE.domain, _NODE.execution, f"n{number}")


def _liveness(store: Store) -> Liveness:
    root = store.local_root
    return Liveness.UNKNOWN if root is None else liveness(root)
