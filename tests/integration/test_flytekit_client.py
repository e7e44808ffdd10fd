"""The unmodified flytekit client, in an environment of its own, registers and runs what waits and branches."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from livedeck.testing.process import running_server

PROGRAM = Path(__file__).parent / "programs" / "flytekit_gates.py"
FLYTEKIT = Path(__file__).parents[2] / ".venv-flytekit" / "bin"


@pytest.mark.slow
@pytest.mark.timeout(400)  # importing flytekit takes an attempt seconds, on a busy machine many
def test_it_branches_and_answers_what_a_workflow_waits_for(tmp_path: Path) -> None:
    assert FLYTEKIT.exists(), "flytekit's environment is not there: run `make .venv-flytekit/.ready`"
    path = f"{FLYTEKIT}{os.pathsep}{os.environ['PATH']}"
    with running_server(environment={"PATH": path, "PYTHONPATH": str(PROGRAM.parent)}) as server:
        address = server.endpoint.removeprefix("http://")
        done = subprocess.run(
            [FLYTEKIT / "python", PROGRAM, address], capture_output=True, text=True, check=False, cwd=tmp_path
        )
    assert done.returncode == 0, done.stderr[-4000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [35, "UserProvidedError", "ReceivedRejectSignal"]
