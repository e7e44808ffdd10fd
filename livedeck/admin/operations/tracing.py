"""One trace for each execution, with its attempts as spans, for those who collect traces with OpenTelemetry.

Spans are made of what is on record when something ends, so a server that was killed leaves none out that the next one
sees end, and nothing waits for them. A trace's id and its spans' are made of the execution's, so that several servers
contribute to the same trace. Nothing in here knows OpenTelemetry's library: `spans` does, and is loaded where it is
configured.
"""

import asyncio
import hashlib
import importlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.event.event_pb2 import TaskExecutionEvent, WorkflowExecutionEvent
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from livedeck.admin.db import executions
from livedeck.admin.db.database import Database
from livedeck.admin.db.recording import ExecutionEvent
from livedeck.admin.names import describe
from livedeck.admin.phases import TASK, WORKFLOW
from livedeck.admin.records import tasks
from livedeck.errors import DatabaseUnavailable, NoSuchEntity
from livedeck.telemetry.metrics import Counter

log = logging.getLogger(__name__)

MOST: Final = 10_000
"""Ends that wait for their spans to be made; further ones are dropped."""
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_DROPPED: Final = Counter("livedeck_dropped_spans", "Ends of executions and attempts of which no span was made.")


class Spans(Protocol):
    """Sends spans; `livedeck.admin.operations.spans.OpenTelemetrySpans` does."""

    def end_execution(self, execution: Execution) -> None:
        """Send the span of an execution that is over. Never blocks."""

    def end_attempt(self, execution: Execution, attempt: TaskExecution) -> None:
        """Send the span of an attempt that is over. Never blocks."""

    def close(self) -> None:
        """Send what waits to be sent, within some seconds. Blocks."""


def is_configured(environment: Mapping[str, str]) -> bool:
    """Tell whether traces are to be sent, by OpenTelemetry's own variables."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip()
    return exporter != "none" if exporter else any(environment.get(name) for name in _ENDPOINTS)


def open_spans(environment: Mapping[str, str]) -> Spans | None:
    """Return what sends spans, if traces are configured and OpenTelemetry is installed."""
    if not is_configured(environment):
        return None
    try:
        module = importlib.import_module("livedeck.admin.operations.spans")
    except ImportError as error:
        log.warning("traces.off error=%s; install it: pip install 'livedeck[otel]'", error)
        return None
    spans: Spans = module.open_spans(environment)
    return spans


def trace_id(execution: Execution) -> int:
    """Return the id of an execution's trace, the same on every server."""
    return int.from_bytes(_digest(execution)[:16], "big")


def span_id(execution: Execution, *within: str) -> int:
    """Return the id of a span of an execution: its own, or that of what is named within it."""
    return int.from_bytes(_digest(execution, *within)[16:24], "big")


def _digest(execution: Execution, *within: str) -> bytes:
    identifier, created = execution.id, execution.closure.created_at
    parts = (identifier.project, identifier.domain, identifier.name, str(created.ToNanoseconds()), *within)
    return hashlib.sha256("/".join(parts).encode()).digest()


class Tracing:
    """Makes spans of the ends that this server records.

    Args:
        database: Where what has ended is on record.
        spans: Sends spans.
        most: Ends that may wait.
    """

    def __init__(self, database: Database, spans: Spans, *, most: int = MOST) -> None:
        self._database = database
        self._spans = spans
        self._ended: asyncio.Queue[WorkflowExecutionEvent | TaskExecutionEvent] = asyncio.Queue(most)

    def reported(self, events: Sequence[ExecutionEvent]) -> None:
        """Hear of events that are on record. Never blocks."""
        for event in events:
            if (isinstance(event, TaskExecutionEvent) and event.phase in TASK.terminal) or (
                isinstance(event, WorkflowExecutionEvent) and event.phase in WORKFLOW.terminal
            ):
                try:
                    self._ended.put_nowait(event)
                except asyncio.QueueFull:
                    _DROPPED.add()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Make spans within the block; at its end those that wait are sent."""
        task = asyncio.create_task(self._run(), name="tracing")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            while not self._ended.empty():
                await self._end_next()
            await asyncio.to_thread(self._spans.close)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/live/traces/{project}/{domain}/{name}", self._trace)]

    async def _trace(self, request: Request) -> JSONResponse:
        identifier = WorkflowExecutionIdentifier(**request.path_params)
        execution = await self._find(identifier)
        if execution is None:
            raise NoSuchEntity(f"there is no execution {describe(identifier)}")
        return JSONResponse({"traceId": f"{trace_id(execution):032x}"})

    async def _run(self) -> None:
        while True:
            await self._end_next()

    async def _end_next(self) -> None:
        event = await self._ended.get()
        try:
            await self._end(event)
        except DatabaseUnavailable as error:  # nobody waits for spans, and keeping them all might take too much
            _DROPPED.add()
            log.warning("traces.dropped error=%s", error)
        except Exception:  # a mistake in here must not end it
            _DROPPED.add()
            log.exception("traces.failed")

    async def _end(self, event: WorkflowExecutionEvent | TaskExecutionEvent) -> None:
        if isinstance(event, WorkflowExecutionEvent):
            execution = await self._find(event.execution_id)
            if execution is not None:
                self._spans.end_execution(execution)
            return
        execution = await self._find(event.parent_node_execution_id.execution_id)
        attempt = await self._database.look_up(executions.find_task, tasks.identifier(event))
        if execution is not None and attempt is not None:  # else it was deleted meanwhile
            self._spans.end_attempt(execution, attempt)

    async def _find(self, identifier: WorkflowExecutionIdentifier) -> Execution | None:
        return await self._database.look_up(executions.find, identifier)
