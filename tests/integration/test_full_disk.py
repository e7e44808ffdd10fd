"""The store's disk is full: tasks whose outputs fit succeed, the others say why, and the server goes on."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.deck import snapshot
from livedeck.deck.reader import Reader
from livedeck.store import Store, open_store
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import phase_of, python_outputs, run

SIZE = 3_000_000
"""Bytes of the disk."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that holds next to nothing."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"only root may mount a small disk: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
async def test_a_full_disk_costs_decks_and_says_so_and_the_server_goes_on(tmp_path: Path, small_disk: Path) -> None:
    store = {
        "LIVEDECK_ROOT": small_disk.as_uri(),
        "LIVEDECK_RESULT_TIMEOUT": "0.5",
        "LIVEDECK_SYSTEM_RETRIES": "0",
    }
    with running_server(tmp_path / "server", environment=store) as server, Client(server.endpoint) as client:
        assert python_outputs(client, run(client, "full_disk.py", "small", word="before").id) == {"o0": "before"}

        crowded = run(client, "full_disk.py", "too_much_deck", tabs=8)
        assert phase_of(crowded) == "SUCCEEDED", crowded.closure.error.message
        assert python_outputs(client, crowded.id) == {"o0": 8}
        (attempt,) = list(client.task_executions(node_of(client, crowded.id)))
        document = await Reader(open_store(attempt.closure.logs[0].uri.removesuffix("/log"))).load()
        assert document is not None, "what was published while there was room stays"
        assert document.decks[0].name == "tab 0"

        failed = run(client, "full_disk.py", "overflowing")
        assert phase_of(failed) == "FAILED"
        assert "outputs.pb could not be stored" in failed.closure.error.message
        assert "the disk is full" in failed.closure.error.message

        make_room(small_disk)
        leave(small_disk, 120_000)
        tight = run(client, "full_disk.py", "small", word="tight")
        assert python_outputs(client, tight.id) == {"o0": "tight"}
        (attempt,) = list(client.task_executions(node_of(client, tight.id)))
        page = await ended_page(open_store(attempt.closure.logs[0].uri.removesuffix("/log")))
        assert b"data-static" not in page, "there was no room for the script"
        assert b"<p>tight</p>" in page

        (small_disk / "filler").unlink()
        assert python_outputs(client, run(client, "full_disk.py", "small", word="after").id) == {"o0": "after"}


@pytest.mark.slow
@pytest.mark.parametrize("free", [0, 4_096, 40_960])
def test_a_server_that_finds_no_room_to_start_says_so_and_starts_once_there_is(small_disk: Path, free: int) -> None:
    folder = small_disk / "data"
    folder.mkdir()
    leave(small_disk, free)
    server = ServerProcess(folder)
    command = [sys.executable, "-m", "livedeck.cli", "serve", "--port", "0", "--data-dir", str(folder)]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert str(folder) in refused.stderr
    assert "free some space on its disk" in refused.stderr
    (small_disk / "filler").unlink()
    server.start()
    server.stop()


def leave(disk: Path, free: int) -> None:
    """Fill the disk but for so many bytes, whatever others write, and take away, meanwhile."""
    deadline = time.monotonic() + 60
    while True:
        stat = os.statvfs(disk)
        try:
            (disk / "filler").write_bytes(bytes(stat.f_bavail * stat.f_frsize - free))
        except OSError:
            (disk / "filler").unlink(missing_ok=True)
        else:
            return
        assert time.monotonic() < deadline, "there is never so much room"


async def ended_page(store: Store) -> bytes:
    """The last page of an attempt's Deck, once it is there; the attempt need not have waited for it."""
    deadline = time.monotonic() + 60
    while snapshot.is_live(page := store.get("deck.html")):
        assert time.monotonic() < deadline, "the last page was not stored"
        await asyncio.sleep(0.05)
    return page


def make_room(disk: Path) -> None:
    """Take the segments away, as somebody whose disk is full would."""
    for segment in disk.glob("metadata/propeller/*/*/data/0/deck/*.json"):
        segment.unlink()


def node_of(client: Client, execution: WorkflowExecutionIdentifier) -> NodeExecutionIdentifier:
    """The node of the execution's only task."""
    nodes = client.node_executions(execution)
    return next(node.id for node in nodes if node.id.node_id not in {"start-node", "end-node"})
