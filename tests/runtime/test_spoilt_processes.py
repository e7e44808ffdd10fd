"""Whatever a task has done to its process, its result is stored, and so is its Deck."""

import signal
import subprocess

import pytest
from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError

from livedeck.runtime.process_state import ProcessState
from tests.runtime.conftest import Bench
from tests.runtime.test_processes import finish
from tests.store.s3 import s3_endpoint

pytestmark = pytest.mark.slow  # a process each: they run with `make test`

CLIENT_BROKEN = "descriptors closed"
USED_UP = [
    CLIENT_BROKEN,
    "descriptors used up",
    "descriptors used up with a hard limit",
    "no more descriptors",
    "no more memory",
    "output closed",
]
CHANGED = [
    "environment cleared",
    "folder removed",
    "little recursion",
    "modules not to be found",
    "no files larger than nothing",
    "short timeouts",
    "time stands still",
    "warnings are errors",
]
OF_A_CLOUD = ["another store", "environment cleared", "short timeouts"]


@pytest.mark.parametrize("how", USED_UP + CHANGED)
def test_on_this_disk(bench: Bench, how: str) -> None:
    bench.give(how=how)
    code, _, err = finish(bench.start("returns", module="spoiling"))
    assert (code, bench.files) == (0, ["deck.html", "outputs.pb"]), err
    assert "<p>after</p>" in "".join(bench.tabs.values())
    assert bench.document.end.outcome == "succeeded"


@pytest.mark.parametrize("how", USED_UP)
def test_of_one_that_fails(bench: Bench, how: str) -> None:
    bench.give(how=how)
    code, _, err = finish(bench.start("raises", module="spoiling"))
    assert (code, bench.files) == (0, ["error.pb"]), err
    assert bench.error.code == "USER:ValueError"


@pytest.mark.parametrize("how", USED_UP + OF_A_CLOUD)
def test_in_a_cloud(bench: Bench, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    with s3_endpoint(monkeypatch) as endpoint:
        code, _, err = finish(start_in_a_cloud(bench, "returns", how))
        assert (code, "/spoilt/out/0/outputs.pb" in endpoint.objects) == (0, True), err
        # There is no other client of clouds in the same process: what was published before is there, in segments.
        assert (b"after" in endpoint.objects["/spoilt/out/0/deck.html"]) is (how != CLIENT_BROKEN)
        assert b"before" in b"".join(endpoint.objects.values())


@pytest.mark.parametrize("how", [CLIENT_BROKEN, "descriptors used up"])
def test_a_store_that_is_not_reached_for_want_of_descriptors_is_the_tasks_failure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    bench.environment["LIVEDECK_RESULT_TIMEOUT"] = "0.2"
    with s3_endpoint(monkeypatch) as endpoint:
        code, _, err = finish(start_in_a_cloud(bench, "stores_a_file", how))
        assert (code, "/spoilt/out/0/error.pb" in endpoint.objects) == (0, True), err
        error = ErrorDocument.FromString(endpoint.objects["/spoilt/out/0/error.pb"]).error
    assert (error.origin, error.kind) == (ExecutionError.USER, ContainerError.NON_RECOVERABLE)
    assert "descriptor" in error.message or "open files" in error.message


def start_in_a_cloud(bench: Bench, task: str, how: str) -> "subprocess.Popen[str]":
    bench.give(how=how)
    arguments = bench.arguments(task, module="spoiling")
    arguments[3] = "s3://spoilt/out/0"
    arguments[5] = "s3://spoilt/raw"
    return bench.start_with(arguments)


@pytest.mark.parametrize("before", [0.0, 3600.0])
def test_an_alarm_of_the_tasks_does_not_go_off_while_its_result_is_stored(before: float) -> None:
    mine = signal.setitimer(signal.ITIMER_REAL, before)
    try:
        state = ProcessState.keep()
        signal.alarm(3000)
        state.restore()
        assert (signal.getitimer(signal.ITIMER_REAL)[0] > 0) is (before > 0), "one that was there before is not its own"
    finally:
        signal.setitimer(signal.ITIMER_REAL, *mine)
