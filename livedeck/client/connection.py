"""What every part of the client stands on: the endpoint, the calls, and lists that come in pages."""

import os
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from livedeck.client.backoff import Backoff
from livedeck.client.endpoint import DEFAULT, Endpoint
from livedeck.errors import InvalidName

_PAGE = 100


def sendable(text: str, what: str) -> str:
    """Return ``text`` as it is; what is allowed in a name is for the server to say.

    Args:
        text: from a caller, or from a command line.
        what: what it is: ``execution``.

    Raises:
        InvalidName: no request can carry it, as bytes that are no UTF-8 were made into it.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidName(f"{what} {text[:40]!r} is not allowed: it is no UTF-8; write it as text")
    return text


class Connection:
    """A connection to one control plane. Safe to use from several threads; not after a fork.

    Args:
        endpoint: ``host:port``, or ``https://host``. By default what ``LIVEDECK_ENDPOINT`` says, as for the command
            line, or else ``127.0.0.1:8080``.
        project: of executions and uploads, unless said otherwise. By default what ``LIVEDECK_PROJECT`` says, or else
            ``flytesnacks``.
        domain: likewise, by ``LIVEDECK_DOMAIN``, or else ``development``.
        timeout: seconds for one call, trying again included.
        connect_timeout: seconds to go on trying a server that has not answered once.
        backoff: waits between tries.

    Raises:
        InvalidName: the endpoint is malformed, or project or domain is no UTF-8.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 1.0,
        backoff: Backoff | None = None,
    ) -> None:
        from livedeck.client.calls import Calls  # grpc takes longer to load than all of the SDK

        self.endpoint = Endpoint.parse(endpoint or os.environ.get("LIVEDECK_ENDPOINT") or DEFAULT)
        self.project = sendable(project or os.environ.get("LIVEDECK_PROJECT") or "flytesnacks", "project")
        self.domain = sendable(domain or os.environ.get("LIVEDECK_DOMAIN") or "development", "domain")
        self._timeout = timeout
        self._backoff = backoff or Backoff()
        self._calls = Calls(self.endpoint, timeout=timeout, connect_timeout=connect_timeout, backoff=self._backoff)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._calls.close()

    def _pages(self, method: str, request: Any, field: str, limit: int | None) -> Iterator[Any]:
        """Yield the entities of a list, page by page, up to ``limit`` of them (None: all)."""
        left = limit
        while left is None or left > 0:
            request.limit = _PAGE if left is None else min(left, _PAGE)
            answer = self._calls.call(method, request)
            found = getattr(answer, field)
            yield from found if left is None else found[:left]
            left = None if left is None else left - len(found)
            if not answer.token:
                return
            request.token = answer.token
