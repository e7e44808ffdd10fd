"""SIGTERM: leases are handed over at once, attempts go on, streams end in order. A second signal ends all at once."""

import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import DEADLINE, phase_of, start, wait_ended, wait_for

pytestmark = pytest.mark.slow


class Lingering:
    """An execution whose task runs until it is released.

    Args:
        server: Where it runs.
        folder: For its files.
    """

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self._server = server
        self._ledger = folder / "ledger"
        self._release = folder / "release"
        self.id: WorkflowExecutionIdentifier
        with Client(server.endpoint) as client:
            self.id = start(client, "lingering.py", "linger", ledger=str(self._ledger), release=str(self._release))
        wait_for(self.begun)
        wait_for(self.is_leased)

    def begun(self) -> list[int]:
        """Process ids of the attempts that have begun."""
        text = self._ledger.read_text() if self._ledger.exists() else ""
        return [int(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def is_leased(self) -> bool:
        with closing(sqlite3.connect(self._server.data_dir / "livedeck.db")) as connection:
            (owner,) = connection.execute("SELECT lease_owner FROM executions").fetchone()
        return owner is not None

    def check_end(self) -> None:
        """Let it end, on the server that runs now: in the one attempt that it has begun with."""
        self._release.touch()
        with Client(self._server.endpoint) as client:
            assert phase_of(wait_ended(client, self.id)) == "SUCCEEDED"
        assert len(self.begun()) == 1

    @contextmanager
    def watched(self) -> Iterator[Iterator[str]]:
        """The lines of its live stream, once the first events are there."""
        path = f"/live/executions/{self.id.project}/{self.id.domain}/{self.id.name}"
        with httpx.stream("GET", f"{self._server.url}{path}", timeout=DEADLINE) as answer:
            lines = answer.iter_lines()
            assert next(lines) == "retry: 1000"
            yield lines


def test_sigterm_ends_streams_in_order_and_leaves_the_attempt_to_the_next_server(tmp_path: Path) -> None:
    with running_server(tmp_path / "server") as server:
        lingering = Lingering(server, tmp_path)
        (attempt,) = lingering.begun()
        with lingering.watched() as lines:
            server.send(signal.SIGTERM)
            for _ in lines:  # to the end, which is one: else this raises
                pass
        assert server.wait() == 0
        assert not lingering.is_leased()
        assert psutil.pid_exists(attempt)
        server.start()
        lingering.check_end()


def test_while_it_drains_it_is_not_ready_and_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with running_server(tmp_path / "server", options=["--shutdown-delay", "600"]) as server:
        assert httpx.get(f"{server.url}/readyz", timeout=DEADLINE).json()["checks"]["engine"] == "ok"
        lingering = Lingering(server, tmp_path)
        with lingering.watched():
            server.send(signal.SIGTERM)
            wait_for(lambda: httpx.get(f"{server.url}/readyz", timeout=DEADLINE).status_code == 503)
            wait_for(lambda: not lingering.is_leased())
            assert httpx.get(f"{server.url}/readyz", timeout=DEADLINE).json()["reason"] == "the server is shutting down"
            assert httpx.get(f"{server.url}/healthz", timeout=DEADLINE).text == "ok"
            with Client(server.endpoint) as client:  # who is still here is served
                assert client.get_execution(lingering.id).id == lingering.id
            server.send(signal.SIGTERM)
            assert server.wait() == -signal.SIGTERM
        server.options = ()
        server.start()
        lingering.check_end()
        numbers = httpx.get(f"{server.url}/metrics", timeout=DEADLINE).text
        assert re.search(r'^livedeck_ended_attempts_total\{outcome="succeeded"\} 1\.0$', numbers, re.MULTILINE)
        assert re.search(r'^livedeck_ended_executions_total\{phase="SUCCEEDED"\} 1\.0$', numbers, re.MULTILINE)
