"""An attempt: a run of a task's function with its context and its Deck, the same here and on a server."""

import contextvars
import sys
import threading
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from livedeck.deck.settings import FLUSH_TIMEOUT
from livedeck.errors import TaskTimedOut
from livedeck.sdk.attempt_deck import AttemptDeck, FindPlace, Outcome
from livedeck.sdk.checkpoint import Checkpoint
from livedeck.sdk.context import AttemptIdentity, ExecutionContext, use_context
from livedeck.sdk.deck_fields import AttemptSummary, add_tabs
from livedeck.sdk.tasks import Task
from livedeck.sdk.timeline import Timeline
from livedeck.sdk.tracebacks import format_error

if TYPE_CHECKING:
    from livedeck.deck.page import Page
    from livedeck.sdk.tracing import Carry, Traced
    from livedeck.sdk.types import DataPlane


class Attempt:
    """An attempt of a task.

    Args:
        task: the task.
        identity: which attempt of what this is.
        find_place: says where the Deck is published, once there is one; None: another process publishes it.
        checkpoint: what the attempt before left.
        data: where the files of its outputs go.
        returns: whether what the function returns are the task's outputs; of a gang's processes it is those of rank 0.
        over: called when the function has returned, before what it returned is used.
    """

    def __init__(
        self,
        task: Task[..., Any],
        identity: AttemptIdentity,
        find_place: FindPlace | None,
        *,
        checkpoint: Checkpoint | None = None,
        data: "DataPlane | None" = None,
        returns: bool = True,
        over: Callable[[], None] = lambda: None,
    ) -> None:
        self.task = task
        self._over = over
        self.returns = returns
        """Whether what the function returns are the task's outputs."""
        self.timeline = Timeline()
        self.inputs: Mapping[str, Any] | None = None
        self.outputs: Mapping[str, Any] | None = None
        self._ending = threading.Lock()
        self._ended = False
        self.on_abort: Callable[[], None] | None = None
        """Called first when the attempt's process is told to end."""
        self.deck = AttemptDeck(task, find_place)
        self.context = ExecutionContext(
            identity, page=self.deck.page, enable_deck=self.deck.is_published, checkpoint=checkpoint, data=data
        )

    @property
    def page(self) -> "Page | None":
        """The Deck's page, if there is a Deck: something was put on it, or the task asks for one."""
        return self.deck.opened

    def call(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run the function and return its outputs by name. An ``async`` one is run to its end.

        Raises:
            TypeMismatch: what it returned does not fit its annotation.
            BaseException: whatever the function raised.
        """
        self.inputs = inputs
        with use_context(self.context), self.timeline.span("run"):
            returned = self.task.function(**inputs)
            if self.task.is_async:
                returned = run_to_end(returned)
        accepted = self._accept(self._continued(returned) if isinstance(returned, Generator) else returned)
        self._over()
        return accepted

    def _continued(self, returned: Generator[Any, Any, Any]) -> Iterator[Any]:
        """Yield what the function yields, with the context that it began in."""
        while True:
            with use_context(self.context):
                try:
                    value = next(returned)
                except StopIteration:
                    return
            yield value

    def trace(self, inputs: Mapping[str, Any], carry: "Carry") -> "Traced":
        """Run the function of a dynamic task, and return what it wants to be run.

        Args:
            inputs: the inputs.
            carry: writes down the values that it gives to what it calls.

        Raises:
            UserError: what it wants cannot be run.
            BaseException: whatever the function raised.
        """
        from livedeck.sdk.tracing import trace_dynamic

        self.inputs = inputs
        with use_context(self.context), self.timeline.span("run"):
            traced = trace_dynamic(self.task, inputs, carry)
        self._over()
        return traced

    async def call_async(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what ``call`` does in a running event loop."""
        self.inputs = inputs
        with use_context(self.context), self.timeline.span("run"):
            returned = await self.task.function(**inputs)
        return self._accept(returned)

    def _accept(self, returned: Any) -> Mapping[str, Any]:
        if not self.returns:
            for _ in returned if isinstance(returned, Iterator) else ():
                pass  # a function that yields has not run before
            return {}
        self.outputs = self.task.interface.accept_outputs(returned)
        return self.outputs

    def fail(self, error: BaseException, *, timeout: float = FLUSH_TIMEOUT) -> None:
        """End the Deck with the error on a tab of its own; see ``end``."""
        if self.page is not None:
            self.page.show_error(error, format_error(error))
        self.outputs = None
        self.end("failed", timeout=timeout)

    def end(self, outcome: Outcome, *, timeout: float = FLUSH_TIMEOUT) -> bool:
        """End the Deck and wait until the store has it, ``timeout`` seconds at most.

        The first call decides; a later one returns False at once.
        """
        with self._ending:
            if self._ended:
                return False
            self._ended = True
        page = self.page
        if page is not None and outcome != "aborted":
            add_tabs(page, AttemptSummary(self.task, self.inputs, self.outputs, self.timeline))
        self.deck.close(outcome, timeout)
        return True

    def abort(self) -> bool:
        """End what the attempt has begun, and its Deck as aborted; see ``end``."""
        if self.on_abort is not None:
            self.on_abort()
        return self.end("aborted")

    @contextmanager
    def settled(self, *, timeout: float = FLUSH_TIMEOUT) -> Iterator[None]:
        """End the Deck as what happens inside ends; see ``end``."""
        try:
            yield
        except BaseException as error:
            if _was_stopped(error):
                self.end("aborted", timeout=timeout)
            else:
                self.fail(error, timeout=timeout)
            raise
        self.end("succeeded", timeout=timeout)


def run_to_end(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine and return its result, also where an event loop runs already (a notebook)."""
    import asyncio  # few tasks need it, and every attempt is forked with all that was imported

    if not _loop_runs():
        return asyncio.run(coroutine)
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(coroutine))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name="livedeck-async-task")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _loop_runs() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _was_stopped(error: BaseException) -> bool:
    """Tell whether an error means that the attempt was ended from outside, not that something in it went wrong."""
    asyncio = sys.modules.get("asyncio")
    return isinstance(error, KeyboardInterrupt | TaskTimedOut) or (
        asyncio is not None and isinstance(error, asyncio.CancelledError)
    )
