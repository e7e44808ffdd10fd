"""Lookups of single rows, several in one transaction.

Finding a row by its key takes some ten microseconds; handing it to a thread and back, and beginning a transaction for
it, takes many times that.
"""

import asyncio
from typing import Final

from sqlalchemy import Connection, Engine

from livedeck.admin.db.batches import Answer, BatchThread, Request

_MOST: Final = 64


class Lookups(BatchThread[Connection]):
    """Runs lookups: functions that look up a few rows by their keys."""

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop, "livedeck-lookups", _MOST)
        self._engine = engine

    def _serve(self, batch: list[Request[Connection]]) -> None:
        answers: list[Answer[Connection]] = []
        while len(answers) < len(batch):
            answers += self._read(batch[len(answers) :])
        self._deliver(answers)

    def _read(self, batch: list[Request[Connection]]) -> list[Answer[Connection]]:
        """Answer requests up to one that fails, that one included: its transaction may be of no more use."""
        answers: list[Answer[Connection]] = []
        try:
            with self._engine.begin() as connection:
                for request in batch:
                    answers.append(Answer(request, request.work(connection)))  # noqa: PERF401 - those before an error count
        except Exception as error:  # noqa: BLE001 - handed to the caller, whatever it is
            if len(answers) < len(batch):
                answers.append(Answer(batch[len(answers)], error=error))
        return answers
