"""Attempts that are to end with another process do, whether or not an executor is left to see to it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livedeck.executors.api import ExecutorSettings, ExitKind
from livedeck.executors.loading import load
from livedeck.executors.local import processes
from livedeck.testing.executor_contract import Scene, eventually, is_running, within
from tests.executors.harness import LocalHarness


def _executor(harness: LocalHarness, owner: Any) -> Any:
    return load("process")(
        ExecutorSettings(
            work_dir=harness.work_dir, environment=dict(os.environ), ends_with=processes.identify(owner.pid)
        )
    )


@pytest.fixture
def owner() -> "Iterator[subprocess.Popen[bytes]]":
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as started:
        yield started
        started.kill()


async def test_attempts_are_lost_with_the_process_that_they_end_with(tmp_path: Path, owner: Any) -> None:
    harness = LocalHarness(tmp_path, "process")
    scene = Scene(harness)
    attempt = scene.attempt("ignores", scene.path("started"))
    async with _executor(harness, owner) as executor:
        handle = await within(executor.launch(attempt))
        pids = await scene.started()
        owner.kill()
        ended = await within(executor.wait(handle))
    assert ended.kind is ExitKind.LOST
    assert str(owner.pid) in ended.reason
    assert not any(is_running(pid) for pid in pids)


async def test_attempts_end_with_it_when_nobody_watches(tmp_path: Path, owner: Any) -> None:
    harness = LocalHarness(tmp_path, "process")
    scene = Scene(harness)
    async with _executor(harness, owner) as executor:
        handle = await within(executor.launch(scene.attempt("ignores", scene.path("started"))))
        pids = await scene.started()
    keeper = harness.record(handle).keeper
    owner.kill()
    await eventually(lambda: not is_running(pids[0]) and not processes.is_alive(keeper))
