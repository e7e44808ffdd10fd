"""What is the shims' own: all else is in the suite that every executor passes."""

import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from livedeck.errors import CannotStart, ExecutorError
from livedeck.executors.api import ExitKind, ResultStored
from livedeck.executors.local.records import Records, attempt_name
from livedeck.executors.subprocess import SubprocessExecutor
from livedeck.testing.executor_contract import Scene, eventually, is_running, within
from tests.executors.harness import LocalHarness

pytestmark = pytest.mark.slow


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[LocalHarness]:
    made = LocalHarness(tmp_path, "subprocess")
    yield made
    made.end()


@pytest.fixture
def scene(harness: LocalHarness) -> Scene:
    return Scene(harness)


async def test_a_stored_result_is_heard_of_while_the_process_goes_on(harness: LocalHarness, scene: Scene) -> None:
    attempt = scene.attempt("stores_and_goes_on", scene.path("started"), scene.path("gate"), cpu=1)
    async with harness.executor() as executor:
        handle = await within(executor.launch(attempt))
        assert isinstance(await within(executor.wait_result(handle)), ResultStored)
        (pid,) = await scene.started()
        assert is_running(pid)
    async with harness.executor() as executor:  # and known to the next server
        assert isinstance(await within(executor.wait_result(handle)), ResultStored)
        scene.path("gate").touch()
        assert (await within(executor.wait(handle))).code == 0


async def test_a_process_that_never_ends_is_ended_some_time_after_its_result(
    harness: LocalHarness, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = scene.attempt("stores_and_never_ends", scene.path("started"))
    executor = SubprocessExecutor(work_dir=harness.work_dir, environment=dict(os.environ), exit_timeout=0.2)
    async with executor:
        handle = await within(executor.launch(attempt))
        ended = await within(executor.wait(handle))
    assert (ended.kind, ended.code) == (ExitKind.SIGNALLED, signal.SIGTERM)
    assert "had not ended 0.2 s after its result was stored" in scene.log(attempt)
    assert "attempt_overdue" in caplog.text


async def test_a_shim_that_is_asked_to_end_lets_its_attempt_flush(harness: LocalHarness, scene: Scene) -> None:
    attempt = scene.attempt("flushes", scene.path("started"))
    async with harness.executor() as executor:
        handle = await within(executor.launch(attempt))
        await scene.started()
        os.kill(harness.record(handle).keeper.pid, signal.SIGTERM)
        ended = await within(executor.wait(handle))
    assert (ended.kind, ended.code) == (ExitKind.LOST, 143)
    assert ended.last_words == "waiting\nflushed"


async def test_an_attempt_that_dies_with_its_shim_is_lost(harness: LocalHarness, scene: Scene) -> None:
    attempt = scene.attempt("waits", scene.path("started"), "/nowhere")
    async with harness.executor() as executor:
        handle = await within(executor.launch(attempt))
        await scene.started()
        os.kill(harness.record(handle).keeper.pid, signal.SIGTERM)
        ended = await within(executor.wait(handle))
    assert (ended.kind, ended.code) == (ExitKind.LOST, signal.SIGTERM)
    assert "was asked to end" in ended.reason


async def test_nothing_is_left_but_the_records(harness: LocalHarness, scene: Scene) -> None:
    async with harness.executor() as executor:
        for _ in range(2):
            handle = await within(executor.launch(scene.attempt("exits", 0)))
            await within(executor.wait(handle))
            shim = harness.record(handle).keeper
            await eventually(partial(_is_gone, shim.pid))
    left = {path.name for path in harness.work_dir.iterdir() if path.is_dir() and any(path.iterdir())}
    assert left <= {"records", "shipped"}


async def test_a_shim_that_does_not_answer_is_ended_and_has_started_nothing(
    harness: LocalHarness, scene: Scene
) -> None:
    attempt = scene.attempt("exits", 0)
    executor = SubprocessExecutor(work_dir=harness.work_dir, environment=dict(os.environ), start_timeout=0.0)
    async with executor:
        with pytest.raises(ExecutorError, match="the shim of project/domain/execution/n0/0 did not start it"):
            await within(executor.launch(attempt))
        assert await executor.find(attempt.id) is None


async def test_a_file_that_cannot_be_executed_is_refused_and_forgotten(
    harness: LocalHarness, scene: Scene, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text("no program")
    program.chmod(0o700)
    async with harness.executor() as executor:
        attempt = scene.attempt("", command=(str(program),))
        with pytest.raises(ExecutorError, match="cannot execute"):
            await within(executor.launch(attempt))
        assert Records(harness.work_dir).files(attempt_name(attempt.id)).attempt() is None
        with pytest.raises(CannotStart, match="no command"):
            await within(executor.launch(scene.attempt("", command=())))


async def test_output_of_an_interpreter_is_not_held_back(harness: LocalHarness, scene: Scene) -> None:
    program = "print('said'); import time; time.sleep(600)"
    attempt = scene.attempt("", command=(sys.executable, "-c", program))
    async with harness.executor() as executor:
        handle = await within(executor.launch(attempt))
        await eventually(lambda: scene.log(attempt) == "said\n")
        await within(executor.abort(handle, grace=1.0))
        await within(executor.wait(handle))


def _is_gone(pid: int) -> bool:
    return not is_running(pid)
