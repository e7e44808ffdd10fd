import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from flyteidl.core.catalog_pb2 import CatalogCacheStatus, CatalogReservation
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.executors.api import Attempt, Exit
from livedeck.store import open_store, split_uri
from livedeck.store.layout import DECK
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, fail, succeed
from livedeck.testing.workflows import promise, task, template, workflow
from tests.propeller.conftest import World
from tests.propeller.deaths import CALLS, die_at_every_call


async def count(attempt: Attempt) -> Exit:
    return await succeed(attempt, o0=len(attempt.id))


async def run(
    world: World,
    executor: ScriptedExecutor,
    name: str,
    *,
    x: int = 1,
    control: Any = None,
    deck: bool | None = True,
    **spec: Any,
) -> tuple[FakeExecution, NodeExecutionEvent]:
    closure = workflow(
        task("n0", x=x, outputs="o0", options={"cache_version": "1", "deck": deck}),
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


def serial(x: int = 1, **options: Any) -> CompiledWorkflowClosure:
    said = {"cache_version": "1", "cache_serialize": True, **options}
    return workflow(task("n0", x=x, outputs="o0", options=said), outputs={"o0": promise("n0", "o0")})


def attempts_of(executor: ScriptedExecutor) -> list[str]:
    return sorted(name.split("/", 2)[2] for name in executor.processes)


def reserved_by(world: World, execution: FakeExecution) -> Callable[[], bool]:
    return lambda: execution.id in [node.execution_id for node in world.control.reservations.values()]


async def outputs_in(execution: FakeExecution) -> int:
    folder, name = split_uri(execution.output_uri)
    literals = LiteralMap.FromString(await open_store(folder).aget(name)).literals
    return literals["o0"].scalar.primitive.integer


async def test_one_computes_and_the_others_wait_without_a_slot(world: World) -> None:
    go = asyncio.Event()

    async def script(attempt: Attempt) -> Exit:
        if "/n0/" in attempt.id:
            await go.wait()
        return await succeed(attempt, o0=7)

    executor = world.executor(script)
    first = world.control.create("a0", serial())
    async with world.propeller(executor) as propeller:
        await world.control.until(reserved_by(world, first))
        # More than slots for nodes that are about to start, and one that waits for nobody behind them.
        parts = [task(f"n0{n}", serial().tasks[0].template, x=1) for n in range(40)]
        others = world.control.create("a1", workflow(*parts, task("last", outputs="o0")))
        done = lambda: ("last", 0) in others.by_attempt and others.by_attempt["last", 0].closure.phase == 3  # noqa: E731
        await world.control.until(done)
        async with asyncio.timeout(20):
            while len(propeller.queued(others.key)) < 40:  # each has asked, and was told who computes
                await asyncio.sleep(0.01)
        reasons = {queued.reason for queued in propeller.queued(others.key).values()}
        assert reasons == {"waits for node n0 of execution a0, which computes the same outputs (cache_serialize)"}
        go.set()
        await world.control.until_over(first)
        await world.control.until_over(others)
    assert attempts_of(executor) == ["a0/n0/0", "a1/last/0"]
    assert others.phase == WorkflowExecution.SUCCEEDED
    events = [event for event in others.history if isinstance(event, NodeExecutionEvent)]
    told = next(event for event in events if event.id.node_id == "n01" and event.phase == NodeExecution.SUCCEEDED)
    assert told.task_node_metadata.cache_status == CatalogCacheStatus.CACHE_HIT
    assert told.task_node_metadata.reservation_status == CatalogReservation.RESERVATION_EXISTS
    assert not world.control.reservations


@pytest.mark.parametrize("end", ["fail", "abort"])
async def test_another_computes_when_the_one_that_did_ends_without(world: World, end: str) -> None:
    go = asyncio.Event()

    async def script(attempt: Attempt) -> Exit:
        if "/a0/" in attempt.id:
            await go.wait()
            return await fail(attempt)
        return await succeed(attempt, o0=7)

    executor = world.executor(script)
    first = world.control.create("a0", serial())
    async with world.propeller(executor):
        await world.control.until(reserved_by(world, first))
        second = world.control.create("a1", serial())
        await world.control.until(lambda: "n0" in second.by_node)
        if end == "abort":
            await world.control.terminate(first, "because")
        go.set()
        await world.control.until_over(first)
        await world.control.until_over(second)
    assert attempts_of(executor) == ["a0/n0/0", "a1/n0/0"]
    assert second.phase == WorkflowExecution.SUCCEEDED
    assert not world.control.reservations


async def test_a_failure_is_not_waited_for_while_its_execution_goes_on(world: World) -> None:
    go = asyncio.Event()

    async def script(attempt: Attempt) -> Exit:
        if attempt.id.endswith("a0/n0/0"):
            return await fail(attempt)
        if "/m0/" in attempt.id:
            await go.wait()
        return await succeed(attempt, o0=7)

    executor = world.executor(script)
    with_another = workflow(task("n0", serial().tasks[0].template, x=1), task("m0"), fail_immediately=False)
    first = world.control.create("a0", with_another)
    async with world.propeller(executor):
        await world.control.until(lambda: ("m0", 0) in first.by_attempt)
        second = world.control.create("a1", serial())
        await world.control.until_over(second)
        assert not first.over
        go.set()
        await world.control.until_over(first)
    assert second.phase == WorkflowExecution.SUCCEEDED


async def test_a_reservation_ends_with_the_lease_of_an_engine_that_died(world: World) -> None:
    dead = asyncio.Event()

    async def script(attempt: Attempt) -> Exit:
        if "/a0/" in attempt.id:
            await dead.wait()
        return await succeed(attempt, o0=7)

    executor = world.executor(script)
    first = world.control.create("a0", serial())
    async with world.propeller(executor):
        await world.control.until(lambda: ("n0", 0) in first.by_attempt)
    assert reserved_by(world, first)()
    world.control.steal(first)  # as if another engine had it,
    async with world.propeller(world.executor(script)) as _:
        second = world.control.create("a1", serial())
        await world.control.until(lambda: "n0" in second.by_node)
        first.lease_until = 0.0  # which dies
        first.owner = "dead"
        await world.control.until_over(second)
    assert second.phase == WorkflowExecution.SUCCEEDED
    dead.set()


async def test_overwriting_replaces_what_is_known(world: World) -> None:
    made = itertools.count(1)

    async def script(attempt: Attempt) -> Exit:
        return await succeed(attempt, o0=next(made))

    executor = world.executor(script)
    ends = [
        await run(world, executor, "a1"),
        await run(world, executor, "a2", overwrite_cache=True),
        await run(world, executor, "a3"),
    ]
    assert [await outputs_in(execution) for execution, _ in ends] == [1, 2, 2]
    assert len(executor.processes) == 2


async def test_outputs_that_are_gone_are_replaced(world: World) -> None:
    executor = world.executor(count)
    _, event = await run(world, executor, "a1")
    folder, name = split_uri(event.output_uri)
    open_store(folder).delete(name)
    await run(world, executor, "a2")
    _, hit = await run(world, executor, "a3")
    assert len(executor.processes) == 2
    assert hit.task_node_metadata.cache_status == CatalogCacheStatus.CACHE_HIT


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_engines_that_die_at_any_call_compute_once_and_leave_nobody_waiting(world: World, after: bool) -> None:
    """Two nodes of one execution have the same inputs, a third fails, and a fourth waits for that."""

    def create(name: str) -> FakeExecution:
        world.control.cache.clear()
        assert not world.control.reservations
        same, bad = serial().tasks[0].template, template("bad", cache_version="1", cache_serialize=True)
        parts = [task("n0", same, x=1), task("n1", same, x=1), task("b0", bad), task("b1", bad)]
        return world.control.create(name, workflow(*parts, fail_immediately=False))

    async def script(attempt: Attempt) -> Exit:
        return await fail(attempt) if "/b" in attempt.id else await succeed(attempt, o0=7)

    async def check(execution: FakeExecution, executor: ScriptedExecutor) -> None:
        assert execution.phase == WorkflowExecution.FAILED
        ran = [name.split("/")[3] for name in executor.processes]
        assert sorted(ran) in (["b0", "b1", "n0"], ["b0", "b1", "n1"])
        assert not world.control.reservations

    died = await die_at_every_call(world, create, script, check, after=after)
    assert died >= {*CALLS, "find_cached", "reserve_cached", "store_cached"}


@pytest.mark.parametrize("shows", [True, False])
async def test_what_is_cached_has_the_deck_that_the_first_run_has_left(world: World, *, shows: bool) -> None:
    async def show(attempt: Attempt) -> Exit:
        if shows:
            await open_store(attempt.output_prefix).aput(DECK, b"a page")
        return await succeed(attempt, o0=1)

    executor = world.executor(show)
    first, _ = await run(world, executor, "a1", deck=None)
    _, hit = await run(world, executor, "a2", deck=None)
    assert hit.task_node_metadata.cache_status == CatalogCacheStatus.CACHE_HIT
    assert hit.deck_uri == (f"{first.prefix}/n0/data/0/deck.html" if shows else "")
