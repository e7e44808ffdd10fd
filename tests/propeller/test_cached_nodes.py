"""Sub-workflows and launch plans whose nodes say that their outputs are cached."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.executors.api import Attempt, Exit
from livedeck.propeller.addresses import child_name
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, fail, literal
from livedeck.testing.workflows import Part, launch, mapped, promise, sub_workflow, task, workflow
from tests.propeller.conftest import World
from tests.propeller.deaths import CALLS, die_at_every_call
from tests.propeller.test_node_kinds import add_ten, outputs_of, phases

KINDS = {"launch plan": launch, "sub-workflow": sub_workflow}


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Callable[..., Part]:
    return KINDS[request.param]


def inner(name: str = "inner") -> CompiledWorkflowClosure:
    return workflow(
        task("m0", x=promise("", "x"), outputs="o0"), name=name, inputs=["x"], outputs={"o0": promise("m0", "o0")}
    )


def cached(part: Part, version: str = "1", *, serialize: bool = False) -> Part:
    metadata = part.node.metadata
    metadata.cacheable, metadata.cache_version, metadata.cache_serializable = True, version, serialize
    return part


def outer(part: Part) -> CompiledWorkflowClosure:
    return workflow(part, inputs=["x"], outputs={"o0": promise("n0", "o0")}, name="outer")


def create(world: World, closure: CompiledWorkflowClosure, name: str, x: int = 1, **spec: Any) -> FakeExecution:
    world.control.launch_plans["inner"] = inner()
    return world.control.create(name, closure, inputs=LiteralMap(literals={"x": literal(x)}), **spec)


async def run(world: World, execution: FakeExecution, script: Any = add_ten) -> ScriptedExecutor:
    executor = world.executor(script)
    async with world.propeller(executor):
        await world.control.until_over(execution)
    return executor


def last_event(execution: FakeExecution) -> NodeExecutionEvent:
    return [each for each in execution.history if isinstance(each, NodeExecutionEvent) and each.id.node_id == "n0"][-1]


async def test_what_was_computed_before_is_not_computed_again(world: World, make: Callable[..., Part]) -> None:
    closure = outer(cached(make("n0", inner(), x=promise("", "x"))))
    first = create(world, closure, "a0")
    assert len((await run(world, first)).processes) == 1
    second = create(world, closure, "a1")
    assert not (await run(world, second)).processes
    assert await outputs_of(second.output_uri) == {"o0": 11}
    told = last_event(second)
    assert told.phase == NodeExecution.SUCCEEDED
    assert told.task_node_metadata.cache_status == CatalogCacheStatus.CACHE_HIT
    source = told.task_node_metadata.catalog_key.source_task_execution.node_execution_id
    assert (source.execution_id, source.node_id) == (first.id, "n0")
    assert f"flytesnacks/development/{child_name('a1', 'n0', 0)}" not in world.control.executions


@pytest.mark.parametrize("change", ["input", "version", "name", "not cached", "overwrite"])
async def test_what_differs_is_computed(world: World, make: Callable[..., Part], change: str) -> None:
    other = inner("other")
    world.control.launch_plans["other"] = other
    part = make("n0", other if change == "name" else inner(), x=promise("", "x"))
    await run(world, create(world, outer(cached(make("n0", inner(), x=promise("", "x")))), "a0"))
    if change != "not cached":
        cached(part, "2" if change == "version" else "1")
    x = 2 if change == "input" else 1
    second = create(world, outer(part), "a1", x, overwrite_cache=change == "overwrite")
    assert len((await run(world, second)).processes) == 1


async def test_a_sub_workflow_and_a_launch_plan_of_one_name_are_two_things(world: World) -> None:
    await run(world, create(world, outer(cached(launch("n0", inner(), x=promise("", "x")))), "a0"))
    second = create(world, outer(cached(sub_workflow("n0", inner(), x=promise("", "x")))), "a1")
    assert len((await run(world, second)).processes) == 1


async def test_inputs_that_the_launch_plan_fixes_count(world: World) -> None:
    def fixed(value: int) -> Part:
        part = cached(launch("n0", inner(), x=promise("", "x")))
        assert part.launch_plan is not None
        part.launch_plan.fixed_inputs.literals["y"].CopyFrom(literal(value))
        return part

    await run(world, create(world, outer(fixed(1)), "a0"))
    assert not (await run(world, create(world, outer(fixed(1)), "a1"))).processes
    assert (await run(world, create(world, outer(fixed(2)), "a2"))).processes


async def test_what_fails_is_not_cached(world: World, make: Callable[..., Part]) -> None:
    closure = outer(cached(make("n0", inner(), x=promise("", "x")), serialize=True))
    await run(world, create(world, closure, "a0"), fail)
    assert not world.control.reservations, "others may compute it"
    second = create(world, closure, "a1")
    assert len((await run(world, second)).processes) == 1
    assert second.phase == WorkflowExecution.SUCCEEDED


async def test_one_computes_and_the_others_wait(world: World, make: Callable[..., Part]) -> None:
    closure = outer(cached(make("n0", inner(), x=promise("", "x")), serialize=True))
    first, second = create(world, closure, "a0"), create(world, closure, "a1")
    go = asyncio.Event()

    async def script(attempt: Attempt) -> Exit:
        await go.wait()
        return await add_ten(attempt)

    executor = world.executor(script)
    async with world.propeller(executor) as propeller:
        async with asyncio.timeout(20):
            while not any(propeller.queued(each.key) for each in (first, second)):
                await asyncio.sleep(0.01)
        go.set()
        await world.control.until_over(first)
        await world.control.until_over(second)
    assert len(executor.processes) == 1
    assert not world.control.reservations


async def test_items_of_a_map_are_cached_one_by_one(world: World) -> None:
    def closure(*values: int) -> CompiledWorkflowClosure:
        item = cached(launch("item", inner(), x=promise("", "x")))
        return workflow(mapped("n0", item, x=list(values)), outputs={"o0": promise("n0", "o0")}, name="outer")

    assert len((await run(world, create(world, closure(1, 2), "a0"))).processes) == 2
    second = create(world, closure(2, 3, 1), "a1")
    assert len((await run(world, second)).processes) == 1
    assert await outputs_of(second.output_uri) == {"o0": [12, 13, 11]}


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True])
async def test_an_engine_that_dies_at_any_call(world: World, make: Callable[..., Part], *, after: bool) -> None:
    closure = outer(cached(make("n0", inner(), x=promise("", "x")), serialize=True))

    async def check(execution: FakeExecution, executor: ScriptedExecutor) -> None:
        assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
        assert phases(execution)["n0"] == "SUCCEEDED"
        assert not world.control.reservations
        world.control.cache.clear()

    died = await die_at_every_call(world, lambda name: create(world, closure, name), add_ten, check, after=after)
    assert died >= {*CALLS, "find_cached", "reserve_cached", "store_cached"}
