"""Lookups of single rows: a thread that takes whatever is asked at the moment and reads it all in one go.

Finding a row by its key takes some ten microseconds; handing it to a thread and back, and beginning a transaction for
it, takes many times that. While one batch is being read the next one gathers, as with the writer's commits.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine

_MAX_BATCH: Final = 64
"""Lookups in one transaction; more than this only delay the first."""


@dataclass(frozen=True)
class _Request:
    work: Callable[[Connection], Any]
    answer: "asyncio.Future[Any]"


_Answer = tuple[_Request, Any, BaseException | None]


class Lookups:
    """Runs lookups in a thread of its own. Start it once, close it once."""

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
        self._engine = engine
        self._loop = loop
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="livedeck-lookups", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def submit(self, work: Callable[[Connection], Any]) -> Any:
        """Run ``work``, which looks up a few rows by their keys, and return its result."""
        if self._closed:
            raise RuntimeError("the database is closed")
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._requests.put(_Request(work, answer))
        return await answer

    def close(self) -> None:
        """Answer what was submitted and stop. Blocks until the thread has ended."""
        self._closed = True
        self._requests.put(None)
        self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            first = self._requests.get()
            batch: list[_Request] = []
            request = first
            while request is not None:
                batch.append(request)
                if len(batch) == _MAX_BATCH or self._requests.empty():
                    break
                request = self._requests.get()
            last = request is None
            if batch:
                self._serve(batch)

    def _serve(self, batch: list[_Request]) -> None:
        answers: list[_Answer] = []
        while len(answers) < len(batch):
            answers += self._read(batch[len(answers) :])
        try:
            self._loop.call_soon_threadsafe(_deliver, answers)
        except RuntimeError:
            return  # the loop was closed under us: nobody is left to be answered

    def _read(self, batch: list[_Request]) -> list[_Answer]:
        """Answer requests up to one that fails, that one included: its transaction may be of no more use."""
        answers: list[_Answer] = []
        try:
            with self._engine.begin() as connection:
                for request in batch:
                    answers.append((request, request.work(connection), None))  # noqa: PERF401 - those before an error count
        except Exception as error:  # noqa: BLE001 - handed to the caller, whatever it is
            if len(answers) < len(batch):
                answers.append((batch[len(answers)], None, error))
        return answers


def _deliver(answers: list[_Answer]) -> None:
    for request, result, error in answers:
        if request.answer.done():
            continue
        if error is None:
            request.answer.set_result(result)
        else:
            request.answer.set_exception(error)
