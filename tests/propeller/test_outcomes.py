import os
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl.core.literals_pb2 import LiteralMap
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.executors.api import Attempt, Exit, ExitKind
from livedeck.propeller.failures import Blame, Failure
from livedeck.propeller.outcomes import Futures, Outputs, read_outcome
from livedeck.propeller.settings import PropellerSettings
from livedeck.store import open_store
from livedeck.testing.executors import DONE, fail, succeed


@pytest.fixture
def attempt() -> Attempt:
    return Attempt("a", (), {}, f"memory://{uuid.uuid4().hex}/p")


async def test_outputs_are_success_whatever_the_exit_status(attempt: Attempt) -> None:
    await succeed(attempt, o0=5)
    for ended in (DONE, Exit(ExitKind.SIGNALLED, 9), Exit(ExitKind.LOST)):
        result = await read_outcome(attempt.output_prefix, ended, PropellerSettings())
        assert isinstance(result, Outputs)
        assert result.literals.literals["o0"].scalar.primitive.integer == 5


async def test_an_error_goes_before_outputs(attempt: Attempt) -> None:
    await succeed(attempt, o0=5)
    await fail(attempt, "told you")
    result = await read_outcome(attempt.output_prefix, DONE, PropellerSettings())
    assert result == Failure("USER:ValueError", "told you", error_uri=f"{attempt.output_prefix}/error.pb")


async def test_an_error_says_whose_fault_it_is_and_whether_to_try_again(attempt: Attempt) -> None:
    document = ErrorDocument(
        error=ContainerError(
            code="C", message="m", kind=ContainerError.RECOVERABLE, origin=ExecutionError.SYSTEM, worker="w1"
        )
    )
    open_store(attempt.output_prefix).put("error.pb", document.SerializeToString())
    result = await read_outcome(attempt.output_prefix, DONE, PropellerSettings())
    assert isinstance(result, Failure)
    assert (result.blame, result.recoverable, result.worker) == (Blame.SYSTEM, True, "w1")


async def test_only_a_place_that_went_away_is_a_system_error(attempt: Attempt) -> None:
    ended = Exit(ExitKind.LOST, 143, last_words="last", reason="its zygote died")
    assert await read_outcome(attempt.output_prefix, ended, PropellerSettings()) == Failure(
        "Lost", "The attempt was lost: its zygote died.\nThe end of its output:\nlast", Blame.SYSTEM, recoverable=True
    )


@pytest.mark.parametrize(
    ("ended", "code", "words"),
    [
        (
            Exit(ExitKind.SIGNALLED, signal.SIGKILL, out_of_memory=True, peak_memory=3 << 29),
            "OOMKilled",
            "because memory ran out (its largest size was 1.5 GiB)",
        ),
        (Exit(ExitKind.EXITED, 128 + signal.SIGKILL, out_of_memory=True), "OOMKilled", "because memory ran out"),
        (Exit(ExitKind.SIGNALLED, signal.SIGKILL, out_of_memory=False), "Interrupted", "somebody sent the signal"),
        (Exit(ExitKind.SIGNALLED, signal.SIGKILL), "Interrupted", "the kernel does not tell"),
        (Exit(ExitKind.EXITED, 128 + signal.SIGKILL), "Interrupted", "SIGKILL"),
        (Exit(ExitKind.SIGNALLED, signal.SIGTERM), "Interrupted", "SIGTERM"),
        (Exit(ExitKind.EXITED, 128 + signal.SIGTERM), "Interrupted", "SIGTERM"),
        (Exit(ExitKind.SIGNALLED, signal.SIGSEGV), "Signalled", "SIGSEGV"),
        (Exit(ExitKind.SIGNALLED, 200), "Signalled", "signal 200"),
        (Exit(ExitKind.EXITED, 1), "NonZeroExit", "exited with code 1"),
        (Exit(ExitKind.EXITED, 3), "NonZeroExit", "exited with code 3"),
        (Exit(ExitKind.EXITED, 0), "OutputsNotFound", "exited with code 0"),
    ],
)
async def test_a_process_that_ended_is_an_error_of_the_users_and_may_be_tried_again(
    attempt: Attempt, ended: Exit, code: str, words: str
) -> None:
    result = await read_outcome(attempt.output_prefix, ended, PropellerSettings())
    assert isinstance(result, Failure)
    assert (result.code, result.blame, result.recoverable) == (code, Blame.USER, True)
    assert words in result.message


async def test_exit_code_0_is_success_for_a_task_without_outputs(attempt: Attempt) -> None:
    assert await read_outcome(attempt.output_prefix, DONE, PropellerSettings(), has_outputs=False) == Outputs(
        LiteralMap(), 0
    )
    for ended in (Exit(ExitKind.EXITED, 1), Exit(ExitKind.LOST), Exit(ExitKind.SIGNALLED, signal.SIGSEGV)):
        assert isinstance(
            await read_outcome(attempt.output_prefix, ended, PropellerSettings(), has_outputs=False), Failure
        )


@pytest.mark.parametrize("name", ["outputs.pb", "error.pb"])
async def test_what_cannot_be_read_is_a_system_error(attempt: Attempt, name: str) -> None:
    open_store(attempt.output_prefix).put(name, b"\xff\xff\xff")
    result = await read_outcome(attempt.output_prefix, DONE, PropellerSettings())
    assert isinstance(result, Failure)
    assert (result.blame, result.recoverable) == (Blame.SYSTEM, True)
    assert "cannot be read" in result.message


async def test_a_dynamic_task_leaves_futures(attempt: Attempt) -> None:
    open_store(attempt.output_prefix).put("futures.pb", b"")
    result = await read_outcome(attempt.output_prefix, DONE, PropellerSettings())
    assert result == Futures(f"{attempt.output_prefix}/futures.pb")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    elsewhere = path.parents[2] / "elsewhere"
    elsewhere.write_bytes(b"")  # which would be outputs without any value
    path.symlink_to(elsewhere)


def _large(path: Path) -> None:
    path.write_bytes(bytes(1001))


@pytest.mark.parametrize("name", ["outputs.pb", "error.pb"])
@pytest.mark.parametrize(
    ("leave", "words"),
    [
        (_pipe, "is not a regular file"),
        (_link, "is a link that leads out of the store"),
        (_large, "has 1001 bytes; no more than 1000 are read"),
    ],
)
async def test_a_result_that_is_not_to_be_read_is_the_tasks_failure(
    tmp_path: Path, name: str, leave: Callable[..., Any], words: str
) -> None:
    store = tmp_path / "store"
    (store / "a").mkdir(parents=True)
    leave(store / "a" / name)
    settings = PropellerSettings(read_limit=1000, root=f"file://{store}")
    for has_outputs in (True, False):
        result = await read_outcome(f"file://{store}/a", DONE, settings, has_outputs=has_outputs)
        assert isinstance(result, Failure)
        assert (result.code, result.blame, result.recoverable) == ("UnreadableResult", Blame.USER, False)
        assert words in result.message
        assert name in result.message


def node_failed(attempt: Attempt, node: int, code: str, seconds: int) -> None:
    error = ContainerError(code=code, message=f"node {node} failed", timestamp=Timestamp(seconds=seconds))
    document = ErrorDocument(error=error).SerializeToString()
    open_store(attempt.output_prefix).put(f"error-{node}.pb", document)


async def outcome_of_three_nodes(attempt: Attempt, ended: Exit) -> Failure:
    result = await read_outcome(attempt.output_prefix, ended, PropellerSettings(), nodes=3)
    assert isinstance(result, Failure)
    return result


async def test_of_the_errors_of_several_nodes_the_first_is_told(attempt: Attempt) -> None:
    node_failed(attempt, 0, "USER:ConnectionResetError", 12)
    node_failed(attempt, 2, "USER:ValueError", 11)
    found = await outcome_of_three_nodes(attempt, Exit(ExitKind.EXITED, 1))
    assert (found.code, found.message) == ("USER:ValueError", "node 2 failed")
    assert found.error_uri == f"{attempt.output_prefix}/error-2.pb"


async def test_a_rank_that_was_killed_goes_before_what_others_noticed_of_it(attempt: Attempt) -> None:
    node_failed(attempt, 0, "USER:ConnectionResetError", 11)
    node_failed(attempt, 1, "Interrupted", 12)
    assert (await outcome_of_three_nodes(attempt, Exit(ExitKind.EXITED, 1))).code == "Interrupted"


async def test_a_node_that_was_lost_goes_before_the_errors_of_the_others(attempt: Attempt) -> None:
    node_failed(attempt, 0, "USER:ConnectionResetError", 11)
    found = await outcome_of_three_nodes(attempt, Exit(ExitKind.LOST, reason="rank 1: its node went away"))
    assert (found.code, found.blame) == ("Lost", Blame.SYSTEM)


async def test_a_leader_that_was_killed_is_named_by_its_ranks(attempt: Attempt) -> None:
    node_failed(attempt, 0, "USER:ConnectionResetError", 11)
    found = await outcome_of_three_nodes(attempt, Exit(ExitKind.SIGNALLED, signal.SIGKILL, part="Ranks 2 and 3"))
    assert (found.code, found.blame) == ("Interrupted", Blame.USER)
    assert found.message.startswith("Ranks 2 and 3's process was killed (SIGKILL)")


async def test_several_nodes_without_an_error_of_their_own_are_told_of_by_their_exit(attempt: Attempt) -> None:
    found = await outcome_of_three_nodes(attempt, Exit(ExitKind.EXITED, 3, part="Rank 1"))
    assert found.message.startswith("Rank 1 exited with code 3")
