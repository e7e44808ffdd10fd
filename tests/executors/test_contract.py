"""Both executors of this machine keep the contract, each by itself and in turn on the same folder."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livedeck.errors import CannotStart
from livedeck.executors.api import ExecutorSettings, ExitKind
from livedeck.executors.loading import load
from livedeck.executors.watchdog import REASON, Limit, Watchdog, now
from livedeck.testing.executor_contract import ExecutorContract, Scene, eventually, how, is_running, within

from .harness import LocalHarness

pytestmark = pytest.mark.slow


@pytest.fixture(params=["process", "subprocess"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    made = LocalHarness(tmp_path, request.param)
    yield made
    made.end()


class TestLocalExecutors(ExecutorContract):
    """The suite, for each of them."""


@pytest.fixture(params=[("process", "subprocess"), ("subprocess", "process")], ids="-".join)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A harness, and what makes another executor over it than its own."""
    made = LocalHarness(tmp_path, request.param[0])
    yield made, load(request.param[1])
    made.end()


async def test_a_server_that_starts_with_another_executor_takes_over_what_runs(both: Any) -> None:
    harness, create = both
    scene = Scene(harness)
    attempt = scene.attempt("waits", scene.path("started"), scene.path("gate"))
    async with harness.executor() as executor:
        handle = await within(executor.launch(attempt))
        await scene.started()
    async with harness.executor(create=create) as other:
        assert await within(other.launch(attempt)) == handle
        waiting = asyncio.create_task(other.wait(handle))
        scene.path("gate").touch()
        assert how(await within(waiting)) == (ExitKind.EXITED, 0)
    assert scene.log(attempt) == "waiting\ndone é\n"
    assert len(scene.pids()) == 1


async def test_a_server_that_starts_with_another_executor_can_abort_what_runs(both: Any) -> None:
    harness, create = both
    scene = Scene(harness)
    attempts = [scene.attempt("flushes", scene.path("started")), scene.attempt("ignores", scene.path("started"))]
    async with harness.executor() as executor:
        handles = [await within(executor.launch(attempt)) for attempt in attempts]
        pids = await scene.started(2)
    async with harness.executor(create=create) as other:
        await within(other.abort(handles[0], grace=60.0))
        assert how(await within(other.wait(handles[0]))) == (ExitKind.EXITED, 143)
        await within(other.abort(handles[1], grace=0.2))
        assert (await within(other.wait(handles[1]))).kind is ExitKind.SIGNALLED
    assert not any(is_running(pid) for pid in pids)


async def test_what_another_executor_started_is_lost_with_its_keeper(both: Any) -> None:
    harness, create = both
    scene = Scene(harness)
    attempt = scene.attempt("waits_with_helper", scene.path("started"), "/nowhere")
    async with harness.executor() as executor:
        handle = await within(executor.launch(attempt))
        pids = await scene.started(2)
    async with harness.executor(create=create) as other:
        await within(other.launch(attempt))
        await harness.lose(handle)
        assert (await within(other.wait(handle))).kind is ExitKind.LOST
    assert not any(is_running(pid) for pid in pids)


def test_making_an_executor_starts_nothing(tmp_path: Path) -> None:
    for name in ("process", "subprocess"):
        load(name)(ExecutorSettings(work_dir=tmp_path / "work", environment=dict(os.environ)))
    assert not list(tmp_path.iterdir())


async def test_attempts_of_a_server_that_is_silent_for_too_long_end_by_themselves(harness: Any) -> None:
    scene = Scene(harness)
    attempts = [scene.attempt(name, scene.path("started"), scene.path("gate")) for name in ("waits", "waits")]
    attempts.append(scene.attempt("ignores", scene.path("started")))
    async with harness.executor() as executor:
        assert all(executor.binds(attempt) for attempt in attempts)
        executor.renew(Limit(now() + 600.0))
        handles = [await within(executor.launch(attempt)) for attempt in attempts]
        await scene.started(3)
    Watchdog(harness.work_dir).write(Limit(now() + 0.3, 0.2))  # the server is gone, and its time nearly over
    await eventually(lambda: not any(map(is_running, scene.pids())))
    async with harness.executor() as executor:
        for handle in handles:
            ended = await within(executor.wait(handle))
            assert (ended.kind, ended.reason) == (ExitKind.LOST, REASON)
        late = asyncio.create_task(executor.launch(scene.attempt("waits", scene.path("late"), scene.path("gate"))))
        assert not (await asyncio.wait([late], timeout=1.5))[0], "nothing is started before the leases stand again"
        assert not scene.path("late").exists()
        executor.renew(Limit())
        scene.path("gate").touch()
        assert how(await within(executor.wait(await within(late)))) == (ExitKind.EXITED, 0)


async def test_a_gang_waits_until_there_is_room_for_all_of_it(tmp_path: Path) -> None:
    harness = LocalHarness(tmp_path, "process")
    scene = Scene(harness)
    one = scene.attempt("waits", scene.path("started"), scene.path("gate"))
    gang = scene.attempt("waits", scene.path("gang"), scene.path("gate"), processes=2)
    try:
        async with harness.executor(parallel=2) as executor:
            await within(executor.launch(one))
            launching = asyncio.create_task(executor.launch(gang))
            queued = await eventually(lambda: executor.queued(gang.id))
            assert queued.reason == "waits for 2 slots (--parallel 2)"
            assert not scene.path("gang").exists()
            scene.path("gate").touch()
            await within(executor.wait(await within(launching)))
    finally:
        harness.end()


async def test_a_gang_with_more_processes_than_there_are_slots_runs_alone(tmp_path: Path) -> None:
    harness = LocalHarness(tmp_path, "process")
    scene = Scene(harness)
    try:
        async with harness.executor(parallel=2) as executor:
            gang = scene.attempt("exits", 0, "done", processes=5)
            assert how(await within(executor.wait(await within(executor.launch(gang))))) == (ExitKind.EXITED, 0)
    finally:
        harness.end()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"nodes": 2}, r"on 2 nodes at once.*has this machine alone: give nnodes=1"),
        ({"accelerator": "nvidia-tesla-t4"}, r"accelerator 'nvidia-tesla-t4', and the executor 'process' cannot"),
        ({"custom": {"license": 2.0}}, r"asks for 2 license, and the executor 'process' cannot choose by that"),
    ],
)
async def test_what_a_cluster_alone_has_is_refused_before_anything_starts(
    tmp_path: Path, asked: dict[str, Any], words: str
) -> None:
    harness = LocalHarness(tmp_path, "process")
    scene = Scene(harness)
    try:
        async with harness.executor() as executor:
            with pytest.raises(CannotStart, match=words):
                await within(executor.launch(scene.attempt("exits", 0, "x", **asked)))
    finally:
        harness.end()
