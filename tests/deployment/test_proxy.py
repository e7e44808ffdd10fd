"""Connections go to a server that is ready, whatever becomes of the others."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from livedeck.testing.cluster.proxy import Proxy
from livedeck.testing.ports import free_port

DEADLINE = 60.0


class Server:
    """Says its name to whoever asks for anything, and whether it is ready."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = free_port()
        self.status = "200 OK"
        self.silent = False
        self._server: asyncio.Server | None = None

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if self.silent:
                continue
            words = f"HTTP/1.1 {self.status}\r\n\r\n" if line.startswith(b"GET /readyz") else f"{self.name}\n"
            writer.write(words.encode())
        writer.close()


@contextlib.asynccontextmanager
async def proxied(*servers: Server) -> AsyncIterator[int]:
    port = free_port()
    serving = asyncio.create_task(Proxy([server.endpoint for server in servers], look_every=0.02).serve(port))
    try:
        yield port
    finally:
        serving.cancel()
        await asyncio.wait([serving])
        for server in servers:
            await server.stop()


async def ask(port: int) -> str:
    """Return what answers a connection, or nothing if it is closed."""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"who\n")
        line = await reader.readline()
        writer.close()
        return line.decode().strip()
    return ""


async def until(port: int, *expected: str) -> None:
    """Return once as many connections in a row as there are names have been answered by these."""
    async with asyncio.timeout(DEADLINE):
        while {await ask(port) for _ in range(2 * len(expected))} != set(expected):
            await asyncio.sleep(0.01)


async def test_connections_are_shared_out_and_none_goes_to_a_server_that_is_away() -> None:
    one, two = Server("one"), Server("two")
    await one.start()
    await two.start()
    async with proxied(one, two) as port:
        await until(port, "one", "two")
        await one.stop()
        await until(port, "two")
        await one.start()
        await until(port, "one", "two")


async def test_a_server_that_is_not_ready_is_asked_only_when_no_other_is() -> None:
    one, two = Server("one"), Server("two")
    await one.start()
    await two.start()
    async with proxied(one, two) as port:
        one.status = "503 Service Unavailable"
        await until(port, "two")
        two.status = "503 Service Unavailable"
        await until(port, "one", "two")


async def test_who_is_connected_to_a_server_that_falls_silent_is_let_go() -> None:
    one = Server("one")
    await one.start()
    async with proxied(one) as port:
        await until(port, "one")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"who\n")
        assert await reader.readline() == b"one\n"
        one.silent = True
        async with asyncio.timeout(DEADLINE):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()
