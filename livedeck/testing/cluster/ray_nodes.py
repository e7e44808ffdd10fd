"""Nodes of a Ray cluster on one machine, each with a raylet of its own. Ray is not loaded here."""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

import psutil

from livedeck.testing.cluster.part import Part
from livedeck.testing.ports import free_port

NOTICE_SOON: Final = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 5000,
    "health_check_failure_threshold": 4,
}
"""Ray's settings with which it notices within seconds that a node is gone, and never that one is slow."""
OBJECT_STORE: Final = 80 << 20
"""Bytes of a node's store of objects, which livedeck puts nothing into; Ray has a least size."""
_READY: Final = re.compile(r"the node is there: (\S+)")


class RayNode(Part):
    """A node, whose process is ``ray_process``.

    Args:
        name: what people call it.
        folder: for its output and Ray's files; its path is short, as those of sockets in it have to be.
        cpus: how many cores it offers.
        head: the head of its cluster, which answers when this one is started; None: it is one.
    """

    def __init__(self, name: str, folder: Path, *, cpus: int, head: "RayNode | None" = None) -> None:
        self._cpus = cpus
        self._head = head
        self._port = free_port()
        super().__init__(
            name,
            [],
            log=folder / f"{name.replace(' ', '-')}.log",
            answers=lambda: bool(_READY.search(self.output)),
            environment={"RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0"},  # it is ended together with what runs on it
        )

    @property
    def command(self) -> list[str]:
        """Its program and the arguments."""
        of_head = {"gcs_server_port": self._port, "include_dashboard": False, "_system_config": NOTICE_SOON}
        parameters: dict[str, Any] = {
            "num_cpus": self._cpus,
            "num_gpus": 0,
            "object_store_memory": OBJECT_STORE,
            "temp_dir": f"{self.log.parent}/ray",
            "include_log_monitor": False,
            "no_monitor": True,
            # Several nodes are on this machine: each takes ports that are free.
            **dict.fromkeys(
                ("node_manager_port", "min_worker_port", "max_worker_port", "dashboard_agent_listen_port"), 0
            ),
            **({"gcs_address": self._head.address, "redis_address": self._head.address} if self._head else of_head),
        }
        return [sys.executable, "-m", "livedeck.testing.cluster.ray_process", json.dumps(parameters)]

    @property
    def address(self) -> str:
        """Where its cluster is, by an address that Ray has chosen; it answers by then."""
        found = _READY.search(self.output)
        assert found, f"{self.name} does not answer"
        return found[1]

    @property
    def raylet(self) -> psutil.Process:
        """The process that is the node to Ray."""
        (found,) = [each for each in self.process.children() if each.name() == "raylet"]
        return found

    def kill(self) -> None:
        """End the raylet with SIGKILL; what has started it ends the rest of the node, and itself."""
        self.raylet.kill()
        self.wait_ended()

    def suspend(self) -> None:
        """Have the raylet stand still."""
        self.raylet.suspend()

    def resume(self) -> None:
        """Have the raylet go on."""
        self.raylet.resume()
