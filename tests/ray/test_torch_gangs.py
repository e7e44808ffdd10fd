"""Distributed training with real torch (gloo) on two nodes of a Ray cluster: the loss of either rank live."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from livedeck.client import Client
from livedeck.testing.process import running_server
from tests.integration.running import PROGRAMS, phase_of, python_outputs, start, wait_ended
from tests.integration.test_attempts import attempts_of, phase
from tests.integration.test_gangs import is_there, node, parent_of, pids, result_log, shown

from .cluster import Nodes

pytest.importorskip("torch", reason="torch has an environment of its own: make torch-test")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PROGRAM = PROGRAMS / "torch_gangs.py"
DEADLINE = 300.0


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    nodes = Nodes(cpus=2)
    try:
        nodes.add(cpus=2)
        options = ("--executor", "ray", "--ray-address", nodes.address)
        with (
            running_server(tmp_path_factory.mktemp("server"), options=options) as server,
            Client(server.endpoint) as made,
        ):
            yield made
    finally:
        nodes.end()


def test_ranks_on_two_nodes_train_together_and_each_has_its_loss_curve(client: Client, tmp_path: Path) -> None:
    execution = start(client, PROGRAM, "training_on_two_nodes", folder=str(tmp_path), steps=30)
    ended = wait_ended(client, execution, timeout=DEADLINE)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert all(abs(weight - 1.0) < 0.5 for weight in python_outputs(client, execution)["o0"])
    for name in ("n0", "n0@1"):
        assert '"Loss"' in shown(client, node(execution, name), '"Loss"')
    shown(client, node(execution, "n0@all"), '"rank 0', '"rank 1')
    assert "rank 1 step 29\n" in result_log(client, node(execution, "n0@1"))


def test_a_rank_that_is_killed_on_the_other_node_is_named_and_the_gang_is_tried_again(
    client: Client, tmp_path: Path
) -> None:
    (tmp_path / "endless").touch()
    execution = start(client, PROGRAM, "training_on_two_nodes", folder=str(tmp_path), steps=5)
    there = pids(tmp_path, ["pid-1-0", "pid-1-1"])
    assert parent_of(there[0]) != parent_of(there[1]), "each node has a leader"
    for name in ("n0", "n0@1"):
        shown(client, node(execution, name), '"Loss"')  # live: they go on until one is killed
    os.kill(there[1], signal.SIGKILL)
    ended = wait_ended(client, execution, timeout=DEADLINE)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    first, second = attempts_of(client, execution, node(execution))
    assert (phase(first), first.closure.error.code) == ("FAILED", "Interrupted")
    assert "Rank 1's process was killed (SIGKILL)" in first.closure.error.message
    assert phase(second) == "SUCCEEDED"
    assert not any(is_there(pid) for pid in there)
