"""The door: who is let in, by which name, from which page, and what every answer says to browsers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from livedeck.admin.app import Admin
from livedeck.admin.security import Guard
from livedeck.admin.tuning import Tuning
from livedeck.testing.server import running_admin

pytestmark = pytest.mark.slow


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Any]:
    async with running_admin(tmp_path, allowed_hosts=("decks.example",)) as admin:
        yield admin


@pytest.fixture
async def hurried(tmp_path: Path) -> AsyncIterator[Any]:
    """A server that waits for a body no longer than a blink."""
    async with running_admin(tmp_path, tuning=Tuning(body_timeout=0.05)) as admin:
        yield admin


@pytest.fixture
async def http(admin: Any) -> AsyncIterator[Any]:
    async with httpx.AsyncClient(base_url=f"http://{admin.endpoint}") as client:
        yield client


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:1234", "LOCALHOST", "[::1]:80", "decks.example", "Decks.Example:443"]
)
async def test_names_that_are_ours(http: Any, host: Any) -> None:
    assert (await http.get("/healthz", headers={"host": host})).text == "ok"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "127.0.0.1/x", "[::2]", "localhost:x"],
)
async def test_names_that_are_not(http: Any, host: Any) -> None:
    response = await http.get("/healthz", headers={"host": host})
    assert response.status_code == 403
    assert "--allowed-host" in response.json()["message"]


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("192.168.1.5", "192.168.1.5:8080", 200),
        ("fd00::1", "[FD00::1]:8080", 200),
        ("192.168.1.5", "192.168.1.6:8080", 403),
        ("192.168.1.5", "evil.example", 403),
    ],
)
async def test_the_address_that_a_connection_came_in_at_is_ours(address: Any, host: Any, status: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("ok")(scope, receive, send)

    received: list[Any] = []

    async def send(message: Any) -> None:
        received.append(message)

    headers = [(b"host", host.encode())]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "server": (address, 8080)}
    await Guard(app)(scope, _nothing, send)
    assert received[0]["status"] == status


async def test_every_name_where_that_is_wanted(tmp_path: Path) -> None:
    async with (
        running_admin(tmp_path, allowed_hosts=("*",)) as admin,
        httpx.AsyncClient(base_url=f"http://{admin.endpoint}") as http,
    ):
        assert (await http.get("/healthz", headers={"host": "any.example"})).status_code == 200


@pytest.mark.parametrize("path", ["/live/hints", "/decks/share", "/api/v1/executions", "/upload/x"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example", "file://"])
async def test_other_pages_may_not_post(http: Any, path: Any, origin: Any) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = await http.request(method, path, headers={"origin": origin})
        assert response.status_code == 403
        assert "not accepted from pages of" in response.json()["message"]


async def test_our_own_pages_may(http: Any, admin: Any) -> None:
    response = await http.post("/decks/share", headers={"origin": f"http://{admin.endpoint}"}, json={})
    assert response.status_code == 400  # let in, and then found wanting


async def test_no_answer_allows_other_origins_or_sniffing(http: Any) -> None:
    for path in ("/healthz", "/api/v1/projects", "/console/", "/decks/frame", "/nowhere", "/live/decks/a/b/c/d/0"):
        response = await http.get(path, headers={"origin": "http://evil.example"})
        assert "access-control-allow-origin" not in response.headers
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "server" not in response.headers


@pytest.mark.parametrize("path", ["/decks/share", "/api/v1/executions"])
async def test_a_body_that_stops_coming_is_refused(hurried: Admin, path: Any) -> None:
    answer = await sent(hurried, f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{{")
    assert answer.startswith("HTTP/1.1 408 ")
    assert "the body stopped coming after 1 bytes: send it again" in answer


@pytest.mark.parametrize("path", ["/decks/share", "/api/v1/executions", "/live/streams"])
async def test_a_client_that_goes_away_amid_a_body_is_no_failure_of_the_server(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    async with running_admin(tmp_path) as admin:
        reader, writer = await asyncio.open_connection(*admin.endpoint.split(":"))
        head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n"
        writer.write(head.encode())
        async with asyncio.timeout(60):
            assert (await reader.readline()).startswith(b"HTTP/1.1 100 ")  # the body is asked for now
        writer.close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_body_that_announces_itself_as_too_large_is_not_waited_for(admin: Admin) -> None:
    reader, writer = await asyncio.open_connection(*admin.endpoint.split(":"))
    writer.write(b"POST /api/v1/executions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\n\r\n{")
    async with asyncio.timeout(60):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_a_stream_whose_request_announces_a_body_ends_when_none_comes(hurried: Admin) -> None:
    path = "/live/executions?project=flytesnacks&domain=development"
    host, port = hurried.endpoint.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n".encode())
    async with asyncio.timeout(60):
        answer = await reader.readuntil(b"\r\n0\r\n\r\n")
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_a_body_that_trickles_in_is_refused(hurried: Admin) -> None:
    host, port = hurried.endpoint.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /decks/share HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n")

    async def trickle() -> None:
        while True:
            writer.write(b" ")
            await asyncio.sleep(0.02)

    trickling = asyncio.create_task(trickle())
    async with asyncio.timeout(60):
        answer = await reader.readuntil(b"}")
    trickling.cancel()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")


async def _nothing() -> Any:
    raise AssertionError("there is no body")


async def sent(admin: Any, request: Any) -> Any:
    """What the server answers until it closes the connection."""
    host, port = admin.endpoint.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.encode())
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    return answer.decode()


async def test_errors_are_json(http: Any) -> None:
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("POST", "/healthz", 405),
        ("GET", "/live/hints", 405),
        ("GET", "/console/assets/none.js", 404),
    ):
        response = await http.request(method, path)
        assert response.status_code == status
        assert set(response.json()) == {"code", "message"}
