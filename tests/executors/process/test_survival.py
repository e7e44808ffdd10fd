"""kill -9 of whatever can be killed: nothing runs twice, nothing is lost but what died."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from livedeck.executors.api import Attempt, ExitKind
from livedeck.executors.local import processes
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.local.records import Records, attempt_name
from livedeck.executors.process.executor import ProcessExecutor
from livedeck.executors.process.supervisor import MAX_SPARES
from tests.executors.process.conftest import Bench

from .conftest import OPTIONS, alive, noted, until

pytestmark = pytest.mark.slow

SERVER = Path(__file__).parent / "server.py"


@contextmanager
def server(bench: Bench, *attempts: Attempt) -> Iterator[tuple[list[str], ProcessIdentity]]:
    """Run an executor in another process; give the handles and the zygote's pid once all is launched."""
    arguments = [msgspec.json.encode(OPTIONS).decode(), msgspec.json.encode(attempts).decode()]
    process = subprocess.Popen([sys.executable, SERVER, bench.work_dir, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        lines = [process.stdout.readline().strip() for _ in range(len(attempts) + 1)]
        zygote = processes.identify(int(lines.pop()))
        bench._zygotes.append(zygote)
        yield lines, zygote
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_attempts_outlive_the_server(bench: Bench) -> None:
    started, gate = bench.path("started"), bench.path("gate")
    running = bench.attempt("waits", started, gate)
    over = bench.attempt("exits", 3)
    with server(bench, running, over) as (handles, zygote):
        await until(lambda: noted(started))
        await until(lambda: Records(bench.work_dir).files(handles[1]).exit())
    assert alive(noted(started)[0])
    async with bench.executor() as executor:
        assert executor.zygotes.pool._primary.zygote == zygote
        assert executor._resources.taken.milli_cores == 500
        assert await executor.launch(running) == handles[0]
        waiting = asyncio.create_task(executor.wait(handles[0]))
        assert (await executor.wait(handles[1])).code == 3  # by its handle alone
        gate.touch()
        outcome = await waiting
        assert executor._resources.taken.milli_cores == 0
    assert (outcome.kind, outcome.code) == (ExitKind.EXITED, 0)
    assert bench.log(running.id) == "waiting\ndone é\n"
    assert len(started.read_text().splitlines()) == 1


async def test_an_attempt_that_ends_while_no_server_runs(bench: Bench) -> None:
    started, gate = bench.path("started"), bench.path("gate")
    attempt = bench.attempt("waits", started, gate)
    with server(bench, attempt) as ([handle], zygote):
        await until(lambda: noted(started))
    gate.touch()
    await until(lambda: Records(bench.work_dir).files(handle).exit())
    async with bench.executor() as executor:
        assert (await executor.wait(await executor.launch(attempt))).code == 0
    assert bench.log(attempt.id) == "waiting\ndone é\n"
    assert len(started.read_text().splitlines()) == 1
    await until(lambda: not processes.is_alive(zygote))  # nothing was left to run


async def test_log_goes_on_where_it_was_left(bench: Bench) -> None:
    started, gate = bench.path("started"), bench.path("gate")
    attempt = bench.attempt("waits", started, gate)
    with server(bench, attempt):
        await until(lambda: bench.log(attempt.id) == "waiting\n")
    # As if the server had died after it noted the next piece and before, or after, it wrote it.
    files = Records(bench.work_dir).files(attempt_name(attempt.id))
    assert (files.output.shipped().seq, files.output.shipped().end) == (1, 8)
    async with bench.executor() as executor:
        gate.touch()
        await executor.wait(attempt_name(attempt.id))
    assert bench.log(attempt.id) == "waiting\ndone é\n"


async def test_abort_after_a_restart(bench: Bench) -> None:
    started = bench.path("started")
    attempt = bench.attempt("flushes", started)
    with server(bench, attempt):
        await until(lambda: noted(started))
    async with bench.executor() as executor:
        handle = await executor.launch(attempt)
        await executor.abort(handle, grace=60)
        assert (await executor.wait(handle)).code == 143


async def test_zygote_killed(bench: Bench, executor: ProcessExecutor) -> None:
    started = bench.path("started")
    attempt = bench.attempt("waits_with_child", started, "/nowhere")
    handle = await executor.launch(attempt)
    pids = await until(lambda: len(noted(started)) == 2 and noted(started))
    os.kill(executor.zygotes.pool._primary.zygote.pid, signal.SIGKILL)
    outcome = await executor.wait(handle)
    assert outcome.kind is ExitKind.LOST
    assert "died" in outcome.reason
    assert not any(alive(pid) for pid in pids)
    assert executor._resources.taken.milli_cores == 0
    # It stays lost, and the next one runs.
    assert (await executor.wait(await executor.launch(attempt))).kind is ExitKind.LOST
    assert (await executor.wait(await executor.launch(bench.attempt("returns", 2)))).code == 2
    assert len(started.read_text().split()) == 2


async def test_zygote_and_server_killed(bench: Bench) -> None:
    started = bench.path("started")
    attempt = bench.attempt("waits_with_child", started, "/nowhere")
    with server(bench, attempt) as (_, zygote):
        pids = await until(lambda: len(noted(started)) == 2 and noted(started))
        await until(lambda: bench.log(attempt.id))
    os.kill(zygote.pid, signal.SIGKILL)
    async with bench.executor() as executor:
        outcome = await executor.wait(await executor.launch(attempt))
        assert outcome.kind is ExitKind.LOST
        assert not any(alive(pid) for pid in pids)
    assert bench.log(attempt.id).startswith("waiting\n")


async def test_zygote_killed_while_launching(bench: Bench) -> None:
    """Each attempt runs to its end, is lost, or never began and is begun by the next zygote: none runs twice."""
    ran = bench.path("ran")
    attempts = [bench.attempt("waits", ran, bench.folder, cpu=0.25) for _ in range(40)]
    async with bench.executor(cpu=2) as executor:  # eight at a time: the last has not begun when the first has
        launches = [asyncio.create_task(executor.launch(attempt)) for attempt in attempts]
        await asyncio.wait(launches, return_when=asyncio.FIRST_COMPLETED)
        os.kill(executor.zygotes.pool._primary.zygote.pid, signal.SIGKILL)
        outcomes = [await executor.wait(await launch) for launch in launches]
    assert {outcome.kind for outcome in outcomes} <= {ExitKind.EXITED, ExitKind.LOST}
    assert outcomes[-1].kind is ExitKind.EXITED
    pids = ran.read_text().split()
    assert len(pids) == len(set(pids)) <= len(attempts)
    assert sum(outcome.kind is ExitKind.EXITED for outcome in outcomes) <= len(pids)


async def test_a_spare_child_that_is_killed_does_no_harm(bench: Bench, executor: ProcessExecutor) -> None:
    zygote = executor.zygotes.pool._primary.zygote
    spares = await until(lambda: len(children := processes.children(zygote.pid) or []) == MAX_SPARES and children)
    for spare in spares:
        os.kill(spare, signal.SIGKILL)
    await until(lambda: (others := set(processes.children(zygote.pid) or [])) and others.isdisjoint(spares))
    assert (await executor.wait(await executor.launch(bench.attempt("returns", 2)))).code == 2


async def test_new_code_gets_a_new_zygote_and_the_old_one_drains(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    started, gate = bench.path("started"), bench.path("gate")
    old = bench.attempt("waits", started, gate)
    with server(bench, old) as (_, zygote):
        await until(lambda: noted(started))
    monkeypatch.setenv("PYTHON_SOMETHING", "else")
    async with bench.executor() as executor:
        new = await executor.zygotes.pool.primary()
        assert new.zygote != zygote
        assert (await executor.wait(await executor.launch(bench.attempt("returns", 2)))).code == 2
        assert processes.is_alive(zygote)
        handle = await executor.launch(old)
        gate.touch()
        assert (await executor.wait(handle)).code == 0
        await until(lambda: not processes.is_alive(zygote))
    await until(lambda: not processes.is_alive(new.zygote))
    assert len(started.read_text().splitlines()) == 1


async def test_an_idle_zygote_ends(bench: Bench) -> None:
    async with bench.executor(idle=0.05) as executor:
        zygote = executor.zygotes.pool._primary.zygote
        executor.zygotes.pool._primary.close(dismiss=False)  # as when the server is killed
        await until(lambda: not processes.is_alive(zygote))
        assert (await executor.wait(await executor.launch(bench.attempt("returns", 2)))).code == 2


async def test_a_closed_executor_leaves_what_runs(bench: Bench) -> None:
    started, gate = bench.path("started"), bench.path("gate")
    attempt = bench.attempt("waits", started, gate)
    async with bench.executor() as executor:
        handle = await executor.launch(attempt)
        waiting = asyncio.create_task(executor.wait(handle))
        await until(lambda: noted(started))
    with pytest.raises(Exception, match=r"closed|not open"):
        await waiting
    async with bench.executor() as executor:
        gate.touch()
        assert (await executor.wait(handle)).code == 0


async def test_terminated_zygote_lets_attempts_flush(bench: Bench, executor: ProcessExecutor) -> None:
    started = bench.path("started")
    handle = await executor.launch(bench.attempt("flushes", started))
    await until(lambda: noted(started))
    zygote = executor.zygotes.pool._primary.zygote
    os.kill(zygote.pid, signal.SIGTERM)
    outcome = await executor.wait(handle)
    assert (outcome.kind, outcome.code, outcome.last_words) == (ExitKind.LOST, 143, "waiting\nflushed")
    assert "was asked to end" in outcome.reason
    await until(lambda: not processes.is_alive(zygote))
    assert (await executor.wait(await executor.launch(bench.attempt("returns", 2)))).code == 2


async def test_no_scratch_folder_is_left(bench: Bench) -> None:
    async with bench.executor() as executor:
        zygote = executor.zygotes.pool._primary.zygote
        await executor.wait(await executor.launch(bench.attempt("shows_place")))
        os.kill(zygote.pid, signal.SIGKILL)
        await until(lambda: not processes.is_alive(zygote))
    async with bench.executor() as executor:
        zygote = executor.zygotes.pool._primary.zygote
        await executor.wait(await executor.launch(bench.attempt("shows_place")))
    await until(lambda: not processes.is_alive(zygote))
    await until(lambda: list((bench.work_dir / "scratch").iterdir()) == [])


async def test_abort_while_the_link_is_down(bench: Bench, executor: ProcessExecutor) -> None:
    """The zygote hangs up on an executor that does not read; the executor connects again."""
    started = bench.path("started")
    handle = await executor.launch(bench.attempt("flushes", started))
    await until(lambda: noted(started))
    executor.zygotes.pool._primary._transport.abort()
    await executor.abort(handle, grace=60)  # goes nowhere, and must not be forgotten
    assert (await executor.wait(handle)).code == 143


async def test_a_zygote_that_does_not_answer_is_ended_after_a_while(bench: Bench) -> None:
    started = bench.path("started")
    attempt = bench.attempt("waits", started, "/nowhere")
    with server(bench, attempt) as (_, zygote):
        await until(lambda: noted(started))
    os.kill(zygote.pid, signal.SIGSTOP)
    async with bench.executor(answer_timeout=6) as executor:
        outcome = await executor.wait(await executor.launch(attempt))
        assert outcome.kind is ExitKind.LOST
        assert not processes.is_alive(zygote)
