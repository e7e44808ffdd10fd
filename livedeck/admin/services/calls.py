"""The way in for every call, whatever it came over: find the handler, run it, turn what it raises into a status.

gRPC and REST both end here, so that they cannot differ in what they do.
"""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from livedeck.admin.error_responses import RETRY_AFTER
from livedeck.admin.offload import Offloader
from livedeck.admin.services.decoding import decode
from livedeck.errors import (
    DatabaseUnavailable,
    EntityExists,
    InvalidKey,
    InvalidName,
    InvalidRequest,
    NoSuchEntity,
    NotOffered,
    ObjectNotFound,
    ServerBusy,
    StateForbids,
    StoreUnavailable,
    UnreadableObject,
)
from livedeck.telemetry.log_fields import bound
from livedeck.telemetry.metrics import Counter, Histogram
from livedeck.telemetry.request_ids import REQUEST_ID, request_id

Handler = Callable[[Any], Awaitable[Message]]
"""Takes a request message, returns the response message, raises livedeck's errors."""

GRPC_OPTIONS: Final = (
    # A workflow with its code inline, or the inputs of an execution, may well be above gRPC's 4 MB.
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.max_send_message_length", 64 * 1024 * 1024),
    ("grpc.so_reuseport", 0),
    # A client that comes back connects again by itself.
    ("grpc.max_connection_idle_ms", 10 * 60 * 1000),
)
"""For ``grpc.aio.server``."""

_MESSAGE_LIMIT: Final = 2000
"""Bytes of a status message: it travels as metadata, of which clients take 8 KB, with up to three for each byte."""

_CODES: Final[Mapping[type[Exception], grpc.StatusCode]] = {
    InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,
    InvalidName: grpc.StatusCode.INVALID_ARGUMENT,
    InvalidKey: grpc.StatusCode.INVALID_ARGUMENT,
    NoSuchEntity: grpc.StatusCode.NOT_FOUND,
    ObjectNotFound: grpc.StatusCode.NOT_FOUND,
    EntityExists: grpc.StatusCode.ALREADY_EXISTS,
    StateForbids: grpc.StatusCode.FAILED_PRECONDITION,
    ServerBusy: grpc.StatusCode.RESOURCE_EXHAUSTED,
    NotOffered: grpc.StatusCode.UNIMPLEMENTED,
    UnreadableObject: grpc.StatusCode.FAILED_PRECONDITION,
    StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
    DatabaseUnavailable: grpc.StatusCode.UNAVAILABLE,
}

_log = logging.getLogger(__name__)

_TIMES: Final = Histogram("livedeck_call_seconds", "How long calls take, of gRPC and of REST.", ["method"])
_REFUSALS: Final = Counter("livedeck_call_errors", "Calls that were not served, by gRPC's status.", ["method", "code"])


def _again_after(code: grpc.StatusCode) -> tuple[tuple[str, str], ...]:
    """Return the metadata that tells when to ask again for what is not to be had now, as REST's header does."""
    return (("retry-after", RETRY_AFTER),) if code is grpc.StatusCode.UNAVAILABLE else ()


class Failure(Exception):
    """A call that was not served, and what its caller is told."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


class Service:
    """A service of the protocol with the handlers that serve it.

    Args:
        descriptor: The service.
        handlers: By method name; methods that are not there are answered with UNIMPLEMENTED.
    """

    def __init__(self, descriptor: ServiceDescriptor, handlers: Mapping[str, Handler]) -> None:
        unknown = handlers.keys() - descriptor.methods_by_name.keys()
        if unknown:
            raise ValueError(f"{descriptor.full_name} has no methods {sorted(unknown)}")
        self.descriptor = descriptor
        self._handlers = handlers
        self.offload = Offloader()
        """Runs what large requests take, one after the other: they leave the machine to everything else."""

    async def call(self, method: str, request: Message) -> Message:
        """Serve one call.

        Raises:
            Failure: It was not served.
        """
        began = time.perf_counter()
        try:
            return await self._handler(method)(request)
        except Exception as error:
            failure = _translate(self.descriptor, method, error)
            _REFUSALS.add(method, failure.code.name)
            raise failure from error
        finally:
            _TIMES.observe(time.perf_counter() - began, method)

    def _handler(self, method: str) -> Handler:
        handler = self._handlers.get(method)
        if handler is None:
            raise NotOffered(f"{self.descriptor.full_name}/{method} is not served by livedeck (yet)")
        return handler

    def grpc_handler(self) -> "grpc.GenericRpcHandler[Any, Any]":
        """Return what a gRPC server is given to serve this service."""
        methods = {method.name: self._grpc_method(method) for method in self.descriptor.methods}
        return grpc.method_handlers_generic_handler(self.descriptor.full_name, methods)

    def _grpc_method(self, method: MethodDescriptor) -> "grpc.RpcMethodHandler[Any, Any]":
        kind = GetMessageClass(method.input_type)

        async def serve(data: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> Message:
            try:
                with bound(request=request_id(_given_id(context))):
                    return await self.call(method.name, await decode(kind, data, self.offload))
            except InvalidRequest as error:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            except Failure as failure:
                await context.abort(failure.code, failure.message, _again_after(failure.code))

        # Without a deserializer: grpc would run it on the loop however large the request is, and answer UNKNOWN, with
        # a traceback in our log, for bytes that are no message.
        return grpc.unary_unary_rpc_method_handler(
            serve,
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )


def _given_id(context: "grpc.aio.ServicerContext[Any, Any]") -> str:
    """Return the id that a call's client has given it; empty: none."""
    return next((str(value) for name, value in context.invocation_metadata() or () if name == REQUEST_ID), "")


def _translate(service: ServiceDescriptor, method: str, error: Exception) -> Failure:
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return Failure(code, _shorten(str(error)))
    # Never UNKNOWN: clients take that for expired credentials. The id leads from the client's report to our log.
    incident = secrets.token_hex(6)
    _log.exception("call_failed", extra={"call": f"{service.full_name}/{method}", "incident": incident}, exc_info=error)
    return Failure(grpc.StatusCode.INTERNAL, f"the server failed ({type(error).__name__}); see {incident} in its log")


def _shorten(message: str) -> str:
    data = message.encode("utf-8", "replace")
    return message if len(data) <= _MESSAGE_LIMIT else f"{data[:_MESSAGE_LIMIT].decode('utf-8', 'ignore')}..."
