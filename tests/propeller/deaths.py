"""Engines that die at a given call that they make."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from livedeck.testing.control_plane import FakeExecution


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


async def die_at_every_call(
    world: Any,
    create: Callable[[str], FakeExecution],
    script: Any,
    check: Callable[[FakeExecution, Any], Awaitable[None]],
    *,
    after: bool,
    **options: Any,
) -> int:
    """Run an execution as often as an engine makes calls in it, each time with an engine that dies at another one.

    Args:
        world: where engines are started.
        create: makes the execution of a name.
        script: what attempts do.
        check: asserts that the execution ended as it has to, given its executor.
        after: whether the engine dies after the call took effect.
        options: for the engines.

    Returns:
        How many calls there were to die at.
    """
    at, calls = 0, 1
    while at < calls:
        at += 1
        execution = create(f"a{at}")
        executor = world.executor(script)
        death = Death(at, after=after)
        async with world.propeller(Mortal(executor, death), control=Mortal(world.control, death), **options):
            over = asyncio.create_task(world.control.until_over(execution))
            dead = asyncio.create_task(death.dead.wait())
            await asyncio.wait({over, dead}, return_when=asyncio.FIRST_COMPLETED)
        async with world.propeller(executor, **options):
            await over
        dead.cancel()
        await check(execution, executor)
        # A run that nothing ended tells how many steps there are to die at.
        calls = max(calls, at + 1) if death.dead.is_set() else death.calls
    return at
