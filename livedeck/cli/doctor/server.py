"""A server, as clients from here see it: whatever is between is looked at too."""

import http.client
import json
import secrets
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Final

from livedeck.cli.doctor.findings import Finding, fine, warning, wrong
from livedeck.client.client import Client
from livedeck.client.endpoint import Endpoint
from livedeck.client.sse import SseParser
from livedeck.errors import InvalidName, LivedeckError

_TIMEOUT: Final = 10.0
"""Seconds that anything may take."""
_SKEW: Final = 5.0
"""Seconds that clocks may differ by: the server tells its time in whole seconds."""
_SLOW: Final = 1.0
"""Seconds within which a change should be seen."""
_PROXY: Final = "see 'Behind a proxy' in the guide's page on operating a server"


def check_server(endpoint: str, *, timeout: float = _TIMEOUT) -> Iterator[Finding]:
    """Look at a server.

    Args:
        endpoint: ``host:port``, or ``https://host``.
        timeout: Seconds that anything may take.
    """
    try:
        server = _Server(Endpoint.parse(endpoint), timeout)
    except InvalidName as error:
        yield wrong("server", str(error), "correct the endpoint")
        return
    try:
        yield from server.health()
    except (OSError, http.client.HTTPException) as error:
        words = f"no server answers at {endpoint}: {str(error) or type(error).__name__}"
        yield wrong(
            "server", words, "start it (livedeck serve), or name another endpoint; see that no firewall is between"
        )
        return
    if server.healthy:
        yield server.readiness()
        yield server.calls()
        yield from server.streams()


class _Server:
    """What is asked of a server.

    Args:
        endpoint: Where it is.
        timeout: Seconds that anything may take.
    """

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self.healthy = False

    def health(self) -> Iterator[Finding]:
        """Ask whether it works, and what its clock says."""
        before = datetime.now(UTC)
        began = time.perf_counter()
        status, headers, body = self._request("GET", "/healthz")
        milliseconds = 1000 * (time.perf_counter() - began)
        after = datetime.now(UTC)
        words = f"{self._endpoint} answers in {milliseconds:.1f} ms"
        self.healthy = status == http.client.OK and body == b"ok"
        if self.healthy:
            yield fine("server", words)
        else:
            told = _message(body)
            yield wrong("server", f"{words}, with status {status}: {told}", _advice_for(status))
        if date := headers.get("date"):
            yield _clock(parsedate_to_datetime(date), before, after)

    def readiness(self) -> Finding:
        """Ask whether it can work."""
        status, _, body = self._request("GET", "/readyz")
        if status == http.client.OK:
            return fine("readiness", "database, store and engine work")
        if status == http.client.NOT_FOUND:
            return warning("readiness", "it has no /readyz", "it is older than this command: upgrade it")
        reason = str(json.loads(body).get("reason", "")) if body.startswith(b"{") else _message(body)
        return wrong("readiness", f"the server is not ready: {reason}", "see the server's log")

    def calls(self) -> Finding:
        """Call it by gRPC."""
        try:
            with Client(str(self._endpoint), timeout=self._timeout, connect_timeout=self._timeout) as client:
                client.version()  # the first one connects, and loads what calls need
                began = time.perf_counter()
                theirs = client.version()
            milliseconds = 1000 * (time.perf_counter() - began)
        except LivedeckError as error:
            words = f"gRPC does not get through, where HTTP does: {error}"
            return wrong("gRPC", words, f"let what is between pass HTTP/2 on to the same port: {_PROXY}")
        words = f"livedeck {theirs}, a call takes {milliseconds:.1f} ms"
        if theirs == version("livedeck"):
            return fine("gRPC", words)
        return warning("gRPC", f"{words}; this is livedeck {version('livedeck')}", "use the same version on both sides")

    def streams(self) -> Iterator[Finding]:
        """Open a live stream, and have something sent on it."""
        path = f"/live/probes/{secrets.token_hex(16)}"
        try:
            with closing(self._connection()) as connection:
                began = time.perf_counter()
                connection.request("GET", path, headers={"accept": "text/event-stream", "connection": "close"})
                answer = connection.getresponse()
                if answer.status != http.client.OK:
                    yield wrong("live streams", f"refused with status {answer.status}", _advice_for(answer.status))
                    return
                events = _events(answer)
                next(events)
                yield _timely("live streams", "the first event of a stream arrives", time.perf_counter() - began)
                yield self._probe(path, events)
        except (OSError, http.client.HTTPException, StopIteration):
            words = f"a live stream was opened, and nothing arrived on it within {self._timeout:g} s"
            advice = f"what is between must not buffer or cut off answers (nginx: proxy_buffering off): {_PROXY}"
            yield wrong("live streams", words, advice)

    def _probe(self, path: str, events: Iterator[str]) -> Finding:
        """Send what comes out at a stream: so does what a task publishes."""
        began = time.perf_counter()
        status, _, body = self._request("POST", path)
        if status != http.client.NO_CONTENT:
            return wrong("hints", f"a POST is answered with status {status}: {_message(body)}", _advice_for(status))
        try:
            next(events)
        except (OSError, http.client.HTTPException, StopIteration):
            words = f"what one client tells the server has not reached another within {self._timeout:g} s"
            advice = "servers that share an address have to share a database, too; on PostgreSQL they tell each other"
            return wrong("hints", words, advice)
        return _timely("hints", "what one client tells the server reaches another", time.perf_counter() - began)

    def _request(self, method: str, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        with closing(self._connection()) as connection:
            connection.request(method, path, headers={"connection": "close", "content-length": "0"})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._endpoint.host, self._endpoint.port
        if not self._endpoint.secure:
            return http.client.HTTPConnection(host, port, timeout=self._timeout)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)


def _events(answer: http.client.HTTPResponse) -> Iterator[str]:
    """Yield the names of a stream's events."""
    parser = SseParser()
    while piece := answer.read1(65536):
        for event in parser.feed(piece):
            yield event.event


def _timely(part: str, what: str, seconds: float) -> Finding:
    words = f"{what} within {1000 * seconds:.1f} ms"
    if seconds < _SLOW:
        return fine(part, words)
    return warning(part, words, "the way between, or the server, is slow: see its load, and what is between")


def _clock(theirs: datetime, before: datetime, after: datetime) -> Finding:
    off = max((theirs - after).total_seconds(), (before - theirs).total_seconds() - 1.0)
    if off <= _SKEW:
        return fine("server clock", f"its clock and this machine's differ by less than {_SKEW:g} s")
    where = "ahead of" if theirs > after else "behind"
    return wrong(
        "server clock", f"its clock is {off:.0f} s {where} this machine's", "set both by NTP: links expire by it"
    )


def _message(body: bytes) -> str:
    """What an answer says, in livedeck's form or in another's."""
    text = body[:300].decode("utf-8", "replace").strip()
    try:
        found = json.loads(body)
    except ValueError:
        return text or "nothing"
    return str(found["message"]) if isinstance(found, dict) and "message" in found else text


def _advice_for(status: int) -> str:
    if status == http.client.FORBIDDEN:
        return "start the server with --allowed-host NAME, the name that it is reached under here"
    if status == http.client.NOT_FOUND:
        return "is this livedeck's port? It may also be older than this command: upgrade it"
    if status in {http.client.BAD_GATEWAY, http.client.GATEWAY_TIMEOUT}:
        return f"the proxy does not reach the server: {_PROXY}"
    return "see the server's log"
