"""The calls that an eager task makes in a local run: each is a run of its own, as if the program itself had called."""

from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from livedeck.sdk.context import outside_task
from livedeck.sdk.entities import AnyEntity, Caller, calls_go_to


class EagerCaller:
    """Hands calls to another caller, outside of the eager task that makes them.

    Args:
        caller: runs them.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def call(self, entity: AnyEntity, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return what the call returns; of an ``async`` task a coroutine."""
        with self._outside():
            returned = self._caller.call(entity, args, kwargs)
        return self._finish(returned) if isinstance(returned, Coroutine) else returned

    async def _finish(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        with self._outside():
            return await coroutine

    @contextmanager
    def _outside(self) -> Iterator[None]:
        with outside_task(), calls_go_to(self._caller):
            yield
