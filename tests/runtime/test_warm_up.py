import os
import subprocess
import sys
import threading

import pytest

from livedeck.deck.page import current_page
from livedeck.runtime.warm_up import use_everything_once
from livedeck.sdk.context import inside_task
from tests.runtime.conftest import PROGRAMS, Bench

IDENTITY = {
    "FLYTE_INTERNAL_TASK_PROJECT": "flytesnacks",
    "FLYTE_INTERNAL_TASK_DOMAIN": "development",
    "FLYTE_INTERNAL_TASK_VERSION": "v1",
}
ATTEMPT = """
import sys
import livedeck.runtime.preloaded
from livedeck.runtime import entry
before = set(sys.modules)
assert entry.main(sys.argv[1:]) == 0
print(*sorted(set(sys.modules) - before))
"""


def test_warming_up_starts_no_thread_and_leaves_nothing_behind() -> None:
    threads, decks = set(threading.enumerate()), list(current_page().decks)
    use_everything_once()
    assert set(threading.enumerate()) <= threads
    assert current_page().decks == decks
    assert not inside_task()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "inputs"), [("successor", {"x": 1}), ("train", {"epochs": 2}), ("several", {"count": 2})]
)
def test_an_attempt_imports_its_program_and_nothing_else(bench: Bench, task: str, inputs: dict[str, int]) -> None:
    bench.give(**inputs)
    attempt = subprocess.run(
        [sys.executable, "-c", ATTEMPT, *bench.arguments(task, module="kinds_of_tasks")],
        env={**os.environ, **IDENTITY, "PYTHONPATH": str(PROGRAMS)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert "error.pb" not in bench.files
    assert attempt.stdout.split() == ["kinds_of_tasks"]
