"""What is asked of one server reaches what another one runs."""

from pathlib import Path

import httpx
import pytest

from livedeck.client import Client
from livedeck.testing.executors import literal
from tests.cluster.conftest import Cluster
from tests.cluster.fan import waiting_fan
from tests.integration.running import phase_of, start, wait_ended, wait_for

PROGRAM = Path(__file__).parent / "programs" / "gate.py"

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_deck_is_live_on_any_server_and_an_abort_reaches_the_one_that_runs_it(
    cluster: Cluster, tmp_path: Path
) -> None:
    fan = waiting_fan(cluster, tmp_path)
    with httpx.stream("GET", f"{fan.other.url}{fan.deck}", timeout=60) as stream:
        steps: set[str] = set()
        for line in stream.iter_lines():
            steps.update(part for part in line.split("<p>")[1:])
            if len(steps) > 20:
                break
    with Client(fan.other.endpoint) as client:
        client.terminate(fan.execution, "seen enough")
        assert phase_of(wait_ended(client, fan.execution)) == "ABORTED"


@pytest.mark.usefixtures("in_full")
def test_whichever_server_is_told_of_an_approval_the_execution_goes_on(cluster: Cluster) -> None:
    servers = [cluster.start("a"), cluster.start("b")]
    for asked, approving in (servers, servers[::-1]):
        with Client(asked.endpoint) as client, Client(approving.endpoint) as approver:
            waiting = start(client, PROGRAM, "waits")
            wait_for(lambda: list(approver.signals(waiting)))  # noqa: B023 - called at once
            approver.set_signal(waiting, "fine", literal(True))
            assert phase_of(wait_ended(client, waiting)) == "SUCCEEDED"
