"""The database does not answer for a while: tasks go on, calls are refused, and nothing is lost when it is back."""

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from livedeck.client import Client
from livedeck.errors import RemoteUnavailable
from livedeck.testing.cluster.postgresql import PostgresqlServer
from livedeck.testing.process import ServerProcess
from tests.cluster.conftest import Cluster
from tests.cluster.fan import Fan, begin, waiting_fan
from tests.cluster.ledger import Ledger
from tests.integration.running import wait_for

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(300)]

MINUTE = 60.0


@contextmanager
def stopped(server: PostgresqlServer) -> Iterator[None]:
    """Have a server not run during the block: it ends as when it is upgraded."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def killed(server: PostgresqlServer) -> Iterator[None]:
    """Have a server not run during the block: it is ended with SIGKILL, and recovers when it is started again."""
    server.kill()
    try:
        yield
    finally:
        server.start()


Away = Callable[[PostgresqlServer], AbstractContextManager[None]]
WAYS = [
    pytest.param(PostgresqlServer.suspended, id="suspended"),
    pytest.param(killed, id="killed"),
    pytest.param(stopped, id="stopped"),
]


def refused(server: ServerProcess) -> bool:
    """Tell whether a server refuses calls because its database is away, in words and with a time to ask again."""
    answer = httpx.get(f"{server.url}/api/v1/executions/flytesnacks/development?limit=1", timeout=60)
    if answer.status_code == 200:
        return False
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "the database" in answer.json()["message"]
    return True


def steps_of(ledger: Ledger) -> dict[int, float]:
    """When each process was last seen to run."""
    return {ran.pid: ran.last for ran in ledger.ran()}


def goes_on(ledger: Ledger) -> Callable[[], bool]:
    """Return what tells whether every process has been seen since."""
    before = steps_of(ledger)
    return lambda: all(last > before[pid] for pid, last in steps_of(ledger).items())


@pytest.mark.parametrize("away", WAYS)
def test_tasks_and_their_decks_go_on_while_the_database_is_away(
    cluster: Cluster, tmp_path: Path, postgresql: PostgresqlServer, request: pytest.FixtureRequest, away: Away
) -> None:
    if away is stopped:
        request.getfixturevalue("in_full")
    least = MINUTE if request.config.getoption("--all-losses") else 0.0
    fan = waiting_fan(cluster, tmp_path, "--takeover", "120")
    with httpx.stream("GET", f"{fan.other.url}{fan.deck}", timeout=60) as stream:
        lines = stream.iter_lines()
        next(line for line in lines if "<p>" in line)
        with away(postgresql):
            since = time.monotonic()
            for server in (fan.holder, fan.other):
                wait_for(lambda: refused(server))  # noqa: B023 - called at once
                with Client(server.endpoint) as client, pytest.raises(RemoteUnavailable):
                    client.terminate(fan.execution, "this is refused, and never done")
            wait_for(lambda: time.monotonic() - since >= least)
            wait_for(goes_on(fan.ledger))
            next(line for line in lines if "<p>" in line)
    for server in (fan.holder, fan.other):
        fan.end(server)
    assert [ran.attempt for ran in fan.ledger.ran()] == [1] * 4


@pytest.mark.usefixtures("in_full")
def test_nothing_is_lost_when_processes_of_the_database_are_killed_while_executions_run(
    cluster: Cluster, tmp_path: Path, postgresql: PostgresqlServer
) -> None:
    """PostgreSQL then ends every connection, undoes what was not committed, and goes on."""
    servers = [cluster.start("a", "--takeover", "120"), cluster.start("b", "--takeover", "120")]
    ledgers = [Ledger(tmp_path / f"ledger-{number}") for number in range(4)]
    fans = []
    for number, ledger in enumerate(ledgers):
        fans.append(Fan(begin(servers[number % 2], ledger), ledger, *servers))
        kill_one(postgresql, number)
        for server in servers:
            wait_for(lambda: not refused(server))  # noqa: B023 - called at once
    for number, ledger in enumerate(ledgers):
        ledger.let_end()
        kill_one(postgresql, number)
    for fan in fans:
        fan.end(servers[0])
        assert {len(attempts) for attempts in fan.attempts(servers[0])} == {1}


def kill_one(server: PostgresqlServer, seed: int) -> None:
    """Kill a process that serves a client."""
    serving = [process for process in server.processes()[1:] if "livedeck" in command_of(process)]
    with contextlib.suppress(psutil.NoSuchProcess, IndexError):  # none has connected again yet
        random.Random(seed).choice(serving).kill()


def command_of(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""
