"""Each part of a cluster is killed while attempts run: they go on, or are lost and gone, and the next ones run."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from livedeck.errors import CannotStart, InvalidSetting
from livedeck.executors.api import ExecutorSettings, ExitKind
from livedeck.executors.ray import create
from livedeck.executors.ray.executor import RayExecutor
from livedeck.executors.ray.messages import Versions
from livedeck.executors.ray.versions import here, mismatch
from livedeck.testing.executor_contract import Scene, eventually, how, is_running, raised, within
from livedeck.testing.ports import free_port

from .cluster import Nodes, RayHarness, agent_of, dispatcher, kill, raylet


async def _waiting(executor: Any, scene: Scene, harness: Any, **options: Any) -> tuple[str, list[int], Any]:
    """Return the handle and the processes of an attempt that runs until it is ended, and the attempt."""
    attempt = scene.attempt("waits_with_helper", scene.path("started"), "/nowhere", **options)
    handle = await within(executor.launch(attempt))
    return handle, await scene.started(2), attempt


async def _runs(executor: Any, attempt: Any) -> None:
    assert how(await within(executor.wait(await within(executor.launch(attempt))))) == (ExitKind.EXITED, 0)


async def test_an_attempt_goes_on_when_its_nodes_agent_is_killed(harness: RayHarness, nodes: Nodes) -> None:
    scene = Scene(harness)
    attempt = scene.attempt("waits", scene.path("started"), scene.path("gate"))
    async with harness.executor() as executor:
        handle = await within(executor.launch(attempt))
        await scene.started()
        first = agent_of(nodes.head)
        kill(first)
        await eventually(lambda: not is_running(first.pid))
        scene.path("gate").touch()
        assert how(await within(executor.wait(handle))) == (ExitKind.EXITED, 0)
        await _runs(executor, scene.attempt("exits", 0))
    assert scene.log(attempt) == "waiting\ndone é\n"
    assert len(scene.pids()) == 1


async def test_an_attempt_goes_on_when_the_servers_driver_is_killed(harness: RayHarness) -> None:
    scene = Scene(harness)
    attempt = scene.attempt("waits", scene.path("started"), scene.path("gate"))
    async with harness.executor() as executor:
        handle = await within(executor.launch(attempt))
        await scene.started()
        first = executor.link.driver
        os.kill(first.pid, signal.SIGKILL)
        await eventually(lambda: executor.link.driver is not first)
        await _runs(executor, scene.attempt("exits", 0))
        scene.path("gate").touch()
        assert how(await within(executor.wait(handle))) == (ExitKind.EXITED, 0)
    assert len(scene.pids()) == 1


async def test_what_a_dispatcher_had_started_is_lost_and_gone_with_it(harness: RayHarness, nodes: Nodes) -> None:
    scene = Scene(harness)
    async with harness.executor() as executor:
        handle, pids, _ = await _waiting(executor, scene, harness)
        kill(dispatcher(nodes))
        ended = await within(executor.wait(handle))
        assert ended.kind is ExitKind.LOST
        assert ended.reason
        assert not any(is_running(pid) for pid in pids), "another attempt may follow at once"
        await _runs(executor, scene.attempt("exits", 0))


@pytest.mark.parametrize("what", ["raylet", "everything"])
async def test_an_attempt_is_lost_and_gone_with_its_node(harness: RayHarness, nodes: Nodes, what: str) -> None:
    scene = Scene(harness)
    node = nodes.add(cpus=8)
    async with harness.executor() as executor:
        await eventually(lambda: any(each.cpu == 8 for each in executor.capacity.nodes))
        handle, pids, attempt = await _waiting(executor, scene, harness, cpu=6.0)
        await eventually(lambda: scene.log(attempt).startswith("waiting"))
        (record,) = harness.records(handle)
        if what == "everything":
            keeper = agent_of(node)
            kill(raylet(node))
            kill(keeper)
            os.kill(record.keeper.pid, signal.SIGKILL)
        else:
            kill(raylet(node))
        ended = await within(executor.wait(handle))
        assert ended.kind is ExitKind.LOST
        assert "node" in ended.reason
        await eventually(lambda: not any(is_running(pid) for pid in pids))
        assert scene.log(attempt).startswith("waiting"), "what it had said is kept"
        await _runs(executor, scene.attempt("exits", 0))
        await eventually(lambda: all(each.cpu == 4 for each in executor.capacity.nodes))
        again = scene.attempt("exits", 0, cpu=6.0)
        launching = asyncio.create_task(executor.launch(again))
        queued = await eventually(lambda: executor.queued(again.id))
        assert "waits for 6 CPUs" in queued.reason, "the node may come back"
        back = nodes.add(cpus=8)
        assert how(await within(executor.wait(await within(launching)))) == (ExitKind.EXITED, 0)
        await eventually(lambda: any(each.cpu == 8 for each in executor.capacity.nodes))
        kill(raylet(back))
        await eventually(lambda: all(each.cpu == 4 for each in executor.capacity.nodes))


async def test_an_attempt_that_was_withdrawn_and_launched_again_is_over_once_it_has_ended(harness: RayHarness) -> None:
    scene = Scene(harness)
    again = scene.attempt("exits", 0, cpu=4.0)
    async with harness.executor() as executor:
        await within(executor.launch(scene.attempt("waits", scene.path("started"), scene.path("gate"), cpu=4.0)))
        for last in (False, True):
            launching = asyncio.create_task(executor.launch(again))
            await eventually(lambda: (queued := executor.queued(again.id)) and "on a node" in queued.reason)
            if not last:
                launching.cancel()
                await asyncio.wait([launching])
        scene.path("gate").touch()
        handle = await within(launching)
        assert how(await within(executor.wait(handle))) == (ExitKind.EXITED, 0)
    async with harness.executor() as another:
        assert how(await within(another.wait(handle))) == (ExitKind.EXITED, 0)


async def test_more_than_any_node_has_names_the_largest(harness: RayHarness) -> None:
    scene = Scene(harness)
    async with harness.executor() as executor:
        words = await raised(executor.launch(scene.attempt("exits", 0, cpu=64, gpus=2)), CannotStart)
    assert "64 cores and 2 GPUs" in words
    assert "has 4 cores" in words


async def test_what_no_node_has_yet_waits_for_one_where_the_cluster_grows(harness: RayHarness, nodes: Nodes) -> None:
    scene = Scene(harness)
    asked = {"gpus": 1, "accelerator": "nvidia-tesla-t4", "storage": 1 << 30, "custom": {"license": 2.0}}
    attempt, gang = (scene.attempt("exits", 0, nodes=count, **asked) for count in (1, 2))
    async with harness.executor(autoscaling=True) as executor:
        launching = asyncio.create_task(executor.launch(attempt))
        await eventually(
            lambda: (
                (queued := executor.queued(attempt.id))
                and queued.reason.endswith(
                    "1 GPU of kind nvidia-tesla-t4 and 2 of 'license' and 1 GiB of ephemeral storage on a node of the "
                    "Ray cluster, which has to grow for it"
                )
            )
        )
        given = {
            "num_gpus": 1,
            "labels": {"ray.io/accelerator-type": "T4"},
            "resources": {"license": 3, "ephemeral_storage": 2 << 30},
        }
        first = nodes.add(cpus=2, **given)
        assert how(await within(executor.wait(await within(launching)))) == (ExitKind.EXITED, 0)
        second = nodes.add(cpus=2, **given)
        assert how(await within(executor.wait(await within(executor.launch(gang))))) == (ExitKind.EXITED, 0)
        for node in (first, second):
            kill(raylet(node))
        await eventually(lambda: len(executor.capacity.nodes) == 1)
    async with harness.executor() as executor:
        words = await raised(executor.launch(attempt), CannotStart)
    assert "has no node with that; the largest, " in words


async def test_a_node_with_other_versions_is_refused(harness: RayHarness) -> None:
    scene = Scene(harness)
    ours = here()
    async with harness.executor(versions=Versions("3.99.0", ours.ray, "0.0.1")) as executor:
        words = await raised(executor.launch(scene.attempt("exits", 0)), CannotStart)
    assert f"Python {ours.python}, the server Python 3.99.0" in words
    assert f"livedeck {ours.livedeck}, the server livedeck 0.0.1" in words
    assert mismatch(ours, ours, where="here") == ""


async def test_without_a_cluster_attempts_wait_and_say_so_until_there_is_one(tmp_path: Path) -> None:
    port = free_port()
    lonely = RayExecutor(address=f"127.0.0.1:{port}", work_dir=tmp_path / "work")
    harness = RayHarness(tmp_path, type("Later", (), {"address": f"127.0.0.1:{port}"})())
    scene = Scene(harness)
    attempt = scene.attempt("exits", 0)
    async with lonely as executor:
        launching = asyncio.create_task(executor.launch(attempt))
        queued = await eventually(lambda: executor.queued(attempt.id))
        assert f"127.0.0.1:{port}" in queued.reason
        launching.cancel()
        await asyncio.wait([launching])
        assert executor.queued(attempt.id) is None


async def test_a_head_that_is_lost_and_comes_back_has_lost_its_attempts(tmp_path: Path) -> None:
    port = free_port()
    first = Nodes(cpus=2, port=port)
    harness = RayHarness(tmp_path, first)
    scene = Scene(harness)
    async with harness.executor() as executor:
        handle, pids, _ = await _waiting(executor, scene, harness)
        first.end()
        await eventually(lambda: not any(is_running(pid) for pid in pids))
        waiting = scene.attempt("exits", 0)
        launching = asyncio.create_task(executor.launch(waiting))
        await eventually(
            lambda: (queued := executor.queued(waiting.id)) and "waits for the Ray cluster" in queued.reason
        )
        second = Nodes(cpus=2, port=port)
        try:
            ended = await within(executor.wait(handle))
            assert ended.kind is ExitKind.LOST
            assert ended.reason
            assert how(await within(executor.wait(await within(launching)))) == (ExitKind.EXITED, 0)
        finally:
            second.end()


def test_an_address_of_ray_client_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="Ray Client"):
        create(ExecutorSettings(work_dir=tmp_path, environment={}, address="ray://head:10001"))
