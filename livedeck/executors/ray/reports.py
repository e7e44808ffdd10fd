"""An agent's connection to the dispatcher: attempts are asked for before they begin, and what becomes of them is told.

A socket, for a call of Ray's costs both its ends more than all the rest that Ray does for an attempt.
"""

import asyncio
import contextlib

from livedeck.errors import ExecutorError
from livedeck.executors.ray import messages
from livedeck.executors.ray.messages import Begin, Begun, Endpoint, Report

CONNECT_TIMEOUT = 10.0
RETRY = 0.2


class Reports:
    """Tells a dispatcher what becomes of attempts, again after each time that the connection was lost.

    Args:
        endpoint: where the dispatcher listens.
        connect_timeout: seconds after which an attempt is refused whose node does not reach it.
    """

    def __init__(self, endpoint: Endpoint, *, connect_timeout: float = CONNECT_TIMEOUT) -> None:
        self.endpoint = endpoint
        self._connect_timeout = connect_timeout
        self._writer: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()
        self._asked: dict[str, tuple[Begin, asyncio.Future[Begun]]] = {}
        """What waits for an answer."""
        self._told: dict[str, Report] = {}
        self._reason = "no answer yet"
        self._keeping = asyncio.create_task(self._keep(), name="reports")

    def close(self) -> None:
        """Hang up: there is another dispatcher."""
        self._keeping.cancel()
        for _, answer in self._asked.values():
            if not answer.done():
                answer.set_exception(ExecutorError("another dispatcher has taken over"))

    async def begin(self, begin: Begin) -> Begun:
        """Return whether an attempt is still wanted, and with what. If so it is this node's.

        Raises:
            ExecutorError: the dispatcher cannot be reached.
        """
        try:
            async with asyncio.timeout(self._connect_timeout):
                await self._connected.wait()
        except TimeoutError:
            where = f"{self.endpoint.host}:{self.endpoint.port}"
            raise ExecutorError(f"it does not reach the dispatcher at {where}: {self._reason}") from None
        answer: asyncio.Future[Begun] = asyncio.get_running_loop().create_future()
        asked = self._asked[begin.name] = (begin, answer)
        try:
            self._send(begin)
            return await answer
        finally:
            if self._asked.get(begin.name) is asked:  # else a worker that has come back asks again
                del self._asked[begin.name]

    def tell(self, report: Report) -> None:
        """Tell what is known of an attempt by now."""
        self._told[report.name] = report
        self._send(report)

    def forget(self, name: str) -> None:
        """Tell no more of an attempt: it is over."""
        self._told.pop(name, None)

    def _send(self, message: messages.ToDispatcher) -> None:
        """Send, or leave it to the next connection."""
        if self._writer is not None:
            self._writer.write(messages.line(message))

    async def _keep(self) -> None:
        while True:
            try:
                await self._connect()
            except OSError as error:
                self._reason = error.strerror or str(error)
            except ValueError as error:  # it is no dispatcher that answers there
                self._reason = str(error)
            self._connected.clear()
            await asyncio.sleep(RETRY)

    async def _connect(self) -> None:
        """Connect, and hear answers until the connection ends."""
        endpoint = self.endpoint
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port, limit=messages.LIMIT)
        try:
            writer.write(messages.line(messages.Greeting(endpoint.token)))
            self._writer = writer
            for report in self._told.values():
                self._send(report)
            for begin, _ in self._asked.values():
                self._send(begin)
            self._connected.set()
            while line := await reader.readline():
                self._hear(messages.read(line, Begun))
            self._reason = "it has hung up"
        finally:
            self._writer = None
            with contextlib.suppress(OSError):
                writer.close()

    def _hear(self, begun: Begun) -> None:
        asked = self._asked.get(begun.name)
        if asked is not None and not asked[1].done():  # it is asked again with each new connection
            asked[1].set_result(begun)
