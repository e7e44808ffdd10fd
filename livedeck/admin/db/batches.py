"""A thread that takes whatever requests are waiting for the database and serves them in one go.

While one batch is being served the next one gathers: what each request would cost alone, a hop to a thread and a
transaction, is shared by all of them.
"""

import asyncio
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass
class Request(Generic[T]):
    """Work for the thread, and the future that its caller waits for."""

    work: Callable[[T], Any]
    """Is given what requests work with: a connection, a transaction."""
    answer: "asyncio.Future[Any]"
    withdrawn: bool = False
    """Whether it is not to be served any more, if that has not begun."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What came of a request: a result, or an error."""

    request: Request[T]
    result: Any = None
    error: BaseException | None = None


class BatchThread(ABC, Generic[T]):
    """Serves requests in batches, in a thread of its own. Start it once, close it once.

    Args:
        loop: The event loop of those who ask.
        name: The thread's name.
        most: Requests in one batch; more than that would only delay the first.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, most: int) -> None:
        self._loop = loop
        self._most = most
        self._requests: queue.SimpleQueue[Request[T] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def request(self, work: Callable[[T], Any]) -> Request[T]:
        """Have ``work`` run in the thread; its ``answer`` is the result. Cancelling that does not undo it."""
        if self._closed:
            raise RuntimeError("the database is closed")
        request = Request(work, self._loop.create_future())
        self._requests.put(request)
        return request

    def close(self) -> None:
        """Finish what was submitted and stop. Blocks until the thread has ended."""
        self._closed = True
        self._requests.put(None)
        self._thread.join()

    @abstractmethod
    def _serve(self, batch: list[Request[T]]) -> None:
        """Serve requests in the thread: `_deliver` what came of them."""

    def _deliver(self, answers: Sequence[Answer[T]], then: Callable[[], None] = lambda: None) -> None:
        """Hand answers to those who wait, in the event loop, and call a function there afterwards."""
        try:
            self._loop.call_soon_threadsafe(_hand_out, answers, then)
        except RuntimeError:
            return  # the loop was closed under us: nobody is left to be answered, and what is committed stays so

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            if wanted := [request for request in batch if not request.withdrawn]:
                self._serve(wanted)

    def _next_batch(self) -> list[Request[T]] | None:
        first = self._requests.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < self._most:
            try:
                more = self._requests.get_nowait()
            except queue.Empty:
                break
            if more is None:  # to be found again once this batch is served
                self._requests.put(None)
                break
            batch.append(more)
        return batch


def _hand_out(answers: Sequence[Answer[Any]], then: Callable[[], None]) -> None:
    for each in answers:
        if each.request.answer.done():
            continue
        if each.error is None:
            each.request.answer.set_result(each.result)
        else:
            each.request.answer.set_exception(each.error)
    then()
