"""Very many viewers of very many Decks that are live: how soon they see what is published, and what they cost servers.

Attempts and viewers are in one process each (`bench.crowd`), beside the servers and on the same two cores.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.figures import ROOT, Figure, quantile
from bench.idle_executor import STARTED
from bench.options import Options
from bench.peers.call import BYTE_CODE
from bench.running import TIMEOUT, prepare
from livedeck.client import Client
from livedeck.testing.process import ServerProcess, running_server
from tests.clouds import moto
from tests.postgresql import running_postgresql

PROGRAM = Path(__file__).parent / "viewers_workflows.py"
GROWTH = (10, 100, 1_000, 5_000)
"""Decks on one server, each publishing once a second, and as many viewers, a fifth of them of one Deck."""
BOUNDS: Mapping[int, tuple[float, float]] = {1_000: (20, 200), 5_000: (150, 500)}
"""Milliseconds of nearly all updates, and megabytes of the server."""
ACROSS, ACROSS_DECKS = 5_000, 25
"""Viewers across two servers, and what they watch."""
WARM_UP = 3.0
"""Seconds at the beginning that do not count."""
MEGABYTE = 1e6


@dataclass(frozen=True)
class Seen:
    """What came of it."""

    rate: float
    """Publishes a second: a machine that has no time for all of them says less of the server."""
    took: list[float]
    """Milliseconds of each update on its way to each of its viewers."""
    lost: int
    """Viewers that do not have their Deck's last update."""
    memory: list[float]
    """Megabytes of each server."""


def figures(options: Options) -> Iterator[Figure]:
    seconds = 3.0 if options.short else 15.0
    for count in GROWTH[:2] if options.short else GROWTH:
        what = f"viewers: {count:,} of {count:,} Decks on one server"
        yield from _rows(what, on_one_server(count, seconds), *BOUNDS.get(count, (None, None)))
    viewers = 100 if options.short else ACROSS
    what = f"viewers: {viewers:,} of {ACROSS_DECKS} Decks across two servers"
    yield from _rows(what, across_two_servers(viewers, ACROSS_DECKS, seconds))


def _rows(what: str, seen: Seen, most: float | None = None, memory: float | None = None) -> Iterator[Figure]:
    yield Figure(f"{what}, publishes a second", seen.rate, "")
    yield Figure(f"{what}, publish to viewer, p50", quantile(seen.took, 0.5), "ms")
    yield Figure(f"{what}, publish to viewer, p99", quantile(seen.took, 0.99), "ms", most)
    yield Figure(f"{what}, viewers that lost something", seen.lost, "", 0)
    for name, megabytes in zip(("memory", "the other one's memory"), seen.memory, strict=False):
        yield Figure(f"{what}, {name}", megabytes, "MB", memory)


def on_one_server(count: int, seconds: float) -> Seen:
    """As many viewers as Decks, on disk and SQLite: a fifth of the viewers watch one Deck, the others one each."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        environment = _idle_executor(folder)
        server = stack.enter_context(running_server(environment=environment, options=("--executor", "idle")))
        watched = [max(0, number - count // 5) for number in range(count)]
        return _measure([server], count, watched, seconds, folder=folder, environment=environment)


def across_two_servers(viewers: int, decks: int, seconds: float) -> Seen:
    """Two servers on one PostgreSQL and one S3 server, each with half of the viewers of each Deck."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        environment = _idle_executor(folder)
        postgresql = stack.enter_context(running_postgresql())
        cloud = stack.enter_context(moto.running())
        reached = {**environment, **cloud.environment(cloud.url)}
        options = ("--database", postgresql.url(postgresql.new_database()), "--root", cloud.root, "--executor", "idle")
        servers = [stack.enter_context(running_server(environment=reached, options=options)) for _ in range(2)]
        watched = [number // len(servers) % decks for number in range(viewers)]
        return _measure(servers, decks, watched, seconds, folder=folder, environment=reached)


def _measure(
    servers: Sequence[ServerProcess],
    decks: int,
    watched: Sequence[int],
    seconds: float,
    *,
    folder: Path,
    environment: Mapping[str, str],
) -> Seen:
    """Start the Decks, then the viewers, then have all publish.

    Args:
        servers: The first is asked to run the tasks; viewers are at each in turn.
        decks: How many there are.
        watched: The number of the Deck that each viewer watches.
        seconds: How long they publish.
        folder: For files.
        environment: With which processes find store and servers.
    """
    with Client(servers[0].endpoint) as client:
        prepare(client, "many_live", PROGRAM).start(indexes=list(range(decks)))
    started = _wait_started(Path(environment[STARTED]), decks)
    viewers = folder / "viewers"
    lines = [
        [servers[number % len(servers)].endpoint, f"/live/decks/{started[deck]['id']}"]
        for number, deck in enumerate(watched)
    ]
    viewers.write_text("\n".join(map(json.dumps, lines)))
    with _crowd(environment, "watch", viewers) as watching:
        assert watching.stdout is not None
        if watching.stdout.readline() != "ready\n":
            raise SystemExit("the viewers could not connect")
        with _crowd(environment, "publish", environment[STARTED], WARM_UP + seconds) as publishing:
            published = _said(publishing)
        memory = [psutil.Process(server.pid).memory_info().rss / MEGABYTE for server in servers]
        seen = _said(watching)
    first = published["begun"] + WARM_UP
    took = [1e3 * late for viewer in seen for at, late in viewer if at >= first]
    lasts = published["last"]
    lost = sum(not viewer or viewer[-1][0] < lasts[deck] for viewer, deck in zip(seen, watched, strict=True))
    return Seen(published["times"] / (WARM_UP + seconds), took, lost, memory)


def _said(process: subprocess.Popen[str]) -> Any:
    """Return what a process prints, having told it that there is no more input."""
    said, _ = process.communicate()
    if process.wait():
        raise SystemExit(f"{process.args!r} ended with {process.returncode}")
    return json.loads(said)


def _wait_started(file: Path, count: int) -> list[dict[str, str]]:
    """Return what is known of each attempt once all have been started."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) == count:
            return [json.loads(line) for line in lines]
        time.sleep(0.1)
    raise SystemExit(f"only {len(lines)} of {count} attempts were started within {TIMEOUT:.0f} s")


def _idle_executor(folder: Path) -> Mapping[str, str]:
    """Return the environment in which servers have an executor `idle`: packages declare those that they bring."""
    package = folder / "bench_idle-0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: bench_idle\nVersion: 0\n")
    (package / "entry_points.txt").write_text("[livedeck.executors]\nidle = bench.idle_executor:create\n")
    return {**BYTE_CODE, "PYTHONPATH": f"{folder}:{ROOT}", STARTED: str(folder / "started")}


@contextlib.contextmanager
def _crowd(environment: Mapping[str, str], *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run `bench.crowd` with such arguments; it is over, however, at the end of the block."""
    command = [sys.executable, "-m", "bench.crowd", *map(str, arguments)]
    surroundings = {**os.environ, **environment}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=surroundings
    ) as process:
        try:
            yield process
        finally:
            process.kill()
