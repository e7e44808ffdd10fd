"""What keeps strangers out of a server that has no log-in by default, and hostile Decks in their frame.

The ``Guard`` stands in front of every HTTP request. A Host that is not ours means that some page made its own name
point to this address (DNS rebinding); an Origin that is not ours means that some page posts to us.
"""

import asyncio
import re
import time
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livedeck.deck.policy import SOURCES, policy
from livedeck.telemetry.log_fields import bound
from livedeck.telemetry.request_ids import REQUEST_ID, request_id

LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
BODY_TIMEOUT: Final = 30.0
"""Seconds within which the next piece of a request's body must come."""
BODY_RATE: Final = 16 * 1024
"""Bytes a second that a body must come at, taken over all of it once its timeout has passed."""

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?")

DECK_POLICY: Final = policy({"sandbox": "allow-scripts", **SOURCES, "frame-ancestors": "'self'"})
"""For HTML that a task made: scripts run, in an origin of their own, and reach nothing."""

PAGE_POLICY: Final = policy(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
)
"""For the console's pages and the viewer."""

DECK_HEADERS: Final = {
    "content-security-policy": DECK_POLICY,
    # A content security policy says nothing of peer connections, and their STUN and TURN servers may be anywhere;
    # browsers that know this header refuse those too, and all that is not for this page.
    "connection-allowlist": "();webrtc=block",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
PAGE_HEADERS: Final = {
    "content-security-policy": PAGE_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_EVERYWHERE: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
# Whatever sets no policy of its own is data: should a browser be made to show it, it may do nothing.
_DATA_POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


class Guard:
    """ASGI middleware: checks Host and Origin, bounds how slowly a body may come, adds the headers that all need.

    Each request has an id, which its log lines have too.

    Args:
        app: What is guarded.
        allowed_hosts: Names under which the server may be reached besides this machine's own; ``*``: any.
        body_timeout: Seconds within which the next piece of a request's body must come.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Iterable[str] = (), body_timeout: float = BODY_TIMEOUT) -> None:
        self._app = app
        self._body_timeout = body_timeout
        self._hosts = LOCAL_HOSTS | {host.lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        identifier = request_id(headers.get(REQUEST_ID, ""))
        refusal = self._refusal(scope["method"], headers, _own_address(scope))
        if refusal is not None:
            await JSONResponse({"code": 7, "message": refusal}, 403)(scope, receive, _with_headers(send, identifier))
            return
        with bound(request=identifier):
            await self._app(scope, _hurried(receive, self._body_timeout), _with_headers(send, identifier))

    def _refusal(self, method: str, headers: Headers, address: str) -> str | None:
        host = headers.get("host", "").lower()
        found = _HOST.fullmatch(host)
        if found is None or len(headers.getlist("host")) != 1 or not ({found[1], "*"} & {*self._hosts, address}):
            return f"this server is not called {host[:100]!r}: start it with --allowed-host NAME if it is meant to be"
        origin = headers.get("origin")
        if method not in _SAFE_METHODS and origin is not None and not _same(origin.lower(), host):
            return f"requests that change something are not accepted from pages of {origin[:100]!r}"
        return None


def _own_address(scope: Scope) -> str:
    """The address that the connection came in at, as a Host header has it: no name, so no page can make it its own."""
    host = str((scope.get("server") or ("", 0))[0]).lower()
    return f"[{host}]" if ":" in host else host


def _same(origin: str, host: str) -> bool:
    return origin in {f"http://{host}", f"https://{host}"}


def _with_headers(send: Send, identifier: str) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _EVERYWHERE.items():
                headers.setdefault(name, value)
            headers.setdefault("content-security-policy", _DATA_POLICY)
            headers.setdefault(REQUEST_ID, identifier)
        await send(message)

    return add


def _hurried(receive: Receive, timeout: float) -> Receive:
    """Refuse a body that stops coming, or comes so slowly that it only holds a connection."""
    waiting_for_body = True
    began: float | None = None
    received = 0

    async def hurried() -> Message:
        nonlocal waiting_for_body, began, received
        if not waiting_for_body:
            return await receive()
        now = time.monotonic()
        began = now if began is None else began
        left = min(timeout, began + timeout + received / BODY_RATE - now)
        try:
            async with asyncio.timeout(max(0.0, left)):
                message = await receive()
        except TimeoutError:
            words = f"the body stopped coming after {received} bytes: send it again, without a pause"
            raise HTTPException(408, words, headers={"connection": "close"}) from None
        received += len(message.get("body", b""))
        waiting_for_body = bool(message.get("more_body", False))
        return message

    return hurried
