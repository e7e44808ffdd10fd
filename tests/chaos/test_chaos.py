"""A few kills on a whole deployment; `make chaos` has more."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.plan import Target, plan

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.timeout(900)
def test_executions_end_as_ever_while_parts_are_killed(request: pytest.FixtureRequest) -> None:
    seed = request.config.getoption("--kill-seed")
    command = [sys.executable, "-m", "livedeck.testing.cluster.supervisor", sys.executable, "-m", "tests.chaos"]
    chosen = ["--kills", str(request.config.getoption("--kills")), *(["--seed", str(seed)] if seed is not None else [])]
    done = subprocess.run(
        [*command, *chosen], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    assert "had to be ended" not in done.stdout


def test_a_seed_says_what_is_killed_when() -> None:
    assert plan(1, 50) == plan(1, 100)[:50]
    assert plan(1, 50) != plan(2, 50)
    assert {each.target for each in plan(1, 100)} == set(Target)
