"""What stands before several servers: each connection goes to one of them, as it is.

It is a load balancer for connections, not for requests: the servers tell gRPC and HTTP apart themselves, and streams
last as long as their connection. Run as ``python -m livedeck.testing.cluster.proxy PORT SERVER...``, each server being
HOST:PORT.
"""

import asyncio
import contextlib
import enum
import itertools
import sys
from collections.abc import Sequence

LOOK_EVERY = 0.5
LOOK_TIMEOUT = 3.0
"""Seconds after which a server that does not answer the question is silent."""
CONNECT_TIMEOUT = 3.0
PIECE = 1 << 16


class Health(enum.IntEnum):
    """What a server says of itself, best first."""

    READY = 0
    """It says that it is ready."""
    ANSWERS = 1
    """It answers that it is not: its database is away, or it is about to end."""
    SILENT = 2
    """It does not answer."""


class Backend:
    """A server.

    Args:
        endpoint: HOST:PORT.
    """

    def __init__(self, endpoint: str) -> None:
        self.host, _, port = endpoint.rpartition(":")
        self.port = int(port)
        self.health = Health.READY
        self.connections: set[asyncio.StreamWriter] = set()
        """Both ends of each connection to it."""

    async def look(self) -> None:
        """Ask how it is. Whoever is connected to one that is silent is let go, to come back to another."""
        try:
            async with asyncio.timeout(LOOK_TIMEOUT):
                self.health = await self._ask()
        except (OSError, TimeoutError):
            self.health = Health.SILENT
            self.let_go()

    def let_go(self) -> None:
        """Close all connections to it."""
        for writer in list(self.connections):
            writer.transport.abort()

    async def _ask(self) -> Health:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            question = f"GET /readyz HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nConnection: close\r\n\r\n"
            writer.write(question.encode())
            status = (await reader.readline()).split()
        finally:
            writer.transport.abort()
        if len(status) < 2:
            return Health.SILENT
        return Health.READY if status[1] == b"200" else Health.ANSWERS


class Proxy:
    """Passes connections on to servers in turn: to those that are ready, or else to those that answer at all.

    Args:
        endpoints: of the servers, HOST:PORT each.
        look_every: seconds between two questions to a server whether it is ready.
    """

    def __init__(self, endpoints: Sequence[str], *, look_every: float = LOOK_EVERY) -> None:
        self._look_every = look_every
        self._backends = [Backend(endpoint) for endpoint in endpoints]
        self._turn = itertools.count()

    async def serve(self, port: int) -> None:
        """Listen on a port of 127.0.0.1 until cancelled.

        Args:
            port: its number.
        """
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", port, limit=PIECE, backlog=1024)
        try:
            async with asyncio.TaskGroup() as group:
                for backend in self._backends:
                    group.create_task(self._watch(backend), name=f"health of {backend.host}:{backend.port}")
        finally:
            server.close()
            for backend in self._backends:
                backend.let_go()

    async def _watch(self, backend: Backend) -> None:
        while True:
            await backend.look()
            await asyncio.sleep(self._look_every)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            found = await self._connect()
            if found is not None:
                backend, back, forth = found
                ends = {writer, forth}
                backend.connections |= ends
                try:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(_copy(reader, forth))
                        group.create_task(_copy(back, writer))
                finally:
                    backend.connections -= ends
                    forth.transport.abort()
        finally:
            writer.close()

    async def _connect(self) -> tuple[Backend, asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Return a connection to the first server that takes one, None if none does."""
        start = next(self._turn)
        turn = [self._backends[(start + number) % len(self._backends)] for number in range(len(self._backends))]
        for backend in sorted(turn, key=lambda each: each.health):
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    reader, writer = await asyncio.open_connection(backend.host, backend.port, limit=PIECE)
                return backend, reader, writer
        return None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what one side says until it has said all, and then tell the other."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        return
    writer.transport.abort()


def main() -> None:
    """Serve on the port in the first argument."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Proxy(sys.argv[2:]).serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
