"""The dispatcher's own port: drivers and agents talk to it there, and not by calls of Ray's.

A call of an actor costs both its ends some hundreds of microseconds of their processors, and an attempt needs half a
dozen of them.
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable

from livedeck.executors.ray import messages
from livedeck.executors.ray.changes import Changes, Missed

logger = logging.getLogger(__name__)

GREETING_TIMEOUT = 10.0
"""Seconds within which whoever connects has to show the token."""

Later = asyncio.Future[messages.Begun]
"""An answer that there is not yet."""
Answer = Callable[[messages.ToDispatcher], messages.FromDispatcher | Later | None]


class Port:
    """Listens to drivers and agents, and tells drivers of changes.

    Args:
        answer: gives the answer to what one of them says; None: there is none.
        changes: what drivers are told of.
    """

    def __init__(self, answer: Answer, changes: Changes) -> None:
        self._answer = answer
        self._changes = changes
        self._server: asyncio.Server
        self._serving: set[asyncio.Task[None]] = set()
        self._token = secrets.token_hex(16)

    async def open(self, host: str, incarnation: str) -> messages.Endpoint:
        """Listen at a free port of a host, and return where that is."""
        self._server = await asyncio.start_server(self._on_connect, host, limit=messages.LIMIT, backlog=1024)
        port = self._server.sockets[0].getsockname()[1]
        return messages.Endpoint(host, port, self._token, incarnation)

    async def close(self) -> None:
        """Listen no more, and hang up on all."""
        self._server.close()
        for serving in self._serving:
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _on_connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer), name="serve a driver or agent")
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beside = set[asyncio.Task[None]]()
        try:
            async with asyncio.timeout(GREETING_TIMEOUT):
                greeting: messages.Greeting = messages.read(await reader.readline(), messages.Greeting)
            if not hmac.compare_digest(greeting.token.encode(), self._token.encode()):
                logger.warning("stranger_hung_up_on address=%s", writer.get_extra_info("peername"))
                return
            if greeting.position is not None:
                telling = self._tell_changes(greeting.position, writer)
                beside.add(asyncio.create_task(telling, name="tell changes"))
            while line := await reader.readline():
                answer = self._answer(messages.read(line, messages.ToDispatcher))
                if isinstance(answer, asyncio.Future):
                    task = asyncio.create_task(_answer_later(answer, writer), name="answer later")
                    beside.add(task)
                    task.add_done_callback(beside.discard)
                elif answer is not None:
                    writer.write(messages.line(answer))
                    await writer.drain()
        except (OSError, ValueError) as error:  # it is gone, said nothing (a timeout), or nonsense
            logger.info("hung_up error=%r", error)
        finally:
            for task in beside:
                task.cancel()
            writer.close()

    async def _tell_changes(self, position: int, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                position, states = await self._changes.since(position)
                writer.write(messages.line(messages.Changed(states)))
                await writer.drain()
        except OSError:
            writer.close()
        except Missed:  # a driver that was suspended for long: the next one begins with all that runs
            writer.close()


async def _answer_later(answer: Later, writer: asyncio.StreamWriter) -> None:
    """Answer once that is possible; whoever connects again meanwhile asks again."""
    writer.write(messages.line(await asyncio.shield(answer)))
