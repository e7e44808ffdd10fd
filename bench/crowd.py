"""Very many publishers, or very many viewers, in one process: `bench.viewers` starts one of each.

`python -m bench.crowd publish FILE SECONDS`: FILE has a line for each attempt (`bench.idle_executor`). Each publishes
once a second, as `livedeck.deck.publisher` does: a segment that is created in the store, then a hint over a connection
of its own. At the end it prints when each has published last.

`python -m bench.crowd watch FILE`: FILE has a line with endpoint and path for each viewer. Prints `ready` once each
has been sent something, and, when its input ends, what came: of each update when it was published and how long it took.
"""

import asyncio
import json
import re
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Final, cast

import uvloop

from livedeck.deck import hints
from livedeck.deck.kinds.value import Value
from livedeck.deck.ops import Put, Segment
from livedeck.deck.segments import encode, format_time
from livedeck.deck.snapshot import placeholder
from livedeck.store import open_store
from livedeck.store.layout import DECK, segment_key

AT_ONCE: Final = 100
"""Connections that are being made at the same time."""
PUBLISHED: Final = re.compile(rb'"value":([0-9.]+)')
"""In an event, when what it tells of was published."""
SETTLED: Final = 5.0
"""Seconds after the last publish by which viewers have it, or have lost it."""
EVERY: Final = 1.0
"""Seconds between two publishes of an attempt."""


class Publisher(asyncio.Protocol):
    """An attempt that publishes."""

    def __init__(self, attempt: dict[str, str]) -> None:
        self._store = open_store(attempt["folder"])
        self._on_disk = self._store.local_root is not None
        url = urllib.parse.urlsplit(attempt["url"])
        self.address = url.hostname or "", url.port or 80
        self._head = (
            f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {attempt['token']}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._seq = 0
        self.last = 0.0
        """When it has published last, in Unix time."""
        self.refused = 0
        """Hints that the server did not take."""

    def begin(self) -> None:
        """Store what is there before the first publish."""
        self._store.put(DECK, placeholder("Deck", format_time(time.time())))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._hint(hints.failing(0.0))  # who connects and says nothing is sent away

    def data_received(self, data: bytes) -> None:
        self.refused += b" 204 " not in data

    def publish(self) -> asyncio.Task[None] | None:
        """Publish, beside others if the store is not on this machine."""
        self._seq += 1
        self.last = time.time()
        data = encode(Segment(self._seq, format_time(self.last), [Put("metrics", Value("step", "step", self.last))]))
        if not self._on_disk:
            return asyncio.create_task(self._publish(self._seq, data))
        self._store.create(segment_key(self._seq), data)
        self._hint(hints.stored(data, self._seq))
        return None

    async def _publish(self, seq: int, data: bytes) -> None:
        await self._store.acreate(segment_key(seq), data)
        self._hint(hints.stored(data, seq))

    def _hint(self, body: bytes) -> None:
        self._transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))


async def publish(attempts: list[dict[str, str]], seconds: float) -> None:
    """Have all of them publish, spread over each second, and say when each has done so last."""
    publishers = [Publisher(attempt) for attempt in attempts]
    loop = asyncio.get_running_loop()
    for each in publishers:
        each.begin()
        await loop.create_connection(lambda each=each: each, *each.address)  # type: ignore[misc]
    begun = time.time()
    start, times, under_way = time.monotonic(), 0, set()
    while (now := time.monotonic() - start) < seconds:
        due = int(now / EVERY * len(publishers))
        while times < due:
            task = publishers[times % len(publishers)].publish()
            times += 1
            if task is not None:
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            if times % 16 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.001)
    await asyncio.gather(*under_way)
    await asyncio.sleep(SETTLED)
    if refused := sum(each.refused for each in publishers):
        raise SystemExit(f"the server did not take {refused} of {times} hints")
    print(json.dumps({"begun": begun, "times": times, "last": [each.last for each in publishers]}))


class Viewer(asyncio.Protocol):
    """Watches a Deck."""

    def __init__(self, endpoint: str, path: str) -> None:
        host, _, port = endpoint.rpartition(":")
        self.address = host, int(port)
        self._request = f"GET {path} HTTP/1.1\r\nHost: {endpoint}\r\nAccept: text/event-stream\r\n\r\n".encode()
        self._rest = b""
        self.told = asyncio.Event()
        """Set once it was sent something."""
        self.seen: list[tuple[float, float]] = []
        """When each update was published, and how many seconds it took."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        whole, end, self._rest = (self._rest + data).rpartition(b"\n\n")
        if end:
            self.told.set()
        for found in PUBLISHED.finditer(whole):
            published = float(found[1])
            self.seen.append((published, now - published))


async def watch(viewers: list[Viewer]) -> None:
    """Watch until the input ends, and print what was seen."""
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(AT_ONCE)

    async def connect(viewer: Viewer) -> None:
        async with room:
            await loop.create_connection(lambda: viewer, *viewer.address)
            await viewer.told.wait()

    await asyncio.gather(*map(connect, viewers))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps([viewer.seen for viewer in viewers]))


def main() -> None:
    what, file = sys.argv[1], Path(sys.argv[2])
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    uvloop.run(publish(lines, float(sys.argv[3])) if what == "publish" else watch([Viewer(*line) for line in lines]))


if __name__ == "__main__":
    main()
