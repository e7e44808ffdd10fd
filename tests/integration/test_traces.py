"""A server that sends its traces to a receiver of OTLP, and the console's way to a trace's id."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from livedeck.client import Client
from livedeck.testing.process import running_server
from tests.integration.running import DEADLINE, phase_of, run, wait_for

pytestmark = pytest.mark.slow


@contextmanager
def receiver() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """A receiver of OTLP over HTTP; yields its URL and what it is sent."""
    received: list[ExportTraceServiceRequest] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        serving.join()


def spans_of(received: list[ExportTraceServiceRequest]) -> list[Span]:
    return [
        span
        for request in list(received)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_a_server_sends_one_trace_for_an_execution_and_tells_its_id(tmp_path: Path) -> None:
    with receiver() as (url, received):
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_SERVICE_NAME": "decks",
        }
        with running_server(tmp_path / "server", environment=environment) as server, Client(server.endpoint) as client:
            (tmp_path / "release").touch()
            ledger, release = str(tmp_path / "ledger"), str(tmp_path / "release")
            ended = run(client, "lingering.py", "linger", ledger=ledger, release=release)
            assert phase_of(ended) == "SUCCEEDED"
            wait_for(lambda: len(spans_of(received)) == 2)
            path = f"{ended.id.project}/{ended.id.domain}/{ended.id.name}"
            told = httpx.get(f"{server.url}/live/traces/{path}", timeout=DEADLINE).json()["traceId"]
        spans = spans_of(received)
    assert len(spans) == 2
    assert {span.trace_id.hex() for span in spans} == {told}
    (root,) = (span for span in spans if not span.parent_span_id)
    (attempt,) = (span for span in spans if span.parent_span_id)
    assert attempt.parent_span_id == root.span_id
    assert root.start_time_unix_nano <= attempt.start_time_unix_nano < attempt.end_time_unix_nano
    attributes = received[0].resource_spans[0].resource.attributes
    names = {each.value.string_value for each in attributes if each.key == "service.name"}
    assert names == {"decks"}
