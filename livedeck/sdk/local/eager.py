"""The calls that an eager task makes in a local run: each is a run of its own, as if the program itself had called."""

from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from livedeck.errors import EagerException
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
        """Return what the call returns; of an ``async`` task a coroutine.

        Raises:
            TypeMismatch: an input does not fit; nothing has run.
            EagerException: what was called has failed; its own error is the cause. So it is on a server.
        """
        inputs = entity.interface.accept_inputs(entity.interface.bind(args, kwargs))
        with self._outside(entity):
            returned = self._caller.call(entity, (), inputs)
        return self._finish(entity, returned) if isinstance(returned, Coroutine) else returned

    async def _finish(self, entity: AnyEntity, coroutine: Coroutine[Any, Any, Any]) -> Any:
        with self._outside(entity):
            return await coroutine

    @contextmanager
    def _outside(self, entity: AnyEntity) -> Iterator[None]:
        try:
            with outside_task(), calls_go_to(self._caller):
                yield
        except Exception as error:
            raise EagerException(f"{entity.name} failed: {type(error).__name__}: {error}") from error
