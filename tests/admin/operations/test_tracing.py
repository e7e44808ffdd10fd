"""Traces: when there are any, what their spans say, and that nothing waits for them."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db.database import Database
from livedeck.admin.operations.spans import OpenTelemetrySpans, open_spans
from livedeck.admin.operations.tracing import Tracing, is_configured, trace_id
from livedeck.admin.queries import Queries
from livedeck.errors import InvalidSetting
from livedeck.testing.server import DEADLINE, running_admin
from tests.admin.conftest import Caller, Protos

W, N, K = WorkflowExecution, NodeExecution, TaskExecution


class Kept(SpanExporter):
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture(autouse=True)
def sampler(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Takes every trace, unless a test says otherwise."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    return monkeypatch


@pytest.mark.parametrize(
    ("environment", "configured"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
    ],
)
def test_opentelemetrys_variables_say_whether_there_are_traces(environment: dict[str, str], configured: bool) -> None:
    assert is_configured(environment) is configured


def test_an_exporter_that_is_not_installed_is_named() -> None:
    with pytest.raises(InvalidSetting, match="OTEL_TRACES_EXPORTER=carrier_pigeon"):
        open_spans({"OTEL_TRACES_EXPORTER": "carrier_pigeon"})


def times(span: ReadableSpan) -> tuple[int, int]:
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.start_time < span.end_time
    return span.start_time, span.end_time


Run = Callable[[Tracing], Awaitable[None]]


@pytest.fixture
def run(control: DatabaseControlPlane, registered: Caller, protos: Protos) -> Run:
    """Drives an execution of one node, whose first attempt fails, as an engine does."""

    async def driven(tracing: Tracing) -> None:
        control.on_reported(tracing.reported)
        await drive(control, registered, protos)

    return driven


async def drive(control: DatabaseControlPlane, registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("one"))
    await control.claim("engine", limit=1, ttl=60.0)
    attempt: dict[str, Any] = {"retry_attempt": 1}
    error = {"error": {"code": "USER:ValueError", "message": "no milk left"}}
    await control.report(
        "engine",
        [
            protos.workflow_event("one", W.RUNNING),
            protos.node_event("one", "n0", N.RUNNING),
            protos.task_event("one", "n0", K.RUNNING),
            protos.task_event("one", "n0", K.RETRYABLE_FAILED, **error),
            protos.task_event("one", "n0", K.RUNNING, **attempt),
            protos.task_event("one", "n0", K.SUCCEEDED, **attempt),
            protos.node_event("one", "n0", N.SUCCEEDED),
            protos.workflow_event("one", W.SUCCEEDED),
        ],
    )


async def test_an_execution_is_a_trace_and_its_attempts_are_its_spans(
    database: Database, run: Run, protos: Protos, kept: Kept
) -> None:
    tracing = Tracing(database, OpenTelemetrySpans(kept, Resource.create()))
    async with tracing.running():
        await run(tracing)
    first, second, root = sorted(kept.spans, key=lambda span: str((span.attributes or {}).get("livedeck.attempt", "x")))
    execution = await Queries(database).get_execution(protos.execution_id("one"))
    assert execution is not None
    assert {span.context.trace_id for span in kept.spans} == {trace_id(execution)}
    assert root.parent is None
    assert root.name == "chain"
    assert {first.parent.span_id, second.parent.span_id} == {root.context.span_id}
    assert len({span.context.span_id for span in kept.spans}) == 3
    assert [span.name for span in (first, second)] == ["n0 double"] * 2
    assert dict(second.attributes or {}) == {
        "livedeck.project": "flytesnacks",
        "livedeck.domain": "development",
        "livedeck.execution": "one",
        "livedeck.node": "n0",
        "livedeck.attempt": 1,
        "livedeck.task": "double",
        "livedeck.phase": "SUCCEEDED",
    }
    assert first.status.status_code is StatusCode.ERROR
    assert first.status.description == "USER:ValueError: no milk left"
    assert [span.status.status_code for span in (second, root)] == [StatusCode.OK] * 2
    assert times(first) < times(second)


async def test_traces_that_are_not_sampled_are_not_sent_with_all_their_spans(
    database: Database, run: Run, kept: Kept, sampler: pytest.MonkeyPatch
) -> None:
    sampler.setenv("OTEL_TRACES_SAMPLER", "always_off")
    tracing = Tracing(database, OpenTelemetrySpans(kept, Resource.create()))
    async with tracing.running():
        await run(tracing)
    assert kept.spans == []


async def test_who_traces_more_than_can_be_kept_is_not_waited_for(
    database: Database, run: Run, protos: Protos, kept: Kept
) -> None:
    tracing = Tracing(database, OpenTelemetrySpans(kept, Resource.create()), most=1)
    await run(tracing)  # nobody takes any of it yet
    async with tracing.running():
        pass
    assert len(kept.spans) == 1


@pytest.fixture
def console(tmp_path: Path) -> Path:
    folder = tmp_path / "console"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><head><title>livedeck</title></head><body></body>")
    return folder


async def test_the_console_is_told_of_traces_only_where_there_are_some(
    tmp_path: Path, console: Path, kept: Kept
) -> None:
    spans = OpenTelemetrySpans(kept, Resource.create())
    for given in (None, spans):
        async with (
            running_admin(tmp_path, console=console, spans=given) as admin,
            httpx.AsyncClient(base_url=f"http://{admin.endpoint}", timeout=DEADLINE) as http,
        ):
            page = await http.get("/console/projects")
            assert ('<meta name="livedeck-traces" content="on"></head>' in page.text) is (given is not None)
            assert page.headers["cache-control"] == "no-cache"
            assert "frame-ancestors" in page.headers["content-security-policy"]
            missing = await http.get("/live/traces/flytesnacks/development/none")
            assert missing.status_code == 404
            assert ("no execution" in missing.text) is (given is not None)
