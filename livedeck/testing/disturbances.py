"""What one task, Deck, file or request may do to a server, and what its neighbours notice of it.

To add one, write a function that prepares it and returns what is to be done, and name it in `DISTURBANCES`. What is
prepared beforehand is not measured: only what the server has to do with it.

A disturbance is done by a process of its own (``python -m livedeck.testing.disturbances NAME ENDPOINT ATTEMPT
WATCHED``), at a lower priority: it stands for somebody on another machine. In the process that measures, its threads
would hold the interpreter's lock, and the neighbours would seem to wait for the server while they wait for that.
"""

import contextlib
import http.client
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import grpc
import msgspec
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest
from flyteidl.core.execution_pb2 import TaskExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar

from livedeck.admin.priority import give_way
from livedeck.client import Client
from livedeck.client.follow import TaskChanged
from livedeck.deck import bounds
from livedeck.deck.kinds.table import Column, Row, Table
from livedeck.deck.ops import Extend, Html, Put, Segment
from livedeck.deck.segments import encode, now
from livedeck.store.layout import DECK, attempt_prefix, execution_prefix, segment_key

TIMEOUT: Final = 90.0
"""Seconds that any one step may take."""
MANY: Final = 400_000
"""Literals of a large request."""
_READY: Final = "ready\n"
CONNECTIONS: Final = 1_500
"""Connections that one client opens: more than a process may have files unless it asks for more."""


@dataclass(frozen=True)
class Site:
    """A server with a Deck that is watched and one that is disturbed."""

    endpoint: str
    """The server's ``host:port``."""
    attempt: Path
    """Folder of the attempt whose Deck is disturbed."""
    watched: str
    """Path of that Deck's live stream."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the server."""
        host, _, port = self.endpoint.rpartition(":")
        return host, int(port)

    def http(self) -> http.client.HTTPConnection:
        """Return a new connection to the server."""
        return http.client.HTTPConnection(*self.address, timeout=TIMEOUT)

    def look(self) -> None:
        """Watch the disturbed Deck until something of it was shown, as a viewer does who then leaves."""
        connection = self.http()
        connection.request("GET", self.watched)
        response = connection.getresponse()
        read = 0
        with contextlib.suppress(TimeoutError):
            while read < 2_000 and connection.sock is not None:
                connection.sock.settimeout(2.0)
                read += len(response.read1(65536))
        connection.close()

    def fetch(self, path: str, body: bytes | None = None, **headers: str) -> int:
        """Send one request and return the status of the answer.

        Args:
            path: Of the URL.
            body: What is sent by POST; None: it is a GET.
            headers: Of the request.
        """
        connection = self.http()
        connection.request("GET" if body is None else "POST", path, body, headers)
        response = connection.getresponse()
        while response.read1(65536):
            pass
        connection.close()
        return response.status

    def call(self, method: str, request: bytes) -> None:
        """Call ``method`` of the admin service with the bytes of a ``request``. That it is refused does not matter."""
        with grpc.insecure_channel(self.endpoint) as channel, contextlib.suppress(grpc.RpcError):
            channel.unary_unary(f"/flyteidl.service.AdminService/{method}", None, None)(request, timeout=TIMEOUT)

    def next_segment(self) -> Path:
        """Where the disturbed Deck's next segment goes."""
        folder = self.attempt / Path(segment_key(1)).parent
        folder.mkdir(parents=True, exist_ok=True)
        return self.attempt / segment_key(len(list(folder.iterdir())) + 1)


Act = Callable[[], None]
Prepare = Callable[[Site], Act]


def _large_json(site: Site) -> Act:
    value = b'{"scalar":{"primitive":{"integer":"7"}}}'
    literals = b",".join(b'"x%d":%s' % (number, value) for number in range(MANY))
    body = b'{"project":"flytesnacks","domain":"development","inputs":{"literals":{%s}}}' % literals
    return lambda: _expect(site.fetch("/api/v1/executions", body, **{"content-type": "application/json"}) >= 400)


def _large_message(site: Site) -> Act:
    request = ExecutionCreateRequest(project="flytesnacks", domain="development")
    one = Literal(scalar=Scalar(primitive=Primitive(integer=7)))
    request.inputs.literals["x"].collection.literals.extend([one] * (4 * MANY))
    data = request.SerializeToString()
    return lambda: site.call("CreateExecution", data)


def _deep_json(site: Site) -> Act:
    body = b'{"inputs":' + b'{"literals":{"x":' * 20_000
    return lambda: _expect(site.fetch("/api/v1/executions", body) == 400)


def _deep_message(site: Site) -> Act:
    literal = b""
    for _ in range(10_000):
        literal = _tagged(2, _tagged(1, literal))
    data = _tagged(5, _tagged(1, _tagged(1, b"x") + _tagged(2, literal)))

    def act() -> None:
        headers = {"content-type": "application/octet-stream"}
        _expect(site.fetch("/api/v1/executions", data, **headers) == 400)

    return act


def _huge_segment(site: Site) -> Act:
    path = site.next_segment()
    segment = Segment(int(path.stem), now(), [Put("d", Html("x", "x" * (bounds.SEGMENT_BYTES + 1)))])
    path.write_bytes(encode(segment))
    return site.look


def _large_segment(site: Site) -> Act:
    path = site.next_segment()
    path.write_bytes(encode(Segment(int(path.stem), now(), [Put("d", Html("x", '<p class="x">' * 3_000_000))])))
    return site.look


def _many_tabs(site: Site) -> Act:
    path = site.next_segment()
    ops = [Put(f"tab {number}", Html("x", "x")) for number in range(bounds.OPS)]
    path.write_bytes(encode(Segment(int(path.stem), now(), list(ops))))
    return site.look


def _many_elements(site: Site) -> Act:
    path = site.next_segment()
    ops = [Put("d", Html(f"{number}", "x" * 40)) for number in range(bounds.OPS)]
    path.write_bytes(encode(Segment(int(path.stem), now(), list(ops))))

    def act() -> None:
        site.look()
        site.fetch(site.watched.replace("/live/", "/") + "/deck.html?version=1")

    return act


def _many_rows(site: Site) -> Act:
    columns = [Column("key"), *(Column(f"{number}") for number in range(4))]
    first = site.next_segment()

    def table(op: type[Put | Extend], path: Path) -> None:
        rows: list[Row] = [[number, 1, 2, 3, 4] for number in range(200_000)]
        changed = Table("rows", columns=columns, rows=rows, key="key")
        path.write_bytes(encode(Segment(int(path.stem), now(), [op("d", changed)])))

    table(Put, first)

    def act() -> None:
        with _silent(site, 1) as (viewer,):  # so that what comes next is taken in while the Deck is followed
            viewer.sendall(f"GET {site.watched} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
            site.look()
            table(Extend, site.next_segment())
            site.look()

    return act


def _pipes(site: Site) -> Act:
    path = site.next_segment()
    os.mkfifo(path)

    def act() -> None:
        _in_threads(8, site.look)  # more than there are threads to be blocked
        path.unlink()

    return act


def _endless_page(site: Site) -> Act:
    page = site.attempt / DECK
    before = page.read_bytes()
    with page.open("r+b") as file:
        file.truncate(0)
        file.write(b"<html>")
        file.truncate(2**30)

    def act() -> None:
        site.look()
        connection = site.http()
        connection.request("GET", site.watched.replace("/live/", "/") + "/deck.html?version=1")
        connection.getresponse().read(10_000_000)
        connection.close()
        page.write_bytes(before)

    return act


def _many_connections(site: Site) -> Act:
    def act() -> None:
        with _silent(site, CONNECTIONS):
            time.sleep(1)

    return act


def _slow_heads(site: Site) -> Act:
    def act() -> None:
        with _silent(site, 200) as sockets:
            for letter in b"GET / HTTP/1.1":
                for each in sockets:
                    with contextlib.suppress(OSError):
                        each.send(bytes([letter]))
                time.sleep(0.05)

    return act


def _large_head(site: Site) -> Act:
    head = b"GET /healthz?" + b"x" * 1_000_000

    def act() -> None:
        for _ in range(20):
            with socket.create_connection(site.address) as connection, contextlib.suppress(OSError):
                connection.sendall(head)

    return act


def _viewers_that_do_not_read(site: Site) -> Act:
    _large_segment(site)

    def act() -> None:
        with _silent(site, 50) as sockets:
            for each in sockets:
                each.sendall(f"GET {site.watched} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
            time.sleep(1)

    return act


def _hints(site: Site) -> Act:
    def act() -> None:
        connection = site.http()
        for _ in range(1_000):
            connection.request("POST", "/live/hints", b"{}" * 1_000, {"authorization": "Bearer nonsense"})
            connection.getresponse().read()
        connection.close()

    return act


def _large_filter(site: Site) -> Act:
    request = ResourceListRequest(
        id=NamedEntityIdentifier(project="flytesnacks", domain="development"),
        limit=10,
        filters="+".join(f"eq(name,{number})" for number in range(60_000)),
    )

    data = request.SerializeToString()
    return lambda: site.call("ListTasks", data)


def _hostile_urls(site: Site) -> Act:
    paths = ["/%E0%A4%A", "/console/%00", "/live/decks/%2e%2e/a/b/c/0", "/decks/" + "a/" * 20_000, "/" + "%25" * 9_000]

    def act() -> None:
        for path in paths * 20:
            _expect(site.fetch(path) < 500)

    return act


DISTURBANCES: Final[Mapping[str, Prepare]] = {
    "a JSON body of 20 MB": _large_json,
    "a message of 1,600,000 literals": _large_message,
    "JSON nested 40,000 deep": _deep_json,
    "a literal nested 10,000 deep": _deep_message,
    "a segment beyond the bound": _huge_segment,
    "a segment of 40 MB": _large_segment,
    "a Deck of 50,000 tabs": _many_tabs,
    "a Deck of 50,000 elements": _many_elements,
    "tables of 200,000 rows": _many_rows,
    "a pipe for a segment": _pipes,
    "a deck.html of 1 GiB": _endless_page,
    "1,500 silent connections": _many_connections,
    "200 slow heads": _slow_heads,
    "heads of 1 MB": _large_head,
    "50 viewers that do not read": _viewers_that_do_not_read,
    "1,000 hints": _hints,
    "a filter of 1 MB": _large_filter,
    "hostile addresses": _hostile_urls,
}


@dataclass
class Noticed:
    """How long the neighbours waited at most, in seconds."""

    health: float = 0.0
    """For ``/healthz``."""
    stream: float = 0.0
    """For what another Deck published."""
    start: float = 0.0
    """For another execution to run."""
    errors: list[str] = field(default_factory=list)
    """What went wrong in measuring."""

    @property
    def worst(self) -> float:
        """The longest of all."""
        return max(self.health, self.stream, self.start)


class Neighbours:
    """Measures while something else happens: ``with neighbours.watching() as noticed: ...``.

    Args:
        site: The server.
        stream: Path of the live stream of a Deck that is published all the time.
        start: Starts an execution and returns once it runs.
    """

    def __init__(self, site: Site, stream: str, start: Callable[[], None]) -> None:
        self._site = site
        self._stream = stream
        self._start = start

    @contextlib.contextmanager
    def watching(self) -> Iterator[Noticed]:
        """Measure for as long as the block lasts, each thing once at least; yield what was noticed by then."""
        noticed, stop = Noticed(), threading.Event()
        listening = threading.Event()
        jobs: list[Callable[[Noticed, threading.Event], None]] = [self._ask, self._begin]
        threads = [threading.Thread(target=self._guarded, args=(job, noticed, stop)) for job in jobs]
        threads.append(threading.Thread(target=self._guarded, args=(self._listener(listening), noticed, stop)))
        for thread in threads:
            thread.start()
        listening.wait(TIMEOUT)
        try:
            yield noticed
        finally:
            stop.set()
            for thread in threads:
                thread.join(TIMEOUT)

    def _guarded(
        self, job: Callable[[Noticed, threading.Event], None], noticed: Noticed, stop: threading.Event
    ) -> None:
        try:
            job(noticed, stop)
        except Exception as error:  # noqa: BLE001 - in what was noticed, for the test to see
            noticed.errors.append(f"{job}: {error!r}")

    def _ask(self, noticed: Noticed, stop: threading.Event) -> None:
        while True:
            begun = time.perf_counter()
            _expect(self._site.fetch("/healthz") == 200)
            noticed.health = max(noticed.health, time.perf_counter() - begun)
            if stop.wait(0.02):
                return

    def _begin(self, noticed: Noticed, stop: threading.Event) -> None:
        while True:
            begun = time.perf_counter()
            self._start()
            noticed.start = max(noticed.start, time.perf_counter() - begun)
            if stop.wait(0.1):
                return

    def _listener(self, listening: threading.Event) -> Callable[[Noticed, threading.Event], None]:
        def listen(noticed: Noticed, stop: threading.Event) -> None:
            connection = self._site.http()
            connection.request("GET", self._stream)
            response = connection.getresponse()
            heard = 0
            while not stop.is_set() or not heard:
                line = response.readline()
                if not line.startswith(b'data: {"segment"'):
                    continue
                if listening.is_set():
                    noticed.stream = max(noticed.stream, time.time() - _published_at(line))
                    heard += 1
                listening.set()
            connection.close()

        return listen


def _published_at(line: bytes) -> float:
    """When the task says that it published what a ``segment`` event brings, in Unix time."""
    segment: Any = msgspec.json.decode(line[6:])["segment"]
    return float(segment["ops"][-1]["element"]["value"])


def _expect(fine: bool) -> None:  # noqa: FBT001 - reads as a sentence
    if not fine:
        raise AssertionError("the server did not answer as it should")


@contextlib.contextmanager
def _silent(site: Site, count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(count):
            with contextlib.suppress(OSError):
                sockets.append(stack.enter_context(socket.create_connection(site.address)))
        yield sockets


def _in_threads(count: int, act: Act) -> None:
    threads = [threading.Thread(target=act) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _tagged(number: int, data: bytes) -> bytes:
    length, size = len(data), b""
    while length > 0x7F:
        size += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + data


@contextlib.contextmanager
def _disturber(name: str, site: Site) -> Iterator[Act]:
    """A process that has prepared a disturbance: call what is given to have it done, and wait until it is."""
    command = [sys.executable, "-m", __name__, name, site.endpoint, str(site.attempt), site.watched]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def act() -> None:
            process.communicate("go\n", timeout=2 * TIMEOUT)
            _expect(process.returncode == 0)

        try:
            assert process.stdout is not None
            _expect(process.stdout.readline() == _READY)
            yield act
        finally:
            process.kill()


def _disturb(name: str, endpoint: str, attempt: str, watched: str) -> None:
    """Prepare a disturbance, say so, and do it when told to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, CONNECTIONS + 100)), hard))
    act = DISTURBANCES[name](Site(endpoint, Path(attempt), watched))
    give_way()
    sys.stdout.write(_READY)
    sys.stdout.flush()
    if sys.stdin.readline():  # nothing: who asked is gone
        act()


Launch = Callable[..., WorkflowExecutionIdentifier]
"""Starts one of the tasks ``tick``, ``rest`` and ``nothing`` by its name, with its inputs."""


class Neighbourhood:
    """A server with neighbours to disturb. A context: it waits until the neighbours run, and ends them afterwards.

    The tasks are the caller's: ``tick(seconds)`` publishes the moment on a value all the time, ``rest(seconds)``
    publishes once, ``nothing()`` ends at once.

    Args:
        client: A client of the server.
        data_dir: The server's.
        launch: Starts a task.
        seconds: How long the neighbours run at most.
    """

    def __init__(self, client: Client, data_dir: Path, launch: Launch, *, seconds: float = 120.0) -> None:
        self._client = client
        self._store = data_dir / "store"
        self._launch = launch
        self._seconds = seconds
        self._running: list[WorkflowExecutionIdentifier] = []

    def __enter__(self) -> Self:
        self._running = [self._launch(name, seconds=self._seconds) for name in ("tick", "rest")]
        ticking, resting = (self._attempt(execution) for execution in self._running)
        self.site = Site(self._client.endpoint.address, self._store / resting[0], resting[1])
        self.neighbours = Neighbours(self.site, ticking[1], self._start)
        return self

    def __exit__(self, *_: object) -> None:
        for execution in self._running:
            self._client.terminate(execution, "the others were watched for long enough")
        for execution in self._running:  # until then they take places that the next ones would wait for
            deque(self._client.follow(execution, timeout=TIMEOUT), maxlen=0)

    def disturb(self, name: str) -> Noticed:
        """Do the one of `DISTURBANCES` with this ``name``; return what the neighbours noticed.

        Raises:
            AssertionError: The server did not answer the disturbance as it should.
        """
        with _disturber(name, self.site) as act, self.neighbours.watching() as noticed:
            act()
        return noticed

    def _attempt(self, execution: WorkflowExecutionIdentifier) -> tuple[str, str]:
        """The folder of an execution's only attempt, and the path of its Deck's stream, once it has published."""
        node = self._node(execution)
        prefix = attempt_prefix(execution_prefix(execution.project, execution.domain, execution.name), node, 0)
        deadline = time.monotonic() + TIMEOUT
        while not (self._store / prefix / segment_key(1)).exists():
            _expect(time.monotonic() < deadline)
            time.sleep(0.05)
        return prefix, f"/live/decks/{execution.project}/{execution.domain}/{execution.name}/{node}/0"

    def _node(self, execution: WorkflowExecutionIdentifier) -> str:
        return next(
            change.task.id.node_execution_id.node_id
            for change in self._client.follow(execution, timeout=TIMEOUT)
            if isinstance(change, TaskChanged) and change.task.closure.phase >= TaskExecution.RUNNING
        )

    def _start(self) -> None:
        self._node(self._launch("nothing"))


if __name__ == "__main__":
    _disturb(*sys.argv[1:])
