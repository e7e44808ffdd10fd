"""All parts of a deployment, wired: what `make cluster-demo` shows, and what `make chaos` kills."""

import http.client
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from livedeck.testing.cluster.part import Part
from livedeck.testing.cluster.postgresql import PostgresqlServer
from livedeck.testing.cluster.ray_nodes import RayNode
from livedeck.testing.cluster.s3 import S3Server
from livedeck.testing.cluster.supervisor import wait_for_orphans
from livedeck.testing.ports import free_port

NODES = 3
SERVERS = ("one", "two")
ORPHANS_TIMEOUT = 15.0
"""Seconds that what the nodes have started may take to end after them."""


class Deployment:
    """PostgreSQL, an S3 server, a Ray cluster, livedeck's servers and the proxy before them; nothing is started yet.

    Args:
        folder: for all files, of a short path; others may look into it, for PostgreSQL may run as another user.
        port: the proxy's; 0: a free one.
        options: more options of `livedeck serve`.
        cpus: cores that each node of the Ray cluster offers.
        s3: what is the S3 server; None: one that keeps its objects in memory.
    """

    def __init__(
        self, folder: Path, *, port: int = 0, options: Sequence[str] = (), cpus: int = 2, s3: S3Server | None = None
    ) -> None:
        self.folder = folder
        self.postgresql = PostgresqlServer(folder / "pg")
        self.s3 = s3 or S3Server(folder, free_port())
        self.head = RayNode("the Ray head", folder, cpus=cpus)
        self.nodes = [
            RayNode(f"Ray node {number}", folder, cpus=cpus, head=self.head) for number in range(2, NODES + 1)
        ]
        self.endpoint = f"127.0.0.1:{port or free_port()}"
        self._ports = {name: free_port() for name in SERVERS}
        self._options = (*options, "--executor", "ray")
        self.servers: list[Part] = []
        backends = [f"127.0.0.1:{own}" for own in self._ports.values()]
        command = [sys.executable, "-m", "livedeck.testing.cluster.proxy", self.endpoint.rpartition(":")[2], *backends]
        self.proxy = Part(
            "the proxy", command, log=folder / "proxy.log", answers=lambda: _answers(self.endpoint, "/healthz")
        )
        self.root = ""

    @property
    def url(self) -> str:
        """Where clients and browsers find it."""
        return f"http://{self.endpoint}"

    @property
    def parts(self) -> list[Part]:
        """All of them, those first that others need."""
        return [self.postgresql, self.s3, self.head, *self.nodes, *self.servers, self.proxy]

    def start(self, say: Callable[[str], None], interrupted: Callable[[], bool] = lambda: False) -> None:
        """Start all of it, and return when it answers.

        Args:
            say: told what is being started.
            interrupted: tells whether to give up.

        Raises:
            Interrupted: it was so.
            PartEnded: one of them has ended instead.
        """
        say("PostgreSQL, an S3 server and the head of a Ray cluster")
        self._begin([self.s3, self.head, self.postgresql], interrupted)
        self.root = self.s3.create_bucket()
        database = self.postgresql.create_database("livedeck")
        self.servers = [self._server(name, database) for name in SERVERS]
        say("two more Ray nodes, two livedeck servers, and a proxy before them")
        self._begin([*self.nodes, *self.servers], interrupted)
        self._begin([self.proxy], interrupted)

    @staticmethod
    def _begin(parts: Sequence[Part], interrupted: Callable[[], bool]) -> None:
        for part in parts:
            part.begin()
        for part in parts:
            part.wait_ready(interrupted)

    def _server(self, name: str, database: str) -> Part:
        endpoint = f"127.0.0.1:{self._ports[name]}"
        command = [
            *(sys.executable, "-m", "livedeck.cli", "serve", "--port", str(self._ports[name]), "--log-level", "info"),
            *("--data-dir", str(self.folder / name), "--database", database, "--root", self.root),
            *("--public-url", self.url, *self._options, "--ray-address", self.head.address),
        ]
        return Part(
            f"server {name}",
            command,
            log=self.folder / f"server-{name}.log",
            answers=lambda: _answers(endpoint, "/healthz"),
            environment=self.s3.environment,
            last_signal=signal.SIGINT,
        )

    def stop(self) -> None:
        """End all parts in good order; those that do not run are none."""
        _stop([self.proxy, *self.servers])
        _stop([self.head, *self.nodes])
        wait_for_orphans(ORPHANS_TIMEOUT)  # agents of the nodes: they end attempts, and store what these have said last
        _stop([self.s3, self.postgresql])


def _stop(parts: Sequence[Part]) -> None:
    for part in parts:
        part.begin_stop()
    for part in parts:
        part.wait_ended()


def _answers(endpoint: str, path: str) -> bool:
    connection = http.client.HTTPConnection(endpoint, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
