"""What `publish_decks()` costs the task's thread, and what publishing costs the store."""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure, quantile
from bench.options import Options
from bench.peers.call import call
from livedeck import Deck, current_context, task
from livedeck.sdk.attempt_deck import DeckPlace
from livedeck.sdk.attempts import Attempt
from livedeck.sdk.context import AttemptIdentity
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


@task(enable_deck=True)
def publish(*, count: int, wait: bool) -> list[float]:
    """Publish `count` times, 2 KB more each time; return the seconds that each call took."""
    context = current_context()
    deck = Deck("metrics")
    calls = []
    for i in range(count):
        deck.append(f"<p>{i:06d} " + "x" * 2040 + "</p>")
        hashlib.sha256(WORK).digest()  # the task's own work
        start = time.perf_counter()
        context.publish_decks(wait=wait)
        calls.append(time.perf_counter() - start)
    return calls


@dataclass(frozen=True)
class Published:
    calls: list[float]
    """Seconds of each call."""
    written: int
    """Bytes that the store was given in all."""
    final: int
    """Bytes of `deck.html` at the end."""


def run(delay: float, count: int, *, wait: bool = False) -> Published:
    """Run one attempt of the task, as `livedeck.runtime` does."""
    with tempfile.TemporaryDirectory() as folder:
        store = AnsweringLate(Path(folder), delay)
        attempt = Attempt(publish, AttemptIdentity(output_prefix=store.uri), lambda: DeckPlace(store))
        calls = attempt.call({"count": count, "wait": wait})["o0"]
        attempt.end("succeeded", timeout=60)
        return Published(calls, store.written, len(store.get("deck.html")))


def figures(options: Options) -> Iterator[Figure]:
    for label, delay in (("1 ms", 0.001), ("500 ms", 0.5)):
        yield from calls(label, delay, options)
    ours = run(0.0, 1000, wait=True)
    peer = call("deck_publish.py", 0.0, 1000)
    name = "bytes: written over the final Deck, 1,000 publishes of 2 KB"
    yield Figure(name, ours.written / ours.final, "x", 3, FLYTEKIT, peer["uploaded"] / peer["final"])


def calls(label: str, delay: float, options: Options) -> Iterator[Figure]:
    run(0.0, 100)  # what happens once
    ours = run(delay, 300 if options.short else 2000).calls
    theirs = call("deck_publish.py", delay, (5 if options.short else 20) if delay > 0.1 else 300)["calls"]
    for name, q, bound in (("p50", 0.5, 20), ("p99", 0.99, 1000)):
        value, peer = 1e6 * quantile(ours, q), 1e6 * quantile(theirs, q)
        yield Figure(f"publish: {name}, store answers in {label}", value, "us", bound, FLYTEKIT, peer)
    ratio = quantile(theirs, 0.5) / quantile(ours, 0.5)
    yield Figure(f"publish: times faster at p50, store answers in {label}", ratio, "x", 20, at_least=True)
