"""One attempt in a process of its own: signals, forks, and ends without a word."""

import signal
from subprocess import Popen

import pytest
from flyteidl.core.errors_pb2 import ContainerError

from tests.runtime.conftest import Bench


def finish(process: Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def start_and_wait_until_ready(bench: Bench, task: str) -> Popen[str]:
    process = bench.start(task)
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("task", ["wait_long", "wait_in_a_library", "wait_in_a_loop", "wait_with_a_deck_of_late"])
def test_sigterm_flushes_the_deck_and_exits_143(bench: Bench, task: str) -> None:
    process = start_and_wait_until_ready(bench, task)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 143
    assert bench.document.end.outcome == "aborted"
    assert bench.tabs["metrics"] == "<p>waiting</p>"
    assert bench.files == ["deck.html"]


def test_sigterm_without_a_deck_ends_the_process(bench: Bench) -> None:
    process = start_and_wait_until_ready(bench, "wait_long_without_deck")
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == -signal.SIGTERM
    assert bench.files == []


def test_a_handler_of_the_tasks_own_does_its_own_work(bench: Bench) -> None:
    process = start_and_wait_until_ready(bench, "own_handler")
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 0
    assert bench.outputs(o0=int)["o0"] == 3
    assert bench.tabs["metrics"] == "<p>saw it</p>"


def test_ctrl_c_flushes_the_deck(bench: Bench) -> None:
    process = start_and_wait_until_ready(bench, "wait_long")
    process.send_signal(signal.SIGINT)
    code, _, err = finish(process)
    assert code == 130
    assert "in wait_long\n" in err
    assert err.endswith("KeyboardInterrupt\n")
    assert bench.document.end.outcome == "aborted"


def test_sigkill_leaves_what_was_published(bench: Bench) -> None:
    process = start_and_wait_until_ready(bench, "wait_long")
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL
    assert bench.store.head("deck/00000001.json")
    assert bench.files == ["deck.html"]


def test_a_child_that_comes_back_writes_nothing(bench: Bench) -> None:
    assert finish(bench.start("forks"))[0] == 0
    assert bench.outputs(o0=int)["o0"] == 1
    assert bench.tabs == {"metrics": "<p>parent</p>"}
    assert bench.document.end.outcome == "succeeded"


def test_a_child_that_raises_writes_nothing(bench: Bench) -> None:
    code, _, err = finish(bench.start("forks_and_raises"))
    assert code == 0
    assert bench.outputs(o0=int)["o0"] == 1
    assert "in the child" in err
    assert "error.pb" not in bench.files


def test_a_child_that_exits_has_its_exit_code(bench: Bench) -> None:
    code, _, err = finish(bench.start("forks_and_exits"))
    assert code == 0
    assert bench.outputs(o0=int)["o0"] == 3
    assert err == ""


def test_a_pool_of_processes_can_be_terminated(bench: Bench) -> None:
    bench.give(x=4)
    assert finish(bench.start("has_a_pool"))[0] == 0
    assert bench.outputs(o0=int)["o0"] == 12
    assert bench.document.end.outcome == "succeeded"


def test_os_exit_leaves_nothing_but_its_code(bench: Bench) -> None:
    assert finish(bench.start("vanish"))[0] == 7
    assert bench.files == []


@pytest.mark.parametrize("how", ["closed", "none", "full"])
def test_a_task_without_streams_fails_with_its_own_error(bench: Bench, how: str) -> None:
    bench.give(how=how)
    _, _, err = finish(bench.start("fails_without_streams"))
    assert bench.error.code == "USER:ZeroDivisionError"
    assert bench.error.kind == ContainerError.NON_RECOVERABLE
    assert bench.document.end.outcome == "failed"
    assert ("ZeroDivisionError: mine" in err) == (how != "full"), "where the descriptor takes it, it is printed"


def test_what_a_task_logs_is_in_its_log(bench: Bench) -> None:
    bench.environment["FLYTE_INTERNAL_TASK_NAME"] = "tasks.logs"
    code, _, err = finish(bench.start("logs"))
    assert code == 0
    assert err.splitlines() == ["INFO tasks.logs: told", "WARNING tasks.logs: warned"]
