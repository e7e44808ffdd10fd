"""Eager tasks on a real server: what they call are executions, which never have to wait for who called them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import finished_deck, phase_of, python_outputs, run, start, wait_ended, wait_for

PROGRAM = "eagers.py"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server"), options=("--parallel", "2")) as server:
        yield server


def called(client: Client, name: str) -> list[Execution]:
    """Executions of what has ``name``, the newest first."""
    return [each for each in client.list_executions() if each.spec.launch_plan.name.endswith(f".{name}")]


def test_six_parents_wait_at_once_where_two_attempts_may_run(client: Client) -> None:
    parents = [start(client, PROGRAM, "parent", x=x) for x in range(6)]
    for x, parent in enumerate(parents):
        ended = wait_ended(client, parent, timeout=120)
        assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
        assert python_outputs(client, parent) == {"o0": [2 * x, 2 * x + 2, x + 1, x + 2]}
    assert len(called(client, "slowly")) == 12


def test_its_deck_shows_what_it_called(client: Client) -> None:
    ended = run(client, PROGRAM, "again", folder="/nonexistent")
    assert phase_of(ended) == "FAILED"
    assert "note failed" in ended.closure.error.message
    node = next(each for each in client.node_executions(ended.id) if each.closure.deck_uri)
    document = asyncio.run(finished_deck(node.closure.deck_uri.rpartition("/")[0]))
    text = str(document)
    assert "Eager Executions" in text
    assert called(client, "note")[0].id.name in text
    assert "Failed" in text


def test_the_next_attempt_finds_what_was_done_and_starts_what_failed_again(client: Client, tmp_path: Path) -> None:
    ended = run(client, PROGRAM, "again", folder=str(tmp_path))
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, ended.id) == {"o0": ["noted", "now"]}
    assert (tmp_path / "noted").read_text() == "."


def test_an_attempt_whose_process_was_killed_finds_them_too(client: Client, tmp_path: Path) -> None:
    ended = run(client, PROGRAM, "killed", folder=str(tmp_path))
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert (tmp_path / "noted").read_text() == "."


def test_what_it_started_is_aborted_with_it(client: Client, tmp_path: Path) -> None:
    execution = start(client, PROGRAM, "waits", folder=str(tmp_path))
    wait_for((tmp_path / "forever").exists)
    client.terminate(execution, "enough")
    assert phase_of(wait_ended(client, execution)) == "ABORTED"
    child = called(client, "forever")[0]
    ended = wait_ended(client, child.id)
    assert phase_of(ended) == "ABORTED"
    assert "eager task that started it has ended" in ended.closure.abort_metadata.cause


def test_what_one_that_was_killed_has_left_is_aborted(client: Client, tmp_path: Path) -> None:
    ended = run(client, PROGRAM, "dies", folder=str(tmp_path))
    assert phase_of(ended) == "FAILED"
    child = next(each for each in called(client, "forever") if parent_of(each) == ended.id)
    assert phase_of(wait_ended(client, child.id)) == "ABORTED"


def test_what_still_runs_at_its_end_is_aborted(client: Client, tmp_path: Path) -> None:
    ended = run(client, PROGRAM, "leaves_one_running", folder=str(tmp_path))
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert phase_of(wait_ended(client, called(client, "forever")[0].id)) == "ABORTED"


def test_what_it_calls_names_its_node_and_is_deleted_with_it(client: Client) -> None:
    ended = run(client, PROGRAM, "inner", x=1)
    child = next(each for each in called(client, "add_one") if parent_of(each) == ended.id)
    assert child.spec.metadata.parent_node_execution.node_id == "n0"
    client.delete_execution(ended.id)
    wait_for(lambda: not {child.id.name, ended.id.name} & {each.id.name for each in client.list_executions()})


def parent_of(execution: Execution) -> WorkflowExecutionIdentifier:
    return execution.spec.metadata.parent_node_execution.execution_id
