"""A server that runs one attempt at a time, and what is said of those that wait."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flyteidl.core.execution_pb2 import NodeExecution as Nodes
from flyteidl.core.execution_pb2 import TaskExecution as Tasks
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.cli import main
from livedeck.client import Client, QueueChanged
from livedeck.client.follow import Queued
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import phase_of, start, wait_ended, wait_for

REASON = "waits for a slot (--parallel 1)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server"), environment={"LIVEDECK_PARALLEL": "1"}) as server:
        yield server


def test_those_that_wait_are_queued_everywhere_with_the_reason_and_their_place(
    client: Client, server: ServerProcess, tmp_path: Path
) -> None:
    gate, other = tmp_path / "gate", tmp_path / "other"
    execution = start(client, "waiting.py", "four", gate=str(gate), other=str(other))
    queued = queue_of(client, execution, 3)
    assert {each.reason for each in queued.values()} == {REASON}
    assert [each.ahead for each in queued.values()] == [0, 1, 2]
    nodes = {node.id.node_id: node for node in client.node_executions(execution)}
    assert {nodes[name].closure.phase for name in queued} == {Nodes.QUEUED}
    (running,) = {"n0", "n1", "n2", "n3"} - queued.keys()
    place = NodeExecutionIdentifier(execution_id=execution, node_id=running)
    wait_for(lambda: client.node_execution(place).closure.phase == Nodes.RUNNING)  # soon after it has its slot
    assert not any(nodes[name].closure.deck_uri for name in queued), "no process has made a Deck"

    waits = list(queued)[1]
    wait_for(lambda: reasons_of(client, execution, waits) == [REASON])
    node = NodeExecutionIdentifier(execution_id=execution, node_id=waits)
    state = json.loads(next(event.data for event in client.follow_deck(node, timeout=60) if event.event == "state"))
    assert (state["phase"], state["reason"], state["ahead"]) == ("queued", REASON, 1)

    shown = CliRunner().invoke(main, ["get", "--endpoint", server.endpoint, execution.name])
    assert shown.exit_code == 0, shown.output
    lines = [line for line in shown.output.splitlines() if "queued" in line]
    assert [line.partition(REASON)[2] for line in lines] == [", next", ", 1 attempt ahead", ", 2 attempts ahead"]

    gate.touch()
    other.touch()
    ended = wait_ended(client, execution)
    assert phase_of(ended) == "SUCCEEDED"
    first = list(client.task_executions(NodeExecutionIdentifier(execution_id=execution, node_id="n0")))
    assert [Tasks.Phase.Name(each.closure.phase) for each in first] == ["FAILED", "SUCCEEDED"]


def queue_of(client: Client, execution: WorkflowExecutionIdentifier, size: int) -> dict[str, Queued]:
    """The queue, once so many nodes are in it."""
    for change in client.follow(execution, timeout=60):
        if isinstance(change, QueueChanged) and len(change.nodes) == size:
            return dict(change.nodes)
    raise AssertionError("it ended first")


def reasons_of(client: Client, execution: WorkflowExecutionIdentifier, node: str) -> list[str]:
    """What is recorded of why the node's attempts wait."""
    identifier = NodeExecutionIdentifier(execution_id=execution, node_id=node)
    attempts = client.task_executions(identifier)
    return [each.closure.reason for each in attempts if each.closure.phase == Tasks.WAITING_FOR_RESOURCES]
