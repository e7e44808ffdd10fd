"""The log of a server that writes JSON: each line, whoever has written it, and found by the id of a request."""

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from livedeck.client import Client
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import DEADLINE, phase_of, run, wait_for

pytestmark = pytest.mark.slow


def lines(server: ServerProcess) -> list[dict[str, Any]]:
    """What the log holds, but for a line that is being written."""
    return [json.loads(line) for line in server.log.splitlines(keepends=True) if line.endswith("\n")]


def test_every_line_is_json_with_its_ids(tmp_path: Path) -> None:
    with running_server(tmp_path / "server", options=["--log-format", "json"]) as server:
        with Client(server.endpoint) as client:
            (tmp_path / "release").touch()
            ledger, release = str(tmp_path / "ledger"), str(tmp_path / "release")
            ended = run(client, "lingering.py", "linger", ledger=ledger, release=release)
            assert phase_of(ended) == "SUCCEEDED"
        url = f"{server.url}/live/executions/{ended.id.project}/{ended.id.domain}/{ended.id.name}"
        answer = httpx.delete(url, headers={"x-request-id": "mine-1"}, timeout=DEADLINE)
        assert answer.headers["x-request-id"] == "mine-1"
        with socket.create_connection(("127.0.0.1", int(server.endpoint.rpartition(":")[2]))) as connection:
            connection.sendall(b"no request at all\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
        wait_for(lambda: any(line["event"] == "Invalid HTTP request received." for line in lines(server)))
    found = {line["event"]: line for line in lines(server)}
    assert found["admin.ready"]["endpoint"] == server.endpoint
    assert found["deletion.deleted"]["request"] == "mine-1"
    assert found["deletion.deleted"]["execution"] == ended.id.name
    assert {"time", "level", "logger", "event", "message"} <= found["admin.ended"].keys()
    assert found["Invalid HTTP request received."]["level"] == "warning"
