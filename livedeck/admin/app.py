"""The whole control plane in one process: database, calls, live streams, Decks and console behind one port."""

import hashlib
import logging
import math
import resource
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self
from urllib.parse import quote, urlsplit

import grpc.aio
from flyteidl.admin.common_pb2 import Sort
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from livedeck.admin import rundir
from livedeck.admin.attempt_stores import AttemptStores
from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import executions
from livedeck.admin.db.channel import LONGEST_HINT
from livedeck.admin.db.database import Database
from livedeck.admin.db.list_queries import Page
from livedeck.admin.db.numbers import shared_secret
from livedeck.admin.decks import Decks
from livedeck.admin.deletion import Deletion
from livedeck.admin.error_responses import HANDLERS
from livedeck.admin.feed import Feed
from livedeck.admin.files import StoredFiles
from livedeck.admin.finishing import Finishing
from livedeck.admin.front import Front
from livedeck.admin.links import Links
from livedeck.admin.live import hints
from livedeck.admin.live.deck_log import LogReader
from livedeck.admin.live.group_streams import shared_document
from livedeck.admin.live.keys import DeckKey
from livedeck.admin.live.probes import PROBE
from livedeck.admin.live.service import Live
from livedeck.admin.objects import Objects
from livedeck.admin.offload import Offloader
from livedeck.admin.operations.database_gauges import DatabaseGauges
from livedeck.admin.operations.engine import AskEngine
from livedeck.admin.operations.metrics_page import Gauge, MetricsPage
from livedeck.admin.operations.readiness import ReadinessChecks
from livedeck.admin.operations.tracing import Spans, Tracing
from livedeck.admin.pages import Pages
from livedeck.admin.queries import Queries
from livedeck.admin.rest import rest_routes
from livedeck.admin.retention import Retention
from livedeck.admin.retention_rules import RetentionRules
from livedeck.admin.security import Guard
from livedeck.admin.services.admin import build_services
from livedeck.admin.services.calls import GRPC_OPTIONS, Service
from livedeck.admin.settings import AdminSettings
from livedeck.admin.tokens import Signer, load_secret
from livedeck.admin.transfers import Transfers
from livedeck.admin.tuning import Tuning
from livedeck.admin.web import WebServer
from livedeck.deck.reader import Offload, Reader
from livedeck.errors import DeckError
from livedeck.store import Store, open_store

__all__ = ["Admin", "AdminSettings", "OpenReader"]

log = logging.getLogger(__name__)

_FILES_BESIDE: Final = 256
"""Open files left for everything but connections: database, log, store, executor; a quarter where there are many."""
_MOST_FILES: Final = 65536
"""Open files that are asked for at most: each viewer takes some memory too."""
_STREAMS_SHARE: Final = 0.8
"""Part of the connections that live streams may take; the others are kept for calls."""


class OpenReader(Protocol):
    """Opens the reader of a Deck's log; `livedeck.deck.reader.Reader` is one."""

    def __call__(self, store: Store, *, offload: Offload) -> LogReader: ...


class Admin:
    """The control plane. An async context manager: entered, it serves; left, it has ended cleanly.

    Entering migrates the database and returns once the port answers. Leaving stops accepting, ends the streams, lets
    requests under way finish within ``settings.shutdown_grace``, and closes the database last.

    Args:
        settings: How to run.
        tuning: How long its parts wait, and how much they keep.
        open_reader: Opens the reader of a Deck's log.
        spans: Sends traces; None: there are none.

    Raises:
        PortTaken: On entering: somebody listens there already.
        NotWritable: On entering: a folder cannot be written to.
        ServerError: On entering: it cannot run as it is configured for another reason.
    """

    control: DatabaseControlPlane
    """Leases and events, for a propeller in this process."""
    feed: Feed
    """What changes, numbered."""

    _installation: str

    def __init__(
        self,
        settings: AdminSettings,
        *,
        tuning: Tuning | None = None,
        open_reader: OpenReader = Reader,
        spans: Spans | None = None,
    ) -> None:
        self._spans = spans
        self.settings = settings
        self._tuning = tuning or Tuning()
        self._open_reader = open_reader
        self._open = AsyncExitStack()
        self._port = settings.port

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._start(stack)
            self._open = stack.pop_all()
        log.info("admin.ready endpoint=%s root=%s", self.endpoint, self.settings.root)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.aclose()
        log.info("admin.ended endpoint=%s", self.endpoint)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def endpoint(self) -> str:
        """Where clients in this machine reach it: ``127.0.0.1:8080``."""
        return f"{_reachable(self.settings.host)}:{self._port}"

    @property
    def base_url(self) -> str:
        """Where clients reach it: ``settings.public_url``, or the endpoint."""
        return (self.settings.public_url or f"http://{self.endpoint}").rstrip("/")

    @property
    def console_url(self) -> str:
        """Where a browser finds the console."""
        return f"{self.base_url}/console/"

    @property
    def installation(self) -> str:
        """A name of this installation's own, the same after a restart: what it holds leases under."""
        return self._installation

    @property
    def hint_url(self) -> str:
        """Where publishers hint: at this machine's own address, unless attempts run elsewhere."""
        return f"{(self.settings.attempt_url or f'http://{self.endpoint}').rstrip('/')}/live/hints"

    def client_environment(self) -> Mapping[str, str]:
        """Return what an attempt's environment needs for clients of this server in it, livedeck's and flytekit's."""
        url = urlsplit(self.settings.attempt_url or f"http://{self.endpoint}")
        secure = url.scheme == "https"
        return {
            "LIVEDECK_ENDPOINT": url.geturl() if secure else url.netloc,
            "FLYTE_PLATFORM_URL": url.netloc,
            "FLYTE_PLATFORM_INSECURE": str(not secure).lower(),
        }

    def hint_token(self, attempt: TaskExecutionIdentifier) -> str:
        """Return the token that allows an attempt to hint."""
        return self._links.hint_token(DeckKey.of(attempt))

    def attempt_environment(self, attempt: TaskExecutionIdentifier) -> Mapping[str, str]:
        """Return what an attempt's environment needs so that its publishes reach viewers at once."""
        return {"LIVEDECK_HINT_URL": self.hint_url, "LIVEDECK_HINT_TOKEN": self.hint_token(attempt)}

    def watch_engine(self, engine: AskEngine) -> None:
        """Tell, at ``/readyz`` and ``/metrics``, of an engine that works for this admin in the same process."""
        self._readiness.watch_engine(engine)
        self._metrics.watch_engine(engine)

    def drain(self) -> None:
        """Say at ``/readyz`` that no more work should come here: the server is about to end. All else goes on."""
        self._readiness.drain()

    async def _start(self, stack: AsyncExitStack) -> None:
        settings = self.settings
        run_dir = rundir.prepare(settings.run_dir)
        store = open_store(settings.root)
        if store.local_root is not None:  # said at the start, not by the first task
            rundir.check_writable(store.local_root, "root")
        if settings.database_file is not None:
            rundir.check_writable(settings.database_file.parent, "database")
        secret = load_secret(run_dir / rundir.SECRET)
        self._installation = f"livedeck-{hashlib.sha256(b'installation' + secret).hexdigest()[:16]}"
        database = await stack.enter_async_context(Database.open(settings.database))
        if settings.database_file is None:  # a link that another of its servers made comes here as well
            secret = await database.read(shared_secret)
        self._links = Links(Signer(secret), store, lambda: self.base_url)
        objects = Objects(store)
        self.control = DatabaseControlPlane(database, objects)
        self.feed = Feed(database)
        services = build_services(database, objects, self._links)
        offload = Offloader()
        files = _connection_files(settings.max_connections)
        live = await stack.enter_async_context(self._live(database, store, offload, files))

        database.on_hint = partial(_hear, live)
        self._readiness = ReadinessChecks(database, store)
        self._metrics = MetricsPage(DatabaseGauges(database), self._gauges(live, store))
        transfers = Transfers(self._links, store, staging=run_dir / rundir.UPLOADS, limit=settings.upload_limit)
        deletion = await stack.enter_async_context(Deletion(database, objects))
        retention = Retention(
            database=database,
            deletion=deletion,
            objects=objects,
            rules=RetentionRules.read(settings.retention) if settings.retention is not None else None,
            pause=self._tuning.retention_pause,
        )
        await stack.enter_async_context(retention.running())
        pages = Pages(settings.console, traces=self._spans is not None)
        traces: list[Route] = []
        if self._spans is not None:
            tracing = Tracing(database, self._spans)
            self.control.on_reported(tracing.reported)
            await stack.enter_async_context(tracing.running())
            traces = tracing.routes()
        decks = Decks(
            lookup=Queries(database),
            open_store=AttemptStores(database, store).open,
            open_reader=partial(self._open_reader, offload=offload),
            links=self._links,
            pages=pages,
            shared_document=partial(shared_document, live.groups),
            offload=offload,
        )
        finishing = Finishing(
            database=database,
            feed=self.feed,
            lookup=Queries(database),
            open_store=AttemptStores(database, store).open,
            open_reader=partial(self._open_reader, offload=offload),
            offload=offload,
            pause=self._tuning.finishing_pause,
            again=self._tuning.finishing_again,
        )
        await stack.enter_async_context(finishing.running())
        app = _app(
            [
                *live.routes(),  # asked for more often than all the others together; the first that fits is taken
                *self._readiness.routes(),
                *self._metrics.routes(),
                *traces,
                *rest_routes(services),
                *deletion.routes(),
                *retention.routes(),
                *StoredFiles(objects, self._links).routes(),
                *decks.routes(),
                *transfers.routes(),
                *pages.routes(),
            ],
            settings,
            database,
            self._tuning.body_timeout,
        )
        sockets = stack.enter_context(rundir.socket_folder(run_dir))
        rpc = sockets / rundir.RPC_SOCKET
        await self._serve_rpc(stack, services, f"unix:{quote(str(rpc))}")  # gRPC decodes it
        web = await stack.enter_async_context(WebServer(app, grace=settings.shutdown_grace, limits=self._tuning.web))
        stack.callback(live.close)  # before the web server drains: streams would never end by themselves
        limits = replace(self._tuning.front, files=files)
        front = Front(
            host=settings.host,
            port=settings.port,
            rpc=rpc,
            http=web,
            limits=replace(limits, own=None) if settings.public_url is not None else limits,
        )
        await stack.enter_async_context(front)
        self._port = front.port

    def _live(self, database: Database, store: Store, offload: Offloader, files: int) -> Live:
        async def newest(project: str, domain: str, limit: int) -> list[Execution]:
            page = Page(limit, "", "", Sort())
            found, _ = await database.read(executions.list_executions, project, domain, page)
            return found

        def pass_on(key: DeckKey, hint: bytes) -> None:
            short = hints.shortened(hint, LONGEST_HINT)
            if short is not None:
                database.pass_on(key.path, short)

        stores = AttemptStores(database, store)
        return Live(
            feed=self.feed,
            lookup=Queries(database),
            newest_executions=newest,
            open_store=stores.open,
            open_reader=partial(self._open_reader, offload=offload),
            links=self._links,
            offload=offload,
            max_streams=max(1, int(files * _STREAMS_SHARE)),
            queues=self.control.queued,
            kept=self._tuning.kept,
            heartbeat=self._tuning.heartbeat,
            pass_on=pass_on,
            pass_on_probe=lambda identifier: database.pass_on(PROBE, identifier.encode()),
            note_deck=stores.note_deck,
        )

    def _gauges(self, live: Live, store: Store) -> list[Gauge]:
        """The numbers of this process that are looked up when somebody scrapes."""
        found = [Gauge("livedeck_streams", "Live streams that are open.", lambda: live.open_streams)]
        folder = store.local_root
        if folder is not None:
            free = partial(_free_bytes, folder)
            found.append(Gauge("livedeck_store_free_bytes", "Room on the disk that the store is on.", free))
        return found

    async def _serve_rpc(self, stack: AsyncExitStack, services: list[Service], address: str) -> None:
        server = grpc.aio.server(options=GRPC_OPTIONS)
        for service in services:
            server.add_generic_rpc_handlers((service.grpc_handler(),))
        server.add_insecure_port(address)
        await server.start()
        stack.push_async_callback(server.stop, self.settings.shutdown_grace)


def _app(routes: list[BaseRoute], settings: AdminSettings, database: Database, body_timeout: float) -> ASGIApp:
    health = Route("/healthz", partial(_healthz, database))
    handlers: dict[Any, Any] = dict(HANDLERS)
    app = Starlette(routes=[health, *routes], exception_handlers=handlers)
    return Guard(app, allowed_hosts=_own_hosts(settings), body_timeout=body_timeout)


async def _healthz(database: Database, _request: Request) -> PlainTextResponse:
    database.check()
    return PlainTextResponse("ok", headers={"cache-control": "no-store"})


def _hear(live: Live, topic: str, hint: bytes) -> None:
    """Take in what another server passes on: a probe, or a hint about a Deck."""
    if topic == PROBE:
        live.take_probe(hint.decode())
        return
    with suppress(DeckError):  # of a server that knows other hints
        live.take_hint(DeckKey.at(topic), hint)


def _free_bytes(folder: Path) -> float:
    """The room on a folder's disk; not a number where the folder is not to be reached."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return math.nan


def _own_hosts(settings: AdminSettings) -> tuple[str, ...]:
    """The names that the server answers to: those allowed, the one it listens on, the one it is known by."""
    known = (urlsplit(url or "").hostname for url in (settings.public_url, settings.attempt_url))
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return tuple(name for name in (*settings.allowed_hosts, host, *known) if name)


def _reachable(host: str) -> str:
    """An address to connect to, for one to listen on."""
    if host in {"0.0.0.0", ""}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def _connection_files(wanted: int | None) -> int:
    """How many open files connections may take: for as many as are wanted, or as there may be.

    Thousands of viewers are meant, and a shell gives a process 1,024 files unless it asks for more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    free = max(16, soft - max(_FILES_BESIDE, soft // 4))
    return free if wanted is None else min(free, wanted)
