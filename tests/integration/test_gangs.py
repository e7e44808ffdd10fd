"""Tasks with several processes on a server: each rank's Deck and log live, and what comes of a rank's end."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.cli import main
from livedeck.client import Client
from livedeck.deck.snapshot import parse
from livedeck.store import open_store
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import finished_deck, phase_of, python_outputs, run, start, wait_ended, wait_for
from tests.integration.test_attempts import attempts_of, log_of, phase

pytestmark = pytest.mark.slow

PROGRAM = "gangs.py"


@pytest.fixture(scope="module", params=["process", "subprocess"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    options = ("--executor", request.param)
    with running_server(tmp_path_factory.mktemp("server"), options=options) as server:
        yield server


def node(execution: WorkflowExecutionIdentifier, name: str = "n0") -> NodeExecutionIdentifier:
    return NodeExecutionIdentifier(node_id=name, execution_id=execution)


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def pids(folder: Path, names: list[str]) -> list[int]:
    files = [folder / name for name in names]
    wait_for(lambda: all(file.exists() and file.read_text() for file in files))
    return [int(file.read_text()) for file in files]


def shown(client: Client, of: NodeExecutionIdentifier, *words: str) -> str:
    """Return what those who watch a Deck have been sent once all of some words were in it."""
    sent = ""
    for event in client.follow_deck(of, timeout=60):
        if event.event in {"segment", "snapshot"}:
            sent += event.data
            if all(each in sent for each in words):
                return sent
    raise AssertionError(f"the stream ended without {words!r}: {sent}")


def printed(client: Client, of: NodeExecutionIdentifier, text: str) -> bool:
    return any(event.event == "chunk" and text in event.data for event in client.follow_log(of, timeout=60))


def result_log(client: Client, of: NodeExecutionIdentifier) -> str:
    events = client.follow_log(of, timeout=60)
    return "".join(json.loads(event.data)["text"] for event in events if event.event == "chunk")


async def test_every_rank_has_a_deck_and_a_log_live(client: Client, server: ServerProcess, tmp_path: Path) -> None:
    execution = start(client, PROGRAM, "training", folder=str(tmp_path))
    pids(tmp_path, ["pid-0", "pid-1"])
    assert '"y":[0.0' in shown(client, node(execution), '"y"').replace(" ", "")
    assert '"y":[10.0' in shown(client, node(execution, "n0@1"), '"y"').replace(" ", "")
    shown(client, node(execution, "n0@all"), '"rank 0"', '"rank 1"')  # a line each
    assert printed(client, node(execution), "rank 0 trains")
    assert printed(client, node(execution, "n0@1"), "rank 1 trains")
    (tmp_path / "go").touch()
    assert phase_of(wait_ended(client, execution)) == "SUCCEEDED"
    assert python_outputs(client, execution) == {"o0": 40}
    (attempt,) = attempts_of(client, execution, node(execution))
    facts = attempt.closure.custom_info.fields
    assert (facts["ranks"].number_value, facts["rank_decks"].bool_value) == (2, True)
    prefix = attempt.closure.output_uri.rpartition("/")[0]
    for each in (prefix, f"{prefix}/rank-1"):
        assert (await finished_deck(each)).end.outcome == "succeeded"
    assert log_of(client, node(execution)) == "rank 0 trains\n"
    assert result_log(client, node(execution, "n0@1")) == "rank 1 trains\n"
    asked = ["watch", execution.name, "--log", "n0@1", "--endpoint", server.endpoint]
    assert CliRunner().invoke(main, asked).stdout == "rank 1 trains\n"


def test_a_rank_that_there_is_not_is_refused(client: Client, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    ended = run(client, PROGRAM, "training", folder=str(tmp_path))
    with pytest.raises(Exception, match="no rank 2: it has 2"):
        list(client.follow_log(node(ended.id, "n0@2"), timeout=60))


def test_the_error_names_the_rank(client: Client) -> None:
    ended = run(client, PROGRAM, "failing")
    assert phase_of(ended) == "FAILED"
    assert "Rank 1 of 2 failed." in ended.closure.error.message
    assert "ValueError: no good" in ended.closure.error.message
    assert len(attempts_of(client, ended.id)) == 1


def test_a_gang_with_a_rank_that_is_killed_is_tried_again_whole(client: Client, tmp_path: Path) -> None:
    ended = run(client, PROGRAM, "tried_again", folder=str(tmp_path))
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, ended.id) == {"o0": 2}
    first, second = attempts_of(client, ended.id)
    assert (phase(first), first.closure.error.code) == ("FAILED", "Interrupted")
    assert "Rank 1's process was killed" in first.closure.error.message
    assert phase(second) == "SUCCEEDED"
    assert not any(is_there(pid) for pid in pids(tmp_path, ["pid-1-0", "pid-1-1", "pid-2-0", "pid-2-1"]))


async def test_an_abort_ends_all_ranks(client: Client, tmp_path: Path) -> None:
    execution = start(client, PROGRAM, "training", folder=str(tmp_path))
    there = pids(tmp_path, ["pid-0", "pid-1"])
    client.terminate(execution, "enough of it")
    assert phase_of(wait_ended(client, execution)) == "ABORTED"
    wait_for(lambda: not any(is_there(pid) for pid in there))
    (attempt,) = attempts_of(client, execution, node(execution))
    prefix = attempt.closure.output_uri.rpartition("/")[0] or attempt.closure.metadata.generated_name
    assert phase(attempt) == "ABORTED", prefix


def test_more_than_one_node_is_refused_with_what_to_do(client: Client) -> None:
    ended = run(client, PROGRAM, "too_wide")
    assert phase_of(ended) == "FAILED"
    assert "on 2 nodes at once (Elastic(nnodes=2))" in ended.closure.error.message
    assert "give nnodes=1" in ended.closure.error.message
    assert "--executor ray" in ended.closure.error.message


def test_a_task_that_is_mapped_is_a_gang_for_each_item(client: Client) -> None:
    ended = run(client, PROGRAM, "mapped", xs=[1, 2, 3])
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, ended.id) == {"o0": [1, 4, 9]}
    assert result_log(client, node(ended.id, "n0:1@1")) == "rank 1 squares 2\n"


async def test_a_server_that_was_killed_takes_up_a_gang_that_runs(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    with running_server(tmp_path / "server") as server:
        with Client(server.endpoint) as client:
            execution = start(client, PROGRAM, "training", folder=str(folder))
            there = pids(folder, ["pid-0", "pid-1"])
        server.kill()
        server.start()
        with Client(server.endpoint) as client:
            shown(client, node(execution, "n0@1"), '"y"')
            assert all(is_there(pid) for pid in there)
            (folder / "go").touch()
            assert phase_of(wait_ended(client, execution)) == "SUCCEEDED"
            assert python_outputs(client, execution) == {"o0": 40}
            assert result_log(client, node(execution, "n0@1")) == "rank 1 trains\n"


async def test_a_gang_whose_keeper_is_gone_is_lost_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    with running_server(tmp_path / "server") as server, Client(server.endpoint) as client:
        execution = start(client, PROGRAM, "training", folder=str(folder))
        there = pids(folder, ["pid-0", "pid-1"])
        leader = parent_of(there[0])
        os.kill(parent_of(leader), 9)
        wait_for(lambda: not any(is_there(pid) for pid in there))
        wait_for(lambda: pids(folder, ["pid-0"]) != there[:1])
        (folder / "go").touch()
        assert phase_of(wait_ended(client, execution)) == "SUCCEEDED"
        first, second = attempts_of(client, execution, node(execution))
        assert first.closure.error.code == "Lost"
        # The page of a rank that could not write its own end is finished for it.
        prefix = second.closure.output_uri.rpartition("/")[0].rpartition("/")[0]
        page = open_store(f"{prefix}/0/rank-1")
        wait_for(lambda: b"Died" in page.get("deck.html"))
        assert parse(page.get("deck.html")).end is None


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
