"""Whose words an error has: gRPC's own, about the connection, or those of the server."""

from typing import Any

import grpc
import pytest
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.client.backoff import Backoff
from livedeck.errors import RemoteError, RemoteInvalid, RemoteNotFound, RemoteUnavailable
from tests.client.conftest import Planes

Code = grpc.StatusCode


def error_for(planes: Any, code: Any, details: Any) -> Any:
    plane = planes.grpc({"GetExecution": lambda _: planes.refuse(code, details)})
    backoff = Backoff(first=0.01, longest=0.05)
    timeout = 2.0 if code is Code.UNAVAILABLE else 60.0  # which is tried again until then
    with (
        Client(f"127.0.0.1:{plane.port}", timeout=timeout, backoff=backoff) as client,
        pytest.raises(RemoteError) as caught,
    ):
        client.get_execution(WorkflowExecutionIdentifier(name="e"))
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "details", "kind"),
    [
        (Code.INVALID_ARGUMENT, "input 'SETTINGS' is missing", RemoteInvalid),
        (Code.NOT_FOUND, "there is no task flytesnacks/development/etl.parse_http1_logs", RemoteNotFound),
        (Code.INTERNAL, "task 'HTTP/1' has a frame of size 3: Connection refused", RemoteError),
        (
            Code.UNAVAILABLE,
            "s3://bucket: error trying to connect: Connection refused (os error 111)",
            RemoteUnavailable,
        ),
        (Code.UNAVAILABLE, "the store is busy with SETTINGS", RemoteUnavailable),
    ],
)
def test_what_the_server_says_is_not_taken_for_what_grpc_says(
    planes: Planes, code: int | grpc.StatusCode | str, details: str, kind: Any
) -> None:
    error = error_for(planes, code, details)
    assert type(error) is kind
    assert details in str(error)
    assert "no livedeck server" not in str(error)


@pytest.mark.parametrize("code", [Code.UNIMPLEMENTED, Code.PERMISSION_DENIED, Code.INTERNAL])
def test_a_web_server_that_speaks_http2_is_no_livedeck_server(
    planes: Planes, code: int | grpc.StatusCode | str
) -> None:
    """gRPC makes a status of its own for each HTTP status; a server's words do not begin so."""
    error = error_for(planes, code, "Received http2 header with status: 404")
    assert type(error) is RemoteUnavailable
    assert "no livedeck server" in str(error)
    assert "LIVEDECK_ENDPOINT" in str(error)


def test_a_server_that_says_nothing_is_not_called_something_else(planes: Planes) -> None:
    """gRPC's words after twenty seconds without an answer, as when a server is suspended."""
    words = "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: connection attempt timed out"
    error = error_for(planes, Code.UNAVAILABLE, f"{words} before receiving SETTINGS frame")
    assert type(error) is RemoteUnavailable
    assert "does not answer" in str(error)
    assert "no livedeck server" not in str(error)
