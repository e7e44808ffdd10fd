"""Spans of executions and attempts, sent by OpenTelemetry's SDK: the only module that knows it.

The SDK is configured by its own variables: where to (``OTEL_EXPORTER_OTLP_...``), which traces
(``OTEL_TRACES_SAMPLER``), under which name (``OTEL_SERVICE_NAME``), how many at once (``OTEL_BSP_...``).
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points, version
from typing import Final

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core import execution_pb2 as core
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from livedeck.admin.operations.tracing import span_id, trace_id
from livedeck.errors import InvalidSetting

_GROUP: Final = "opentelemetry_traces_exporter"
_CLOSE: Final = 3.0
"""Seconds that the last spans may take to be sent."""
_MESSAGE: Final = 1000
"""Characters of an error in a span."""


def open_spans(environment: Mapping[str, str]) -> "OpenTelemetrySpans":
    """Return what sends spans, as the environment says.

    Raises:
        InvalidSetting: It names an exporter that is not installed.
    """
    return OpenTelemetrySpans(_exporter(environment), _resource(environment))


def _exporter(environment: Mapping[str, str]) -> SpanExporter:
    wanted = environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    protocol = environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environment.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    name = ("otlp_proto_grpc" if protocol == "grpc" else "otlp_proto_http") if wanted == "otlp" else wanted
    found = {each.name: each for each in entry_points(group=_GROUP)}
    if name not in found:
        known = ", ".join(sorted(found))
        raise InvalidSetting(
            f"traces cannot be sent by {name!r} (OTEL_TRACES_EXPORTER={wanted}, "
            f"OTEL_EXPORTER_OTLP_PROTOCOL={protocol}): there are {known}; install it, such as "
            f"opentelemetry-exporter-{name.replace('_', '-')}"
        )
    exporter: SpanExporter = found[name].load()()
    return exporter


def _resource(environment: Mapping[str, str]) -> Resource:
    attributes = {SERVICE_VERSION: version("livedeck")}
    named = environment.get("OTEL_SERVICE_NAME") or f"{SERVICE_NAME}=" in environment.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return Resource.create(attributes if named else attributes | {SERVICE_NAME: "livedeck"})


@dataclass(frozen=True)
class _Span:
    """What an execution or an attempt was, for a span."""

    name: str
    began: int
    """Nanoseconds since the epoch."""
    ended: int
    phase: str
    error: core.ExecutionError | None
    attributes: Mapping[str, str | int]
    within: tuple[str, ...] = ()
    """What of the execution it is; nothing: the execution itself."""


class OpenTelemetrySpans:
    """Sends spans in batches, from a thread of the SDK's.

    Args:
        exporter: Where to.
        resource: Whose spans they are.
    """

    def __init__(self, exporter: SpanExporter, resource: Resource) -> None:
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._processor = BatchSpanProcessor(exporter)
        self._scope = InstrumentationScope("livedeck", version("livedeck"))

    def end_execution(self, execution: Execution) -> None:
        """Send the span of an execution that is over. Never blocks."""
        self._send(execution, _of_execution(execution))

    def end_attempt(self, execution: Execution, attempt: TaskExecution) -> None:
        """Send the span of an attempt that is over, as a part of its execution's. Never blocks."""
        self._send(execution, _of_attempt(attempt))

    def close(self) -> None:
        """Send what waits to be sent; what takes longer than some seconds is left. Blocks."""
        closing = threading.Thread(target=self._processor.shutdown, name="livedeck-spans", daemon=True)
        closing.start()
        closing.join(_CLOSE)

    def _send(self, execution: Execution, span: _Span) -> None:
        trace = trace_id(execution)
        if self._provider.sampler.should_sample(None, trace, span.name).decision is not Decision.RECORD_AND_SAMPLE:
            return
        self._processor.on_end(
            ReadableSpan(
                span.name,
                context=_context(trace, span_id(execution, *span.within)),
                parent=_context(trace, span_id(execution)) if span.within else None,
                resource=self._provider.resource,
                attributes={**_ids(execution), "livedeck.phase": span.phase, **span.attributes},
                kind=SpanKind.INTERNAL,
                status=_status(span),
                start_time=span.began,
                end_time=span.ended,
                instrumentation_scope=self._scope,
            )
        )


def _of_execution(execution: Execution) -> _Span:
    closure = execution.closure
    began = closure.created_at.ToNanoseconds()
    ended = closure.started_at.ToNanoseconds() + closure.duration.ToNanoseconds()
    if not closure.HasField("started_at"):  # it has failed, or was aborted, before
        ended = closure.updated_at.ToNanoseconds()
    return _Span(
        name=closure.workflow_id.name or execution.spec.launch_plan.name,
        began=began,
        ended=max(began, ended),
        phase=core.WorkflowExecution.Phase.Name(closure.phase),
        error=closure.error if closure.HasField("error") else None,
        attributes={},
    )


def _of_attempt(attempt: TaskExecution) -> _Span:
    closure, identifier = attempt.closure, attempt.id
    node, number, task = identifier.node_execution_id.node_id, identifier.retry_attempt, identifier.task_id.name
    began = (closure.started_at if closure.HasField("started_at") else closure.created_at).ToNanoseconds()
    return _Span(
        name=f"{node} {task}",
        began=began,
        ended=began + closure.duration.ToNanoseconds(),
        phase=core.TaskExecution.Phase.Name(closure.phase),
        error=closure.error if closure.HasField("error") else None,
        attributes={"livedeck.node": node, "livedeck.attempt": number, "livedeck.task": task},
        within=(node, str(number)),
    )


def _status(span: _Span) -> Status:
    if span.phase == "SUCCEEDED":
        return Status(StatusCode.OK)
    return Status(StatusCode.ERROR, f"{span.error.code}: {span.error.message}"[:_MESSAGE] if span.error else span.phase)


def _context(trace: int, span: int) -> SpanContext:
    return SpanContext(trace, span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _ids(execution: Execution) -> Mapping[str, str]:
    return {
        "livedeck.project": execution.id.project,
        "livedeck.domain": execution.id.domain,
        "livedeck.execution": execution.id.name,
    }
