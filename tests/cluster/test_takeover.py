"""A server goes away while it drives executions: what it ran is over before another server runs it again."""

import os
import signal
from pathlib import Path

import pytest
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.testing.process import ServerProcess
from tests.cluster.conftest import Cluster
from tests.cluster.ledger import Ledger
from tests.integration.running import phase_of, start, wait_ended, wait_for

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.timeout(300)]

PROGRAM = Path(__file__).parent / "programs" / "ledger.py"
TASKS = {"1", "2", "3", "4"}


def begin(server: ServerProcess, ledger: Ledger) -> WorkflowExecutionIdentifier:
    """Start an execution."""
    with Client(server.endpoint) as client:
        return start(client, PROGRAM, "fan", ledger=str(ledger.path))


def holder(servers: list[ServerProcess], ledger: Ledger) -> tuple[ServerProcess, ServerProcess]:
    """Return the server that runs all tasks, once it does, and then the other: either may take an execution."""
    wait_for(lambda: any(ledger.running_on(server.endpoint) == TASKS for server in servers))
    return tuple(sorted(servers, key=lambda server: not ledger.running_on(server.endpoint)))  # type: ignore[return-value]


def ended(server: ServerProcess, execution: WorkflowExecutionIdentifier) -> Execution:
    """Return an execution at its end, which is a good one."""
    with Client(server.endpoint) as client:
        over = wait_ended(client, execution)
        assert phase_of(over) == "SUCCEEDED", over.closure.error.message
        assert client.execution_data(execution).outputs.literals["o0"].scalar.primitive.integer == 10
        return over


def attempts_of(server: ServerProcess, execution: WorkflowExecutionIdentifier) -> list[list[TaskExecution]]:
    """Return the attempts of each node that ran a task of its own."""
    with Client(server.endpoint) as client:
        nodes = [node for node in client.node_executions(execution) if node.id.node_id.startswith("n")]
        return [list(client.task_executions(node.id)) for node in nodes]


def test_a_killed_servers_attempts_are_over_before_another_server_runs_them_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    servers = [cluster.start("a"), cluster.start("b")]
    ledger = Ledger(tmp_path / "ledger")
    execution = begin(servers[0], ledger)
    killed, other = holder(servers, ledger)
    killed.kill()
    wait_for(lambda: ledger.running_on(other.endpoint) == TASKS)
    ledger.let_end()
    ended(other, execution)
    ledger.check_none_ran_twice_at_once()
    assert [ran.attempt for ran in ledger.ran()] == [1] * 4 + [2] * 4
    lost = [attempts[0].closure.error for attempts in attempts_of(other, execution) if len(attempts) > 1]
    assert len(lost) >= 2
    assert {(error.code, error.kind) for error in lost} == {("Lost", ExecutionError.SYSTEM)}
    assert "another one has taken over" in lost[0].message


@pytest.mark.usefixtures("in_full")
def test_a_server_that_is_back_in_time_takes_its_attempts_up_again(cluster: Cluster, tmp_path: Path) -> None:
    servers = [cluster.start("a"), cluster.start("b")]
    ledger = Ledger(tmp_path / "ledger")
    execution = begin(servers[0], ledger)
    killed, other = holder(servers, ledger)
    killed.kill()
    killed.start()
    ledger.let_end()
    ended(other, execution)
    assert [ran.server for ran in ledger.ran()] == [killed.endpoint] * 4
    ledger.check_none_ran_twice_at_once()


@pytest.mark.usefixtures("in_full")
def test_a_server_that_is_stopped_leaves_what_it_runs_to_its_return_first(cluster: Cluster, tmp_path: Path) -> None:
    servers = [cluster.start("a"), cluster.start("b")]
    ledger = Ledger(tmp_path / "ledger")
    execution = begin(servers[0], ledger)
    stopped, other = holder(servers, ledger)
    stopped.stop()
    stopped.start()
    ledger.let_end()
    ended(other, execution)
    assert [ran.server for ran in ledger.ran()] == [stopped.endpoint] * 4


@pytest.mark.usefixtures("in_full")
def test_a_server_that_is_stopped_for_good_is_taken_over_once_its_attempts_are_over(
    cluster: Cluster, tmp_path: Path
) -> None:
    servers = [cluster.start("a"), cluster.start("b")]
    ledger = Ledger(tmp_path / "ledger")
    execution = begin(servers[0], ledger)
    stopped, other = holder(servers, ledger)
    stopped.stop()
    wait_for(lambda: ledger.running_on(other.endpoint) == TASKS)
    ledger.let_end()
    ended(other, execution)
    ledger.check_none_ran_twice_at_once()


def test_a_server_that_wakes_up_changes_nothing_of_what_another_has_taken_over(
    cluster: Cluster, tmp_path: Path
) -> None:
    """It was suspended with attempts running and others waiting to be started, and goes on where it stood."""
    servers = [cluster.start("a"), cluster.start("b")]
    ledger = Ledger(tmp_path / "ledger")
    execution = begin(servers[0], ledger)
    suspended, other = holder(servers, ledger)
    os.kill(suspended.pid, signal.SIGSTOP)
    try:
        wait_for(lambda: ledger.running_on(other.endpoint) == TASKS)
    finally:
        os.kill(suspended.pid, signal.SIGCONT)
    wait_for(lambda: "lease_lost" in suspended.log)
    ledger.let_end()
    ended(other, execution)
    ledger.check_none_ran_twice_at_once()
    assert [ran.attempt for ran in ledger.ran()] == [1] * 4 + [2] * 4
    with Client(suspended.endpoint) as client:  # which serves it as the other does
        assert phase_of(client.get_execution(execution)) == "SUCCEEDED"
    again = Ledger(tmp_path / "again")  # and drives executions as before
    again.let_end()
    ended(suspended, begin(suspended, again))
