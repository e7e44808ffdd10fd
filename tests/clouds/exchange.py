"""A request and its reply, as what stands between a client and a server sees them."""

import http.client
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """What a client asks for."""

    method: str
    target: str
    """Path and query, as they were sent."""
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, decoded: it ends with the object's key."""
        return urllib.parse.unquote(urllib.parse.urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The query; a name that is given twice has its last value."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.target).query, keep_blank_values=True))

    @property
    def writes(self) -> bool:
        """Whether it changes what the store holds."""
        return self.method in {"PUT", "POST", "DELETE"}

    def header(self, name: str) -> str:
        """A header's value; empty if there is none."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), "")


@dataclass(frozen=True)
class Reply:
    """What the server says."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """A header's value; empty if there is none."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), "")

    def with_headers(self, **headers: str) -> Self:
        """The same with more headers; an underscore in a name stands for a hyphen."""
        return replace(self, headers=(*self.headers, *((name.replace("_", "-"), v) for name, v in headers.items())))


Send = Callable[[Request], Reply]
"""Sends a request to the server."""

_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}


class Upstream:
    """One connection to a server, over which requests are sent."""

    def __init__(self, url: str) -> None:
        address = urllib.parse.urlsplit(url)
        assert address.hostname is not None
        self._connection = http.client.HTTPConnection(address.hostname, address.port, timeout=300)

    def __call__(self, request: Request) -> Reply:
        """Send a request; return what the server says."""
        try:
            return _exchange(self._connection, request)
        except (http.client.RemoteDisconnected, ConnectionError):  # it was closed meanwhile
            self.close()
            return _exchange(self._connection, request)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()


def _exchange(connection: http.client.HTTPConnection, request: Request) -> Reply:
    named = bool(request.header("host"))  # a client's signature may have it in it
    connection.putrequest(request.method, request.target, skip_host=named, skip_accept_encoding=True)
    for name, value in request.headers:
        if name.lower() not in _OF_ONE_CONNECTION:
            connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body)
    with connection.getresponse() as answer:
        body = answer.read()
        headers = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in _OF_ONE_CONNECTION)
        if request.method == "HEAD":  # tells the length of what it does not send
            headers += (("Content-Length", answer.headers.get("Content-Length", "0")),)
        return Reply(answer.status, headers, body)
