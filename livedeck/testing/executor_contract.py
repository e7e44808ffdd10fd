"""What every executor promises (``livedeck.executors.api``), as a suite of tests that any executor's own tests inherit.

Subclass ``ExecutorContract`` in a test module and give it a fixture ``harness``::

    class TestMine(ExecutorContract):
        @pytest.fixture
        def harness(self, tmp_path):
            return MyHarness(tmp_path)

The tests are coroutines: run them with pytest-asyncio in its ``auto`` mode. Every process in them is real, and nothing
is waited for without a deadline.
"""

import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from livedeck.errors import CannotStart, ExecutorError, NoSuchAttempt
from livedeck.executors.api import Attempt, Executor, Exit, ExitKind, ResultStored
from livedeck.executors.local import processes

_T = TypeVar("_T")

DEADLINE = 60.0
"""Seconds that a test waits for something that must happen."""


class Harness(Protocol):
    """What the suite needs of an executor: where it runs attempts, and a way to take that away."""

    folder: Path
    """An empty folder that the tests and the attempts can both write to. It holds the store, too."""

    def executor(
        self, *, parallel: int | None = None, environment: Mapping[str, str] | None = None
    ) -> AbstractAsyncContextManager[Executor]:
        """Return an executor that is not entered yet: a second one, once the first is left, as a server's next run.

        Args:
            parallel: how many attempts may run at once.
            environment: what attempts begin with besides what the harness gives them.
        """

    async def lose(self, handle: str) -> None:
        """Take away what an attempt that runs depends on (its keeper, its worker, its node), without a word to it.

        Args:
            handle: the attempt's.
        """


async def eventually(condition: Callable[[], _T | None]) -> _T:
    """Return what ``condition()`` gives once that is true.

    Args:
        condition: asked again and again.

    Raises:
        AssertionError: it was not within ``DEADLINE``.
    """
    deadline = time.monotonic() + DEADLINE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)
    return found


async def within(call: Awaitable[_T]) -> _T:
    """Return what ``call`` gives.

    Raises:
        TimeoutError: it took longer than ``DEADLINE``.
    """
    async with asyncio.timeout(DEADLINE):
        return await call


async def raised(call: Awaitable[object], kind: type[BaseException]) -> str:
    """Return the message of the error that is raised.

    Args:
        call: what is to fail.
        kind: the class of its error.

    Raises:
        AssertionError: none of that kind was.
    """
    try:
        async with asyncio.timeout(DEADLINE):
            await call
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__} was raised")


class Scene:
    """The attempts of one test, and what is to be seen of them.

    Args:
        harness: of the executor that runs them.
    """

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._numbers = itertools.count()

    def attempt(self, program: str, *arguments: object, **options: Any) -> Attempt:
        """Return an attempt of a program of ``attempt_programs``.

        Args:
            program: its name.
            arguments: what it is given.
            options: fields of ``Attempt`` instead of those that are made up.
        """
        command = (sys.executable, "-m", "livedeck.testing.attempt_programs", program, *map(str, arguments))
        attempt_id = f"project/domain/execution/n{next(self._numbers)}/0"
        given = {"id": attempt_id, "command": command, "environment": {}} | options
        return Attempt(output_prefix=f"file://{self._harness.folder}/store/{given['id']}", **given)

    def path(self, name: str) -> Path:
        """Return the path of the file ``name``, which attempts and the test share."""
        return self._harness.folder / name

    def pids(self, name: str = "started") -> list[int]:
        """Return the processes that noted in the file ``name`` that they started."""
        path = self.path(name)
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    async def started(self, count: int = 1) -> list[int]:
        """Return the processes that noted that they started, once there are ``count``."""
        return await eventually(lambda: self.pids() if len(self.pids()) >= count else None)

    def log(self, attempt: Attempt) -> str:
        """Return what the store holds of the output of ``attempt``: objects with numbers and no gaps."""
        pieces = sorted((self._harness.folder / "store" / attempt.id / "log").glob("*.txt"))
        assert [piece.name for piece in pieces] == [f"{seq:08d}.txt" for seq in range(1, len(pieces) + 1)]
        return "".join(piece.read_text() for piece in pieces)


def is_running(pid: int) -> bool:
    """Return whether the process ``pid`` exists and is not only waiting to be reaped."""
    found = processes.status(pid)
    return found is not None and found.state not in "ZX"


def how(ended: Exit) -> tuple[ExitKind, int]:
    """Return in which way ``ended`` says that an attempt ended."""
    return ended.kind, ended.code


class ExecutorContract:
    """The suite. A subclass gives the fixture ``harness``."""

    async def test_an_exit_code_is_told_with_the_end_of_the_output(self, harness: Harness) -> None:
        scene = Scene(harness)
        async with harness.executor() as executor:
            ended = await within(executor.wait(await executor.launch(scene.attempt("exits", 3, "that", "was all"))))
        assert how(ended) == (ExitKind.EXITED, 3)
        assert ended.last_words == "that was all"
        assert ended.reason == "", "nothing was lost"
        assert ended.started_at is not None
        assert ended.ended_at is not None
        assert ended.started_at <= ended.ended_at

    async def test_a_signal_is_told_from_an_exit_code(self, harness: Harness) -> None:
        scene = Scene(harness)
        async with harness.executor() as executor:
            for number in (signal.SIGSEGV, signal.SIGKILL):
                ended = await within(executor.wait(await executor.launch(scene.attempt("kills_itself", int(number)))))
                assert how(ended) == (ExitKind.SIGNALLED, number)
                assert ended.last_words == "last words"
                assert not ended.out_of_memory

    async def test_the_output_of_both_streams_is_in_the_store_when_it_is_over(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("says", "grüße", "€")
        async with harness.executor() as executor:
            await within(executor.wait(await executor.launch(attempt)))
        assert scene.log(attempt) == "grüße €\nand on stderr\n"

    async def test_the_output_is_in_the_store_while_it_runs(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("waits", scene.path("started"), scene.path("gate"))
        async with harness.executor() as executor:
            handle = await within(executor.launch(attempt))
            await within(executor.wait_started(handle))
            await eventually(lambda: scene.log(attempt) == "waiting\n")
            scene.path("gate").touch()
            await within(executor.wait(handle))
        assert scene.log(attempt) == "waiting\ndone é\n"

    async def test_an_attempt_that_is_launched_again_runs_once(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("waits", scene.path("started"), scene.path("gate"))
        async with harness.executor() as executor:
            first, second = await within(asyncio.gather(executor.launch(attempt), executor.launch(attempt)))
            assert first == second
            scene.path("gate").touch()
            ended = await within(executor.wait(first))
            assert await within(executor.launch(attempt)) == first
            assert await within(executor.wait(first)) == ended
        assert len(scene.pids()) == 1

    async def test_what_was_started_is_found_and_what_never_was_is_not(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("exits", 0)
        async with harness.executor() as executor:
            assert await within(executor.find(attempt.id)) is None
            handle = await within(executor.launch(attempt))
            assert await within(executor.find(attempt.id)) == handle
            await within(executor.wait(handle))
            assert await within(executor.find(attempt.id)) == handle
        async with harness.executor() as executor:
            assert await within(executor.find(attempt.id)) == handle

    async def test_an_unknown_handle_is_said_to_be_unknown_for_good(self, harness: Harness) -> None:
        async with harness.executor() as executor:
            for handle in ("", "../attempts", "00000000000000000000-gone"):
                for call in (executor.wait, executor.wait_result, executor.wait_started):
                    await raised(call(handle), NoSuchAttempt)
                await raised(executor.abort(handle, grace=1.0), NoSuchAttempt)

    async def test_a_command_that_there_is_not_is_refused_and_forgotten(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("exits", 3)
        async with harness.executor() as executor:
            missing = scene.attempt("", id=attempt.id, command=("no-such-thing",))
            assert "no-such-thing" in await raised(executor.launch(missing), CannotStart)
            assert await within(executor.find(attempt.id)) is None
            assert (await within(executor.wait(await executor.launch(attempt)))).code == 3

    async def test_more_than_there_ever_is_is_refused(self, harness: Harness) -> None:
        scene = Scene(harness)
        async with harness.executor() as executor:
            assert "cores" in await raised(executor.launch(scene.attempt("exits", 0, cpu=1e6)), CannotStart)
            await raised(executor.launch(scene.attempt("exits", 0, memory=1 << 60)), CannotStart)
            words = await raised(executor.launch(scene.attempt("exits", 0, nodes=1000)), CannotStart)
            assert "1000 nodes at once" in words
            assert (await within(executor.wait(await executor.launch(scene.attempt("exits", 0))))).code == 0

    async def test_an_attempt_that_waits_says_why_and_can_be_withdrawn(self, harness: Harness) -> None:
        scene = Scene(harness)
        async with harness.executor(parallel=1) as executor:
            first = await within(executor.launch(scene.attempt("waits", scene.path("started"), scene.path("gate"))))
            withdrawn, other = (scene.attempt("waits", scene.path(name), "/") for name in ("withdrawn", "other"))
            launches = [asyncio.create_task(executor.launch(each)) for each in (withdrawn, other)]
            queued = await eventually(lambda: executor.queued(other.id))
            assert queued.ahead == 1
            assert queued.reason
            launches[0].cancel()
            await asyncio.wait(launches[:1], timeout=DEADLINE)
            assert launches[0].cancelled()
            assert await within(executor.find(withdrawn.id)) is None
            assert executor.queued(withdrawn.id) is None
            scene.path("gate").touch()
            await within(executor.wait(first))
            await within(executor.wait(await within(launches[1])))
            assert executor.queued(other.id) is None
        assert scene.pids("withdrawn") == [], "it was never started"
        assert len(scene.pids("other")) == 1, "and held nobody back"

    async def test_clients_that_wait_for_what_they_start_keep_nothing_from_starting(self, harness: Harness) -> None:
        scene = Scene(harness)
        async with harness.executor(parallel=1) as executor:
            waits = [scene.attempt("waits", scene.path("started"), scene.path("gate"), client=True) for _ in range(3)]
            clients = [await within(executor.launch(each)) for each in waits]
            assert (await within(executor.wait(await within(executor.launch(scene.attempt("exits", 5)))))).code == 5
        async with harness.executor(parallel=1) as executor:
            for client in clients:
                await within(executor.wait_started(client))
            assert (await within(executor.wait(await within(executor.launch(scene.attempt("exits", 6)))))).code == 6
            scene.path("gate").touch()
            for client in clients:
                assert (await within(executor.wait(client))).code == 0

    async def test_a_launch_is_withdrawn_only_when_nobody_else_waits_for_it(self, harness: Harness) -> None:
        scene = Scene(harness)
        async with harness.executor(parallel=1) as executor:
            first = await within(executor.launch(scene.attempt("waits", scene.path("started"), scene.path("gate"))))
            attempt = scene.attempt("exits", 5)
            launches = [asyncio.create_task(executor.launch(attempt)) for _ in range(2)]
            await eventually(lambda: executor.queued(attempt.id))
            launches[0].cancel()
            await asyncio.wait(launches[:1], timeout=DEADLINE)
            scene.path("gate").touch()
            await within(executor.wait(first))
            assert (await within(executor.wait(await within(launches[1])))).code == 5

    async def test_an_attempt_that_was_withdrawn_can_be_launched_after_all(self, harness: Harness) -> None:
        scene = Scene(harness)
        async with harness.executor(parallel=1) as executor:
            first = await within(executor.launch(scene.attempt("waits", scene.path("started"), scene.path("gate"))))
            attempt = scene.attempt("exits", 5)
            launching = asyncio.create_task(executor.launch(attempt))
            await eventually(lambda: executor.queued(attempt.id))
            launching.cancel()
            await asyncio.wait([launching], timeout=DEADLINE)
            launching = asyncio.create_task(executor.launch(attempt))
            scene.path("gate").touch()
            await within(executor.wait(first))
            assert (await within(executor.wait(await within(launching)))).code == 5

    async def test_an_abort_lets_it_flush(self, harness: Harness) -> None:
        scene = Scene(harness)
        async with harness.executor() as executor:
            handle = await within(executor.launch(scene.attempt("flushes", scene.path("started"))))
            await scene.started()
            await within(executor.abort(handle, grace=60.0))
            ended = await within(executor.wait(handle))
            assert how(ended) == (ExitKind.EXITED, 143)
            assert ended.last_words == "waiting\nflushed"
            await within(executor.abort(handle, grace=60.0))  # it is over: nothing happens
            assert await within(executor.wait(handle)) == ended

    async def test_an_abort_ends_what_does_not_listen_and_all_its_helpers(self, harness: Harness) -> None:
        scene = Scene(harness)
        async with harness.executor() as executor:
            deaf = await within(executor.launch(scene.attempt("ignores", scene.path("started"))))
            await scene.started()
            await within(executor.abort(deaf, grace=0.2))
            assert how(await within(executor.wait(deaf))) == (ExitKind.SIGNALLED, signal.SIGKILL)
            scene.path("started").unlink()
            handle = await within(
                executor.launch(scene.attempt("waits_with_helper", scene.path("started"), "/nowhere"))
            )
            pids = await scene.started(2)
            await within(executor.abort(handle, grace=60.0))
            assert how(await within(executor.wait(handle))) == (ExitKind.SIGNALLED, signal.SIGTERM)
            await eventually(lambda: not any(is_running(pid) for pid in pids))

    async def test_its_environment_is_what_was_given_and_nothing_by_chance(self, harness: Harness) -> None:
        scene = Scene(harness)
        names = ("EXECUTOR_SUITE_GIVEN", "EXECUTOR_SUITE_BOTH", "EXECUTOR_SUITE_OWN", "EXECUTOR_SUITE_CHANCE")
        given, both, own, chance = names
        os.environ[chance] = "a"  # of this process, and of nobody else
        try:
            async with harness.executor(environment={given: "b", both: "c"}) as executor:
                attempt = scene.attempt("shows", *names, environment={both: "d", own: "e"})
                await within(executor.wait(await within(executor.launch(attempt))))
        finally:
            del os.environ[chance]
        assert scene.log(attempt) == "['b', 'd', 'e', None]\n"

    async def test_an_attempt_outlives_the_executor_and_is_found_by_the_next(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("waits", scene.path("started"), scene.path("gate"))
        async with harness.executor() as executor:
            handle = await within(executor.launch(attempt))
            waiting = asyncio.create_task(executor.wait(handle))
            pids = await scene.started()
        await raised(waiting, ExecutorError)
        assert is_running(pids[0])
        async with harness.executor(parallel=1) as executor:
            assert await within(executor.launch(attempt)) == handle
            other = asyncio.create_task(executor.launch(scene.attempt("exits", 4)))
            queued = await eventually(lambda: executor.queued("project/domain/execution/n1/0"))
            assert queued.ahead == 0, "what runs still counts"
            scene.path("gate").touch()
            ended = await within(executor.wait(handle))
            assert (await within(executor.wait(await within(other)))).code == 4
        assert how(ended) == (ExitKind.EXITED, 0)
        assert scene.log(attempt) == "waiting\ndone é\n"
        assert len(scene.pids()) == 1

    async def test_the_end_of_an_attempt_is_known_that_nobody_watched(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("waits", scene.path("started"), scene.path("gate"))
        async with harness.executor() as executor:
            handle = await within(executor.launch(attempt))
            pids = await scene.started()
        scene.path("gate").touch()
        await eventually(lambda: not is_running(pids[0]))
        over = datetime.now(UTC)
        async with harness.executor() as executor:
            began = await within(executor.wait_started(await within(executor.launch(attempt))))
            assert began is None or began < over, "it may be known, and is not when somebody asks"
            assert how(await within(executor.wait(handle))) == (ExitKind.EXITED, 0), "by its handle alone"
            assert await within(executor.launch(attempt)) == handle
        assert scene.log(attempt) == "waiting\ndone é\n"
        assert len(scene.pids()) == 1

    async def test_an_attempt_can_be_aborted_by_the_next_executor(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("flushes", scene.path("started"))
        async with harness.executor() as executor:
            await within(executor.launch(attempt))
            await scene.started()
        async with harness.executor() as executor:
            handle = await within(executor.find(attempt.id))
            assert handle is not None
            await within(executor.abort(handle, grace=60.0))
            assert how(await within(executor.wait(handle))) == (ExitKind.EXITED, 143)

    async def test_an_attempt_whose_worker_goes_away_is_lost_and_gone(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("waits_with_helper", scene.path("started"), "/nowhere")
        async with harness.executor(parallel=1) as executor:
            handle = await within(executor.launch(attempt))
            pids = await scene.started(2)
            await eventually(lambda: scene.log(attempt).startswith("waiting"))
            await harness.lose(handle)
            ended = await within(executor.wait(handle))
            assert ended.kind is ExitKind.LOST
            assert ended.reason
            assert ended.last_words.startswith("waiting"), "what it said, and not what is said of it"
            assert not any(is_running(pid) for pid in pids), "another attempt may follow at once"
            assert (await within(executor.wait(await within(executor.launch(scene.attempt("exits", 2)))))).code == 2
        async with harness.executor() as executor:
            assert await within(executor.launch(attempt)) == handle
            assert (await within(executor.wait(handle))).kind is ExitKind.LOST, "it stays so"
        assert len(scene.pids()) == 2, "and is not run again"

    async def test_an_attempt_that_is_lost_while_nobody_watches_is_lost_to_the_next_executor(
        self, harness: Harness
    ) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("waits_with_helper", scene.path("started"), "/nowhere")
        async with harness.executor() as executor:
            handle = await within(executor.launch(attempt))
            pids = await scene.started(2)
        await harness.lose(handle)
        async with harness.executor() as executor:
            assert await within(executor.launch(attempt)) == handle
            ended = await within(executor.wait(handle))
        assert ended.kind is ExitKind.LOST
        assert not any(is_running(pid) for pid in pids)

    async def test_a_result_that_is_stored_is_told_at_once_or_else_the_end(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempt = scene.attempt("stores_and_goes_on", scene.path("started"), scene.path("gate"))
        async with harness.executor() as executor:
            handle = await within(executor.launch(attempt))
            waiting = asyncio.create_task(executor.wait_result(handle))
            await scene.started()
            await asyncio.wait([waiting], timeout=0.5)  # where attempts cannot be heard the end is waited for
            scene.path("gate").touch()
            told = await within(waiting)
            assert isinstance(told, ResultStored) or how(told) == (ExitKind.EXITED, 0)
            assert scene.log(attempt).startswith("computed\n"), "what was printed until then is in the store"
            assert how(await within(executor.wait(handle))) == (ExitKind.EXITED, 0)
            silent = await within(executor.launch(scene.attempt("exits", 4)))
            ended = await within(executor.wait_result(silent))
            assert isinstance(ended, Exit)
            assert ended.code == 4
        assert scene.log(attempt) == "computed\nwaiting\ndone é\n"

    async def test_many_at_once(self, harness: Harness) -> None:
        scene = Scene(harness)
        attempts = [scene.attempt("says", number, cpu=0.25) for number in range(12)]
        async with harness.executor() as executor:
            handles = await within(asyncio.gather(*map(executor.launch, attempts)))
            ends = await within(asyncio.gather(*map(executor.wait, handles)))
        assert [how(ended) for ended in ends] == [(ExitKind.EXITED, 0)] * len(attempts)
        assert [scene.log(attempt) for attempt in attempts] == [
            f"{number}\nand on stderr\n" for number in range(len(attempts))
        ]

    async def test_it_says_how_many_run_at_once(self, harness: Harness) -> None:
        async with harness.executor(parallel=3) as executor:
            words = executor.describe()
        assert "3" in words
        assert words.endswith(".")

    async def test_one_that_is_not_open_says_so(self, harness: Harness) -> None:
        scene = Scene(harness)
        executor = harness.executor()
        async with executor as opened:
            pass
        assert "not open" in await raised(opened.launch(scene.attempt("exits", 0)), ExecutorError)
