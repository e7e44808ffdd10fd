"""The unmodified flytekit client, in an environment of its own, registers and runs what waits and branches."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import ExecutionMetadata

from livedeck.testing.process import running_server

PROGRAMS = Path(__file__).parent / "programs"
FLYTEKIT = Path(__file__).parents[2] / ".venv-flytekit" / "bin"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),  # importing flytekit takes an attempt seconds, on a busy machine many
]


def outcomes(program: str, *arguments: str, folder: Path, options: tuple[str, ...] = ()) -> Any:
    """What a client that flytekit's interpreter runs prints last, of a server on which flytekit's tasks can run."""
    assert FLYTEKIT.exists(), "flytekit's environment is not there: run `make .venv-flytekit/.ready`"
    environment = {"PATH": f"{FLYTEKIT}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(PROGRAMS)}
    with running_server(options=options, environment=environment) as server:
        command = [str(FLYTEKIT / "python"), str(PROGRAMS / program), server.endpoint, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_it_branches_and_answers_what_a_workflow_waits_for(tmp_path: Path) -> None:
    assert outcomes("flytekit_gates.py", folder=tmp_path) == [35, "UserProvidedError", "ReceivedRejectSignal"]


def test_eager_tasks_that_wait_for_their_children_do_not_keep_these_from_running(tmp_path: Path) -> None:
    parallel = ("--parallel", "2")
    assert outcomes("flytekit_eager.py", "3", folder=tmp_path, options=parallel) == [2, 4, 6]


def test_files_folders_and_frames_go_from_task_to_task(tmp_path: Path) -> None:
    assert outcomes("flytekit_files.py", folder=tmp_path) == [42, "39"]


def test_launch_plans_start_executions(tmp_path: Path) -> None:
    """In a workflow, a map, a dynamic task and by themselves; the client finds the child, and the failure node."""
    assert outcomes("flytekit_launch_plans.py", folder=tmp_path) == {
        "outputs": [8, 40, 60, 30],
        "error": True,
        "child": [ExecutionMetadata.CHILD_WORKFLOW, 40],
        "cleaned": True,
        "direct": 70,
    }


def test_maps_dynamic_tasks_conditionals_and_failure_nodes(tmp_path: Path) -> None:
    """Of tasks and sub-workflows, nested, with bound inputs and a ratio of successes."""
    assert outcomes("flytekit_fanned.py", folder=tmp_path) == {
        "fanned": [60, [100, 200, 300], 100],
        "nodes": ["n0", "n1", "n2", "n3", "start-node"],
        "error": True,
        "cleaned": True,
        "partly": 4,
    }


def test_raw_containers_run_as_processes_where_their_command_is_installed(tmp_path: Path) -> None:
    good, missing, broken = outcomes("flytekit_containers.py", folder=tmp_path)
    assert good == "3: 12"
    assert "missing runs 'no-such-program', which is not installed here, and its image 'any:1' is not run" in missing
    assert "exited with code 3" in broken
    assert "because" in broken
