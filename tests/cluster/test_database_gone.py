"""The database does not answer for a while: tasks go on, calls are refused, and nothing is lost when it is back."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from livedeck.client import Client
from livedeck.errors import RemoteUnavailable
from livedeck.testing.process import ServerProcess
from tests.cluster.conftest import Cluster
from tests.cluster.fan import waiting_fan
from tests.cluster.ledger import Ledger
from tests.integration.running import wait_for

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(300)]

MINUTE = 60.0


@contextmanager
def suspended(postgresql: str) -> Iterator[None]:
    """Have no process of a PostgreSQL server run during the block."""
    main = psutil.Process(int(Path(postgresql, "data", "postmaster.pid").read_text().split()[0]))
    stopped = [main, *main.children(recursive=True)]
    for process in stopped:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            os.kill(process.pid, signal.SIGCONT)


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


def test_tasks_and_their_decks_go_on_while_the_database_is_away(
    cluster: Cluster, tmp_path: Path, postgresql: str, request: pytest.FixtureRequest
) -> None:
    least = MINUTE if request.config.getoption("--all-losses") else 0.0
    fan = waiting_fan(cluster, tmp_path, "--takeover", "120")
    with httpx.stream("GET", f"{fan.other.url}{fan.deck}", timeout=60) as stream:
        lines = stream.iter_lines()
        next(line for line in lines if "<p>" in line)
        with suspended(postgresql):
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
