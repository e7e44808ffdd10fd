"""Attempts that are forked from a process with their libraries do real work, as those that import by themselves do."""

from pathlib import Path

import pytest

from livedeck.client import Client
from livedeck.testing.process import running_server
from tests.integration.running import phase_of, python_outputs, run

ROUNDS = 20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "library"), [("imports.py", "sklearn"), ("imports_torch.py", "torch")], ids=["frames", "torch"]
)
@pytest.mark.timeout(900)
def test_libraries_work_after_the_fork(tmp_path: Path, program: str, library: str) -> None:
    pytest.importorskip(library)
    with running_server(tmp_path, options=["--parallel", "4"]) as server, Client(server.endpoint) as client:
        for seed in range(ROUNDS):
            ended = run(client, program, "four", seed=seed, timeout=120)
            assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
            if all(python_outputs(client, ended.id)["o0"]):
                break
        else:
            pytest.fail(f"in {ROUNDS} executions attempts imported by themselves:\n{server.log[-2000:]}")
