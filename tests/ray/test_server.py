"""`livedeck serve --executor ray`: tasks there and here while the server is killed, an abort, a lost node, a gang."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier

from livedeck.client import Client
from livedeck.testing.executor_contract import is_running
from livedeck.testing.process import running_server
from tests.integration.running import finished_deck, phase_of, python_outputs, start, wait_ended, wait_for
from tests.integration.test_attempts import attempts_of, log_of, words
from tests.integration.test_gangs import node, parent_of, pids, result_log
from tests.integration.test_subprocess_executor import wait_shown

from .cluster import Nodes, kill, raylet

PROGRAM = Path(__file__).parent / "programs.py"
GANGS = Path(__file__).parent / "gang_programs.py"


async def test_tasks_run_where_they_say_and_outlive_the_server(nodes: Nodes, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    both = ("--executor", "process", "--executor", "ray", "--ray-address", nodes.address)
    with running_server(tmp_path / "server", options=both) as server:
        with Client(server.endpoint) as client:
            execution = start(client, PROGRAM, "both", folder=str(folder))
            task = NodeExecutionIdentifier(node_id="n1", execution_id=execution)
            wait_for(lambda: runs(folder))
            wait_shown(client, task, "on the cluster")
        server.kill()
        server.options = ("--executor", "ray", "--ray-address", nodes.address)
        server.start()
        with Client(server.endpoint) as client:
            wait_shown(client, task, "on the cluster")
            (folder / "go").touch()
            ended = wait_ended(client, execution)
            assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
            assert python_outputs(client, execution) == {"o0": True}, "it ran under another process than the first task"
            (attempt,) = attempts_of(client, execution, task)
            assert log_of(client, task) == "said on the cluster\n"
            document = await finished_deck(attempt.closure.output_uri.rpartition("/")[0])
            assert words(document)["where"] == "<p>on the cluster</p>"
    assert len(runs(folder)) == 1


@pytest.fixture(scope="module")
def large_node(nodes: Nodes) -> Any:
    """A node that the server knows of from its start: what no node has it refuses."""
    return nodes.add(cpus=6)


@pytest.fixture(scope="module")
def client(nodes: Nodes, large_node: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    del large_node
    options = ("--executor", "ray", "--ray-address", "auto")
    environment = {"RAY_ADDRESS": nodes.address}  # this machine may have the clusters of others, too
    folder = tmp_path_factory.mktemp("server")
    with running_server(folder, options=options, environment=environment) as server, Client(server.endpoint) as made:
        yield made


def test_a_task_runs_again_elsewhere_when_its_node_is_lost(
    nodes: Nodes, large_node: Any, client: Client, tmp_path: Path
) -> None:
    execution = start(client, PROGRAM, "large", folder=str(tmp_path))
    wait_for(lambda: runs(tmp_path))
    nodes.add(cpus=6)
    kill(raylet(large_node))
    wait_for(lambda: len(runs(tmp_path)) == 2)
    lost, again = runs(tmp_path)
    wait_for(lambda: not is_running(lost))
    assert is_running(again)
    (tmp_path / "go").touch()
    assert phase_of(wait_ended(client, execution)) == "SUCCEEDED"
    assert python_outputs(client, execution) == {"o0": "done"}


def test_an_abort_ends_what_runs_on_the_cluster(client: Client, tmp_path: Path) -> None:
    execution = start(client, PROGRAM, "both", folder=str(tmp_path))
    wait_for(lambda: runs(tmp_path))
    client.terminate(execution, "enough of it")
    assert phase_of(wait_ended(client, execution)) == "ABORTED"
    (pid,) = runs(tmp_path)
    wait_for(lambda: not is_running(pid))


def test_a_gang_on_two_nodes_is_tried_again_whole_when_a_rank_is_killed(client: Client, tmp_path: Path) -> None:
    execution = start(client, GANGS, "two", folder=str(tmp_path))
    there = pids(tmp_path, [f"pid-1-{rank}" for rank in range(4)])
    assert len({parent_of(pid) for pid in there}) == 2, "each node has a leader"
    os.kill(there[3], signal.SIGKILL)
    pids(tmp_path, [f"pid-2-{rank}" for rank in range(4)])
    assert not any(is_running(pid) for pid in there), "nothing is left of the attempt before"
    (tmp_path / "go").touch()
    assert phase_of(wait_ended(client, execution)) == "SUCCEEDED"
    assert python_outputs(client, execution) == {"o0": 106}
    first, _ = attempts_of(client, execution, node(execution))
    assert "Rank 3's process was killed (SIGKILL)" in first.closure.error.message
    assert result_log(client, node(execution, "n0@2")) == "rank 2 of 4 trains\n"


def runs(folder: Path) -> list[int]:
    """Return the processes that a program has run in."""
    path = folder / "runs"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []
