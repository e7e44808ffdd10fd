"""Errors of the endpoints that are livedeck's own, in the form that REST's have: ``{"code", "message"}``."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from livedeck.errors import (
    DatabaseUnavailable,
    DeckError,
    InvalidKey,
    InvalidLink,
    InvalidName,
    InvalidRequest,
    LivedeckError,
    NoSuchEntity,
    ObjectNotFound,
    ServerBusy,
    StateForbids,
    StoreError,
    StoreUnavailable,
    UnreadableObject,
)

_STATUSES: Final[Mapping[type[LivedeckError], tuple[int, int]]] = {
    # HTTP status, gRPC code
    NoSuchEntity: (404, 5),
    ObjectNotFound: (404, 5),
    InvalidName: (400, 3),
    InvalidKey: (400, 3),
    InvalidRequest: (400, 3),
    DeckError: (400, 3),
    ServerBusy: (503, 8),
    InvalidLink: (403, 7),
    UnreadableObject: (400, 9),
    StoreUnavailable: (503, 14),
    DatabaseUnavailable: (503, 14),
    StoreError: (500, 13),
    StateForbids: (400, 9),
}
_UNAVAILABLE: Final = 503
RETRY_AFTER: Final = "5"
"""Seconds after which a client may ask again for what is not to be had now."""
_CODES: Final = {400: 3, 403: 7, 404: 5, 405: 12, 408: 4, 413: 8, 429: 8, 500: 13, 503: 14}


async def _refused(_request: Request, error: Exception) -> Response:
    status, code = next(answer for kind, answer in _STATUSES.items() if isinstance(error, kind))
    headers = {"retry-after": RETRY_AFTER} if status == _UNAVAILABLE else None
    return JSONResponse({"code": code, "message": str(error)}, status, headers)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = {"code": _CODES.get(error.status_code, 2), "message": error.detail}
    return JSONResponse(body, error.status_code, headers=error.headers)


async def _broken_off(_request: Request, _error: Exception) -> Response:
    # A proxy may still read this; the client is gone, which is no failure of the server.
    return JSONResponse({"code": 3, "message": "the body broke off: send it again"}, 400)


async def _failed(_request: Request, _error: Exception) -> Response:
    # The traceback goes to the log: Starlette raises the error again once this is sent.
    return JSONResponse({"code": 13, "message": "the server failed; its log says why"}, 500)


HANDLERS: Final[Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]] = {
    **dict.fromkeys(_STATUSES, _refused),
    HTTPException: _http,
    ClientDisconnect: _broken_off,
    Exception: _failed,
}
"""For ``Starlette(exception_handlers=...)``."""
