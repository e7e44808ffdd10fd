import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from livedeck.deck import hints
from livedeck.deck.hints import HintSender, hint_from_environment
from livedeck.testing.clock import FakeClock

PATIENT = 60.0
"""Seconds: what arrives is looked at here, and not how soon."""


class Listening(http.server.ThreadingHTTPServer):
    """What it got, and how it is to answer."""

    got: list[tuple[str, str, bytes]]
    status = 204
    closes = False

    def server_activate(self) -> None:
        super().server_activate()
        self.got = []


@pytest.fixture
def server() -> Iterator["Listening"]:
    class Handler(http.server.BaseHTTPRequestHandler):
        server: "Listening"
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((self.path, self.headers["Authorization"], body))
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = self.server.closes

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = Listening(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_hints_arrive_over_one_connection(server: "Listening") -> None:
    sender = HintSender(f"http://127.0.0.1:{server.server_port}/live/hints", "secret", timeout=PATIENT)
    sender(b"1")
    connection = sender._connection
    sender(b"2")
    assert sender._connection is connection
    assert server.got == [("/live/hints", "Bearer secret", b"1"), ("/live/hints", "Bearer secret", b"2")]
    sender.close()


def test_a_connection_that_the_server_closed_is_made_again(server: "Listening") -> None:
    server.closes = True
    sender = HintSender(f"http://127.0.0.1:{server.server_port}/live/hints", "secret", timeout=PATIENT)
    for number in range(3):
        sender(b"%d" % number)
    assert [body for _, _, body in server.got] == [b"0", b"1", b"2"]
    sender.close()


def test_after_a_failure_there_is_silence_for_a_while(server: "Listening") -> None:
    clock = FakeClock()
    server.status = 503
    url = f"http://127.0.0.1:{server.server_port}/"
    sender = HintSender(url, "secret", clock=clock.monotonic, timeout=PATIENT)
    sender(b"fails")
    sender(b"not sent")
    clock.advance(1.0)
    server.status = 204
    sender(b"again")
    sender(b"and again")
    assert [body for _, _, body in server.got] == [b"fails", b"again", b"and again"]
    sender.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "not a url", "http://127.0.0.1:999999/", ""])
def test_a_hint_never_raises(url: str) -> None:
    HintSender(url, "secret")(b"x")


def test_what_hints_say() -> None:
    assert hints.stored(b"segment", 3) == b"segment"
    assert hints.stored(b"x" * (hints.INLINE_BYTES + 1), 3) == hints.advanced(3) == b'{"seq": 3}'
    assert hints.failing(1.23456) == b'{"behind": 1.235}'
    assert hints.failing(1, "no") == b'{"behind": 1, "why": "no"}'


def test_the_environment_says_where_to() -> None:
    assert hint_from_environment({}) is None
    assert hint_from_environment({"LIVEDECK_HINT_URL": "http://x"}) is None
    assert hint_from_environment({"LIVEDECK_HINT_URL": "http://x", "LIVEDECK_HINT_TOKEN": "t"})
