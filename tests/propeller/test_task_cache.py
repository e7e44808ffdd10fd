import asyncio
from typing import Any

from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.executors.api import Attempt, Exit
from livedeck.store import open_store, split_uri
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, succeed
from livedeck.testing.workflows import promise, task, workflow
from tests.propeller.conftest import World


async def count(attempt: Attempt) -> Exit:
    return await succeed(attempt, o0=len(attempt.id))


async def run(
    world: World, executor: ScriptedExecutor, name: str, *, x: int = 1, control: Any = None, **spec: Any
) -> tuple[FakeExecution, NodeExecutionEvent]:
    closure = workflow(
        task("n0", x=x, outputs="o0", options={"cache_version": "1", "deck": True}),
        outputs={"o0": promise("n0", "o0")},
    )
    execution = world.control.create(name, closure, **spec)
    async with world.propeller(executor, control=control):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    events = [event for event in execution.history if isinstance(event, NodeExecutionEvent)]
    return execution, next(event for event in events if event.id.node_id == "n0" and event.phase == 3)


async def test_a_task_runs_once_for_the_same_inputs(world: World) -> None:
    executor = world.executor(count)
    first, stored = await run(world, executor, "a1")
    second, hit = await run(world, executor, "a2")
    assert list(executor.processes) == ["flytesnacks/development/a1/n0/0"]
    assert stored.task_node_metadata.cache_status == CatalogCacheStatus.CACHE_POPULATED
    assert hit.task_node_metadata.cache_status == CatalogCacheStatus.CACHE_HIT
    source = hit.task_node_metadata.catalog_key.source_task_execution
    assert source.node_execution_id.execution_id.name == "a1"
    assert source.retry_attempt == 0
    assert hit.output_uri == f"{first.prefix}/n0/data/0/outputs.pb"
    assert hit.deck_uri == f"{first.prefix}/n0/data/0/deck.html"
    assert not second.tasks
    folder, name = split_uri(second.output_uri)
    assert "o0" in LiteralMap.FromString(await open_store(folder).aget(name)).literals
    phases = [event.phase for event in second.history if isinstance(event, NodeExecutionEvent)]
    assert phases[-2:] == [NodeExecution.QUEUED, NodeExecution.SUCCEEDED]
    await run(world, executor, "a3", x=2)
    assert len(executor.processes) == 2


async def test_what_is_cached_does_not_wait_for_what_waits_for_room(world: World) -> None:
    gate = asyncio.Event()

    async def wait(attempt: Attempt) -> Exit:
        await gate.wait()
        return await count(attempt)

    await run(world, world.executor(count), "a1")
    cached = task("n0", x=1, outputs="o0", options={"cache_version": "1", "deck": True})
    execution = world.control.create("a2", workflow(*(task(f"m{n}") for n in range(30)), cached))
    async with world.propeller(world.executor(wait, capacity=1)):
        await world.control.until(
            lambda: any(
                node.id.node_id == "n0" and node.closure.phase == NodeExecution.SUCCEEDED for node in execution.nodes
            )
        )
        gate.set()
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED


async def test_overwriting_runs_it_again(world: World) -> None:
    executor = world.executor(count)
    await run(world, executor, "a1")
    await run(world, executor, "a2", overwrite_cache=True)
    assert len(executor.processes) == 2


async def test_outputs_that_are_gone_are_made_again(world: World) -> None:
    executor = world.executor(count)
    _, event = await run(world, executor, "a1")
    folder, name = split_uri(event.output_uri)
    open_store(folder).delete(name)
    _, again = await run(world, executor, "a2")
    assert len(executor.processes) == 2
    assert again.task_node_metadata.cache_status == CatalogCacheStatus.CACHE_POPULATED


async def test_a_cache_that_fails_costs_no_execution(world: World) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.control, name)

        async def find_cached(self, key: str, user: Any) -> None:
            raise OSError("the table is gone")

        async def store_cached(self, *args: str | TaskExecutionIdentifier) -> None:
            raise OSError("the table is gone")

    executor = world.executor(count)
    _, event = await run(world, executor, "a1", control=Broken())
    assert event.task_node_metadata.cache_status == CatalogCacheStatus.CACHE_PUT_FAILURE
