"""Deadlines that the engine sets for executions, attempts and waits whose programs state none."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flyteidl.core.execution_pb2 import ExecutionError, WorkflowExecution

from livedeck.executors.api import Attempt, Exit
from livedeck.testing.executors import succeed
from livedeck.testing.workflows import sub_workflow, task, workflow
from tests.propeller.conftest import QUICK, World
from tests.propeller.test_node_kinds import phases

LONG = 3600.0


async def hang_but_for_cleaning(attempt: Attempt) -> Exit:
    if attempt.id.split("/")[3] == "clean":
        return await succeed(attempt)
    await asyncio.Event().wait()  # until it is stopped
    raise AssertionError


async def test_an_execution_that_takes_too_long_fails_and_its_failure_node_runs(world: World) -> None:
    inner = workflow(task("n0"), name="inner")
    execution = world.control.create("a", workflow(sub_workflow("n0", inner), task("n1"), on_failure=task("clean")))
    async with world.propeller(world.executor(hang_but_for_cleaning), settings=replace(QUICK, execution_deadline=LONG)):
        await world.control.until(lambda: {("n0-0-n0", 0), ("n1", 0)} <= set(execution.by_attempt))
    execution.created_at -= timedelta(seconds=LONG)  # and another engine takes it up
    async with world.propeller(world.executor(hang_but_for_cleaning), settings=replace(QUICK, execution_deadline=LONG)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.error is not None
    assert (execution.error.code, execution.error.kind) == ("TimeoutExpired", ExecutionError.USER)
    assert "took longer than" in execution.error.message
    assert phases(execution)["clean"] == "SUCCEEDED"
    assert phases(execution)["n1"] == "ABORTED"


async def test_an_execution_that_is_over_in_time_is_not_touched(world: World) -> None:
    execution = world.control.create("a", workflow(task("n0")))
    async with world.propeller(world.executor(succeed), settings=replace(QUICK, execution_deadline=LONG)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED


async def test_an_execution_that_was_late_already_does_not_begin(world: World) -> None:
    execution = world.control.create("a", workflow(task("n0")))
    execution.created_at = datetime.now(UTC) - timedelta(seconds=LONG)
    async with world.propeller(world.executor(hang_but_for_cleaning), settings=replace(QUICK, execution_deadline=1.0)):
        await world.control.until_over(execution)
    assert execution.error is not None
    assert execution.error.code == "TimeoutExpired"


async def test_a_task_without_a_timeout_has_that_of_the_server(world: World) -> None:
    execution = world.control.create(
        "a", workflow(task("n0", options={"retries": 1}), task("n1", options={"timeout": timedelta(seconds=LONG)}))
    )
    stated = []

    async def script(attempt: Attempt) -> Exit:
        if attempt.id.split("/")[3] == "n1":
            stated.append(attempt.id)
            return await succeed(attempt)
        return await hang_but_for_cleaning(attempt)

    async with world.propeller(world.executor(script), settings=replace(QUICK, attempt_deadline=0.05)):
        await world.control.until_over(execution)
    assert execution.error is not None
    assert execution.error.code == "RetriesExhausted|TimeoutExpired"
    assert [number for node, number in sorted(execution.by_attempt) if node == "n0"] == [0, 1]
    assert stated


async def test_an_attempt_that_waits_too_long_fails_its_node(world: World) -> None:
    execution = world.control.create("a", workflow(task("n0"), task("n1")), max_parallelism=1)
    go = asyncio.Event()

    async def script(attempt: Attempt) -> Exit:
        await go.wait()
        return await succeed(attempt)

    async with world.propeller(world.executor(script), settings=replace(QUICK, queue_deadline=0.05)):
        await world.control.until_over(execution)
    assert execution.error is not None
    assert execution.error.code == "QueueTimeExpired"
    assert execution.error.kind == ExecutionError.SYSTEM
    assert "waits for a slot (max_parallelism 1 of the execution)" in execution.error.message
    assert sorted(phases(execution).values()) == ["ABORTED", "FAILED", "SUCCEEDED"]
