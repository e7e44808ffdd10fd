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
from collections.abc import Mapping
from typing import Any, NoReturn

import msgspec

from livedeck.executors.ray import messages
from livedeck.executors.ray.fitting import KIND
from livedeck.executors.ray.link import Settings

ENDED = 3
"""Exit code of a driver that has lost the cluster."""
CONNECT_TIMEOUT = 5.0
NODES_EVERY = 2.0
OWN = frozenset(("CPU", "GPU", "memory", "object_store_memory"))
"""Ray's own resources of a node, but for those that have a colon in their names."""


class Driver:
    """Carries what server and dispatcher say to each other, and tells of nodes.

    Args:
        writer: to the server.
        dispatcher: handle of the actor.
    """

    def __init__(self, writer: asyncio.StreamWriter, dispatcher: Any) -> None:
        self._writer = writer
        self._dispatcher = dispatcher

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Carry until either side has gone."""
        hello = messages.read(await self._dispatcher.hello.remote(b""), messages.Hello)
        endpoint = hello.endpoint
        theirs, to_them = await _connected_to(endpoint)
        to_them.write(messages.line(messages.Greeting(endpoint.token, hello.position)))
        nodes = await asyncio.to_thread(_nodes)
        self._tell(messages.Connected(endpoint.incarnation, nodes, hello.running))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._carry_from(theirs))
            group.create_task(self._carry_to(to_them, reader))
            group.create_task(self._watch_dispatcher())
            group.create_task(self._watch_nodes(nodes))

    async def _carry_from(self, theirs: asyncio.StreamReader) -> None:
        while line := await theirs.readline():
            self._writer.write(line)
            await self._writer.drain()
        raise ConnectionResetError("the dispatcher has hung up")

    async def _carry_to(self, to_them: asyncio.StreamWriter, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(1 << 16):
            to_them.write(data)
            await to_them.drain()
        os._exit(0)  # the server has gone: nothing of Ray's need be put away in good order

    async def _watch_dispatcher(self) -> None:
        """Fail when Ray says that the dispatcher is gone: a machine that vanishes does not hang up."""
        while True:
            await self._dispatcher.wait_a_while.remote()

    async def _watch_nodes(self, known: list[messages.Node]) -> None:
        while True:
            await asyncio.sleep(NODES_EVERY)
            found = await asyncio.to_thread(_nodes)
            if found != known:
                known = found
                self._tell(messages.Nodes(known))

    def _tell(self, message: messages.FromDriver) -> None:
        self._writer.write(messages.line(message))


async def _connected_to(endpoint: messages.Endpoint) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the dispatcher.

    Raises:
        ConnectionError: nobody answers there.
    """
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            return await asyncio.open_connection(endpoint.host, endpoint.port, limit=messages.LIMIT)
    except OSError as error:  # a timeout, too
        reason = error.strerror or f"no answer within {CONNECT_TIMEOUT:g} s"
        where = f"{endpoint.host}:{endpoint.port}"
        raise ConnectionError(f"the dispatcher on the head cannot be reached at {where}: {reason}") from error


def _nodes() -> list[messages.Node]:
    import ray  # noqa: PLC0415 - slow: see ``run``

    alive = [node for node in ray.nodes() if node["Alive"]]
    return sorted(map(_node, alive), key=lambda node: (node.address, repr(node)))


def _node(found: Mapping[str, Any]) -> messages.Node:
    has = found["Resources"]
    custom = {name: amount for name, amount in sorted(has.items()) if name not in OWN and ":" not in name}
    return messages.Node(
        found["NodeManagerAddress"],
        has.get("CPU", 0.0),
        int(has.get("memory", 0)),
        has.get("GPU", 0.0),
        found.get("Labels", {}).get(KIND, ""),
        custom,
    )


def _connect(settings: Settings) -> Any:
    """Connect to the cluster, and return the handle of its dispatcher.

    Raises:
        Exception: whatever Ray says.
    """
    import ray  # noqa: PLC0415 - slow: see ``run``

    from livedeck.executors.ray import dispatcher, versions  # noqa: PLC0415 - they import it

    ray.init(address=settings.address, namespace=messages.NAMESPACE, log_to_driver=False, logging_level="error")
    actor = ray.remote(dispatcher.Dispatcher).options(
        name=messages.DISPATCHER,
        get_if_exists=True,
        lifetime="detached",
        num_cpus=0,
        resources={dispatcher.HEAD: 0.001},
        max_restarts=-1,
        max_task_retries=0,
    )
    handle = actor.remote()
    hello = messages.read(ray.get(handle.hello.remote(b""), timeout=120), messages.Hello)
    found = versions.mismatch(versions.here(), hello.versions, where="of the dispatcher (the head)")
    if found:
        raise RuntimeError(found)
    return handle


async def reachable(address: str) -> str:
    """Say why nobody answers at an address; empty: somebody does, or Ray is to find it."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return ""
    reason = await _silent(host, port)
    if reason or not _is_loopback(host):
        return reason
    own = await asyncio.to_thread(_own_address)
    if reason := await _silent(own, port):
        return (
            f"Ray takes {host} for this machine's own address, {own}, and nobody answers at {own}:{port} ({reason}): "
            f"start the cluster without --node-ip-address={host}"
        )
    return ""


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.")


def _own_address() -> str:
    """Return what Ray connects to where it is told of this machine."""
    import ray  # noqa: PLC0415 - slow: see ``run``

    return str(ray.util.get_node_ip_address())


async def _silent(host: str, port: str) -> str:
    """Say why nobody answers at a host's port; empty: somebody does."""
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
    while reason := await reachable(settings.address):
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
