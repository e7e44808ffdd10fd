"""The driver: the process through which a server reaches a Ray cluster.

Ray's threads and its death are not the server's.

Started by ``link`` as ``python -m livedeck.executors.ray.driver SETTINGS`` with a socket of the server's among its
descriptors, and again whenever it ends. It ends when that socket does.
"""

import asyncio
import contextlib
import os
import socket
import sys
from typing import Any, NoReturn

import msgspec

from livedeck.executors.ray import messages
from livedeck.executors.ray.link import Settings

ENDED = 3
"""Exit code of a driver that has lost the cluster."""
CONNECT_TIMEOUT = 5.0
NODES_EVERY = 2.0


class Driver:
    """Carries calls to the dispatcher, and what it says back to the server.

    Args:
        writer: to the server.
        dispatcher: handle of the actor.
    """

    def __init__(self, writer: asyncio.StreamWriter, dispatcher: Any) -> None:
        self._writer = writer
        self._dispatcher = dispatcher
        self._calls: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Carry until either side has gone."""
        hello = messages.read(await self._dispatcher.hello.remote(b""), messages.Hello)
        nodes = await asyncio.to_thread(_nodes)
        self._tell(messages.Connected(hello.incarnation, nodes, hello.running))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(hello))
            group.create_task(self._watch_nodes(nodes))
            group.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            call = messages.read(line, messages.Call)
            # Submitted here, one after the other; awaited beside.
            answer = getattr(self._dispatcher, call.method).remote(bytes(call.argument))
            task = asyncio.create_task(self._answer(call.number, answer))
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)
        os._exit(0)  # the server has gone: nothing of Ray's need be put away in good order

    async def _answer(self, number: int, answer: Any) -> None:
        try:
            value = await answer
        except Exception as error:  # noqa: BLE001 - whatever Ray says
            self._tell(messages.Reply(number, error=str(error).strip().partition("\n")[0] or type(error).__name__))
        else:
            self._tell(messages.Reply(number, msgspec.Raw(value.rstrip(b"\n"))))

    async def _follow(self, hello: messages.Hello) -> None:
        position = hello.position
        while True:
            feed = messages.read(await self._dispatcher.changes.remote(messages.line(position)), messages.Feed)
            position = feed.position
            if feed.states:
                self._tell(messages.Changed(feed.states))

    async def _watch_nodes(self, known: list[messages.Node]) -> None:
        while True:
            await asyncio.sleep(NODES_EVERY)
            found = await asyncio.to_thread(_nodes)
            if found != known:
                known = found
                self._tell(messages.Nodes(known))

    def _tell(self, message: messages.FromDriver) -> None:
        self._writer.write(messages.line(message))


def _nodes() -> list[messages.Node]:
    import ray  # noqa: PLC0415 - slow: see ``run``

    found = [(node["NodeManagerAddress"], node["Resources"]) for node in ray.nodes() if node["Alive"]]
    return [
        messages.Node(address, has.get("CPU", 0.0), int(has.get("memory", 0)), has.get("GPU", 0.0))
        for address, has in sorted(found, key=lambda each: (each[0], sorted(each[1].items())))
    ]


def _connect(settings: Settings) -> Any:
    """Connect to the cluster, and return the handle of its dispatcher.

    Raises:
        Exception: whatever Ray says.
    """
    import ray  # noqa: PLC0415 - slow: see ``run``

    from livedeck.executors.ray import dispatcher, versions  # noqa: PLC0415 - they import it

    ray.init(address=settings.address, namespace=dispatcher.NAMESPACE, log_to_driver=False, logging_level="error")
    actor = ray.remote(dispatcher.Dispatcher).options(
        name=dispatcher.NAME,
        get_if_exists=True,
        lifetime="detached",
        num_cpus=0,
        resources={dispatcher.HEAD: 0.001},
        max_restarts=-1,
        max_task_retries=0,
        max_concurrency=100_000,
    )
    handle = actor.remote()
    hello = messages.read(ray.get(handle.hello.remote(b""), timeout=120), messages.Hello)
    found = versions.mismatch(versions.here(), hello.versions, where="of the dispatcher (the head)")
    if found:
        raise RuntimeError(found)
    return handle


async def _reachable(address: str) -> str:
    """Say why nobody answers at an address; empty: somebody does, or Ray is to find it."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return ""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            _, writer = await asyncio.open_connection(host, int(port))
    except TimeoutError:
        return f"no answer within {CONNECT_TIMEOUT:g} s"
    except OSError as error:
        return error.strerror or str(error)
    writer.close()
    return ""


async def run(settings: Settings) -> None:
    """Connect, and carry messages until the server or the cluster has gone."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=settings.fd), limit=messages.LIMIT)
    while reason := await _reachable(settings.address):
        writer.write(messages.line(messages.Waiting(reason)))
        await writer.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(settings.retry):
                if not await reader.read(1):
                    return  # the server has gone
    try:
        handle = await asyncio.to_thread(_connect, settings)
        await Driver(writer, handle).serve(reader)
    except Exception as error:  # noqa: BLE001 - whatever Ray says is the reason
        errors = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
        words = " ".join(str(errors[0]).split()) or type(errors[0]).__name__
        writer.write(messages.line(messages.Waiting(words[:500])))
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        _exit()


def _exit() -> NoReturn:
    os._exit(ENDED)  # Ray's threads may wait for a cluster that is gone


def main() -> None:
    """Run a driver with the settings in the first argument."""
    asyncio.run(run(msgspec.json.decode(sys.argv[1], type=Settings)))


if __name__ == "__main__":
    main()
