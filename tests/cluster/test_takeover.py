"""A server goes away while it drives executions: what it ran is over before another server runs it again."""

import os
import signal
from pathlib import Path

import pytest
from flyteidl.core.execution_pb2 import ExecutionError

from livedeck.client import Client
from tests.cluster.conftest import Cluster
from tests.cluster.fan import begin, waiting_fan
from tests.cluster.ledger import Ledger
from tests.integration.running import phase_of, wait_ended, wait_for

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_killed_servers_attempts_are_over_before_another_server_runs_them_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    fan = waiting_fan(cluster, tmp_path)
    fan.holder.kill()
    fan.wait_taken_over()
    fan.end(fan.other)
    assert [ran.attempt for ran in fan.ledger.ran()] == [1] * 4 + [2] * 4
    lost = [attempts[0].closure.error for attempts in fan.attempts(fan.other) if len(attempts) > 1]
    assert len(lost) >= 2
    assert {(error.code, error.kind) for error in lost} == {("Lost", ExecutionError.SYSTEM)}
    assert "another one has taken over" in lost[0].message


@pytest.mark.usefixtures("in_full")
def test_a_server_that_is_back_in_time_takes_its_attempts_up_again(cluster: Cluster, tmp_path: Path) -> None:
    fan = waiting_fan(cluster, tmp_path)
    fan.holder.kill()
    fan.holder.start()
    fan.end(fan.other)
    assert [ran.server for ran in fan.ledger.ran()] == [fan.holder.endpoint] * 4


@pytest.mark.usefixtures("in_full")
def test_a_server_that_is_stopped_leaves_what_it_runs_to_its_return_first(cluster: Cluster, tmp_path: Path) -> None:
    fan = waiting_fan(cluster, tmp_path)
    fan.holder.stop()
    fan.holder.start()
    fan.end(fan.other)
    assert [ran.server for ran in fan.ledger.ran()] == [fan.holder.endpoint] * 4


@pytest.mark.usefixtures("in_full")
def test_a_server_that_is_stopped_for_good_is_taken_over_once_its_attempts_are_over(
    cluster: Cluster, tmp_path: Path
) -> None:
    fan = waiting_fan(cluster, tmp_path)
    fan.holder.stop()
    fan.wait_taken_over()
    fan.end(fan.other)


def test_a_server_that_wakes_up_changes_nothing_of_what_another_has_taken_over(
    cluster: Cluster, tmp_path: Path
) -> None:
    """It was suspended with attempts running and others waiting to be started, and goes on where it stood."""
    fan = waiting_fan(cluster, tmp_path)
    suspended = fan.holder
    os.kill(suspended.pid, signal.SIGSTOP)
    try:
        fan.wait_taken_over()
    finally:
        os.kill(suspended.pid, signal.SIGCONT)
    wait_for(lambda: "lease_lost" in suspended.log)
    fan.end(fan.other)
    assert [ran.attempt for ran in fan.ledger.ran()] == [1] * 4 + [2] * 4
    again = Ledger(tmp_path / "again")
    again.let_end()
    with Client(suspended.endpoint) as client:  # which serves it as the other does, and drives executions as before
        assert phase_of(client.get_execution(fan.execution)) == "SUCCEEDED"
        assert phase_of(wait_ended(client, begin(suspended, again))) == "SUCCEEDED"
