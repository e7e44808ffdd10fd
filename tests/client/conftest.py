"""A small real control plane for the client's tests: gRPC and HTTP on ports of this machine, answers from a table."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import grpc
import pytest
from flyteidl.service import admin_pb2_grpc, dataproxy_pb2_grpc
from grpc import StatusCode

from livedeck.client.backoff import Backoff


class Refused(Exception):
    """Raised by an answer: abort the call with this code."""

    def __init__(self, code: grpc.StatusCode, details: str = "") -> None:
        self.code, self.details = code, details


class GrpcPlane:
    """Serves AdminService and DataProxyService; ``answers[method]`` is called with each request."""

    def __init__(self, answers: dict[str, Callable[..., Any]], port: int = 0) -> None:
        self.answers = answers
        self.calls: list[Any] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.so_reuseport", 0)])
        admin_pb2_grpc.add_AdminServiceServicer_to_server(
            self._servicer(admin_pb2_grpc.AdminServiceServicer), self._server
        )
        dataproxy_pb2_grpc.add_DataProxyServiceServicer_to_server(
            self._servicer(dataproxy_pb2_grpc.DataProxyServiceServicer), self._server
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def _servicer(self, base: Any) -> Any:
        plane = self

        def method(name: str) -> Callable[..., Any]:
            def answer(_: Any, request: Any, context: grpc.ServicerContext) -> Any:
                plane.calls.append((name, request))
                if name not in plane.answers:
                    context.abort(grpc.StatusCode.UNIMPLEMENTED, name)
                try:
                    return plane.answers[name](request)
                except Refused as refused:
                    context.abort(refused.code, refused.details)

            return answer

        names = [name for name in vars(base) if not name.startswith("_")]
        return type("Servicer", (base,), {name: method(name) for name in names})()

    def requests(self, method: str) -> list[Any]:
        return [request for name, request in self.calls if name == method]

    def stop(self) -> None:
        self._server.stop(None).wait()


class HttpPlane:
    """Serves HTTP; ``answer(handler)`` is called for each request, by any method."""

    def __init__(self, answer: Callable[..., Any], port: int = 0) -> None:
        plane = self
        self.requests: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                plane.requests.append((self.command, self.path, dict(self.headers)))
                # A client that hangs up is no error of the server's.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    answer(self)

            do_GET = do_PUT = handle_any  # noqa: N815 - the names that http.server looks for

            def log_message(self, *_: str | HTTPStatus) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def body_of(handler: BaseHTTPRequestHandler) -> bytes:
    return handler.rfile.read(int(handler.headers["Content-Length"]))


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", content_type: str = "text/plain") -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def begin_stream(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()


def send_event(handler: BaseHTTPRequestHandler, event: str, data: str, event_id: str = "") -> None:
    handler.wfile.write(f"id: {event_id}\nevent: {event}\ndata: {data}\n\n".encode())
    handler.wfile.flush()


class ActingBackoff:
    """Waits briefly, and does something before one of the waits: a restart that needs no timer."""

    def __init__(self, tries: int, act: Callable[..., Any]) -> None:
        self.acted = False
        self._left = tries
        self._act = act

    def waits(self) -> Iterator[float | None]:
        for wait in Backoff(first=0.01, longest=0.05).waits():
            self._left -= 1
            if self._left == 0:
                self._act()
                self.acted = True
            yield wait


P = TypeVar("P", GrpcPlane, HttpPlane)


class Planes:
    """Starts servers for one test and stops them after it; also what their answers need."""

    def __init__(self) -> None:
        self._started: list[Any] = []

    def grpc(self, answers: dict[str, Callable[..., Any]], port: int = 0) -> GrpcPlane:
        return self._kept(GrpcPlane(answers, port))

    def http(self, answer: Callable[..., Any], port: int = 0) -> HttpPlane:
        return self._kept(HttpPlane(answer, port))

    def _kept(self, plane: P) -> P:
        self._started.append(plane)
        return plane

    def stop(self, plane: GrpcPlane | HttpPlane) -> None:
        self._started.remove(plane)
        plane.stop()

    def stop_all(self) -> None:
        for plane in list(self._started):
            self.stop(plane)

    acting_after = ActingBackoff

    @staticmethod
    def refuse(code: StatusCode, details: str = "") -> None:
        raise Refused(code, details)

    body_of = staticmethod(body_of)
    reply = staticmethod(reply)
    begin_stream = staticmethod(begin_stream)
    send_event = staticmethod(send_event)


@pytest.fixture
def planes() -> Iterator[Planes]:
    started = Planes()
    yield started
    started.stop_all()
