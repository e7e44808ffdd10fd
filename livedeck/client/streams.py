"""A live stream of the control plane, followed through dropped connections and restarts of the server."""

import contextlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, field

from livedeck.client.backoff import Backoff
from livedeck.client.endpoint import Endpoint
from livedeck.client.sse import ServerEvent, SseParser
from livedeck.errors import RemoteError, RemoteNotFound, RemoteUnavailable

_IDLE = 60.0
"""Seconds of silence after which a connection counts as broken; the server sends a comment far more often."""


@dataclass(frozen=True)
class StreamTimeouts:
    """How long a stream may take."""

    timeout: float | None = None
    """Seconds for the whole; None: no limit."""
    outage: float = 60.0
    """Seconds without a server, before giving up; a server that restarts is back sooner."""
    backoff: Backoff = field(default_factory=lambda: Backoff(first=0.1, longest=2.0))


class Stream:
    """Events from one path, from the first to one of the last kind.

    Args:
        endpoint: where.
        path: below the endpoint, such as ``/live/executions/p/d/name``.
        ends_with: kinds of event after which there is nothing more; the stream ends with such a one.
        timeouts: how long to try.
    """

    def __init__(self, endpoint: Endpoint, path: str, ends_with: Collection[str], timeouts: StreamTimeouts) -> None:
        self._endpoint = endpoint
        self._path = path
        self._ends_with = ends_with
        self._timeouts = timeouts
        self._parser = SseParser()
        self._deadline = None if timeouts.timeout is None else time.monotonic() + timeouts.timeout
        self._down_since: float | None = None

    def __iter__(self) -> Iterator[ServerEvent]:
        """Yield events as they come, none twice: after a break the server is told the last id.

        Raises:
            RemoteNotFound: there is no such stream.
            RemoteUnavailable: no server for too long, or the time is up.
            RemoteError: the server refuses.
        """
        waits = self._timeouts.backoff.waits()
        while True:
            try:
                with contextlib.closing(self._connection()) as events:
                    for event in events:
                        waits = self._timeouts.backoff.waits()
                        yield event
                        if event.event in self._ends_with:
                            return
                trouble = "it ended the stream"
            except (OSError, http.client.HTTPException) as error:
                trouble = str(error) or type(error).__name__
            self._wait(self._parser.retry or next(waits), trouble)

    def _wait(self, seconds: float, trouble: str) -> None:
        """Wait before connecting again, unless it has been tried for long enough."""
        now = time.monotonic()
        until, self._down_since = now + seconds, self._down_since or now
        if self._deadline is not None and until >= self._deadline:
            raise RemoteUnavailable(f"{self._path}: the {self._timeouts.timeout:g} s are over ({trouble})")
        if until - self._down_since > self._timeouts.outage:
            raise RemoteUnavailable(
                f"no livedeck server at {self._endpoint} for {self._timeouts.outage:g} s ({trouble}):"
                " start one with `livedeck serve`, or set LIVEDECK_ENDPOINT"
            )
        time.sleep(seconds)

    def _connection(self) -> Generator[ServerEvent, None, None]:
        """Yield the events of one connection; it ends with the server's."""
        self._parser = SseParser(self._parser.last_id)
        connection = self._open()
        try:
            headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
            if self._parser.last_id:
                headers["Last-Event-ID"] = self._parser.last_id
            connection.request("GET", self._path, headers=headers)
            connected = connection.sock  # the connection lets go of it when the server says that it will close
            answer = connection.getresponse()
            self._check(answer)
            while True:
                self._limit(connected)
                piece = answer.read1(65536)
                if not piece:
                    return
                self._down_since = None
                yield from self._parser.feed(piece)
        finally:
            connection.close()

    def _open(self) -> http.client.HTTPConnection:
        host, port = self._endpoint.host, self._endpoint.port
        if self._endpoint.secure:
            return http.client.HTTPSConnection(host, port, timeout=_IDLE, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=_IDLE)

    def _limit(self, connected: socket.socket) -> None:
        """Let the next read take no longer than there is time."""
        if self._deadline is None:
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise RemoteUnavailable(f"{self._path}: the {self._timeouts.timeout:g} s are over")
        connected.settimeout(min(_IDLE, left))

    def _check(self, answer: http.client.HTTPResponse) -> None:
        """Refuse what is no stream; a server that is only overloaded or starting is asked again."""
        if answer.status == 200 and answer.headers.get_content_type() == "text/event-stream":
            return
        words = _words(answer)
        if answer.status in {404, 410}:
            raise RemoteNotFound(words or f"there is no {self._path}")
        if answer.status in {429, 502, 503, 504}:
            raise http.client.HTTPException(f"{answer.status} {words or answer.reason}")
        if answer.status == 200:
            raise RemoteError(f"what listens at {self._endpoint} is no livedeck server: check LIVEDECK_ENDPOINT")
        raise RemoteError(f"{self._path}: {answer.status} {words or answer.reason}")


def _words(answer: http.client.HTTPResponse) -> str:
    """Return what the server says about an error: ``{"message": ...}``, or text."""
    body = answer.read(10_000).decode("utf-8", "replace")
    try:
        parsed = json.loads(body)
    except ValueError:
        return body.strip() if answer.headers.get_content_type() == "text/plain" else ""
    return str(parsed.get("message", "")) if isinstance(parsed, dict) else ""
