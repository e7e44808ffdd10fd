"""moto's S3 server, with what it holds on disk: it may be killed, and has all that it said it had when it is back.

Each write that succeeds is in a journal before it is answered; at the start the journal is made again. Run as
``python -m tests.chaos.durable_s3 JOURNAL PORT``. Uploads in parts are refused: what a journal has of them are ids that
are others the next time.
"""

import io
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import msgspec

from livedeck.testing.cluster.s3 import S3Server

WRITES = {"PUT", "POST", "DELETE"}


class Durable:
    """A WSGI application that is another one with a journal.

    Args:
        application: keeps what it is sent in memory.
        journal: the file.
    """

    def __init__(self, application: WSGIApplication, journal: Path) -> None:
        self._application = application
        self._lock = threading.Lock()
        """Writes are made and noted one after the other: the order is that in which they are made again."""
        for line in journal.read_bytes().splitlines() if journal.exists() else ():
            self._repeat(line)
        self._journal = journal.open("ab", buffering=0)

    def _repeat(self, line: bytes) -> None:
        try:
            environ, body = msgspec.json.decode(line, type=tuple[dict[str, str], bytes])
        except msgspec.DecodeError:
            return  # it was being written when its process was killed, so nobody was told
        _call(self._application, environ, body)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if environ["REQUEST_METHOD"] not in WRITES:
            return self._application(environ, start_response)
        if "upload" in environ["QUERY_STRING"].lower():
            start_response("501 Not Implemented", [("Content-Length", "0")])
            return []
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        kept = {name: value for name, value in environ.items() if type(value) is str}
        with self._lock:
            status, headers, answer = _call(self._application, kept, body)
            if status.startswith("2"):
                self._journal.write(msgspec.json.encode((kept, body)) + b"\n")
        start_response(status, headers)
        return [answer]


def _call(application: WSGIApplication, kept: dict[str, str], body: bytes) -> tuple[str, list[Any], bytes]:
    """Return what an application answers."""
    given: list[Any] = []
    environ = {
        **kept,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }

    def start_response(status: str, headers: list[Any], _error: Any = None) -> Callable[[bytes], object]:
        given[:] = [status, headers]
        return lambda _: None

    answer = b"".join(application(environ, start_response))
    return given[0], given[1], answer


class DurableS3Server(S3Server):
    """Such a server as a process.

    Args:
        folder: for its journal and its output.
        port: its number.
    """

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self._command = [sys.executable, "-m", "tests.chaos.durable_s3", str(folder / "s3.journal"), str(port)]


def main() -> None:
    """Serve the journal in the first argument at the port in the second."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    application = Durable(DomainDispatcherApplication(create_backend_app), Path(sys.argv[1]))
    run_simple("127.0.0.1", int(sys.argv[2]), application, threaded=True)


if __name__ == "__main__":
    main()
