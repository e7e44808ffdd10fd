import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import Execution, ExecutionClosure
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.client import CaughtUp, Client, Endpoint, ExecutionChanged, NodeChanged
from livedeck.client.backoff import Backoff
from livedeck.client.follow import changes
from livedeck.client.streams import Stream, StreamTimeouts
from livedeck.errors import RemoteError, RemoteNotFound, RemoteUnavailable
from livedeck.testing.ports import free_port
from tests.client.conftest import HttpPlane, Planes

ID = WorkflowExecutionIdentifier(project="p", domain="d", name="e")
QUICK = Backoff(first=0.01, longest=0.05)
TIMEOUTS = StreamTimeouts(timeout=60, outage=60, backoff=QUICK)


def execution(phase: str) -> Execution:
    return Execution(id=ID, closure=ExecutionClosure(phase=phase))


def node(name: str) -> NodeExecution:
    return NodeExecution(id=NodeExecutionIdentifier(node_id=name, execution_id=ID))


def encoded(message: Execution | NodeExecution) -> str:
    return b64encode(message.SerializeToString()).decode()


def endpoint_of(plane: HttpPlane) -> Endpoint:
    return Endpoint("127.0.0.1", plane.port)


def script(planes: Planes, *connections: list[tuple[str, str, str]], port: int = 0) -> HttpPlane:
    """Return an HTTP server that plays one list of events per connection, then drops it."""
    left = list(connections)
    lock = threading.Lock()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        with lock:
            events = left.pop(0) if len(left) > 1 else left[0]
        planes.begin_stream(handler)
        for event in events:
            planes.send_event(handler, *event)

    return planes.http(answer, port)


RUNNING = ("execution", encoded(execution("RUNNING")), "1")
SUCCEEDED = ("execution", encoded(execution("SUCCEEDED")), "4")


def test_follows_to_the_end(planes: Planes) -> None:
    plane = script(
        planes, [RUNNING, ("node", encoded(node("n0")), "2"), ("ready", "{}", "2"), ("news", "{}", "3"), SUCCEEDED]
    )
    got = list(changes(endpoint_of(plane), ID, TIMEOUTS))
    assert got == [
        ExecutionChanged(execution("RUNNING")),
        NodeChanged(node("n0")),
        CaughtUp(),
        ExecutionChanged(execution("SUCCEEDED")),
    ]
    assert plane.requests[0][1] == "/live/executions/p/d/e?encoding=protobuf"


def test_one_that_has_ended_is_told_whole(planes: Planes) -> None:
    plane = script(planes, [SUCCEEDED, ("node", encoded(node("n0")), "5"), ("ready", "{}", "5"), RUNNING])
    assert len(list(changes(endpoint_of(plane), ID, TIMEOUTS))) == 3


def test_goes_on_after_a_break_from_the_last_id(planes: Planes) -> None:
    plane = script(planes, [RUNNING, ("ready", "{}", "2")], [("node", encoded(node("n1")), "3"), SUCCEEDED])
    got = list(changes(endpoint_of(plane), ID, TIMEOUTS))
    assert [type(change).__name__ for change in got] == [
        "ExecutionChanged",
        "CaughtUp",
        "NodeChanged",
        "ExecutionChanged",
    ]
    assert [headers.get("Last-Event-ID") for _, _, headers in plane.requests] == [None, "2"]


def test_an_event_cut_off_by_a_break_is_not_told(planes: Planes) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        planes.begin_stream(handler)
        if len(plane.requests) == 1:
            handler.wfile.write(b"id: 1\nevent: execution\ndata: {")
        else:
            for event in (("ready", "{}", "1"), SUCCEEDED):
                planes.send_event(handler, *event)

    plane = planes.http(answer)
    assert len(list(changes(endpoint_of(plane), ID, TIMEOUTS))) == 2
    assert "Last-Event-ID" not in plane.requests[1][2]


def test_goes_on_after_a_restart_of_the_server(planes: Planes) -> None:
    def second(handler: BaseHTTPRequestHandler) -> None:
        planes.begin_stream(handler)
        planes.send_event(handler, *SUCCEEDED)

    first = script(planes, [RUNNING, ("ready", "{}", "2")], port=free_port())
    backoff = planes.acting_after(3, lambda: planes.http(second, first.port))
    following = changes(endpoint_of(first), ID, StreamTimeouts(timeout=60, outage=60, backoff=backoff))  # type: ignore[arg-type]
    assert next(following) == ExecutionChanged(execution("RUNNING"))
    planes.stop(first)
    assert list(following)[-1] == ExecutionChanged(execution("SUCCEEDED"))
    assert backoff.acted


def test_an_overloaded_server_is_asked_again(planes: Planes) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if len(plane.requests) < 3:
            planes.reply(handler, 503, b"starting")
        else:
            planes.begin_stream(handler)
            planes.send_event(handler, "end", "{}", "1")

    plane = planes.http(answer)
    assert [event.event for event in Stream(endpoint_of(plane), "/live/x", ("end",), TIMEOUTS)] == ["end"]


def test_an_unknown_execution(planes: Planes) -> None:
    body = b'{"code": 5, "message": "no execution e"}'
    plane = planes.http(lambda handler: planes.reply(handler, 404, body, "application/json"))
    with pytest.raises(RemoteNotFound, match="no execution e"):
        list(changes(endpoint_of(plane), ID, TIMEOUTS))
    assert len(plane.requests) == 1


@pytest.mark.parametrize(("status", "words"), [(403, "403"), (200, "no livedeck server"), (500, "500")])
def test_what_is_no_stream_is_refused(planes: Planes, status: int, words: str) -> None:
    plane = planes.http(lambda handler: planes.reply(handler, status, b"<html>", "text/html"))
    with pytest.raises(RemoteError, match=words):
        list(changes(endpoint_of(plane), ID, TIMEOUTS))


def test_an_outage_has_an_end(planes: Planes) -> None:
    plane = script(planes, [RUNNING], port=free_port())
    planes.stop(plane)
    with pytest.raises(RemoteUnavailable, match=r"no livedeck server at .* for 0.1 s"):
        list(changes(endpoint_of(plane), ID, StreamTimeouts(outage=0.1, backoff=QUICK)))


@pytest.mark.slow
def test_a_silent_stream_ends_with_the_time(planes: Planes) -> None:
    over = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        planes.begin_stream(handler)
        planes.send_event(handler, *RUNNING)
        over.wait(60)

    plane = planes.http(answer)
    told: list[Any] = []
    with pytest.raises(RemoteUnavailable, match=r"the 1 s are over"):
        told.extend(changes(endpoint_of(plane), ID, StreamTimeouts(timeout=1.0, backoff=QUICK)))
    assert told in ([ExecutionChanged(execution("RUNNING"))], []), "nothing where the machine stood still"
    over.set()


def test_a_follower_that_stops_closes_its_connection(planes: Planes) -> None:
    gone = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        planes.begin_stream(handler)
        planes.send_event(handler, *RUNNING)
        if handler.connection.recv(1) == b"":
            gone.set()

    following: Any = changes(endpoint_of(planes.http(answer)), ID, TIMEOUTS)
    next(following)
    following.close()
    assert gone.wait(60)


def test_decks_and_logs_end_with_their_end(planes: Planes) -> None:
    plane = script(planes, [("segment", "{}", "0.1"), ("end", "{}", "0.2"), ("segment", "{}", "0.3")])
    node_id = NodeExecutionIdentifier(node_id="n0/../x", execution_id=ID)
    with Client(f"127.0.0.1:{plane.port}") as client:
        assert [event.id for event in client.follow_deck(node_id)] == ["0.1", "0.2"]
        assert [event.id for event in client.follow_log(node_id, attempt=1)] == ["0.1", "0.2"]
    assert [path for _, path, _ in plane.requests] == [
        "/live/decks/p/d/e/n0%2F..%2Fx/latest",
        "/live/logs/p/d/e/n0%2F..%2Fx/1",
    ]
