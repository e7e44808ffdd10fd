"""A small S3 endpoint: enough of the protocol to see what a client does with each answer."""

import contextlib
import hashlib
import http.server
import re
import threading
import urllib.parse
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


class S3Server(http.server.ThreadingHTTPServer):
    """What it holds, what it was asked, and how it is to misbehave."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.script: deque[int] = deque()
        """Statuses of the next answers."""
        self.stalls: deque[threading.Event] = deque()
        """For each request that gets no answer: an event that lets go of it."""
        self.pause = 0.0
        self.latency = 0.0
        self.over = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: S3Server

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in {"do_GET", "do_PUT", "do_HEAD", "do_POST"}:
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        body = b"".join(self._slowly(int(self.headers.get("Content-Length") or 0), self.rfile.read))
        if self.server.stalls:
            self.server.stalls.popleft().wait()
            self.close_connection = True
            return
        url = urllib.parse.urlsplit(self.path)
        key = urllib.parse.unquote(url.path)
        self.server.over.wait(self.server.latency)
        self.server.requests.append((self.command, key, dict(self.headers)))
        self._serve(key, url, body)

    def _serve(self, key: str, url: urllib.parse.SplitResult, body: bytes) -> None:
        """Do what is asked, or answer as the script says."""
        if self.server.script:
            self._reply(self.server.script.popleft(), b"<Error><Code>Scripted</Code></Error>")
        elif "list-type=2" in url.query:
            self._list(key, urllib.parse.parse_qs(url.query))
        elif url.query.startswith(("upload", "partNumber")):
            self._multipart(key, url.query, body)
        else:
            getattr(self, f"_{self.command.lower()}")(key, body)

    def _put(self, key: str, body: bytes) -> None:
        objects = self.server.objects
        if self.headers.get("If-None-Match") == "*" and key in objects:
            self._reply(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        objects[key] = body
        self._reply(200, b"", body)

    def _multipart(self, key: str, query: str, body: bytes) -> None:
        """An upload in parts: begun, its parts, and what makes one object of them."""
        if query.startswith("uploads"):
            self._reply(200, b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
        elif self.command == "PUT":
            number = int(urllib.parse.parse_qs(query)["partNumber"][0])
            self.server.parts.setdefault(key, {})[number] = body
            self._reply(200, b"", body)
        else:
            parts = self.server.parts.pop(key)
            self.server.objects[key] = b"".join(parts[number] for number in sorted(parts))
            self._reply(200, b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")

    def _get(self, key: str, _body: bytes) -> None:
        held = self.server.objects.get(key)
        if held is None:
            self._reply(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif wanted := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or ""):
            first, last = int(wanted[1]), min(int(wanted[2]), len(held) - 1)
            self._reply(206, held[first : last + 1], held, {"Content-Range": f"bytes {first}-{last}/{len(held)}"})
        else:
            self._reply(200, held, held)

    def _head(self, key: str, body: bytes) -> None:
        self._get(key, body)

    def _post(self, bucket: str, body: bytes) -> None:
        """Deleting: a list of keys in XML."""
        keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
        for key in keys:
            self.server.objects.pop(f"{bucket.rstrip('/')}/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._reply(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        prefix = f"{bucket.rstrip('/')}/{query.get('prefix', [''])[0]}"
        keys = [key for key in sorted(self.server.objects) if key.startswith(prefix)]
        entries = "".join(
            f"<Contents><Key>{key.removeprefix(bucket.rstrip('/') + '/')}</Key><Size>1</Size><ETag>e</ETag>"
            "<LastModified>2026-11-24T12:00:00.000Z</LastModified></Contents>"
            for key in keys
        )
        self._reply(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode())

    def _reply(self, status: int, body: bytes, content: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()[:16]}"')
        self.send_header("Last-Modified", "Tue, 24 Nov 2026 12:00:00 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            sent = 0
            with contextlib.suppress(OSError):  # a client that waits no longer
                for count in self._slowly(len(body), lambda count: count):
                    self.wfile.write(body[sent : sent + count])
                    sent += count

    def _slowly(self, count: int, step: Callable[[int], T]) -> Iterator[T]:
        """Yield what ``step`` makes of some pieces of ``count`` bytes, with the server's pause after each."""
        pieces = 12 if self.server.pause and count > 12 else 1
        for number in range(pieces):
            yield step(count * (number + 1) // pieces - count * number // pieces)
            if pieces > 1:
                self.server.over.wait(self.server.pause)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextlib.contextmanager
def s3_endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """An endpoint, which clients of S3 that are made meanwhile find by the environment."""
    server = S3Server()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
