"""Gangs across the nodes of a Ray cluster: they run together, and end together whatever ends one of them."""

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.util.placement_group import placement_group_table

from livedeck.client import Client
from livedeck.executors.api import ExitKind
from livedeck.executors.ray import agent
from livedeck.executors.ray.dispatcher import GANG
from livedeck.testing.executor_contract import Scene, eventually, how, within
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import finished_deck, phase_of, python_outputs, run, start, wait_ended, wait_for
from tests.integration.test_attempts import attempts_of, log_of, phase
from tests.integration.test_gangs import is_there, node, parent_of, pids, result_log, shown

from .cluster import Nodes, RayHarness, agent_of, dispatcher, handlers_kept, kill, raylet

PROGRAM = Path(__file__).parent / "gang_programs.py"
THREE = ["pid-1-0", "pid-1-1", "pid-1-2"]
FOUR = [*THREE, "pid-1-3"]
AGAIN = [name.replace("-1-", "-2-") for name in FOUR]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    made = Nodes(cpus=2)
    try:
        for _ in range(2):
            made.add(cpus=2)
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def server(nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    options = ("--executor", "ray", "--ray-address", nodes.address)
    with running_server(tmp_path_factory.mktemp("server"), options=options) as made:
        yield made


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    with Client(server.endpoint) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "shared"
    path.mkdir()
    return path


def gone(processes: list[int]) -> bool:
    return not any(is_there(pid) for pid in processes)


async def test_ranks_on_three_nodes_train_together_with_logs_and_decks_of_their_own(
    client: Client, folder: Path
) -> None:
    execution = start(client, PROGRAM, "three", folder=str(folder))
    there = pids(folder, THREE)
    assert len({parent_of(pid) for pid in there}) == 3, "each node has a leader"
    for rank in (1, 2):
        assert f'"y":[{rank}0.0' in shown(client, node(execution, f"n0@{rank}"), '"y"').replace(" ", "")
    shown(client, node(execution, "n0@all"), '"rank 0"', '"rank 1"', '"rank 2"')
    (folder / "go").touch()
    ended = wait_ended(client, execution)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, execution) == {"o0": 103}
    (attempt,) = attempts_of(client, execution, node(execution))
    assert attempt.closure.custom_info.fields["ranks"].number_value == 3
    prefix = attempt.closure.output_uri.rpartition("/")[0]
    for each in (prefix, f"{prefix}/rank-1", f"{prefix}/rank-2"):
        assert (await finished_deck(each)).end.outcome == "succeeded"
    assert log_of(client, node(execution)) == "rank 0 of 3 trains\n"
    assert result_log(client, node(execution, "n0@2")) == "rank 2 of 3 trains\n"
    wait_for(lambda: gone(there))


def test_a_rank_that_is_killed_on_another_node_is_named_and_the_gang_is_tried_again(
    client: Client, folder: Path
) -> None:
    execution = start(client, PROGRAM, "two", folder=str(folder))
    there = pids(folder, FOUR)
    os.kill(there[3], signal.SIGKILL)
    pids(folder, AGAIN)
    assert gone(there), "nothing of the attempt before is left when the next begins"
    (folder / "go").touch()
    ended = wait_ended(client, execution)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, execution) == {"o0": 106}
    first, second = attempts_of(client, execution, node(execution))
    assert (phase(first), first.closure.error.code) == ("FAILED", "Interrupted")
    assert first.closure.error.message.startswith("Rank 3 of 4 failed")
    assert "Rank 3's process was killed (SIGKILL)" in first.closure.error.message
    assert phase(second) == "SUCCEEDED"


def test_the_error_of_a_rank_on_another_node_is_the_attempts(client: Client, folder: Path) -> None:
    execution = start(client, PROGRAM, "three", folder=str(folder))
    there = pids(folder, THREE)
    (folder / "raise-2").touch()
    ended = wait_ended(client, execution)
    assert phase_of(ended) == "FAILED"
    assert "Rank 2 of 3 failed" in ended.closure.error.message
    assert "ValueError: no good" in ended.closure.error.message
    assert gone(there)
    assert len(attempts_of(client, execution)) == 1, "the author's mistake is not tried again"


def test_ranks_that_do_not_end_when_they_are_asked_to_are_killed_on_each_node(client: Client, folder: Path) -> None:
    for rank in (0, 2):
        (folder / f"deaf-{rank}").touch()
    execution = start(client, PROGRAM, "three", folder=str(folder))
    there = pids(folder, [*THREE])
    wait_for(lambda: (folder / "is-deaf-0").exists() and (folder / "is-deaf-2").exists())
    os.kill(there[1], signal.SIGKILL)
    ended = wait_ended(client, execution)
    assert "Rank 1's process was killed (SIGKILL)" in ended.closure.error.message
    assert gone(there)


def test_a_leader_that_is_killed_ends_the_gang(client: Client, folder: Path) -> None:
    execution = start(client, PROGRAM, "two", folder=str(folder))
    there = pids(folder, FOUR)
    os.kill(parent_of(there[2]), signal.SIGKILL)
    pids(folder, AGAIN)
    assert gone(there)
    (folder / "go").touch()
    assert phase_of(wait_ended(client, execution)) == "SUCCEEDED"
    first, _ = attempts_of(client, execution, node(execution))
    assert first.closure.error.code == "Interrupted"
    assert "Ranks 2 and 3's process was killed (SIGKILL)" in first.closure.error.message


def busy(nodes: Nodes) -> list[Any]:
    """Return the nodes other than the head that attempts run on."""
    return [each for each in nodes.all[1:] if any((agent.folder_of(each.node_id) / agent.RUNNING).glob("*"))]


@pytest.mark.parametrize("what", ["raylet", "everything"])
def test_a_lost_node_is_a_loss_of_the_system_and_the_gang_runs_again_whole(
    nodes: Nodes, client: Client, folder: Path, what: str
) -> None:
    execution = start(client, PROGRAM, "two", folder=str(folder))
    there = pids(folder, FOUR)
    lost = busy(nodes)[0]
    keeper = agent_of(lost)
    kill(raylet(lost))
    if what == "everything":
        kill(keeper)
    pids(folder, AGAIN)
    wait_for(lambda: gone(there))
    (folder / "go").touch()
    ended = wait_ended(client, execution)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    first, _ = attempts_of(client, execution, node(execution))
    assert first.closure.error.code == "Lost"
    assert re.search(r"The attempt was lost: ranks (0 and 1|2 and 3): .*node ", first.closure.error.message)
    nodes.add(cpus=2)


def test_a_gang_goes_on_when_a_nodes_agent_is_killed(nodes: Nodes, client: Client, folder: Path) -> None:
    execution = start(client, PROGRAM, "three", folder=str(folder))
    there = pids(folder, THREE)
    kill(agent_of(busy(nodes)[0]))
    (folder / "go").touch()
    assert phase_of(wait_ended(client, execution)) == "SUCCEEDED"
    assert len(attempts_of(client, execution)) == 1
    wait_for(lambda: gone(there))


def test_a_gang_is_lost_and_gone_with_the_dispatcher(nodes: Nodes, client: Client, folder: Path) -> None:
    execution = start(client, PROGRAM, "two", folder=str(folder))
    there = pids(folder, FOUR)
    kill(dispatcher(nodes))
    pids(folder, AGAIN)
    assert gone(there)
    (folder / "go").touch()
    assert phase_of(wait_ended(client, execution)) == "SUCCEEDED"
    first, _ = attempts_of(client, execution, node(execution))
    assert first.closure.error.code == "Lost"


def test_an_abort_ends_all_ranks_on_all_nodes(client: Client, folder: Path) -> None:
    execution = start(client, PROGRAM, "three", folder=str(folder))
    there = pids(folder, THREE)
    client.terminate(execution, "enough of it")
    assert phase_of(wait_ended(client, execution)) == "ABORTED"
    wait_for(lambda: gone(there))


def test_a_gang_that_runs_out_of_time_is_ended_on_all_nodes(client: Client, folder: Path) -> None:
    ended = run(client, PROGRAM, "slow", folder=str(folder))
    assert (phase_of(ended), ended.closure.error.code) == ("FAILED", "RetriesExhausted|TimeoutExpired")
    wait_for(lambda: gone([int(each.read_text()) for each in folder.glob("pid-*")]))


def test_a_server_that_was_killed_takes_up_a_gang_that_runs(
    client: Client, server: ServerProcess, folder: Path
) -> None:
    execution = start(client, PROGRAM, "three", folder=str(folder))
    there = pids(folder, THREE)
    server.kill()
    server.start()
    with Client(server.endpoint) as again:
        shown(again, node(execution, "n0@2"), '"y"')
        assert all(is_there(pid) for pid in there)
        (folder / "go").touch()
        assert phase_of(wait_ended(again, execution)) == "SUCCEEDED"
        assert python_outputs(again, execution) == {"o0": 103}
        assert len(attempts_of(again, execution)) == 1


async def test_a_gang_that_waits_says_what_for_and_can_be_withdrawn(harness: RayHarness) -> None:
    scene = Scene(harness)
    gang = scene.attempt("exits", 0, nodes=3, cpu=1.0)
    async with harness.executor() as executor:
        await within(executor.launch(scene.attempt("waits", scene.path("started"), scene.path("gate"), cpu=2.0)))
        for last in (False, True):
            launching = asyncio.create_task(executor.launch(gang))
            await eventually(
                lambda: (
                    (queued := executor.queued(gang.id))
                    and queued.reason == "waits for 3 nodes at once with 1 CPU each of the Ray cluster"
                )
            )
            if not last:
                launching.cancel()
                await asyncio.wait([launching])
                assert await within(executor.find(gang.id)) is None
        scene.path("gate").touch()
        handle = await within(launching)
        assert how(await within(executor.wait(handle))) == (ExitKind.EXITED, 0)


async def test_a_member_of_a_gang_that_exits_with_a_code_is_how_the_gang_ends(harness: RayHarness) -> None:
    scene = Scene(harness)
    async with harness.executor() as executor:
        handle = await within(executor.launch(scene.attempt("exits", 3, nodes=2, cpu=1.0)))
        ended = await within(executor.wait(handle))
    assert how(ended) == (ExitKind.EXITED, 3)
    assert ended.part in {"Rank 0", "Rank 1"}


def test_more_nodes_than_the_cluster_has_are_refused(client: Client) -> None:
    ended = run(client, PROGRAM, "too_wide")
    assert phase_of(ended) == "FAILED"
    assert "asks for 9 nodes at once with 1 core each" in ended.closure.error.message
    assert "the largest, " in ended.closure.error.message


def test_no_places_are_kept_for_gangs_that_are_over(nodes: Nodes) -> None:
    with handlers_kept():
        ray.init(address=nodes.address, log_to_driver=False)
        try:
            wait_for(lambda: not kept())
        finally:
            ray.shutdown()


def kept() -> list[str]:
    """Return the names of gangs that places are kept for."""
    groups = placement_group_table().values()
    return [each["name"] for each in groups if each["name"].startswith(GANG) and each["state"] != "REMOVED"]
