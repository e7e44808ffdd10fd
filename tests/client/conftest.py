"""A small real control plane for the client's tests: gRPC and HTTP on ports of this machine, answers from a table."""

import contextlib
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from flyteidl.service import admin_pb2_grpc, dataproxy_pb2_grpc

from livedeck.client.backoff import Backoff


class Refused(Exception):
    """Raised by an answer: abort the call with this code."""

    def __init__(self, code, details=""):
        self.code, self.details = code, details


class GrpcPlane:
    """Serves AdminService and DataProxyService; ``answers[method]`` is called with each request."""

    def __init__(self, answers, port=0):
        self.answers = answers
        self.calls = []
        self._server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.so_reuseport", 0)])
        admin_pb2_grpc.add_AdminServiceServicer_to_server(
            self._servicer(admin_pb2_grpc.AdminServiceServicer), self._server
        )
        dataproxy_pb2_grpc.add_DataProxyServiceServicer_to_server(
            self._servicer(dataproxy_pb2_grpc.DataProxyServiceServicer), self._server
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def _servicer(self, base):
        plane = self

        def method(name):
            def answer(_, request, context):
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

    def requests(self, method):
        return [request for name, request in self.calls if name == method]

    def stop(self):
        self._server.stop(None).wait()


class HttpPlane:
    """Serves HTTP; ``answer(handler)`` is called for each request, by any method."""

    def __init__(self, answer, port=0):
        plane = self
        self.requests = []

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self):
                plane.requests.append((self.command, self.path, dict(self.headers)))
                # A client that hangs up is no error of the server's.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    answer(self)

            do_GET = do_PUT = handle_any  # noqa: N815 - the names that http.server looks for

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def body_of(handler):
    return handler.rfile.read(int(handler.headers["Content-Length"]))


def reply(handler, status, body=b"", content_type="text/plain"):
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def begin_stream(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()


def send_event(handler, event, data, event_id=""):
    handler.wfile.write(f"id: {event_id}\nevent: {event}\ndata: {data}\n\n".encode())
    handler.wfile.flush()


class ActingBackoff:
    """Waits briefly, and does something before one of the waits: a restart that needs no timer."""

    def __init__(self, tries, act):
        self.acted = False
        self._left = tries
        self._act = act

    def waits(self):
        for wait in Backoff(first=0.01, longest=0.05).waits():
            self._left -= 1
            if self._left == 0:
                self._act()
                self.acted = True
            yield wait


class Planes:
    """Starts servers for one test and stops them after it; also what their answers need."""

    def __init__(self):
        self._started = []

    def grpc(self, answers, port=0):
        return self._kept(GrpcPlane(answers, port))

    def http(self, answer, port=0):
        return self._kept(HttpPlane(answer, port))

    def _kept(self, plane):
        self._started.append(plane)
        return plane

    def stop(self, plane):
        self._started.remove(plane)
        plane.stop()

    def stop_all(self):
        for plane in list(self._started):
            self.stop(plane)

    acting_after = ActingBackoff

    @staticmethod
    def refuse(code, details=""):
        raise Refused(code, details)

    body_of = staticmethod(body_of)
    reply = staticmethod(reply)
    begin_stream = staticmethod(begin_stream)
    send_event = staticmethod(send_event)


@pytest.fixture
def planes():
    started = Planes()
    yield started
    started.stop_all()
