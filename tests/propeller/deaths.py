"""Engines that die at a given call that they make."""

import asyncio
import inspect
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from livedeck.testing.control_plane import FakeExecution
from tests.propeller.conftest import QUICK

Call = tuple[str, int]
"""A call by its method, and which of the engine's calls of that method it is, from 1."""
CALLS = frozenset({"claim", "report", "launch", "wait_started", "wait_result"})
"""The methods that have to return before an execution with an attempt can be over."""

_DYING = replace(QUICK, shutdown=0.01)
"""An engine that dies has no time to hand anything back."""


class Death:
    """Counts calls; at the given one, and for ever after, nothing returns: as if the process had been killed.

    Args:
        at: the call; None: there is none, and it only counts.
        after: whether the call has taken effect by then.
    """

    def __init__(self, at: Call | None, *, after: bool) -> None:
        self.at = at
        self.after = after
        self.calls: list[Call] = []
        self.dead = asyncio.Event()
        self._counts: Counter[str] = Counter()

    async def around(self, name: str, call: Any) -> Any:
        if self.dead.is_set():
            await asyncio.Event().wait()
        self._counts[name] += 1
        made = (name, self._counts[name])
        self.calls.append(made)
        if made == self.at and not self.after:
            self.dead.set()
            await asyncio.Event().wait()
        result = await call()
        if made == self.at:
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
            return await self._death.around(name, lambda: method(*args, **options))

        return call


async def die_at_every_call(
    world: Any,
    create: Callable[[str], FakeExecution],
    script: Any,
    check: Callable[[FakeExecution, Any], Awaitable[None]],
    *,
    after: bool,
    **options: Any,
) -> set[str]:
    """Run an execution once for each call that an engine makes in it, each time with an engine that dies at that one.

    Which calls there are depends on what happens at the same time: two events may be reported together, or one by one.
    So every call counts that any of the engines has made, and one that the engine which was to die at it does not make
    is no death.

    Args:
        world: where engines are started.
        create: makes the execution of a name.
        script: what attempts do.
        check: asserts that the execution ended as it has to, given its executor.
        after: whether the engine dies after the call took effect.
        options: for the engines.

    Returns:
        The names of the methods in whose calls engines have died.
    """
    moments: list[Call | None] = [None]  # grows with what is seen to be called
    died = set()
    for number, at in enumerate(moments):
        execution = create(f"a{number}")
        executor = world.executor(script)
        death = Death(at, after=after)
        mortal = {"control": Mortal(world.control, death), "settings": _DYING, **options}
        async with world.propeller(Mortal(executor, death), **mortal):
            over = asyncio.create_task(world.control.until_over(execution))
            dead = asyncio.create_task(death.dead.wait())
            await asyncio.wait({over, dead}, return_when=asyncio.FIRST_COMPLETED)
        async with world.propeller(executor, **options):
            await over
        dead.cancel()
        await check(execution, executor)
        moments += [call for call in death.calls if call not in moments]
        if death.dead.is_set() and at is not None:
            died.add(at[0])
    return died
