"""A Ray cluster on this machine: each node is processes of the tests' own, ended by their ids."""

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

import psutil
from ray.cluster_utils import Cluster

from livedeck.executors.local import processes
from livedeck.executors.local.records import Records
from livedeck.executors.ray import agent
from livedeck.executors.ray.executor import RayExecutor

FASTER = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 5000,
    "health_check_failure_threshold": 4,
    "worker_niceness": 0,
}
"""Ray's settings with which it notices within seconds that a node is gone, and never that one is slow: workers, and
attempts with them, would else wait behind all else that a busy machine does."""


class Nodes:
    """The nodes of one cluster.

    Args:
        cpus: cores of the head.
        port: of the head; 0: a free one.
    """

    def __init__(self, cpus: int, port: int = 0) -> None:
        given = {"num_cpus": cpus, "include_dashboard": False, "_system_config": FASTER, "gcs_server_port": port}
        with handlers_kept():
            self._cluster: Any = Cluster(initialize_head=True, head_node_args=given)
        self.head = self._cluster.head_node

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    def add(self, cpus: int, **given: Any) -> Any:
        with handlers_kept():
            return self._cluster.add_node(num_cpus=cpus, wait=True, **given)

    @property
    def all(self) -> list[Any]:
        return [self.head, *self._cluster.worker_nodes]

    def end(self) -> None:
        for node in self.all:
            node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)


@contextlib.contextmanager
def handlers_kept() -> Iterator[None]:
    """Leave signals handled as they were: for each node Ray has this process end it at SIGTERM."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def raylet(node: Any) -> psutil.Process:
    return psutil.Process(node.all_processes["raylet"][0].process.pid)


def dispatcher(nodes: Nodes) -> psutil.Process:
    """Return the process of the dispatcher."""
    (found,) = [each for each in raylet(nodes.head).children() if "Dispatcher" in " ".join(each.cmdline())]
    return found


def agent_of(node: Any) -> psutil.Process:
    """Return the process of a node's agent."""
    folder = str(agent.folder_of(node.node_id))
    (found,) = [
        each
        for each in psutil.process_iter(["cmdline"])
        if "livedeck.executors.ray.agent" in (each.info["cmdline"] or []) and folder in each.info["cmdline"][-1]
    ]
    return found


def kill(process: psutil.Process) -> None:
    os.kill(process.pid, signal.SIGKILL)


class RayHarness:
    """An executor over a cluster, as the suite of executors needs it."""

    def __init__(self, folder: Path, nodes: Nodes) -> None:
        self.folder = folder
        self.nodes = nodes
        self.scope = token_hex(4)

    def executor(
        self, *, parallel: int | None = None, environment: Mapping[str, str] | None = None, **options: Any
    ) -> RayExecutor:
        return RayExecutor(
            address=self.nodes.address,
            scope=self.scope,
            work_dir=self.folder / "work",
            environment=environment,
            parallel=parallel,
            **options,
        )

    def records(self, handle: str) -> Iterator[Any]:
        """What the nodes have on record of an attempt."""
        for node in self.nodes.all:
            record = Records(agent.folder_of(node.node_id) / "attempts").files(handle.partition(".")[2]).attempt()
            if record is not None:
                yield record

    async def lose(self, handle: str) -> None:
        for record in self.records(handle):
            if processes.is_alive(record.keeper):
                os.kill(record.keeper.pid, signal.SIGKILL)
