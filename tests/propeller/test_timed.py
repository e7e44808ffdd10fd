"""Sub-workflows that may run for so long at most, run by the engine: in time, too long, and engines that die."""

import asyncio
from datetime import timedelta

import pytest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.workflow_pb2 import NodeMetadata

from livedeck.executors.api import Attempt, Exit
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, succeed
from livedeck.testing.workflows import promise, sub_workflow, task, workflow
from tests.propeller.conftest import World
from tests.propeller.deaths import die_at_every_call
from tests.propeller.test_node_kinds import phases, story

HOUR, MOMENT = timedelta(hours=1), timedelta(milliseconds=50)


def timed(timeout: timedelta) -> CompiledWorkflowClosure:
    inner = workflow(
        task("n0", outputs="o0"),
        task("n1", x=promise("n0", "o0"), outputs="o0"),
        name="inner",
        outputs={"o0": promise("n1", "o0")},
        on_failure=task("fn"),
    )
    metadata = NodeMetadata()
    metadata.timeout.FromTimedelta(timeout)
    return workflow(
        sub_workflow("s", inner).named(metadata),
        task("other"),
        outputs={"o0": promise("s", "o0")},
        fail_immediately=False,
    )


async def hang(attempt: Attempt) -> Exit:
    """Never end, but for the failure node and the other one."""
    if not attempt.id.endswith(("fn/0", "other/0")):
        await asyncio.Event().wait()
    return await succeed(attempt, o0=7)


async def test_in_time_it_is_as_without(world: World) -> None:
    execution = world.control.create("a", timed(HOUR))

    async def seven(attempt: Attempt) -> Exit:
        return await succeed(attempt, o0=7)

    async with world.propeller(world.executor(seven)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert story(execution, "s") == ["QUEUED", "RUNNING", "SUCCEEDED"]


def check_stopped(execution: FakeExecution) -> None:
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.error is not None
    assert execution.error.code == "TimeoutExpired"
    assert execution.error.message == "The node ran longer than its timeout of 50 ms, and what ran of it was stopped."
    found = phases(execution)
    assert found["s"] == "FAILED"
    assert found.get("s-0-n0") in ("ABORTED", None)
    assert "s-0-n1" not in found
    assert found["s-0-fn"] == "SUCCEEDED"
    assert found["other"] == "SUCCEEDED"


async def test_too_long_it_is_stopped_and_its_failure_node_runs(world: World) -> None:
    execution = world.control.create("a", timed(MOMENT))
    async with world.propeller(world.executor(hang)):
        await world.control.until_over(execution)
    check_stopped(execution)
    assert story(execution, "s") == ["QUEUED", "RUNNING", "FAILING", "FAILED"]


async def test_an_engine_that_takes_over_counts_from_the_same_moment(world: World) -> None:
    executor = world.executor(hang)
    execution = world.control.create("a", timed(HOUR))
    async with world.propeller(executor):
        await world.control.until(lambda: "s-0-n0" in execution.by_node)
    execution.by_node["s"].closure.started_at.FromMilliseconds(0)
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.error is not None
    assert execution.error.code == "TimeoutExpired"


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_the_next_engine_carries_on_wherever_this_one_died(world: World, after: bool) -> None:
    async def check(execution: FakeExecution, executor: ScriptedExecutor) -> None:
        check_stopped(execution)

    def create(name: str) -> FakeExecution:
        return world.control.create(name, timed(MOMENT))

    died = await die_at_every_call(world, create, hang, check, after=after)
    assert died >= {"claim", "report", "launch"}
