"""An executor that knows nothing of an attempt any more, or never can start it: the engine does not ask for ever."""

from typing import Any

import pytest
from flyteidl.core.execution_pb2 import ExecutionError, WorkflowExecution

from livedeck.errors import CannotStart, NoSuchAttempt
from livedeck.testing.executors import DONE, ScriptedExecutor, succeed
from livedeck.testing.workflows import task, workflow
from tests.propeller.conftest import World

ONE = workflow(task("n0", outputs="o0"))


class Forgetful(ScriptedExecutor):
    """Has lost its memory of the first attempt, in every call that takes a handle."""

    def _check(self, handle: Any) -> None:
        if handle.endswith("/0"):
            raise NoSuchAttempt(f"there is no attempt {handle!r} here")

    async def wait_started(self, handle: Any) -> None:
        self._check(handle)

    async def wait_result(self, handle: Any) -> Any:
        self._check(handle)
        return await super().wait_result(handle)

    async def wait(self, handle: Any) -> Any:
        self._check(handle)
        return await super().wait(handle)

    async def abort(self, handle: Any, *, grace: Any) -> None:
        self._check(handle)


@pytest.mark.timeout(120)
async def test_an_attempt_that_nobody_knows_of_any_more_is_lost_and_run_again(world: World) -> None:
    async def script(attempt: Any) -> Any:
        return await succeed(attempt, o0=1) if attempt.id.endswith("/1") else DONE

    executor = Forgetful(script)
    execution = world.control.create("a", ONE)
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    first, _second = execution.tasks
    assert (first.closure.error.code, first.closure.error.kind) == ("Lost", ExecutionError.SYSTEM)
    assert "there is no attempt" in first.closure.error.message


@pytest.mark.timeout(120)
async def test_its_result_counts_if_it_is_in_the_store(world: World) -> None:
    executor = Quick(lambda attempt: succeed(attempt, o0=1))
    execution = world.control.create("a", ONE)
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert len(execution.tasks) == 1


class Quick(Forgetful):
    """Says that an attempt was launched when it is over."""

    async def launch(self, attempt: Any) -> Any:
        handle = await super().launch(attempt)
        await self.processes[attempt.id].over
        return handle


class Full(ScriptedExecutor):
    """Starts nothing, and never will."""

    async def launch(self, attempt: Any) -> None:  # type: ignore[override]
        self.launches.append(attempt.id)
        raise CannotStart("there is no room for that, ever")


@pytest.mark.timeout(120)
async def test_what_was_never_started_and_cannot_be_fails_after_a_restart_too(world: World) -> None:
    """An engine that takes over does not know whether the attempt was launched; the executor does."""
    waiting = world.executor(lambda attempt: succeed(attempt, o0=1), capacity=0)
    execution = world.control.create("a", ONE)
    async with world.propeller(waiting):
        await world.control.until(lambda: bool(execution.tasks))
    executor = Full(lambda attempt: succeed(attempt, o0=1))
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.FAILED
    assert "there is no room for that, ever" in execution.tasks[-1].closure.error.message
    assert len(executor.launches) == 1
