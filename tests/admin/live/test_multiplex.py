"""Many streams over one connection."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from flyteidl.core.execution_pb2 import WorkflowExecution as W

from livedeck.admin.live.multiplex import MAX_STREAMS
from tests.admin.conftest import Protos
from tests.admin.live.conftest import RUN, created

pytestmark = pytest.mark.slow

PATH = f"/live/executions/{RUN}"
LIST = "/live/executions?project=flytesnacks&domain=development"


class Frames:
    """The channels of a response, as they come."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.aiter_raw()
        self._rest = b""
        self.bodies: dict[int, bytes] = defaultdict(bytes)
        self.heads: dict[int, dict[str, Any]] = {}
        self.ended: set[int] = set()

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(60):
            while not condition(self):
                await self._frame()

    async def _frame(self) -> None:
        head = await self._take(lambda rest: rest.index(b"\n") + 1 if b"\n" in rest else None)
        channel, length = map(int, head.split())
        data = await self._take(lambda rest: length if len(rest) >= length else None)
        if channel not in self.heads:
            self.heads[channel] = json.loads(data)
        elif length:
            self.bodies[channel] += data
        else:
            self.ended.add(channel)

    async def _take(self, size: Any) -> bytes:
        while (count := size(self._rest)) is None:
            self._rest += await anext(self._chunks)
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken


def last_id(body: bytes) -> str:
    return [line[4:].decode() for line in body.splitlines() if line.startswith(b"id: ")][-1]


@asynccontextmanager
async def streams(http: Any, *asked: tuple[str, str]) -> AsyncIterator[Frames]:
    wanted = {"streams": [{"url": url, "lastId": last} for url, last in asked]}
    async with http.stream("POST", "/live/streams", json=wanted) as response:
        assert response.status_code == 200
        yield Frames(response)


async def test_each_stream_is_what_it_is_alone(world: Any) -> None:
    log = world.log()
    await world.run()
    log.publish("hello")
    async with streams(world.http, (PATH, ""), ("/live/decks/" + f"{RUN}/n0/latest", ""), (LIST, "")) as frames:
        await frames.until(lambda f: all(part in f.bodies[n] for n, part in enumerate((b"ready", b"hello", b"ready"))))
        assert [frames.heads[n] for n in range(3)] == [{"status": 200}] * 3
        log.publish("again")
        await frames.until(lambda f: b"again" in f.bodies[1])
        await world.report(world.protos.workflow_event("e1", W.SUCCEEDED))
        await frames.until(lambda f: b"SUCCEEDED" in f.bodies[0] and b"SUCCEEDED" in f.bodies[2])


async def test_one_that_cannot_be_had_says_why_and_the_others_go_on(world: Any) -> None:
    missing = PATH.replace("e1", "e9")
    async with streams(world.http, (missing, ""), ("/live/hints", ""), (PATH, "")) as frames:
        await frames.until(lambda f: {0, 1} <= f.ended and b"ready" in f.bodies[2])
        assert [frames.heads[n]["status"] for n in range(3)] == [404, 404, 200]
        assert "there is no execution" in json.loads(frames.bodies[0])["message"]
        await world.run()
        await frames.until(lambda f: b"RUNNING" in f.bodies[2])


async def test_each_goes_on_after_its_own_last_event(world: Any) -> None:
    log = world.log()
    await world.run()
    log.publish("first")
    deck = f"/live/decks/{RUN}/n0/latest"
    async with streams(world.http, (PATH, ""), (deck, "")) as frames:
        await frames.until(lambda f: b"ready" in f.bodies[0] and b"first" in f.bodies[1])
        had = [last_id(frames.bodies[n]) for n in range(2)]
    log.publish("second")
    async with streams(world.http, (PATH, had[0]), (deck, had[1])) as frames:
        await frames.until(lambda f: b"second" in f.bodies[1] and b"ready" in f.bodies[0])
        assert b"first" not in frames.bodies[1]
        assert b"event: execution" not in frames.bodies[0]


async def test_what_is_no_request_for_streams_is_refused(world: Any) -> None:
    one = {"url": PATH}
    refused: list[Any] = [{"streams": []}, {"streams": [one] * (MAX_STREAMS + 1)}, {"streams": [{"url": 3}]}, []]
    for asked in refused:
        assert (await world.http.post("/live/streams", json=asked)).status_code == 400
    assert (await world.http.post("/live/streams", content=b"x" * 100_000)).status_code == 413


async def test_the_server_ends_all_of_them_when_it_closes(tmp_path: Path, protos: Protos) -> None:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(created(tmp_path, protos))
        async with (
            httpx.AsyncClient(base_url=world.http.base_url) as http,
            streams(http, (PATH, ""), (LIST, "")) as frames,
        ):
            await frames.until(lambda f: b"ready" in f.bodies[0])
            ended = asyncio.create_task(frames.until(lambda f: f.ended == {0, 1}))
            await stack.aclose()
            await ended
