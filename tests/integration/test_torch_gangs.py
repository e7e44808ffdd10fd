"""Distributed training with real torch (gloo): the loss of every rank live, and a rank that is killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from livedeck.client import Client
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import phase_of, python_outputs, start, wait_ended
from tests.integration.test_attempts import attempts_of, phase
from tests.integration.test_gangs import is_there, node, pids, result_log, shown

pytest.importorskip("torch")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PROGRAM = "torch_gangs.py"
DEADLINE = 300.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


def test_ranks_train_together_and_each_has_its_loss_curve(client: Client, tmp_path: Path) -> None:
    execution = start(client, PROGRAM, "training", folder=str(tmp_path), steps=30)
    ended = wait_ended(client, execution, timeout=DEADLINE)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert all(abs(weight - 1.0) < 0.5 for weight in python_outputs(client, execution)["o0"])
    for name in ("n0", "n0@1"):
        assert '"Loss"' in shown(client, node(execution, name), '"Loss"')
    shown(client, node(execution, "n0@all"), '"rank 0', '"rank 1')
    assert "rank 1 step 29\n" in result_log(client, node(execution, "n0@1"))


def test_a_rank_that_is_killed_is_named_and_the_gang_is_tried_again(client: Client, tmp_path: Path) -> None:
    (tmp_path / "endless").touch()
    execution = start(client, PROGRAM, "training", folder=str(tmp_path), steps=5)
    there = pids(tmp_path, ["pid-1-0", "pid-1-1"])
    for name in ("n0", "n0@1"):
        shown(client, node(execution, name), '"Loss"')  # live: they go on until one is killed
    os.kill(there[1], signal.SIGKILL)
    ended = wait_ended(client, execution, timeout=DEADLINE)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    first, second = attempts_of(client, execution, node(execution))
    assert (phase(first), first.closure.error.code) == ("FAILED", "Interrupted")
    assert "Rank 1 of 2 failed" in first.closure.error.message
    assert "Rank 1's process was killed (SIGKILL)" in first.closure.error.message
    assert phase(second) == "SUCCEEDED"
    assert not any(is_there(pid) for pid in there)
