"""The engine dies at every single call that it makes, before and after the call took effect, and another takes over."""

import asyncio
import inspect
from collections import Counter
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.store import open_store, split_uri
from livedeck.testing.executors import fail, succeed
from livedeck.testing.workflows import promise, sub_workflow, task, workflow

pytestmark = pytest.mark.slow  # seconds each: they run with `make test`


class Death:
    """Counts calls; at the given one, and for ever after, nothing returns: as if the process had been killed."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at = at
        self.after = after
        self.calls = 0
        self.dead = asyncio.Event()

    async def around(self, call: Any) -> Any:
        self.calls += 1
        dies = self.calls == self.at
        if dies and not self.after:
            self.dead.set()
        if self.dead.is_set():
            await asyncio.Event().wait()
        result = await call()
        if dies:
            self.dead.set()
        if self.dead.is_set():
            await asyncio.Event().wait()
        return result


class Mortal:
    """Another object whose coroutine methods pass through a ``Death``."""

    def __init__(self, inner: Any, death: Death) -> None:
        self._inner = inner
        self._death = death

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def call(*args: Any, **options: Any) -> Any:
            return await self._death.around(lambda: method(*args, **options))

        return call


def shape():
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


async def add(attempt):
    folder, name = split_uri(attempt.command[1])
    inputs = LiteralMap.FromString(await open_store(folder).aget(name)).literals
    if "/n1/0" in attempt.id:
        return await fail(attempt, recoverable=True)
    return await succeed(attempt, o0=1 + sum(value.scalar.primitive.integer for value in inputs.values()))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_the_next_engine_carries_on_wherever_this_one_died(world, after):
    at, calls = 0, 1
    while at < calls:
        at += 1
        execution = world.control.create(f"a{at}", shape())
        world.control.cache.clear()
        executor = world.executor(add)
        death = Death(at, after=after)
        async with world.propeller(Mortal(executor, death), control=Mortal(world.control, death)):
            over = asyncio.create_task(world.control.until_over(execution))
            dead = asyncio.create_task(death.dead.wait())
            await asyncio.wait({over, dead}, return_when=asyncio.FIRST_COMPLETED)
        async with world.propeller(executor):
            await over
        dead.cancel()
        assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
        assert {node.closure.phase for node in execution.nodes} == {NodeExecution.SUCCEEDED}
        folder, name = split_uri(execution.output_uri)
        outputs = LiteralMap.FromString(await open_store(folder).aget(name))
        assert outputs.literals["o0"].scalar.primitive.integer == 1 + 2 + 3
        phases = Counter(each.closure.phase for each in execution.tasks)
        assert phases == {TaskExecution.SUCCEEDED: 5, TaskExecution.FAILED: 1}
        assert len(executor.processes) == 6
        # A run that nothing ended tells how many steps there are to die at.
        calls = max(calls, at + 1) if death.dead.is_set() else death.calls
    assert at > 20
