"""A real admin, an execution whose phases the test sets, and publishing into its attempts' folders."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import msgspec
import pytest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from flyteidl.service.admin_pb2_grpc import AdminServiceStub

from livedeck.admin.app import Admin
from livedeck.client import ServerEvent
from livedeck.deck import segments, snapshot
from livedeck.deck.ops import Document, End, Extend, Html, Op, Put, Segment
from livedeck.deck.replay import Replay
from livedeck.store import Store, open_store
from livedeck.store.layout import DECK, attempt_prefix, execution_prefix, log_key, segment_key
from livedeck.testing.server import DEADLINE, listening, running_admin
from tests.admin.conftest import Protos

RUN = "flytesnacks/development/e1"


class Log:
    """A publisher's hand: writes segments and snapshots of one attempt, one call at a time."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.store: Store = open_store(uri)
        self.replay = Replay()

    def placeholder(self) -> None:
        self.store.put(DECK, snapshot.placeholder("train"))

    def segment(self, *ops: Op) -> Segment:
        return Segment(self.replay.seq + 1, segments.now(), list(ops))

    def put(self, segment: Segment) -> bytes:
        data = segments.encode(segment)
        self.store.create(segment_key(segment.seq), data)
        self.replay.apply(segment)
        return data

    def publish(self, text: str) -> Segment:
        kind = Put if self.replay.seq == 0 else Extend
        segment = self.segment(kind("main", Html("log", text)))
        self.put(segment)
        return segment

    def end(self, outcome: str = "succeeded") -> None:
        self.put(self.segment(End(outcome, segments.now())))  # type: ignore[arg-type]
        self.snapshot()

    def snapshot(self) -> None:
        self.store.put(DECK, snapshot.render(self.replay.document(), live=self.replay.end is None))

    @property
    def document(self) -> Document:
        return self.replay.document()

    def foreign(self, body: str, *, whole: bool = True) -> None:
        path = self.store.local_root
        assert path is not None
        path.mkdir(parents=True, exist_ok=True)
        (path / DECK).write_text(f"<html><body>{body}" + ("</body></html>\n" if whole else ""))

    def output(self, seq: int, text: str) -> None:
        self.store.create(log_key(seq), text.encode())


class World:
    """The admin, and execution ``e1`` with node ``n0``."""

    def __init__(self, admin: Admin, protos: Any) -> None:
        self.admin = admin
        self.protos = protos
        self.http = httpx.AsyncClient(base_url=f"http://{admin.endpoint}", timeout=DEADLINE)

    def log(self, attempt: int = 0, node: str = "n0", run: str = "e1") -> Log:
        folder = execution_prefix("flytesnacks", "development", run)
        return Log(f"{self.admin.settings.root}/{attempt_prefix(folder, node, attempt)}")

    async def create(self, name: str = "e1") -> None:
        async with grpc.aio.insecure_channel(self.admin.endpoint) as channel:
            stub = AdminServiceStub(channel)
            if name == "e1":
                await stub.CreateTask(self.protos.task())
                await stub.CreateWorkflow(self.protos.chain())
                await stub.CreateLaunchPlan(self.protos.launch_plan())
            await stub.CreateExecution(self.protos.execution(name))
        await self.admin.control.claim("p", limit=10, ttl=60)

    async def report(self, *events: Any) -> None:
        await self.admin.control.report("p", events)

    async def run(self, *, deck: bool = True, attempt: int = 0, run: str = "e1") -> None:
        uri = f"{self.log(attempt, run=run).uri}/{DECK}" if deck else ""
        await self.report(
            self.protos.workflow_event(run, W.RUNNING),
            self.protos.node_event(run, "n0", N.RUNNING, deck_uri=uri),
            self.protos.task_event(run, "n0", K.RUNNING, retry_attempt=attempt),
        )

    async def run_with_deck(self) -> Log:
        """Let the first attempt run and write its placeholder; return its log."""
        log = self.log()
        await self.run()
        log.placeholder()
        return log

    async def retry(self, attempt: int) -> None:
        await self.report(self.protos.task_event("e1", "n0", K.RUNNING, retry_attempt=attempt))

    async def fail_attempt(self, attempt: int = 0, message: str = "boom") -> None:
        await self.report(
            self.protos.task_event("e1", "n0", K.FAILED, retry_attempt=attempt, error={"message": message})
        )

    async def finish(self, *, task: int = K.SUCCEEDED, node: int = N.SUCCEEDED, attempt: int = 0, **more: Any) -> None:
        await self.report(
            self.protos.task_event("e1", "n0", task, retry_attempt=attempt, **more),
            self.protos.node_event("e1", "n0", node, **more),
        )

    async def delete(self, name: str = "e1") -> None:
        """End an execution whose nodes are over, and delete it."""
        await self.report(self.protos.workflow_event(name, W.SUCCEEDED))
        await self.admin.control.release("p", f"flytesnacks/development/{name}")
        answer = await self.http.delete(f"/live/executions/flytesnacks/development/{name}")
        assert answer.status_code == 204, answer.text

    def listen(self, path: str, **more: Any) -> AbstractAsyncContextManager[Any]:
        return listening(self.admin.endpoint, path, **more)

    def deck(self, attempt: int | str = 0, **more: Any) -> AbstractAsyncContextManager[Any]:
        return self.listen(f"/live/decks/{RUN}/n0/{attempt}", **more)

    def attempt(self, node: str = "n0", run: str = "e1", number: int = 0) -> TaskExecutionIdentifier:
        return TaskExecutionIdentifier(node_execution_id=self.protos.node_id(run, node), retry_attempt=number)

    async def hint(self, body: bytes, *, node: str = "n0", run: str = "e1") -> httpx.Response:
        token = self.admin.hint_token(self.attempt(node, run))
        return await self.http.post("/live/hints", content=body, headers={"authorization": f"Bearer {token}"})


@asynccontextmanager
async def created(folder: Path, protos: Any, **options: Any) -> AsyncIterator[World]:
    """A world in a folder, with the options of `running_admin`."""
    async with running_admin(folder, **options) as admin:
        world = World(admin, protos)
        await world.create()
        yield world
        await world.http.aclose()


@pytest.fixture
async def world(tmp_path: Path, protos: Protos) -> AsyncIterator[World]:
    async with created(tmp_path, protos) as world:
        yield world


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.005)


def read(event: ServerEvent) -> Any:
    return json.loads(event.data)


def document_of(event: ServerEvent) -> Document:
    return msgspec.convert(read(event)["document"], Document)


def segment_of(event: ServerEvent) -> Segment:
    return msgspec.convert(read(event)["segment"], Segment)
