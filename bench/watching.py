"""A page that shows a Deck, and what it costs the browser."""

import time
from dataclasses import dataclass

from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from playwright.sync_api import CDPSession, Frame, Page
from playwright.sync_api import Error as PlaywrightError

from bench.running import TIMEOUT
from livedeck.client import Client
from livedeck.store import open_store
from livedeck.store.layout import segment_key

SCROLLED = """async (frames) => {
    const took = [];
    let before = await new Promise(requestAnimationFrame);
    for (let frame = 0; frame < frames; frame++) {
        scrollBy(0, 60);
        const now = await new Promise(requestAnimationFrame);
        took.push(now - before);
        before = now;
    }
    return took;
}"""


STEADY = 2.0
"""Seconds without a new segment after which a task has published what it begins with."""


def wait_filled(client: Client, execution: WorkflowExecutionIdentifier) -> int:
    """Wait until a task has published what it begins with; return the number of its last segment."""
    deadline = time.monotonic() + TIMEOUT
    seq, since = 0, time.monotonic()
    while not seq or time.monotonic() < since + STEADY:
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing was published within {TIMEOUT:.0f} s")
        time.sleep(0.1)
        uris = [each.closure.deck_uri for each in client.node_executions(execution) if each.closure.deck_uri]
        if uris and open_store(uris[0].rpartition("/")[0]).head(segment_key(seq + 1)) is not None:
            seq, since = seq + 1, time.monotonic()
    return seq


@dataclass(frozen=True)
class Costs:
    """Since the page was opened."""

    received: float
    """Bytes of the Deck's stream."""
    scripts: float
    """Milliseconds of scripts, of the page and of the Deck's frame."""


class Watched:
    """The page of a Deck.

    Args:
        page: One that has `bench.latency.RECORD_PAINTED`.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._streams: set[str] = set()
        self._received = 0.0
        self._sessions: list[CDPSession] = []
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.on("Network.requestWillBeSent", self._requested)
        network.on("Network.dataReceived", self._got)

    def open(self, url: str) -> float:
        """Open it; return the milliseconds until something was painted."""
        self._page.goto(url)
        deadline = time.monotonic() + TIMEOUT
        while not self.painted:
            if time.monotonic() > deadline:
                raise SystemExit(f"nothing was painted within {TIMEOUT:.0f} s")
            self._page.wait_for_timeout(100)
        self._sessions = [self._measured(self._page), self._measured(self.frame)]
        return min(self.painted.values()) - float(self._page.evaluate("performance.timeOrigin"))

    @property
    def frame(self) -> Frame:
        """That of the Deck."""
        frame = self._page.locator(".deck-frame-live").element_handle().content_frame()
        if frame is None:
            raise SystemExit("the page shows no Deck")
        return frame

    @property
    def painted(self) -> dict[int, float]:
        """When each segment was painted, in Unix milliseconds, by its number."""
        return {int(seq): float(at) for seq, at in self._page.evaluate("window.painted")}

    @property
    def seq(self) -> int:
        """The segment that was painted last."""
        return max(self.painted)

    def wait_painted(self, seq: int) -> None:
        """Wait until a segment is on screen."""
        deadline = time.monotonic() + TIMEOUT
        while self.seq < seq:
            if time.monotonic() > deadline:
                raise SystemExit(f"only {self.seq} of {seq} segments were painted within {TIMEOUT:.0f} s")
            self._page.wait_for_timeout(100)

    def costs(self) -> Costs:
        """What it has cost so far."""
        seconds = 0.0
        for session in self._sessions:
            metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
            seconds += metrics["ScriptDuration"]
        return Costs(self._received, 1e3 * seconds)

    def scroll(self, frames: int) -> list[float]:
        """Scroll the Deck; return the milliseconds of each frame."""
        return list(self.frame.evaluate(SCROLLED, frames))

    def _measured(self, target: Page | Frame) -> CDPSession:
        try:
            session = self._page.context.new_cdp_session(target)
        except PlaywrightError:  # a frame in the page's own process is measured with it
            return self._sessions[0]
        session.send("Performance.enable")
        return session

    def _requested(self, event: dict[str, object]) -> None:
        request = event["request"]
        if isinstance(request, dict) and "/live" in str(request["url"]):
            self._streams.add(str(event["requestId"]))

    def _got(self, event: dict[str, object]) -> None:
        if event["requestId"] in self._streams:
            self._received += float(str(event["dataLength"]))
