import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from starlette.types import Receive, Scope, Send

from livedeck.admin.front import PREFACE, Front, FrontLimits
from livedeck.admin.web import WebLimits, WebServer
from livedeck.errors import PortTaken, ServerError

DEADLINE = 60.0
MEGABYTES = 1024 * 1024


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/ticks":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for number in range(20):
            await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b""})
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


class Echo(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        async def echo(request: bytes, context: object) -> bytes:
            return request

        return grpc.unary_unary_rpc_method_handler(echo)


@contextlib.asynccontextmanager
async def served(short_path: Path, *, web_limits: WebLimits | None = None, **limits: float) -> AsyncIterator[Front]:
    rpc = short_path / "rpc.sock"
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", 64 * MEGABYTES)])
    server.add_generic_rpc_handlers((Echo(),))
    server.add_insecure_port(f"unix:{rpc}")
    await server.start()
    try:
        async with WebServer(app, grace=1, limits=web_limits) as web:
            front = Front(host="127.0.0.1", port=0, rpc=rpc, http=web, limits=FrontLimits(**limits))  # type: ignore[arg-type]
            async with front:
                yield front
    finally:
        await server.stop(0)


@contextlib.asynccontextmanager
async def connected(
    front: Front, address: str = "127.0.0.1"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port, local_addr=(address, 0))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.005)


async def read_all(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(DEADLINE):
        return await reader.read()


async def test_grpc_and_http_share_the_port(short_path: Path) -> None:
    async with served(short_path) as front:

        async def ticks() -> bytes:
            async with connected(front) as (reader, writer):
                writer.write(b"GET /ticks HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                return await read_all(reader)

        options = [("grpc.max_receive_message_length", 64 * MEGABYTES)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{front.port}", options=options) as channel:
            call: Callable[[bytes], Awaitable[bytes]] = channel.unary_unary("/service/echo")  # type: ignore[call-arg]
            streams = asyncio.gather(*(ticks() for _ in range(5)))
            assert await asyncio.gather(*(call(b"%d" % n) for n in range(100))) == [b"%d" % n for n in range(100)]
            assert len(await call(bytes(20 * MEGABYTES))) == 20 * MEGABYTES
            for stream in await streams:
                assert stream.count(b"data: ") == 20
        await until(lambda: front.open_connections == 0)


@pytest.mark.parametrize("pieces", [1, 2, 5])
async def test_a_preface_in_pieces_is_still_grpc(short_path: Path, pieces: int) -> None:
    async with served(short_path) as front, connected(front) as (reader, writer):
        size = -(-len(PREFACE) // pieces)
        for start in range(0, len(PREFACE), size):
            writer.write(PREFACE[start : start + size])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")  # an empty SETTINGS frame
        async with asyncio.timeout(DEADLINE):
            header = await reader.readexactly(9)
        assert header[3] == 4  # the gRPC server's SETTINGS


async def test_a_request_in_single_bytes_is_http(short_path: Path) -> None:
    async with served(short_path) as front, connected(front) as (reader, writer):
        for byte in b"PROPFIND / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n":
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await read_all(reader)).startswith(b"HTTP/1.1 200")


async def test_half_closing_after_the_request_still_gets_the_answer(short_path: Path) -> None:
    async with served(short_path) as front, connected(front) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello")
        writer.write_eof()
        assert (await read_all(reader)).endswith(b"hello")
        await until(lambda: front.open_connections == 0)


async def test_saying_nothing_ends_the_connection(short_path: Path) -> None:
    async with served(short_path, preface_timeout=0.05) as front, connected(front) as (reader, writer):
        writer.write(b"PR")
        with contextlib.suppress(ConnectionResetError):
            assert await read_all(reader) == b""
        assert front.open_connections == 0


HURRIED = WebLimits(head_timeout=0.05, stall_timeout=0.05)


async def test_a_head_that_never_ends_is_refused(short_path: Path) -> None:
    async with served(short_path, web_limits=HURRIED) as front, connected(front) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")
        assert (await read_all(reader)).startswith(b"HTTP/1.1 408")


async def test_the_second_head_on_a_connection_has_the_same_limit(short_path: Path) -> None:
    async with served(short_path, web_limits=HURRIED) as front, connected(front) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        async with asyncio.timeout(DEADLINE):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET / HTTP/1.1\r\n")
        assert (await read_all(reader)).startswith(b"HTTP/1.1 408")


async def test_a_giant_head_is_refused(short_path: Path) -> None:
    async with served(short_path) as front, connected(front) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nx-giant: ")
        with contextlib.suppress(ConnectionError):
            writer.write(b"a" * (2 * MEGABYTES))
            await writer.drain()
        with contextlib.suppress(ConnectionResetError):
            assert b"431" in await read_all(reader)
        await until(lambda: front.open_connections == 0)


REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def test_one_connection_too_many_is_closed(short_path: Path) -> None:
    async with served(short_path, files=1) as front, connected(front) as (_, busy):
        busy.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n")
        await until(lambda: front.http.open_connections == 1)
        async with connected(front) as (reader, _):
            with contextlib.suppress(ConnectionResetError):
                assert await read_all(reader) == b""
        assert front.open_connections == 1


async def test_many_may_connect_before_the_first_is_accepted(short_path: Path) -> None:
    async with served(short_path) as front:
        with contextlib.ExitStack() as stack:
            for _ in range(300):  # the event loop, which would accept them, does not run meanwhile
                stack.enter_context(socket.create_connection(("127.0.0.1", front.port), timeout=60))


async def test_where_there_is_no_room_the_idle_go(short_path: Path) -> None:
    async with served(short_path, files=2) as front, connected(front) as first, connected(front) as second:
        for reader, writer in (first, second, first):
            writer.write(REQUEST)
            async with asyncio.timeout(DEADLINE):
                await reader.readuntil(b"\r\n\r\n")
        async with connected(front) as (reader, writer):
            writer.write(REQUEST)
            async with asyncio.timeout(DEADLINE):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            with contextlib.suppress(ConnectionResetError):
                assert await read_all(second[0]) == b"", "it was idle for longest"
            assert front.open_connections == 2


async def test_where_there_is_no_room_the_silent_go(short_path: Path) -> None:
    async with served(short_path, files=20, silence=0.0) as front, contextlib.AsyncExitStack() as stack:
        for _ in range(20):
            await stack.enter_async_context(connected(front))
        await until(lambda: front.open_connections == 20)
        async with connected(front) as (reader, writer):
            writer.write(REQUEST)
            async with asyncio.timeout(DEADLINE):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_refusals_are_told_once_with_their_number(short_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with served(short_path, files=1, report=3600.0) as front, connected(front) as (_, busy):
        busy.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n")
        await until(lambda: front.http.open_connections == 1)
        for _ in range(30):
            async with connected(front) as (reader, _):
                with contextlib.suppress(ConnectionResetError):
                    await read_all(reader)
        (told,) = (record.getMessage() for record in caplog.records if record.name.startswith("livedeck"))
        assert told == "front.full connections=1 refused=1 address=127.0.0.1"


async def test_one_address_has_a_share(short_path: Path) -> None:
    async with served(short_path, files=20, share=0.25) as front, contextlib.AsyncExitStack() as stack:
        async with contextlib.AsyncExitStack() as theirs:
            for _ in range(6):
                await theirs.enter_async_context(connected(front, "127.0.0.2"))
            for _ in range(6):
                await stack.enter_async_context(connected(front))
            await until(lambda: front.open_connections == 5 + 6)
        await until(lambda: front.open_connections == 6)
        async with connected(front, "127.0.0.2") as (reader, writer):
            writer.write(REQUEST)
            async with asyncio.timeout(DEADLINE):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_a_client_that_takes_nothing_is_let_go(short_path: Path) -> None:
    async with served(short_path, web_limits=HURRIED) as front, connected(front) as (_, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (16 * MEGABYTES))
        with contextlib.suppress(ConnectionError):
            writer.write(bytes(16 * MEGABYTES))
            await writer.drain()
        await until(lambda: front.open_connections == 0)


async def test_a_client_that_does_not_read_is_not_buffered_without_bound(short_path: Path) -> None:
    """The echo of 64 MiB waits in the sender, not in the front."""
    rpc = short_path / "plain.sock"
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readexactly(len(PREFACE))
        with contextlib.suppress(ConnectionError):
            for _ in range(1024):
                writer.write(bytes(64 * 1024))
                await writer.drain()
                sent += 64 * 1024
        writer.close()

    server = await asyncio.start_unix_server(pour, rpc)
    async with WebServer(app) as web, Front(host="127.0.0.1", port=0, rpc=rpc, http=web) as front:
        async with connected(front) as (reader, writer):
            writer.write(PREFACE)
            await until(lambda: any(each.server and not each.server.transport.is_reading() for each in front._splices))
            assert sent < 32 * MEGABYTES
            assert len(await read_all(reader)) == 64 * MEGABYTES
        await until(lambda: front.open_connections == 0)
    server.close()
    await server.wait_closed()


async def test_half_close_passes_through_a_splice(short_path: Path) -> None:
    rpc = short_path / "plain.sock"

    async def answer_at_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"%d" % len(await reader.read()))
        writer.close()

    server = await asyncio.start_unix_server(answer_at_end, rpc)
    async with WebServer(app) as web, Front(host="127.0.0.1", port=0, rpc=rpc, http=web) as front:
        async with connected(front) as (reader, writer):
            writer.write(PREFACE + b"more")
            writer.write_eof()
            assert await read_all(reader) == b"%d" % (len(PREFACE) + 4)
        await until(lambda: front.open_connections == 0)
    server.close()
    await server.wait_closed()


async def test_without_its_grpc_server_a_connection_is_closed(short_path: Path) -> None:
    async with (
        WebServer(app) as web,
        Front(host="127.0.0.1", port=0, rpc=short_path / "absent.sock", http=web) as front,
        connected(front) as (reader, writer),
    ):
        writer.write(PREFACE)
        assert await read_all(reader) == b""


async def test_leaving_closes_everything(short_path: Path) -> None:
    async with served(short_path) as front:
        port = front.port
        undecided, splice, idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        splice[1].write(PREFACE + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        await splice[0].readexactly(9)
        idle[1].write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await idle[0].readuntil(b"\r\n\r\n")
    for reader, writer in (undecided, splice, idle):
        with contextlib.suppress(ConnectionResetError):
            await read_all(reader)
        writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_port_that_is_taken_is_named(short_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with WebServer(app) as web:
            with pytest.raises(PortTaken, match=f"port {port} on 127.0.0.1 is taken"):
                await Front(host="127.0.0.1", port=port, rpc=short_path / "s", http=web).__aenter__()


async def test_an_address_of_another_machine_is_refused(short_path: Path) -> None:
    async with WebServer(app) as web:
        with pytest.raises(ServerError, match=r"cannot listen on 192\.0\.2\.1"):
            await Front(host="192.0.2.1", port=0, rpc=short_path / "s", http=web).__aenter__()


async def test_localhost_listens_on_one_number(short_path: Path) -> None:
    async with WebServer(app) as web, Front(host="localhost", port=0, rpc=short_path / "s", http=web) as front:
        _, writer = await asyncio.open_connection("127.0.0.1", front.port)
        writer.close()
        await writer.wait_closed()
