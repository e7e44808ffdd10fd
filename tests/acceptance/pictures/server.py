"""The console's real pages with answers that are always the same."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterable, Iterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn import Config, Server

from livedeck.admin.live.multiplex import multiplexed
from livedeck.admin.live.sse import EventStream
from livedeck.admin.pages import Pages
from livedeck.admin.security import DECK_HEADERS
from tests.acceptance.pictures import kinds_of_nodes, story


class _Stream(Response):
    """The events, and then silence for as long as the page is open, or the end where they have one."""

    def __init__(self, events: Iterable[bytes], closing: asyncio.Event) -> None:
        super().__init__()
        self._events = list(events)
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        await EventStream(self._all(), self._closing)(scope, receive, send)

    async def _all(self) -> AsyncIterator[bytes]:
        for each in self._events:
            yield each
        if not self._events or not self._events[-1].startswith(b"event: end"):
            await self._closing.wait()


class Canned:
    """Answers what the pages ask for from `tests.acceptance.pictures.story`."""

    def __init__(self) -> None:
        self._pages = Pages()
        self._closing = asyncio.Event()

    def app(self) -> Starlette:
        """The application."""
        data = "/api/v1/data/{kind}/{project}/{domain}/{name}"
        return Starlette(
            routes=[
                Route("/api/v1/projects", lambda _: _json(story.projects())),
                Route("/api/v1/executions/{project}/{domain}", self._list),
                Route(
                    "/api/v1/workflows/{project}/{domain}/{name}/{version}",
                    lambda asked: _json(_workflow(asked.path_params["name"])),
                ),
                Route(data, lambda _: _json(story.data())),
                Route(data + "/{node}", self._node_data),
                Route(
                    "/api/v1/node_executions/{project}/{domain}/{name}/{node}/dynamic_workflow",
                    lambda _: _json(kinds_of_nodes.dynamic_workflow()),
                ),
                multiplexed(
                    [
                        Route("/live/executions", self._executions),
                        Route("/live/executions/{project}/{domain}/{name}", self._execution),
                        Route("/live/logs/{project}/{domain}/{name}/{node}/{attempt}", self._log),
                        Route("/live/decks/{project}/{domain}/{name}/{node}/{attempt}", self._deck),
                        Route("/live/headlines/{project}/{domain}/{name}", self._headlines),
                        Route("/live/headlines/{project}/{domain}/{name}/{node}", self._headlines),
                        Route("/live/view/{node}", self._deck),
                    ]
                ),
                Route("/decks/share", self._share, methods=["POST"]),
                Route("/decks/shared/{node}", self._shared),
                Route("/decks/{project}/{domain}/{name}/{node}/{attempt}/deck.html", _foreign),
                Route("/view/some", lambda _: self._view("/view/some/decks")),
                Route("/view/none", lambda _: self._view("/view/none/decks")),
                Route("/view/some/decks", lambda _: JSONResponse([_listed("load_digits"), _listed("live")])),
                Route("/view/none/decks", lambda _: JSONResponse([])),
                *self._pages.routes(),
            ]
        )

    def close(self) -> None:
        """End the streams. To be called in the server's loop."""
        self._closing.set()

    def _list(self, request: Request) -> Response:
        project, filters = request.path_params["project"], request.query_params.get("filters", "")
        if project == story.PROJECT:
            if "contains" in filters:
                return _json(story.no_executions())
            return _json(story.listed("FAILED" if "FAILED" in filters else None))
        return _json(story.no_executions())

    def _executions(self, _request: Request) -> Response:
        return _Stream([b"event: ready\ndata: {}\n\n"], self._closing)

    def _execution(self, request: Request) -> Response:
        name = request.path_params["name"]
        events = story.execution_stream(name) or kinds_of_nodes.execution_stream(name)
        return _refused(f"there is no execution {name!r}") if events is None else _Stream(events, self._closing)

    def _node_data(self, request: Request) -> Response:
        return _json(story.no_data() if request.path_params["node"] == "n0" else story.data())

    def _log(self, request: Request) -> Response:
        return _Stream(story.log(request.path_params["node"]), self._closing)

    def _deck(self, request: Request) -> Response:
        node = request.path_params["node"]
        return _Stream(story.DECK_STREAMS[_DECKS.get(node, node)], self._closing)

    def _headlines(self, request: Request) -> Response:
        inside = "node" in request.path_params
        return _Stream(story.headlines(*(story.NESTED_NODES if inside else story.PUBLISHED)), self._closing)

    def _share(self, _request: Request) -> Response:
        link = f"http://livedeck.example/decks/shared/{'Zm9vYmFy' * 12}"
        return JSONResponse({"url": link, "expires_at": story.at(7 * 86_400)})

    def _shared(self, request: Request) -> Response:
        node = request.path_params["node"]
        return self._pages.viewer(stream=f"/live/view/{node}", raw="/decks/raw", title=f"{story.RUNNING} / {node}")

    def _view(self, decks: str) -> Response:
        return self._pages.viewer(stream="", raw="", title="runs/2026-03-14", decks=decks)


_DECKS = {"load_digits": "succeeded", "n0": "succeeded", "n1": "live", "n2": "succeeded", "n3": "none"}
"""Which Deck the nodes of the executions have."""


def _workflow(name: str) -> bytes:
    return kinds_of_nodes.workflow(name) or story.workflow(name)


def _listed(name: str) -> dict[str, str]:
    return {"name": name, "stream": f"/live/view/{name}", "raw": f"/decks/{name}/deck.html"}


def _foreign(_request: Request) -> Response:
    return HTMLResponse(story.FOREIGN_PAGE, headers=DECK_HEADERS)


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _refused(reason: str) -> Response:
    return JSONResponse({"code": 5, "message": reason}, 404)


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """Serve it from a thread; yields the port of 127.0.0.1."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        loop = asyncio.new_event_loop()
        canned = Canned()
        # No Date: the page would set its clock, which stands still, by it.
        server = Server(Config(canned.app(), lifespan="off", log_config=None, access_log=False, date_header=False))
        thread = threading.Thread(target=loop.run_until_complete, args=(server.serve([sock]),), name="canned-server")
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            loop.call_soon_threadsafe(canned.close)
            server.should_exit = True
            thread.join()
            loop.close()
