"""Signed links: PUT a file to one, GET an object from one, with trying again."""

import base64
import hashlib
import http.client
import io
import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from livedeck.client.backoff import Backoff
from livedeck.errors import RemoteConflict, RemoteError, RemoteInvalid, RemoteNotFound, RemoteUnavailable
from livedeck.store.staged import staged_beside

_CHUNK = 1024 * 1024
_IDLE = 60.0  # seconds without a byte
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def md5_of(content: bytes | Path) -> bytes:
    """Return the MD5 of bytes or of a file, read in pieces."""
    digest = hashlib.md5(usedforsecurity=False)
    with _opened(content) as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.digest()


def put(url: str, content: bytes | Path, headers: Mapping[str, str], *, timeout: float, backoff: Backoff) -> None:
    """Upload bytes or a file, streamed, trying again for up to ``timeout`` seconds.

    Raises:
        RemoteError: the link was refused.
        RemoteUnavailable: it could not be reached in time.
    """
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    fixed = {"Content-Length": str(size), "Content-Type": "application/octet-stream", **headers}

    def once() -> None:
        with _opened(content) as file, _answer(urllib.request.Request(url, file, fixed, method="PUT")) as answer:
            answer.read()

    _retrying(once, f"uploading to {_shown(url)}", timeout, backoff)


def get(url: str, *, timeout: float, backoff: Backoff) -> bytes:
    """Download an object, trying again for up to ``timeout`` seconds.

    Raises:
        RemoteNotFound: there is none.
        RemoteError: the link was refused.
        RemoteUnavailable: it could not be reached in time.
    """
    found: list[bytes] = []

    def once() -> None:
        with _answer(urllib.request.Request(url)) as answer:
            found[:] = [answer.read()]

    _retrying(once, f"downloading {_shown(url)}", timeout, backoff)
    return found[0]


def get_to(url: str, path: Path, *, timeout: float, backoff: Backoff) -> None:
    """Download an object to a file, streamed and in one step; raises what :func:`get` does."""
    with staged_beside(path) as name:
        staged = Path(name)

        def once() -> None:
            with _answer(urllib.request.Request(url)) as answer, staged.open("wb") as file:
                shutil.copyfileobj(answer, file, _CHUNK)

        _retrying(once, f"downloading {path.name} from {_shown(url)}", timeout, backoff)
        staged.replace(path)


def request(method: str, url: str, *, timeout: float, backoff: Backoff) -> bytes:
    """Ask the control plane's own HTTP endpoints; trying again is harmless for those that it is used for.

    Raises:
        RemoteNotFound: there is no such thing.
        RemoteConflict: its state does not allow it.
        RemoteError: it was refused for another reason.
        RemoteUnavailable: there is no server, or not in time.
    """
    found: list[bytes] = []

    def once() -> None:
        with _answer(urllib.request.Request(url, method=method)) as answer:
            found[:] = [answer.read()]

    _retrying(once, "", timeout, backoff)
    return found[0]


def md5_header(digest: bytes) -> str:
    """Return the value of a Content-MD5 header."""
    return base64.b64encode(digest).decode()


def _retrying(once: Callable[[], None], doing: str, timeout: float, backoff: Backoff) -> None:
    deadline = time.monotonic() + timeout
    for wait in backoff.waits():
        try:
            once()
        except urllib.error.HTTPError as error:
            with error:
                failure: Exception = _refusal(error, doing)
            if error.code not in _PASSING:
                raise failure from error
        except (OSError, http.client.HTTPException) as error:
            failure = RemoteUnavailable(f"{doing}: {error}")
        else:
            return
        if time.monotonic() + wait > deadline:
            raise failure
        time.sleep(wait)


def _refusal(error: urllib.error.HTTPError, doing: str) -> RemoteError:
    """Return the error for an answer: in the words of a control plane alone, of a store with what was being done."""
    body = error.read(10_000).decode("utf-8", "replace").strip()
    code, words = _told(body)
    if words and not doing:
        kinds = {9: RemoteConflict, 3: RemoteInvalid, 5: RemoteNotFound, 14: RemoteUnavailable}
        return kinds.get(code, RemoteError)(words)
    reason = words or body[:500] or error.reason
    if error.code in {404, 410}:
        return RemoteNotFound(f"{doing}: there is nothing there: {reason}")
    kind = RemoteUnavailable if error.code in _PASSING else RemoteError
    return kind(f"{doing}: {error.code}: {reason}")


def _told(body: str) -> tuple[int, str]:
    """What a control plane says: gRPC's code and words; nothing if the answer is not a control plane's."""
    try:
        told = json.loads(body)
        return int(told["code"]), str(told["message"])
    except (ValueError, TypeError, KeyError):
        return 0, ""


def _answer(request: urllib.request.Request) -> IO[bytes]:
    parts = urlsplit(request.full_url)
    if parts.scheme not in {"http", "https"}:
        raise RemoteError(f"{_shown(request.full_url)} is not a link that can be followed")
    # A link to this machine is no business of a proxy.
    handlers = [urllib.request.ProxyHandler({})] if parts.hostname in _LOOPBACK else []
    answer: IO[bytes] = urllib.request.build_opener(*handlers).open(request, timeout=_IDLE)
    return answer


def _opened(content: bytes | Path) -> IO[bytes]:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _shown(url: str) -> str:
    """Return scheme and host alone: the rest of a signed link, the query or livedeck's path, is what makes it work."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
