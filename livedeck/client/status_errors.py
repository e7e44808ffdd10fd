"""What gRPC reports, in livedeck's own errors and with words that say what to do."""

import grpc

from livedeck.client.endpoint import Endpoint
from livedeck.errors import RemoteConflict, RemoteError, RemoteInvalid, RemoteNotFound, RemoteUnavailable

_KINDS: dict[grpc.StatusCode, type[RemoteError]] = {
    grpc.StatusCode.UNAVAILABLE: RemoteUnavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: RemoteUnavailable,
    grpc.StatusCode.NOT_FOUND: RemoteNotFound,
    grpc.StatusCode.ALREADY_EXISTS: RemoteConflict,
    grpc.StatusCode.FAILED_PRECONDITION: RemoteConflict,
    grpc.StatusCode.ABORTED: RemoteConflict,
    grpc.StatusCode.INVALID_ARGUMENT: RemoteInvalid,
    grpc.StatusCode.OUT_OF_RANGE: RemoteInvalid,
}
# The words of a server may hold anything: the name of a task, what its store says. These are only how gRPC's own begin.
_UNREACHED = "failed to connect to all addresses"
_HTTP_REFUSAL = "Received http2 header with status: 4"
_NOT_HTTP2 = ("http1", "HTTP/1", "frame of size", "SETTINGS")
"""Signs, in gRPC's words about a connection that it did not get, that something else answered there."""
_SILENT = "timed out before receiving SETTINGS"
"""A sign that nobody answered, in twenty seconds: a livedeck server that is busy or suspended, or something else."""


def no_server(endpoint: Endpoint) -> RemoteUnavailable:
    """Return the error for an endpoint where nothing listens."""
    return RemoteUnavailable(
        f"no livedeck server at {endpoint}: start one with `livedeck serve`, or set LIVEDECK_ENDPOINT"
    )


def refusal(error: grpc.RpcError, method: str, endpoint: Endpoint, timeout: float) -> RemoteError:
    """Return the error that a caller of ``method`` gets for what gRPC raised."""
    code, details = error.code(), error.details() or ""
    if details.startswith(_HTTP_REFUSAL):
        return _something_else(endpoint, details)
    if code is grpc.StatusCode.UNAVAILABLE and details.startswith(_UNREACHED):
        return _unreached(endpoint, details)
    if code is grpc.StatusCode.UNAVAILABLE:
        return RemoteUnavailable(f"the server at {endpoint} is not available: {details}")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return RemoteUnavailable(f"the server at {endpoint} did not answer {method} within {timeout:g} s")
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return RemoteError(f"the server at {endpoint} does not know {method}: it may be of another version")
    kind = _KINDS.get(code)
    return kind(details) if kind else RemoteError(f"{method} failed at {endpoint}: {code.name}: {details}")


def _unreached(endpoint: Endpoint, details: str) -> RemoteUnavailable:
    if _SILENT in details:
        return RemoteUnavailable(
            f"what listens at {endpoint} does not answer ({details}): if it is a livedeck server, it is overloaded or "
            "suspended; if not, check LIVEDECK_ENDPOINT"
        )
    if any(sign in details for sign in _NOT_HTTP2):
        return _something_else(endpoint, details)
    return no_server(endpoint)


def _something_else(endpoint: Endpoint, details: str) -> RemoteUnavailable:
    return RemoteUnavailable(f"what listens at {endpoint} is no livedeck server ({details}): check LIVEDECK_ENDPOINT")
