"""One cell of the matrix of faults: an execution during which a store fails in one way, and what came of it."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import msgspec

from livedeck.deck.ops import Document
from livedeck.testing.server import listening
from tests.admin.live.conftest import read
from tests.faults.sites import Site
from tests.faults.stories import STAGES, Story, loading
from tests.integration.running import DEADLINE, finished_deck, phase_of, python_outputs

TIMES = "Timeline"
"""The tab that differs from one run to the next: it has how long the parts of the task took."""


_PATH = re.compile(r"(?:/[\w.-]+){2,}")
"""A file or folder: each run has others."""


@dataclass(frozen=True)
class Cell:
    """Which store failed how, and when."""

    store: str
    fault: str
    """Empty: it did not."""
    stage: str

    def __str__(self) -> str:
        return f"{self.store}-{self.fault}-{self.stage}"


@dataclass(frozen=True)
class Result:
    """What came of an execution."""

    phase: str
    """How it ended."""
    outputs: dict[str, object]
    runs: tuple[str, ...]
    """Tasks whose functions ran, in order."""
    deck: tuple[tuple[str, str], ...]
    """Tabs of the first task's Deck, without times and paths: what each is called, and holds."""
    outcome: str
    """How the Deck says that the task ended."""
    states: tuple[str, ...]
    """What a viewer of that Deck was shown, one after the other."""
    took: dict[str, float]
    """Seconds that the first task's function took for its part of each stage."""
    last_part: float
    """Seconds from when the task was let into its last stage until the execution was over."""

    def differences(self, other: "Result") -> list[str]:
        """Return in what this one came to something else than another did, times and states apart."""
        found = []
        for name in ("phase", "outputs", "runs", "outcome"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                found.append(f"{name}: {mine!r}, not {theirs!r}")
        for mine, theirs in zip_longest(self.deck, other.deck):
            if mine != theirs:
                found.append(f"tab: {mine!r}, not {theirs!r}")
        return found


async def run(site: Site, cell: Cell, folder: Path, lasts: float | None = None) -> Result:
    """Run an execution in which a cell's fault happens.

    Args:
        site: Where.
        cell: What fails, and when.
        folder: Is empty; what the tasks and the test tell each other goes there.
        lasts: Seconds that it lasts; None: as long as faults of that kind do.
    """
    story = await asyncio.to_thread(loading, site, folder, "both")
    states: list[str] = []
    viewer = asyncio.create_task(_watch(site, story, states), name="viewer")
    fault: asyncio.Task[None] | None = None
    let_go = time.monotonic()
    for stage in STAGES:
        if fault is not None:
            await fault
        if cell.fault and stage == cell.stage:
            fault = asyncio.create_task(_fail(site, cell, story, lasts), name="fault")
            await asyncio.sleep(0)  # it has begun
        let_go = time.monotonic()
        story.enter(stage)
        await asyncio.to_thread(story.wait_through, stage)
    ended = await asyncio.to_thread(story.ended)
    last_part = time.monotonic() - let_go
    if fault is not None:
        await fault
    document = await finished_deck(story.first_prefix)
    await viewer
    return Result(
        phase_of(ended),
        python_outputs(site.client, ended.id),
        tuple(story.runs),
        _tabs(document),
        document.end.outcome if document.end else "",
        tuple(states),
        story.took,
        last_part,
    )


def _tabs(document: Document) -> tuple[tuple[str, str], ...]:
    return tuple(
        (deck.name, _PATH.sub("PATH", msgspec.json.encode(deck.elements).decode()))
        for deck in document.decks
        if deck.name != TIMES
    )


async def _fail(site: Site, cell: Cell, story: Story, lasts: float | None) -> None:
    """Let the store fail, and be well again."""
    # What the task needs to begin is in the store. What it publishes while it runs is not to be held up by the store.
    holds = (lambda: not story.is_through(cell.stage)) if cell.stage == "mid-run" else (lambda: False)
    site.faults.fail(cell.fault, holds=holds, lasts=lasts)
    try:
        await _until(lambda: site.faults.over)
    finally:
        site.faults.recover()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.02)


async def _watch(site: Site, story: Story, states: list[str]) -> None:
    """Note what a viewer is shown, up to the end of the Deck's stream."""
    async with listening(site.url.removeprefix("http://"), story.stream) as stream:
        while (event := await stream.next()) is not None:
            if event.event in {"state", "end"}:
                phase = read(event)["phase"]
                if states[-1:] != [phase]:
                    states.append(phase)
