"""What an attempt is, and what the engine hears of it. Every process here is real."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livedeck.errors import CannotStart, ExecutorError
from livedeck.executors.api import Exit, ExitKind
from livedeck.executors.local.admission import Amount
from livedeck.executors.local.records import Records, attempt_name
from livedeck.executors.process.executor import ProcessExecutor
from livedeck.executors.process.messages import Welcome
from tests.executors.process.conftest import Bench

from .conftest import alive, noted, until

pytestmark = pytest.mark.slow


def ended(outcome: Exit) -> tuple[ExitKind, int]:
    return outcome.kind, outcome.code


@pytest.mark.parametrize(
    ("program", "code", "words"),
    [
        (["nothing"], 0, ""),
        (["returns", 3], 3, ""),
        (["exits", 4], 4, ""),
        (["exits_saying", "why"], 1, "why"),
        (["ends_without_streams", "closed"], 0, ""),
        (["ends_without_streams", "none"], 0, ""),
        (["raises", "why"], 1, "ValueError: why"),
        (["exits_at_once", 5], 5, "this is lost, as it would be anywhere"),
    ],
)
async def test_exit_code_and_last_words(
    run: Callable[..., Any], program: list[str | int], code: int, words: str
) -> None:
    outcome, _ = await run(*program)
    assert ended(outcome) == (ExitKind.EXITED, code)
    assert outcome.last_words.splitlines()[-1:] == ([words] if words else [])
    assert outcome.started_at <= outcome.ended_at


async def test_a_signal_is_told_from_an_exit_code(run: Callable[..., Any]) -> None:
    outcome, log = await run("kills_itself", signal.SIGSEGV)
    assert ended(outcome) == (ExitKind.SIGNALLED, signal.SIGSEGV)
    assert log == "last words"


async def test_a_kill_that_somebody_sent_is_not_called_out_of_memory(run: Callable[..., Any]) -> None:
    outcome, _ = await run("kills_itself", signal.SIGKILL)
    assert ended(outcome) == (ExitKind.SIGNALLED, signal.SIGKILL)
    assert not outcome.out_of_memory
    assert outcome.last_words == "last words"


async def test_out_of_memory_is_known_by_the_kernels_own_count(bench: Bench, memory_group: Callable[..., Any]) -> None:
    with memory_group(256 << 20):  # the zygote begins in it, and every attempt is its child
        opening = bench.executor()
        executor = await opening.__aenter__()
    try:
        outcome = await executor.wait(await executor.launch(bench.attempt("grows", 1 << 30)))
        assert (ended(outcome), outcome.out_of_memory) == ((ExitKind.SIGNALLED, signal.SIGKILL), True)
        assert 0 < outcome.peak_memory <= 256 << 20
        outcome = await executor.wait(await executor.launch(bench.attempt("kills_itself", signal.SIGKILL)))
        assert (ended(outcome), outcome.out_of_memory) == ((ExitKind.SIGNALLED, signal.SIGKILL), False)
    finally:
        await opening.__aexit__(None, None, None)


async def test_traceback_is_the_users_alone(run: Callable[..., Any]) -> None:
    outcome, log = await run("raises", "why")
    assert log.startswith("Traceback")
    assert outcome.last_words in log
    assert "supervisor" not in log


async def test_output_of_both_streams_in_order(run: Callable[..., Any]) -> None:
    _, log = await run("says", "grüße", "€")
    assert log == "grüße €\nand on stderr\n"


async def test_environment_is_the_executors_with_the_attempts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTER", "a")
    monkeypatch.setenv("BOTH", "b")
    async with bench.executor() as executor:
        attempt = bench.attempt("shows_environment", "OUTER", "BOTH", "INNER", environment={"BOTH": "c", "INNER": "d"})
        await executor.wait(await executor.launch(attempt))
        monkeypatch.delenv("OUTER")
    assert bench.log(attempt.id) == "['a', 'c', 'd']\n"
    monkeypatch.setenv("BOTH", "e")
    async with bench.executor() as executor:
        attempt = bench.attempt("shows_environment", "OUTER", "BOTH", "INNER")
        await executor.wait(await executor.launch(attempt))
    assert bench.log(attempt.id) == "[None, 'e', None]\n"


async def test_a_variable_that_acts_at_start_is_honoured(run: Callable[..., Any]) -> None:
    outcome, log = await run("shows_environment", "PYTHONHASHSEED", environment={"PYTHONHASHSEED": "7"})
    assert outcome.code == 0
    assert log == "['7']\n"


async def test_own_folders_removed_afterwards(bench: Bench, run: Callable[..., Any]) -> None:
    _, first = await run("shows_place")
    _, second = await run("shows_place")
    cwd, tmp, existed = first.splitlines()
    assert existed == "True"
    assert cwd != tmp
    for path in map(Path, {cwd, tmp, *second.splitlines()[:2]}):
        await until(lambda path=path: not path.exists() or not list(path.iterdir()))


async def test_looks_like_a_fresh_process(run: Callable[..., Any]) -> None:
    _, log = await run("shows_itself")
    assert log.splitlines() == [
        "['program', 'shows_itself'] False True ''",
        "[0, 1, 2]",
        "[(True, False, False), (True, False, False)]",
        "True set()",
    ]


async def test_ends_like_an_interpreter(run: Callable[..., Any]) -> None:
    _, log = await run("ends_late")
    assert log == "in a thread\nat exit\n"


async def test_multiprocessing_spawn_works(run: Callable[..., Any]) -> None:
    outcome, log = await run("spawns")
    assert (outcome.code, log) == (0, "spawned\n")


async def test_any_other_command_is_executed(run: Callable[..., Any]) -> None:
    outcome, log = await run("print(open(0).read() == ''); raise SystemExit(9)", command=(sys.executable, "-c"))
    assert (outcome.code, log) == (9, "True\n")


async def test_a_task_of_flytekits_says_that_flytekit_is_missing(executor: ProcessExecutor, bench: Bench) -> None:
    attempt = bench.attempt(command=("pyflyte-fast-execute",), environment={"PATH": "/nowhere"})
    with pytest.raises(ExecutorError, match=r"need flytekit where they run\. Install it .* -m pip install flytekit"):
        await executor.launch(attempt)


async def test_no_such_command(executor: ProcessExecutor, bench: Bench) -> None:
    with pytest.raises(ExecutorError, match="no command 'no-such-thing'"):
        await executor.launch(bench.attempt(command=("no-such-thing",), id="a/b/c/d/0"))
    # Nothing is remembered of it: once the command is installed it may be launched.
    handle = await executor.launch(bench.attempt("returns", 3, id="a/b/c/d/0"))
    assert ended(await executor.wait(handle)) == (ExitKind.EXITED, 3)


async def test_processes_left_behind_are_ended_and_hold_nothing_up(bench: Bench, run: Callable[..., Any]) -> None:
    pids = bench.path("pids")
    outcome, log = await run("leaves_children", pids)
    in_group, in_session, escaped = (int(bench.path(f"pids.{number}").read_text()) for number in range(3))
    try:
        assert ended(outcome) == (ExitKind.EXITED, 0)
        assert log == "gone\n"
        await until(lambda: not alive(in_group) and not alive(in_session))
    finally:
        os.kill(escaped, signal.SIGKILL)


async def test_an_attempt_that_sent_its_exit_notice_is_over_and_made_to_go(
    bench: Bench, run: Callable[..., Any]
) -> None:
    outcome, _ = await run("sends_an_exit_notice_and_stays", bench.path("pid"))
    assert ended(outcome) == (ExitKind.EXITED, 7)
    pid = int(bench.path("pid").read_text())
    await until(lambda: not alive(pid))


@pytest.mark.parametrize(
    ("program", "code"), [("sends_nonsense_for_an_exit_notice", 5), ("lets_a_child_run_to_the_end", 4)]
)
async def test_nobody_else_sends_an_exit_notice_for_an_attempt(
    run: Callable[..., Any], program: str, code: int
) -> None:
    outcome, _ = await run(program)
    assert ended(outcome) == (ExitKind.EXITED, code)


async def test_a_flood_is_bounded_and_slows_nobody(bench: Bench) -> None:
    async with bench.executor(log_cap=1 << 20, cpu=4) as executor:
        flood = bench.attempt("floods", 64, bench.path("gate"))
        flooding = asyncio.create_task(executor.wait(await executor.launch(flood)))
        for _ in range(20):  # others come and go meanwhile
            other = bench.attempt("says", "hello")
            await executor.wait(await executor.launch(other))
            assert bench.log(other.id) == "hello\nand on stderr\n"
        assert not flooding.done()
        bench.path("gate").touch()
        outcome = await flooding
    log = bench.log(flood.id)
    assert outcome.code == 0
    assert outcome.last_words.endswith("last line")
    assert log.startswith("first line\n")
    assert log.endswith("\nlast line\n")
    assert "bytes of output dropped here" in log
    assert len(log) < 1.1 * (1 << 20)


async def test_output_is_in_the_store_while_it_runs(bench: Bench, executor: ProcessExecutor) -> None:
    gate = bench.path("gate")
    attempt = bench.attempt("waits", bench.path("started"), gate)
    handle = await executor.launch(attempt)
    await until(lambda: bench.log(attempt.id) == "waiting\n")
    gate.touch()
    assert (await executor.wait(handle)).last_words == "waiting\ndone é"
    assert bench.log(attempt.id) == "waiting\ndone é\n"


async def test_launching_again_gives_the_same_attempt(bench: Bench, executor: ProcessExecutor) -> None:
    started, gate = bench.path("started"), bench.path("gate")
    attempt = bench.attempt("waits", started, gate)
    first, second = await asyncio.gather(executor.launch(attempt), executor.launch(attempt))
    assert first == second == attempt_name(attempt.id)
    await executor.wait_started(first)
    gate.touch()
    outcome = await executor.wait(first)
    assert await executor.launch(attempt) == first
    assert await executor.wait(first) == outcome
    assert len(started.read_text().splitlines()) == 1


async def test_ids_are_only_ever_names_of_files(bench: Bench, executor: ProcessExecutor) -> None:
    attempt = bench.attempt("nothing", id="../../../é\0\n" + "x" * 500)
    object.__setattr__(attempt, "output_prefix", bench.prefix("plain"))
    handle = await executor.launch(attempt)
    assert (await executor.wait(handle)).code == 0
    assert (bench.work_dir / "records" / handle).is_file()


async def test_an_end_that_was_told_before_anybody_listened_is_found_on_record(
    executor: ProcessExecutor, bench: Bench
) -> None:
    handle = await executor.launch(bench.attempt("nothing"))
    await executor.wait(handle)
    record = Records(bench.work_dir).files(handle).attempt()
    link = executor.zygotes.pool._primary
    assert record is not None
    assert link is not None
    # As one does that was written before the end was told.
    executor.zygotes.on_welcome(link, Welcome(link.zygote, [record]))
    assert (await executor.wait(handle)).code == 0
    assert executor._resources.taken == Amount(0, 0)


async def test_a_stop_that_comes_with_the_answer_is_a_stop(executor: ProcessExecutor, bench: Bench) -> None:
    attempt = bench.attempt("nothing")
    launching = asyncio.create_task(executor.launch(attempt))
    await asyncio.sleep(0)
    (watch,) = executor._watches.values()
    watch.start.task.add_done_callback(lambda _: launching.cancel())
    with pytest.raises(asyncio.CancelledError):
        await launching
    assert (await executor.wait(await executor.launch(attempt))).code == 0


async def test_variables_may_hold_any_bytes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"ODD", b"/home/m\xfcller")
    attempt = bench.attempt("shows_variable", "ODD", environment={"OTHER": "ü"})
    async with bench.executor() as executor:
        assert (await executor.wait(await executor.launch(attempt))).code == 0
    assert bench.log(attempt.id) == "b'/home/m\\xfcller'\n"


async def test_more_gpus_than_there_are_is_refused(executor: ProcessExecutor, bench: Bench) -> None:
    with pytest.raises(CannotStart, match=r"asks for .* and 99 GPUs, but this machine has"):
        await executor.launch(bench.attempt("nothing", gpus=99))


@pytest.mark.parametrize("handle", ["", "../attempts", "00000000000000000000-a/../b", "00000000000000000000-gone"])
async def test_unknown_handle(executor: ProcessExecutor, handle: str) -> None:
    for call in (executor.wait, executor.wait_started, lambda handle: executor.abort(handle, grace=1)):
        with pytest.raises(ExecutorError):
            await call(handle)


async def test_abort_lets_it_flush(bench: Bench, executor: ProcessExecutor) -> None:
    started = bench.path("started")
    handle = await executor.launch(bench.attempt("flushes", started))
    await until(lambda: noted(started))
    await executor.abort(handle, grace=60)
    outcome = await executor.wait(handle)
    assert ended(outcome) == (ExitKind.EXITED, 143)
    assert outcome.last_words == "waiting\nflushed"
    await executor.abort(handle, grace=60)  # it is over: nothing happens


async def test_abort_of_one_that_does_not_listen(bench: Bench, executor: ProcessExecutor) -> None:
    started = bench.path("started")
    handle = await executor.launch(bench.attempt("ignores", started))
    await until(lambda: noted(started))
    await executor.abort(handle, grace=0.1)
    outcome = await executor.wait(handle)
    assert ended(outcome) == (ExitKind.SIGNALLED, signal.SIGKILL)
    assert not outcome.out_of_memory


async def test_abort_ends_its_helpers_too(bench: Bench, executor: ProcessExecutor) -> None:
    started = bench.path("started")
    handle = await executor.launch(bench.attempt("waits_with_child", started, "/nowhere"))
    pids = await until(lambda: len(noted(started)) == 2 and noted(started))
    await executor.abort(handle, grace=60)
    assert ended(await executor.wait(handle)) == (ExitKind.SIGNALLED, signal.SIGTERM)
    await until(lambda: not any(alive(pid) for pid in pids))


async def test_asking_for_more_than_there_is(bench: Bench) -> None:
    async with bench.executor(cpu=2, memory=1 << 30) as executor:
        with pytest.raises(ExecutorError, match=r"the task asks for 3 cores, but this machine has 2 cores and 1 GiB"):
            await executor.launch(bench.attempt("nothing", cpu=3))
        with pytest.raises(ExecutorError, match=r"asks for 0\.5 cores and 2 GiB of memory"):
            await executor.launch(bench.attempt("nothing", memory=2 << 30))


async def test_requests_hold_back_what_does_not_fit(bench: Bench) -> None:
    gate = bench.path("gate")
    async with bench.executor(cpu=2) as executor:
        running = [await executor.launch(bench.attempt("waits", bench.path("started"), gate, cpu=1)) for _ in range(2)]
        third = asyncio.create_task(executor.launch(bench.attempt("nothing", cpu=1)))
        cancelled = asyncio.create_task(executor.launch(bench.attempt("exits", 1, cpu=1, id="p/d/e/cancelled/0")))
        await until(lambda: len(executor._resources._waiting) == 2)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        assert not third.done()
        gate.touch()
        await asyncio.gather(*map(executor.wait, running), executor.wait(await third))
        assert not (bench.work_dir / "attempts" / attempt_name("p/d/e/cancelled/0")).exists()
        assert executor._resources.taken.milli_cores == 0


async def test_many_at_once(bench: Bench, executor: ProcessExecutor) -> None:
    attempts = [bench.attempt("says", number, cpu=0.25) for number in range(100)]
    handles = await asyncio.gather(*map(executor.launch, attempts))
    outcomes = await asyncio.gather(*map(executor.wait, handles))
    assert all(ended(outcome) == (ExitKind.EXITED, 0) for outcome in outcomes)
    assert [bench.log(attempt.id) for attempt in attempts] == [f"{n}\nand on stderr\n" for n in range(100)]


async def test_a_store_that_takes_nothing_does_not_hold_up_the_outcome(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.path("store").write_text("a file where a folder should be")
    async with bench.executor(log_timeout=0.5) as executor:
        outcome = await executor.wait(await executor.launch(bench.attempt("says", "hello")))
    assert isinstance(outcome, Exit)
    assert outcome.last_words == "hello\nand on stderr"
    assert "log_incomplete" in caplog.text


async def test_deep_working_directory(bench: Bench) -> None:
    bench.work_dir = bench.work_dir.joinpath(*["folder-with-a-long-name"] * 6)
    async with bench.executor() as executor:
        assert (await executor.wait(await executor.launch(bench.attempt("returns", 2)))).code == 2


async def test_preload_that_fails_says_why(bench: Bench) -> None:
    with pytest.raises(ExecutorError, match="No module named 'no_such_module'"):
        async with bench.executor(preload=("no_such_module",)):
            pass


async def test_closed(bench: Bench) -> None:
    async with bench.executor() as executor:
        pass
    with pytest.raises(ExecutorError, match="not open"):
        await executor.launch(bench.attempt("nothing"))


async def test_find_tells_what_was_started_from_what_never_was(bench: Bench) -> None:
    async with bench.executor() as executor:
        attempt = bench.attempt("nothing")
        assert await executor.find(attempt.id) is None
        handle = await executor.launch(attempt)
        assert await executor.find(attempt.id) == handle
        await executor.wait(handle)
        assert await executor.find(attempt.id) == handle
    async with bench.executor() as another:
        assert await another.find(attempt.id) == handle
