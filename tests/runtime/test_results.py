"""What a task returned is stored through a store that fails for a while, and never contradicted."""

import atexit
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import ExecutionError

from livedeck.runtime import entry
from tests.runtime.conftest import Bench
from tests.store.s3 import S3Server, s3_endpoint

pytestmark = pytest.mark.slow  # a second or two each, of waiting for a store: they run with `make test`


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    with s3_endpoint(monkeypatch) as server:
        yield server


@pytest.fixture
def run(
    bench: Bench, endpoint: S3Server, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Run a task in this process with everything in a bucket of its own."""
    bucket = f"s3://b{abs(hash(request.node.name))}"

    def run(task: str, **inputs: Any) -> int:
        bench.give(**inputs)
        arguments = bench.arguments(task)
        arguments[3] = f"{bucket}/out/0"
        arguments[5] = f"{bucket}/raw"
        return entry.main(arguments)

    return run


def names(endpoint: S3Server) -> list[str]:
    return sorted(key.rpartition("/")[2] for key in endpoint.objects if "/deck/" not in key)


@pytest.mark.parametrize("status", [403, 429, 500, 503])
@pytest.mark.parametrize(("task", "left"), [("later", "outputs.pb"), ("fail", "error.pb")])
def test_a_store_that_refuses_for_a_while_costs_no_result(
    run: Callable[..., Any], endpoint: S3Server, status: int, task: str, left: str
) -> None:
    endpoint.script.extend([status] * 5)
    assert run(task, **({"x": 1} if task == "later" else {})) == 0
    assert names(endpoint) == [left]
    assert [method for method, key, _ in endpoint.requests if key.endswith(left)] == ["PUT"] * 6


def test_a_call_that_stalls_is_begun_anew_and_nothing_else_is_written(
    run: Callable[..., Any], endpoint: S3Server
) -> None:
    endpoint.stalls.append(endpoint.over)
    assert run("add", x=1) == 0
    assert names(endpoint) == ["outputs.pb"]


def test_an_uploaded_value_is_as_patient(run: Callable[..., Any], endpoint: S3Server) -> None:
    endpoint.script.extend([503] * 5)
    assert run("makes_a_file") == 0
    assert names(endpoint) == ["data.txt", "outputs.pb"]


@pytest.mark.parametrize("task", ["add", "fail"])
def test_what_cannot_be_stored_is_said_by_the_exit_code_alone(
    run: Callable[..., Any],
    endpoint: S3Server,
    set_environment: Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
    task: str,
) -> None:
    set_environment(LIVEDECK_RESULT_TIMEOUT="0.2")
    endpoint.script.extend([503] * 1000)
    assert run(task, **({"x": 1} if task == "add" else {})) == 75
    endpoint.script.clear()
    document = "outputs.pb" if task == "add" else "error.pb"
    assert f"{document} could not be stored: " in capsys.readouterr().err
    assert {key.rpartition("/")[2] for method, key, _ in endpoint.requests if method == "PUT"} == {document}


def test_a_value_that_cannot_be_uploaded_is_the_systems_failure(
    bench: Bench, set_environment: Callable[..., Any]
) -> None:
    set_environment(LIVEDECK_RESULT_TIMEOUT="0")
    bench.give()
    (bench.root / "raw").write_text("a file where the folder should be")
    assert bench.run("makes_a_file") == 0
    assert bench.error.origin == ExecutionError.SYSTEM
    assert bench.files == ["error.pb"]


def test_inputs_that_cannot_be_read_for_a_while(bench: Bench, endpoint: S3Server) -> None:
    bench.give(x=1)
    endpoint.objects["/inputs/inputs.pb"] = (bench.root / "out" / "inputs.pb").read_bytes()
    endpoint.script.extend([403, 503, 500, 503, 403, 503])
    arguments = bench.arguments("add")
    arguments[1] = "s3://inputs/inputs.pb"
    assert entry.main(arguments) == 0
    assert bench.outputs(o0=int) == {"o0": 11}


@pytest.mark.parametrize("given", ["soon", "-1", "nan", "inf"])
def test_a_setting_that_is_no_time_is_refused(
    bench: Bench, set_environment: Callable[..., Any], capsys: pytest.CaptureFixture[str], given: str
) -> None:
    set_environment(LIVEDECK_RESULT_TIMEOUT=given)
    assert bench.run("add") == 2
    assert capsys.readouterr().err == (
        f"LIVEDECK_RESULT_TIMEOUT={given!r} is not a number of seconds, such as 30 (0: try only once)\n"
    )


@pytest.mark.parametrize(("task", "left"), [("publishes", "outputs.pb"), ("publishes_and_fails", "error.pb")])
def test_the_executor_is_told_before_the_deck_ends(
    bench: Bench, set_environment: Callable[..., Any], task: str, left: str, listening: "Listening"
) -> None:
    set_environment(LIVEDECK_RESULT_NOTICE=listening.address)
    bench.give()
    assert bench.run(task) == 0
    assert listening.heard == [b"result stored"]
    assert bench.document.end is not None


def test_a_task_that_left_threads_is_over_when_its_process_is(
    bench: Bench, set_environment: Callable[..., Any], listening: "Listening"
) -> None:
    set_environment(LIVEDECK_RESULT_NOTICE=listening.address)
    bench.give()
    try:
        assert bench.run("publishes_and_leaves_a_thread") == 0
        assert listening.heard == []
        assert bench.document.end is not None
    finally:
        sys.modules["tasks"].LEFT.set()


def test_a_task_without_a_deck_has_nothing_to_tell(
    bench: Bench, set_environment: Callable[..., Any], listening: "Listening"
) -> None:
    set_environment(LIVEDECK_RESULT_NOTICE=listening.address)
    bench.give(x=1)
    assert bench.run("add") == 0
    assert listening.heard == []


def test_a_task_that_left_exit_handlers_tells_that_its_result_is_stored(
    bench: Bench, set_environment: Callable[..., Any], listening: "Listening"
) -> None:
    set_environment(LIVEDECK_RESULT_NOTICE=listening.address)
    bench.give()
    try:
        assert bench.run("leaves_an_exit_handler") == 0
        assert listening.heard == [b"result stored"]
    finally:
        atexit.unregister(sys.modules["tasks"].do_nothing)


class Listening:
    """A socket such as an executor has."""

    def __init__(self, socket: socket.socket) -> None:
        self._socket = socket
        self.address = "@" + socket.getsockname()[1:].decode()

    @property
    def heard(self) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(self._socket.recv(64))
            except BlockingIOError:
                return found


@pytest.fixture
def listening() -> Iterator[Listening]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as opened:
        opened.bind("")
        yield Listening(opened)
