"""The result of a task is its end: the engine goes on while the attempt's process still ends its Deck."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import ExecutionError, NodeExecution, TaskExecution, WorkflowExecution
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent

from livedeck.executors.api import RESULT_NOT_STORED, Attempt, Exit, ExitKind
from livedeck.propeller import Propeller
from livedeck.testing.control_plane import MemoryControlPlane
from livedeck.testing.executors import DONE, ScriptedExecutor, fail, succeed
from livedeck.testing.workflows import promise, task, workflow
from tests.propeller.conftest import World

CHAIN = (task("n0", outputs="o0"), task("n1", x=promise("n0", "o0"), outputs="o0"))


@pytest.mark.parametrize("ends", [DONE, Exit(ExitKind.SIGNALLED, 9), Exit(ExitKind.LOST)])
async def test_the_next_node_does_not_wait_for_the_end_of_a_deck(world: World, ends: Exit) -> None:
    next_ran = asyncio.Event()

    async def script(attempt: Attempt) -> Exit:
        await succeed(attempt, o0=1)
        if "/n0/" in attempt.id:
            executor.tell_stored(attempt)
            await next_ran.wait()  # this one's Deck is still on its way
            return ends
        next_ran.set()
        return DONE

    executor = world.executor(script)
    execution = world.control.create("a", workflow(*CHAIN))
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert len(executor.launches) == 2
    assert not any(process.aborted for process in executor.processes.values())


async def test_a_failed_task_is_over_when_its_error_is_stored(world: World) -> None:
    never = asyncio.Event()

    async def script(attempt: Attempt) -> Any:
        await fail(attempt, "no", recoverable=True)
        executor.tell_stored(attempt)
        await never.wait()
        return DONE

    executor = world.executor(script)
    execution = world.control.create("a", workflow(task("n0", options={"retries": 2})))
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.FAILED
    assert [each.closure.error.message for each in execution.tasks] == ["no"] * 3


async def test_the_time_that_a_task_took_ends_with_its_result(world: World) -> None:
    never = asyncio.Event()

    async def script(attempt: Attempt) -> Any:
        await succeed(attempt, o0=1)
        executor.tell_stored(attempt)
        await never.wait()
        return DONE

    executor = world.executor(script)
    execution = world.control.create("a", workflow(task("n0", outputs="o0")))
    async with world.propeller(executor):
        await world.control.until_over(execution)
    (process,) = executor.processes.values()
    (ended,) = (
        each.occurred_at
        for each in execution.history
        if isinstance(each, TaskExecutionEvent) and each.phase == TaskExecution.SUCCEEDED
    )
    assert ended.ToDatetime(UTC) == process.stored.result().at


class StartsUnseen(ScriptedExecutor):
    """Does not tell that an attempt has started until ``seen`` is set."""

    seen = asyncio.Event()

    async def wait_started(self, handle: str) -> datetime | None:
        await self.seen.wait()
        return await super().wait_started(handle)


async def test_an_attempt_and_its_node_took_as_long_as_its_process_whenever_an_engine_was_there(world: World) -> None:
    over, seen = asyncio.Event(), asyncio.Event()

    async def script(attempt: Attempt) -> Any:
        await over.wait()
        await succeed(attempt, o0=1)
        return replace(DONE, ended_at=began + timedelta(minutes=5))

    executor = StartsUnseen(script)
    executor.seen = seen
    world.executors.append(executor)
    execution = world.control.create("a", workflow(task("n0", outputs="o0")))
    async with world.propeller(executor):
        async with asyncio.timeout(60):
            while not executor.processes:
                await asyncio.sleep(0)
    (process,) = executor.processes.values()
    began = process.started_at = datetime.now(UTC) - timedelta(hours=1)
    over.set()
    await process.over
    seen.set()
    async with world.propeller(executor):
        await world.control.until_over(execution)
    for kind, running, succeeded in (
        (TaskExecutionEvent, TaskExecution.RUNNING, TaskExecution.SUCCEEDED),
        (NodeExecutionEvent, NodeExecution.RUNNING, NodeExecution.SUCCEEDED),
    ):
        at = {
            each.phase: each.occurred_at for each in execution.history if isinstance(each, kind) and "n0" in str(each)
        }
        assert at[running].ToDatetime(UTC) == began
        assert at[succeeded].ToDatetime(UTC) == began + timedelta(minutes=5)


async def test_one_that_says_so_and_has_stored_nothing_is_waited_for(world: World) -> None:
    async def script(attempt: Attempt) -> Exit:
        executor.tell_stored(attempt)
        await asyncio.sleep(0)
        return Exit(ExitKind.EXITED, 3)

    executor = world.executor(script)
    execution = world.control.create("a", workflow(task("n0", outputs="o0")))
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.FAILED
    assert "exited with code 3" in execution.tasks[0].closure.error.message


async def test_an_engine_that_takes_over_hears_of_the_result_again(world: World) -> None:
    never = asyncio.Event()

    async def script(attempt: Attempt) -> Any:
        await never.wait()
        return DONE

    executor = world.executor(script)
    execution = world.control.create("a", workflow(task("n0", outputs="o0")))
    async with world.propeller(executor):
        while not executor.processes:
            await asyncio.sleep(0)
    (process,) = executor.processes.values()
    await succeed(process.attempt, o0=1)
    executor.tell_stored(process.attempt)
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert len(executor.processes) == 1


async def test_a_result_that_could_not_be_stored_is_the_systems_failure_and_says_that_all_happens_again(
    world: World,
) -> None:
    async def script(attempt: Attempt) -> Exit:
        if attempt.id.endswith("/0"):
            return Exit(ExitKind.EXITED, RESULT_NOT_STORED, last_words="outputs.pb could not be stored: 503")
        return await succeed(attempt, o0=1)

    executor = world.executor(script)
    execution = world.control.create("a", workflow(task("n0", outputs="o0", options={"retries": 0})))
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    error = execution.tasks[0].closure.error
    assert (error.code, error.kind) == ("ResultNotStored", ExecutionError.SYSTEM)
    assert "happens twice" in error.message
    assert "outputs.pb could not be stored: 503" in error.message
    assert {node.id.node_id: node.closure.phase for node in execution.nodes}["n0"] == NodeExecution.SUCCEEDED


async def test_a_pipe_in_place_of_outputs_fails_the_task_and_nothing_waits_for_it(tmp_path: Path) -> None:
    def leave_pipe(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        os.mkfifo(folder / "outputs.pb")

    async def script(attempt: Attempt) -> Exit:
        leave_pipe(Path(attempt.output_prefix.removeprefix("file://")))
        return DONE

    root = f"file://{tmp_path}"
    control = MemoryControlPlane(root)
    execution = control.create("a", workflow(task("n0", outputs="o0")))
    async with ScriptedExecutor(script) as executor, Propeller(control, executor, owner="p"):
        await control.until_over(execution)
    assert execution.error is not None
    assert execution.error.kind == ExecutionError.USER
    assert "is not a regular file" in execution.error.message
    assert len(executor.launches) == 1
