"""Eager tasks, whose attempts start executions: none of these runs twice or is left, wherever the engine dies."""

import asyncio
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import ExecutionMetadata, ExecutionSpec
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier

from livedeck.executors.api import Attempt, Exit
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import DONE, ScriptedExecutor, fail, succeed
from livedeck.testing.workflows import promise, task, workflow
from tests.propeller.conftest import World
from tests.propeller.deaths import CALLS, die_at_every_call

CALLED = ("first", "second")


def outer(retries: int = 0) -> CompiledWorkflowClosure:
    return workflow(
        task("n0", outputs="o0", options={"eager": True, "retries": retries}),
        task("n1", x=promise("n0", "o0"), outputs="o0"),
        outputs={"o0": promise("n1", "o0")},
    )


def start_or_find(world: World, attempt: Attempt, name: str) -> FakeExecution:
    """What an eager task's attempt does for a call: start an execution that names its node, unless it is there."""
    parent = world.control.executions["/".join(attempt.id.split("/")[:3])]
    known = world.control.executions.get(f"flytesnacks/development/{parent.id.name}-{name}")
    if known is not None:
        return known
    node = NodeExecutionIdentifier(execution_id=parent.id, node_id=attempt.id.split("/")[3])
    child = world.control.create(f"{parent.id.name}-{name}", workflow(task("n0", outputs="o0"), name="called"))
    metadata = ExecutionMetadata(mode=ExecutionMetadata.CHILD_WORKFLOW, parent_node_execution=node)
    child.spec = ExecutionSpec(metadata=metadata)
    return child


def is_parent(attempt: Attempt) -> bool:
    return attempt.client


def children(world: World, execution: FakeExecution) -> list[FakeExecution]:
    every = world.control.executions.values()
    return [each for each in every if each.spec.metadata.parent_node_execution.execution_id == execution.id]


async def test_its_node_says_that_it_is_eager_and_children_of_a_lost_attempt_are_aborted(world: World) -> None:
    async def script(attempt: Attempt) -> Exit:
        if not is_parent(attempt):
            await asyncio.Event().wait()  # until it is stopped
        for name in CALLED:
            start_or_find(world, attempt, name)
        await world.control.until(lambda: all(started(each) for each in children(world, execution)))
        return await fail(attempt, "as if killed: nothing was aborted")

    execution = world.control.create("a", outer())
    async with world.propeller(world.executor(script)):
        await world.control.until_over(execution)
        for child in children(world, execution):
            await world.control.until_over(child)
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.by_node["n0"].metadata.is_eager
    assert [child.phase for child in children(world, execution)] == [WorkflowExecution.ABORTED] * len(CALLED)


async def test_the_next_attempt_finds_what_still_runs(world: World) -> None:
    async def script(attempt: Attempt) -> Exit:
        if not is_parent(attempt):
            await world.control.until(lambda: ("n0", 1) in execution.by_attempt)
            return await succeed(attempt, o0=1)
        called = [start_or_find(world, attempt, name) for name in CALLED]
        if attempt.id.endswith("/0"):
            await world.control.until(lambda: all(started(each) for each in called))
            return await fail(attempt, recoverable=True)
        for each in called:
            await world.control.until_over(each)
        return await succeed(attempt, o0=len(called))

    execution = world.control.create("a", outer(retries=1))
    executor = world.executor(script)
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert [child.phase for child in children(world, execution)] == [WorkflowExecution.SUCCEEDED] * len(CALLED)
    assert len(executor.processes) == 2 + len(CALLED) + 1


def started(execution: FakeExecution) -> bool:
    return any(each.closure.phase == TaskExecution.RUNNING for each in execution.tasks)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_the_next_engine_carries_on_parent_and_children(world: World, after: bool) -> None:
    async def script(attempt: Attempt) -> Exit:
        if not is_parent(attempt):
            return await succeed(attempt, o0=1)
        called = [start_or_find(world, attempt, name) for name in CALLED]
        for each in called:
            await world.control.until_over(each)
        await succeed(attempt, o0=len(called))
        return DONE

    async def check(execution: FakeExecution, executor: ScriptedExecutor) -> None:
        assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
        assert {node.closure.phase for node in execution.nodes} == {NodeExecution.SUCCEEDED}
        assert [child.phase for child in children(world, execution)] == [WorkflowExecution.SUCCEEDED] * len(CALLED)
        assert len(executor.processes) == 1 + len(CALLED) + 1, "each attempt once"

    def create(name: str) -> FakeExecution:
        return world.control.create(name, outer())

    died = await die_at_every_call(world, create, script, check, after=after)
    assert died >= CALLS


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nothing_is_left_running_wherever_the_engine_died(world: World, after: bool) -> None:
    async def script(attempt: Attempt) -> Exit:
        if not is_parent(attempt):
            await asyncio.Event().wait()  # until it is stopped
        called = [start_or_find(world, attempt, name) for name in CALLED]
        await world.control.until(lambda: all(started(each) for each in called))
        return await fail(attempt)

    async def check(execution: FakeExecution, executor: ScriptedExecutor) -> None:
        async with world.propeller(executor):
            for child in children(world, execution):
                await world.control.until_over(child)
                assert child.phase == WorkflowExecution.ABORTED
        assert execution.phase == WorkflowExecution.FAILED
        assert all(process.over.done() for process in executor.processes.values())

    def create(name: str) -> FakeExecution:
        return world.control.create(name, outer())

    died: set[Any] = await die_at_every_call(world, create, script, check, after=after)
    assert died >= CALLS
