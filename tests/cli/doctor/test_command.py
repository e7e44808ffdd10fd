"""`livedeck doctor` against a real server, directly and through what may be between."""

import asyncio
import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from livedeck.cli import main
from livedeck.cli.doctor.findings import Finding, Level
from livedeck.cli.doctor.server import check_server
from livedeck.testing.process import ServerProcess
from livedeck.testing.server import running_admin

Answer = Callable[[socket.socket, bytes], None]


@contextlib.contextmanager
def proxy(endpoint: str, *, buffers: bool = False, host: str = "", date: str = "") -> Iterator[str]:
    """A proxy that knows HTTP/1.1 alone.

    It may keep answers back until they are complete, ask for another host, or tell another time.
    """
    address, _, port = endpoint.rpartition(":")

    def serve(client: socket.socket) -> None:
        with client, socket.create_connection((address, int(port))) as server, contextlib.suppress(OSError):
            head = client.recv(65536)
            if head.startswith(b"PRI"):
                client.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
                return
            server.sendall(re.sub(rb"Host: [^\r]+", f"Host: {host or endpoint}".encode(), head))
            kept = b""
            while piece := server.recv(65536):
                if date:
                    piece = re.sub(rb"(?im)^date: [^\r]+", f"date: {date}".encode(), piece)
                if buffers:
                    kept += piece
                else:
                    client.sendall(piece)
            client.sendall(kept)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()


def found(endpoint: str, timeout: float = 30.0) -> dict[str, Finding]:
    return {each.part: each for each in check_server(endpoint, timeout=timeout)}


def wrong(findings: dict[str, Finding]) -> set[str]:
    return {part for part, each in findings.items() if each.level is Level.WRONG}


def test_a_server_that_works_has_nothing_wrong(server: ServerProcess) -> None:
    findings = found(server.endpoint)
    assert findings.keys() == {"server", "server clock", "readiness", "gRPC", "live streams", "hints"}
    assert wrong(findings) == set()


@pytest.mark.slow
def test_a_proxy_without_http2_is_found(server: ServerProcess) -> None:
    with proxy(server.endpoint, buffers=False) as endpoint:
        findings = found(endpoint, timeout=10.0)
    assert wrong(findings) == {"gRPC"}
    assert "HTTP/2" in findings["gRPC"].advice


@pytest.mark.slow
def test_a_proxy_that_buffers_is_found(server: ServerProcess) -> None:
    with proxy(server.endpoint, buffers=True) as endpoint:
        findings = found(endpoint, timeout=10.0)
    assert "live streams" in wrong(findings)
    assert "proxy_buffering off" in findings["live streams"].advice


def test_a_name_that_the_server_does_not_go_by_is_found(server: ServerProcess) -> None:
    with proxy(server.endpoint, host="decks.example") as endpoint:
        findings = found(endpoint)
    assert wrong(findings) == {"server"}
    assert "--allowed-host" in findings["server"].advice


@pytest.mark.parametrize(("hours", "where"), [(1, "ahead of"), (-1, "behind")])
def test_a_server_whose_clock_is_wrong_is_found(server: ServerProcess, hours: int, where: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    with proxy(server.endpoint, date=date) as endpoint:
        finding = next(each for each in check_server(endpoint, timeout=30.0) if each.part == "server clock")
    assert finding.level is Level.WRONG
    assert re.search(rf"its clock is 3(59|60)\d s {where} this machine's", finding.what), finding.what
    assert "NTP" in finding.advice


async def test_a_server_that_is_not_ready_is_told_with_its_reason(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin:
        admin.drain()
        findings = await asyncio.to_thread(found, admin.endpoint)
    assert wrong(findings) == {"readiness"}
    assert findings["readiness"].what == "the server is not ready: the server is shutting down"


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    named = ("LIVEDECK_ENDPOINT", "LIVEDECK_ROOT", "LIVEDECK_DATABASE", "LIVEDECK_RAY_ADDRESS")
    runner = CliRunner(env={**dict.fromkeys(named), **environment})
    result = runner.invoke(main, ["doctor", *arguments], prog_name="livedeck")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def parts(output: str) -> dict[str, Any]:
    return {each["part"]: each for each in json.loads(output)}


def test_only_what_is_named_is_looked_at(server: ServerProcess, tmp_path: Path) -> None:
    _, output = run("--json", "--root", tmp_path.as_uri())
    assert "create-only puts" in parts(output)
    assert "server" not in parts(output)
    _, output = run("--json", server.endpoint)
    assert parts(output)["hints"]["level"] in {"ok", "warning"}  # by how busy the machine is
    assert "create-only puts" not in parts(output)
    _, output = run("--json", "--root", tmp_path.as_uri(), LIVEDECK_ENDPOINT=server.endpoint)
    assert {"create-only puts", "hints"} <= parts(output).keys()


def test_what_is_wrong_is_the_exit_status_and_told_with_what_to_do() -> None:
    status, output = run("127.0.0.1:9")
    assert status == 1
    assert "wrong    server             no server answers at 127.0.0.1:9:" in output
    assert "start it (livedeck serve)" in output
    assert "Wrong: 1 of " in output


def test_an_endpoint_that_is_none_is_wrong() -> None:
    status, output = run("--json", "http:///")
    assert status == 1
    assert "is not an endpoint" in parts(output)["server"]["what"]
