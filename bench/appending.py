"""What it costs to append to something large: in the task, in the store, on the wire, and in the page."""

import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.browser import opened_page
from bench.figures import Figure, quantile
from bench.large_workflows import KINDS, PUBLISH
from bench.latency import RECORD_PAINTED, WARM_UP
from bench.options import Options
from bench.peers.call import BYTE_CODE, PYTHON, call
from bench.reporters import TRACKERS_PYTHON
from bench.running import prepare
from bench.watching import Watched, wait_filled
from livedeck import Deck, current_context, task
from livedeck.client import Client
from livedeck.sdk.attempt_deck import DeckPlace
from livedeck.sdk.attempts import Attempt
from livedeck.sdk.context import AttemptIdentity
from livedeck.store import Store, open_store
from livedeck.testing.process import running_server

PROGRAM = Path(__file__).parent / "large_workflows.py"
FEW = 100
"""What is in the small ones, with which the large ones are compared."""
WAIT = 15.0
"""Seconds that the page has to open what is there before it is updated."""
TIMES = 2.0
"""How many times as much an update of a large one may cost."""
FRAME = 16.0
"""Milliseconds that the page's scripts may take for an update."""
PEERS: Mapping[str, Mapping[str, tuple[str, Path]]] = {
    "rows": {"flytekit's Deck.publish()": ("flytekit", PYTHON), "W&B's incremental table": ("wandb", TRACKERS_PYTHON)},
    "points": {
        "flytekit's Deck.publish()": ("flytekit", PYTHON),
        "SummaryWriter with flush()": ("tensorboard", TRACKERS_PYTHON),
    },
    "lines": {
        "flytekit's Deck.publish()": ("flytekit", PYTHON),
        "SummaryWriter with flush()": ("tensorboard", TRACKERS_PYTHON),
    },
}
"""By what is appended: the reporters that it is compared with, and the interpreters that have them."""


@dataclass(frozen=True)
class InTask:
    """What updates cost the task and its store."""

    calls: list[float]
    """Seconds of each update in the task's own thread."""
    stored: float
    """Bytes of the segment that an update makes."""


class Counting(Store):
    """A store on disk that counts the bytes of segments."""

    def __init__(self, root: Path) -> None:
        inner = open_store(root.as_uri())
        super().__init__(inner.uri, inner.backend, inner.prefix)
        self.written = 0

    def create(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
        self.written += len(data)
        super().create(key, data, content_type=content_type)


def figures(options: Options) -> Iterator[Figure]:
    count, share = (20, 0.05) if options.short else (200, 1.0)
    for kind, (_, full, what) in KINDS.items():
        size = int(full * share)
        ours, few = in_task(kind, size, count), in_task(kind, FEW, count)
        theirs = {
            name: call("append_large.py", peer, kind, size, max(3, count // 10), python=python)
            for name, (peer, python) in PEERS[kind].items()
        }
        for name, peer in theirs.items():
            value, other = 1e6 * quantile(ours.calls, 0.5), 1e6 * quantile(peer["calls"], 0.5)
            yield Figure(f"append: {what}, in the task's thread, p50", value, "us", 1000, name, other)
        for name, peer in theirs.items():
            yield Figure(f"append: {what}, bytes stored", ours.stored, "bytes", None, name, peer["written"])
        times = statistics.median(ours.calls) / statistics.median(few.calls)
        yield Figure(f"append: {what}, times as long as to one of {FEW}", times, "x", TIMES)
        yield from _watched(kind, what, size, count)


def _watched(kind: str, what: str, size: int, count: int) -> Iterator[Figure]:
    """The same while it is watched, beside a small one."""
    large, small = (in_page(kind, each, count) for each in (size, FEW))
    yield Figure(f"append: {what}, bytes on the wire", large.received, "bytes", None, f"of {FEW}", small.received)
    yield Figure(f"append: {what}, scripts of the page", large.scripts, "ms", FRAME, f"of {FEW}", small.scripts)
    painted, other = (statistics.median(each.painted) for each in (large, small))
    yield Figure(f"append: {what}, publish_decks() to painted, p50", painted, "ms", None, f"of {FEW}", other)


def in_task(kind: str, size: int, count: int) -> InTask:
    """Run one attempt of a task, as `livedeck.runtime` does: it publishes something large, then updates it."""
    make, _, _ = KINDS[kind]
    calls: list[float] = []
    before = 0
    with tempfile.TemporaryDirectory() as folder:
        store = Counting(Path(folder))

        @task(enable_deck=True, deck_publish=PUBLISH)
        def grow() -> None:
            nonlocal before
            context = current_context()
            append = make(Deck("large"), size)
            context.publish_decks(wait=True, timeout=120)
            before = store.written
            for number in range(count):
                start = time.perf_counter()
                append(number)
                context.publish_decks()
                calls.append(time.perf_counter() - start)
                context.publish_decks(wait=True, timeout=60)  # each is a segment of its own

        attempt = Attempt(grow, AttemptIdentity(output_prefix=store.uri), lambda: DeckPlace(store))
        attempt.call({})
        stored = (store.written - before) / count
        attempt.end("succeeded", timeout=120)
        return InTask(calls, stored)


@dataclass(frozen=True)
class InPage:
    """What an update costs who watches."""

    received: float
    """Bytes."""
    scripts: float
    """Milliseconds of scripts, of the page and of the Deck's frame."""
    painted: list[float]
    """Milliseconds from each call of `publish_decks()` until it is on screen."""


def in_page(kind: str, size: int, count: int) -> InPage:
    with (
        running_server(environment=BYTE_CODE) as server,
        Client(server.endpoint) as client,
        opened_page(RECORD_PAINTED) as page,
    ):
        program = prepare(client, "growing", PROGRAM)
        execution = program.start(kind=kind, size=size, count=count + WARM_UP, wait=WAIT)
        filled = wait_filled(client, execution)
        watched = Watched(page)
        watched.open(f"{client.console_url(execution)}?node=n0&view=deck")
        watched.wait_painted(filled + WARM_UP)
        first, before = watched.seq, watched.costs()
        watched.wait_painted(filled + WARM_UP + count * 3 // 4)
        updates, after = watched.seq - first, watched.costs()
        program.wait(execution)
        published = program.output(execution)
        painted = watched.painted
    seqs = [filled + 1 + number for number in range(len(published))]
    took = [painted[seq] - 1e3 * at for seq, at in zip(seqs, published, strict=True) if seq in painted][WARM_UP:]
    return InPage((after.received - before.received) / updates, (after.scripts - before.scripts) / updates, took)
