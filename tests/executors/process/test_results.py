"""An attempt whose result is stored: the engine hears of it while the process goes on with its Deck."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from livedeck.executors.api import Exit, ExitKind, ResultStored
from livedeck.executors.local.admission import Amount
from livedeck.executors.local.records import Records
from livedeck.executors.process.executor import ProcessExecutor
from tests.executors.process.conftest import Bench

from .conftest import alive, noted, until
from .test_survival import server

GIB = 1 << 30

pytestmark = pytest.mark.slow


@pytest.fixture
def files(bench: Bench) -> tuple[Path, Path]:
    return bench.path("started"), bench.path("gate")


async def test_the_result_is_told_while_the_process_goes_on(
    bench: Bench, executor: ProcessExecutor, files: tuple[Path, Path]
) -> None:
    attempt = bench.attempt("says_stored_and_goes_on", *files)
    handle = await executor.launch(attempt)
    told = await executor.wait_result(handle)
    assert isinstance(told, ResultStored)
    assert told.started_at is not None
    assert told.at is not None
    assert told.started_at <= told.at
    assert bench.log(attempt.id).startswith("computed\n"), "what was printed before is in the store"
    assert await executor.wait_result(handle) == told
    await until(lambda: noted(files[0]))
    assert alive(noted(files[0])[0])
    files[1].touch()
    assert (await executor.wait(handle)).code == 0
    assert bench.log(attempt.id) == "computed\nwaiting\ndone é\n", "and what was printed after it"


async def test_cores_are_free_at_once_and_memory_when_the_process_is_gone(
    bench: Bench, files: tuple[Path, Path]
) -> None:
    async with bench.executor(cpu=2, memory=4 * GIB) as executor:
        first = bench.attempt("says_stored_and_goes_on", *files, cpu=2, memory=3 * GIB)
        await executor.wait_result(await executor.launch(first))
        taken = executor._resources.taken
        assert (taken.milli_cores, taken.memory) == (0, 3 * GIB)
        small = bench.attempt("nothing", cpu=2, memory=GIB)
        assert (await executor.wait(await executor.launch(small))).code == 0
        large = asyncio.create_task(executor.launch(bench.attempt("nothing", cpu=1, memory=2 * GIB)))
        await until(lambda: noted(files[0]))
        assert not large.done()
        files[1].touch()
        await executor.wait(await large)
        await until(lambda: executor._resources.taken == Amount(0, 0))


async def test_nothing_is_kept_of_an_attempt_whose_result_was_enough(
    bench: Bench, executor: ProcessExecutor, files: tuple[Path, Path]
) -> None:
    attempt = bench.attempt("says_stored_and_goes_on", *files)
    await executor.wait_result(await executor.launch(attempt))
    files[1].touch()
    await until(lambda: not executor._watches)
    assert bench.log(attempt.id) == "computed\nwaiting\ndone é\n"


async def test_only_the_attempt_itself_is_believed(
    bench: Bench, executor: ProcessExecutor, files: tuple[Path, Path]
) -> None:
    handle = await executor.launch(bench.attempt("lets_others_say_stored", *files))
    waiting = asyncio.create_task(executor.wait_result(handle))
    await until(lambda: noted(files[0]))
    await executor.wait(await executor.launch(bench.attempt("nothing")))  # whatever was said has been heard by now
    assert not waiting.done()
    files[1].touch()
    assert isinstance(await waiting, Exit)


async def test_one_that_says_nothing_is_waited_for(bench: Bench, executor: ProcessExecutor) -> None:
    told = await executor.wait_result(await executor.launch(bench.attempt("exits", 4)))
    assert isinstance(told, Exit)
    assert told.code == 4


async def test_one_that_is_killed_meanwhile_ends_as_any_other(
    bench: Bench, executor: ProcessExecutor, files: tuple[Path, Path]
) -> None:
    handle = await executor.launch(bench.attempt("says_stored_and_goes_on", *files))
    await executor.wait_result(handle)
    await until(lambda: noted(files[0]))
    os.kill(noted(files[0])[0], signal.SIGKILL)
    ended = await executor.wait(handle)
    assert (ended.kind, ended.code) == (ExitKind.SIGNALLED, signal.SIGKILL)


async def test_one_can_be_aborted_meanwhile(bench: Bench, executor: ProcessExecutor, files: tuple[Path, Path]) -> None:
    handle = await executor.launch(bench.attempt("says_stored_and_goes_on", *files))
    await executor.wait_result(handle)
    await executor.abort(handle, grace=60.0)
    ended = await executor.wait(handle)
    assert (ended.kind, ended.code) == (ExitKind.SIGNALLED, signal.SIGTERM)


async def test_a_server_that_comes_back_is_told_again(bench: Bench, files: tuple[Path, Path]) -> None:
    attempt = bench.attempt("says_stored_and_goes_on", *files, cpu=1, memory=GIB)
    with server(bench, attempt) as ([handle], _):
        await until(lambda: noted(files[0]))
    async with bench.executor() as executor:
        assert await executor.launch(attempt) == handle
        assert isinstance(await executor.wait_result(handle), ResultStored)
        assert (executor._resources.taken.milli_cores, executor._resources.taken.memory) == (0, GIB)
        files[1].touch()
        await until(lambda: executor._resources.taken == Amount(0, 0))
        await until(lambda: bench.log(attempt.id) == "computed\nwaiting\ndone é\n")


async def test_what_was_printed_while_no_server_ran_is_shipped_by_the_next(
    bench: Bench, files: tuple[Path, Path]
) -> None:
    attempt = bench.attempt("says_stored_and_goes_on", *files)
    async with bench.executor() as executor:
        handle = await executor.launch(attempt)
        await executor.wait_result(handle)
        await until(lambda: noted(files[0]))
    files[1].touch()
    await until(lambda: Records(bench.work_dir).files(handle).exit())
    async with bench.executor():
        await until(lambda: bench.log(attempt.id) == "computed\nwaiting\ndone é\n")


async def test_its_zygote_may_die_meanwhile(bench: Bench, executor: ProcessExecutor, files: tuple[Path, Path]) -> None:
    handle = await executor.launch(bench.attempt("says_stored_and_goes_on", *files))
    told = await executor.wait_result(handle)
    bench.kill_zygotes()
    assert (await executor.wait(handle)).kind is ExitKind.LOST
    assert isinstance(told, ResultStored)


async def test_a_process_that_never_ends_is_ended_some_time_after_its_result(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    pids = bench.path("pids")
    async with bench.executor(exit_timeout=0.2) as executor:
        attempt = bench.attempt("says_stored_and_never_ends", pids)
        handle = await executor.launch(attempt)
        assert isinstance(await executor.wait_result(handle), ResultStored)
        ended = await executor.wait(handle)
        assert (ended.kind, ended.code) == (ExitKind.SIGNALLED, signal.SIGTERM)
        await until(lambda: not any(alive(int(pid)) for pid in pids.read_text().split()))
    assert bench.log(attempt.id).startswith("computed\n")
    assert "had not ended 0.2 s after its result was stored" in bench.log(attempt.id)
    assert "attempt_overdue" in caplog.text
