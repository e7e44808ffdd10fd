"""The engine dies at every single call that it makes, before and after the call took effect, and another takes over."""

from collections import Counter

import pytest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.executors.api import Attempt, Exit
from livedeck.store import open_store, split_uri
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, fail, succeed
from livedeck.testing.workflows import promise, sub_workflow, task, workflow
from tests.propeller.conftest import World
from tests.propeller.deaths import CALLS, die_at_every_call

pytestmark = pytest.mark.slow  # seconds each: they run with `make test`


def shape() -> CompiledWorkflowClosure:
    inner = workflow(
        task("n0", x=promise("", "x"), outputs="o0", options={"cache_version": "1", "deck": True}),
        task("n1", x=promise("n0", "o0"), outputs="o0"),
        name="inner",
        inputs=["x"],
        outputs={"o0": promise("n1", "o0")},
    )
    return workflow(
        task("n0", outputs="o0"),
        task("n1", x=promise("n0", "o0"), outputs="o0", options={"retries": 1}),
        sub_workflow("n2", inner, x=promise("n0", "o0")),
        task("n3", x=promise("n1", "o0"), y=promise("n2", "o0"), outputs="o0"),
        outputs={"o0": promise("n3", "o0")},
    )


async def add(attempt: Attempt) -> Exit:
    folder, name = split_uri(attempt.command[1])
    inputs = LiteralMap.FromString(await open_store(folder).aget(name)).literals
    if "/n1/0" in attempt.id:
        return await fail(attempt, recoverable=True)
    return await succeed(attempt, o0=1 + sum(value.scalar.primitive.integer for value in inputs.values()))


async def check(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert {node.closure.phase for node in execution.nodes} == {NodeExecution.SUCCEEDED}
    folder, name = split_uri(execution.output_uri)
    outputs = LiteralMap.FromString(await open_store(folder).aget(name))
    assert outputs.literals["o0"].scalar.primitive.integer == 1 + 2 + 3
    phases = Counter(each.closure.phase for each in execution.tasks)
    assert phases == {TaskExecution.SUCCEEDED: 5, TaskExecution.FAILED: 1}
    assert len(executor.processes) == 6


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_the_next_engine_carries_on_wherever_this_one_died(world: World, after: bool) -> None:
    def create(name: str) -> FakeExecution:
        world.control.cache.clear()
        return world.control.create(name, shape())

    died = await die_at_every_call(world, create, add, check, after=after)
    assert died >= {*CALLS, "find_cached", "store_cached"}
