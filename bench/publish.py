"""What `publish_decks()` costs the task's thread, and what publishing costs the store."""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, quantile
from bench.peers.call import call
from livedeck.deck.page import Page
from livedeck.deck.publisher import Publisher
from livedeck.store import Store, open_store

WORK = bytes(1_000_000)
FLYTEKIT = "flytekit Deck.publish()"


class AnsweringLate(Store):
    """A store on disk that takes `delay` seconds to answer a put, and counts what is written."""

    def __init__(self, root: Path, delay: float) -> None:
        inner = open_store(root.as_uri())
        super().__init__(inner.uri, inner.backend, inner.prefix)
        self.delay = delay
        self.written = 0

    def put(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
        self._answer(data)
        super().put(key, data, content_type=content_type)

    def create(self, key: str, data: bytes, *, content_type: str | None = None) -> None:
        self._answer(data)
        super().create(key, data, content_type=content_type)

    def _answer(self, data: bytes) -> None:
        time.sleep(self.delay)
        self.written += len(data)


def measure(delay: float, count: int, *, wait: bool = False) -> tuple[list[float], int, int]:
    """Publish `count` times, 2 KB more each time: seconds of each call, bytes written, bytes of the final page."""
    with tempfile.TemporaryDirectory() as folder:
        store = AnsweringLate(Path(folder), delay)
        page = Page()
        publisher = Publisher(page, store)
        publisher.start()
        deck = page.deck("metrics")
        calls = []
        for i in range(count):
            deck.append(f"<p>{i:06d} " + "x" * 2040 + "</p>")
            hashlib.sha256(WORK).digest()
            start = time.perf_counter()
            publisher.publish()
            calls.append(time.perf_counter() - start)
            if wait:
                publisher.publish(wait=True)
        publisher.close("succeeded", timeout=60)
        return calls, store.written, len(store.get("deck.html"))


def figures() -> Iterator[Figure]:
    for label, delay, peer_count in (("1 ms", 0.001, 1000), ("500 ms", 0.5, 20)):
        measure(0.0, 100)
        ours, _, _ = measure(delay, 2000)
        theirs = call("deck_publish.py", delay, peer_count)["calls"]
        p50, peer_p50 = quantile(ours, 0.5), quantile(theirs, 0.5)
        yield Figure(f"publish: p50, store answers in {label}", 1e6 * p50, "us", 20, FLYTEKIT, 1e6 * peer_p50)
        yield Figure(
            f"publish: p99, store answers in {label}",
            1e6 * quantile(ours, 0.99),
            "us",
            1000,
            FLYTEKIT,
            1e6 * quantile(theirs, 0.99),
        )
        yield Figure(f"publish: times faster at p50, store answers in {label}", peer_p50 / p50, "x", 20, at_least=True)
    _, written, final = measure(0.0, 1000, wait=True)
    peer = call("deck_publish.py", 0.0, 1000)
    yield Figure(
        "bytes: written over the final Deck, 1,000 publishes of 2 KB",
        written / final,
        "x",
        3,
        FLYTEKIT,
        peer["uploaded"] / peer["final"],
    )
