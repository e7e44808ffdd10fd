"""REST, generated from the ``google.api.http`` annotations of the protocol: a call that gRPC has, HTTP has too.

Answers are JSON, or protobuf for who accepts that; errors are ``{"code", "message"}`` with gRPC's number, under the
HTTP status that Flyte's gateway gives them.
"""

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import grpc
from google.api import annotations_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from livedeck.admin.error_responses import RETRY_AFTER
from livedeck.admin.json_forms import JsonForms
from livedeck.admin.offload import Offloader
from livedeck.admin.paths import set_field
from livedeck.admin.pieces import InPieces
from livedeck.admin.services.calls import Failure, Service
from livedeck.admin.services.decoding import decode_into
from livedeck.errors import InvalidRequest, ServerBusy
from livedeck.literals.parsing import SMALL

BODY_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a request's body: as much as gRPC takes."""
BODIES_LIMIT: Final = 4 * BODY_LIMIT
"""Bytes that large bodies take together, from their first byte to the end of their call."""
"""Seconds after which who was refused for want of room may try again."""

_PROTOBUF: Final = ("application/octet-stream", "application/x-protobuf")
_PARAMETER: Final = re.compile(r"{([a-z_.]+)}")

_STATUSES: Final[Mapping[grpc.StatusCode, int]] = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 413,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
}

_log = logging.getLogger(__name__)


class _TooLarge(Exception):
    """A body beyond `BODY_LIMIT`."""


class _Bodies:
    """The large bodies that are held now. Small ones are not counted: they are let in however many large ones come.

    Args:
        most: Bytes that they take together.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0

    @contextlib.contextmanager
    def counting(self) -> Iterator[Callable[[int], None]]:
        """Count one body for as long as the block lasts: call what is given with its size as it grows."""
        held = 0

        def grown_to(size: int) -> None:
            nonlocal held
            if size <= SMALL:
                return
            if self._held + size - held > self._most:
                raise ServerBusy(
                    f"requests of {self._held} bytes are being served, and no more than {self._most} are at once: "
                    "try again later"
                )
            self._held += size - held
            held = size

        try:
            yield grown_to
        finally:
            self._held -= held


def rest_routes(
    services: Iterable[Service], forms: JsonForms | None = None, *, bodies_limit: int = BODIES_LIMIT
) -> list[Route]:
    """Return a route for each annotation of the services' methods, additional bindings included.

    Args:
        services: What is served.
        forms: Translates JSON.
        bodies_limit: Bytes that large bodies may take together; further ones are refused for now.
    """
    forms, bodies = forms or JsonForms(), _Bodies(bodies_limit)
    return [
        Route(
            binding.route,
            _endpoint(service, binding, forms, bodies),
            methods=[binding.verb],
            name=binding.method.full_name,
        )
        for service in services
        for method in service.descriptor.methods
        for binding in _bindings(method)
    ]


@dataclass(frozen=True)
class _Binding:
    """One way to reach a method over HTTP."""

    method: MethodDescriptor
    verb: str
    route: str
    """The path as Starlette reads it."""
    parameters: Mapping[str, str]
    """Name of a parameter in ``route`` to the field it sets: ``id__project`` to ``id.project``."""
    takes_body: bool


def _bindings(method: MethodDescriptor) -> Iterator[_Binding]:
    rule: HttpRule = method.GetOptions().Extensions[annotations_pb2.http]
    for each in (rule, *rule.additional_bindings):
        verb = each.WhichOneof("pattern")
        if verb is None:  # a method without an annotation is gRPC's alone
            continue
        path: str = getattr(each, verb)
        fields = _PARAMETER.findall(path)
        yield _Binding(
            method=method,
            verb=verb.upper(),
            route=_PARAMETER.sub(lambda found: "{" + _parameter(found[1]) + "}", path),
            parameters={_parameter(field): field for field in fields},
            takes_body=each.body == "*",
        )


def _parameter(field: str) -> str:
    return field.replace(".", "__")


def _endpoint(
    service: Service, binding: _Binding, forms: JsonForms, bodies: _Bodies
) -> Callable[[Request], Awaitable[Response]]:
    message = GetMessageClass(binding.method.input_type)

    async def serve(request: Request) -> Response:
        try:
            with bodies.counting() as grown_to:
                asked = message()
                if binding.takes_body:
                    body = await _body(request, grown_to)
                    await _parse_body(body, request.headers.get("content-type", ""), asked, forms, service.offload)
                _set_parameters(request, binding, asked)
                return await _answer(request, await service.call(binding.method.name, asked), forms)
        except InvalidRequest as error:
            return _failed(Failure(grpc.StatusCode.INVALID_ARGUMENT, str(error)))
        except _TooLarge as error:
            return _failed(Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error)))
        except ServerBusy as error:
            return _busy(error)
        except Failure as failure:
            return _failed(failure)

    return serve


def _set_parameters(request: Request, binding: _Binding, message: Message) -> None:
    """Set what the address says, after the body: the query, and the path last, which nothing may contradict."""
    for name in dict.fromkeys(request.query_params.keys()):
        set_field(message, name, request.query_params.getlist(name))
    for parameter, field in binding.parameters.items():
        set_field(message, field, [request.path_params[parameter]])


async def _body(request: Request, grown_to: Callable[[int], None]) -> bytes:
    data = bytearray()
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > BODY_LIMIT:
        raise _TooLarge(f"the body is to be {announced[:20]} bytes, and {BODY_LIMIT} are the most")
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY_LIMIT:
            raise _TooLarge(f"the body is larger than {BODY_LIMIT} bytes")
        grown_to(len(data))
    return bytes(data)


async def _parse_body(data: bytes, content_type: str, message: Message, forms: JsonForms, offload: Offloader) -> None:
    try:
        if content_type.partition(";")[0].strip() in _PROTOBUF:
            await decode_into(message, data, offload)
        elif not data.isspace() and data:
            await forms.parse(data, message)
    except InvalidRequest as error:
        raise InvalidRequest(f"the body is not a {message.DESCRIPTOR.full_name}: {error}") from error


async def _answer(request: Request, message: Message, forms: JsonForms) -> Response:
    accepted = request.headers.get("accept", "")
    for media_type in _PROTOBUF:
        if media_type in accepted:
            return InPieces(message.SerializeToString(), media_type=media_type)
    try:
        return InPieces(await forms.print(message), media_type="application/json")
    except ServerBusy:
        raise
    except Exception as error:
        kind = message.DESCRIPTOR.name
        _log.exception("answer_failed", extra={"kind": kind}, exc_info=error)
        advice = f"ask for it as {_PROTOBUF[0]}"
        raise Failure(grpc.StatusCode.INTERNAL, f"the {kind} has no JSON form ({error}): {advice}") from error


def _busy(error: ServerBusy) -> JSONResponse:
    number: int = grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    return JSONResponse({"code": number, "message": str(error)}, 503, {"retry-after": RETRY_AFTER})


def _failed(failure: Failure) -> JSONResponse:
    number: int = failure.code.value[0]
    headers = {"retry-after": RETRY_AFTER} if failure.code is grpc.StatusCode.UNAVAILABLE else None
    return JSONResponse({"code": number, "message": failure.message}, _STATUSES.get(failure.code, 500), headers)
