"""Dynamic tasks on a real server."""

import asyncio
from typing import Any

import pytest
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.core.execution_pb2 import NodeExecution as NodePhase
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.sdk.loading import load_file
from tests.integration.running import PROGRAMS, finished_deck, phase_of, python_outputs, run

CASES = [
    pytest.param("squares", {"n": 4}, {"o0": 14}, id="a loop, and a list of its outputs"),
    pytest.param("all_of_it", {"n": 3}, {"o0": 25, "o1": 6, "o2": 9, "o3": "p3=3,p2=5,p1=6"}, id="in a workflow"),
    pytest.param("halves", {"n": 20}, {"o0": 9}, id="nested five deep, a sub-workflow at the end"),
    pytest.param("nothing_called", {"n": 4}, {"o0": 5}, id="one that calls nothing"),
    pytest.param("changed_meanwhile", {"n": 3}, {"o0": "p3=3,p2=5,p1=6"}, id="a list that it goes on changing"),
    pytest.param("without_outputs", {"n": 3}, {}, id="one without outputs"),
    pytest.param("shown", {"n": 3}, {"o0": 5}, id="one with a Deck"),
]


@pytest.mark.parametrize(("name", "inputs", "expected"), CASES)
def test_it_returns_what_it_returns_locally(
    client: Client, name: str, inputs: dict[str, Any], expected: dict[str, Any]
) -> None:
    ended = run(client, "dynamics.py", name, **inputs)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, ended.id) == expected
    entity = load_file(PROGRAMS / "dynamics.py").find(name)
    assert entity.interface.split(entity(**inputs)) == expected


def test_dataclasses_are_given_to_its_nodes(client: Client) -> None:
    program = load_file(PROGRAMS / "dynamics.py")
    order = program.find("of_orders").function.__globals__["Order"]
    orders = [order("b", [1, 2]), order("a", [3])]
    ended = run(client, "dynamics.py", "of_orders", orders=orders)
    assert python_outputs(client, ended.id) == {"o0": {"b": 3, "a": 3}}
    assert program.find("of_orders")(orders=orders) == {"b": 3, "a": 3}


def node(client: Client, execution: WorkflowExecutionIdentifier, name: str) -> NodeExecution:
    return next(each for each in client.node_executions(execution) if each.id.node_id == name)


def test_what_it_runs_is_known_and_shown(client: Client) -> None:
    ended = run(client, "dynamics.py", "shown", n=2)
    parent = node(client, ended.id, "n0")
    assert (parent.metadata.is_parent_node, parent.metadata.is_dynamic) == (True, True)
    assert parent.closure.dynamic_job_spec_uri.endswith("/n0/data/0/futures.pb")
    children = {each.id.node_id: each for each in client.node_executions(ended.id, parent="n0")}
    assert set(children) == {"n0-0-start-node", "n0-0-square-0", "n0-0-square-1", "n0-0-dn2"}
    assert {each.metadata.retry_group for each in children.values()} == {"0"}
    compiled = client.dynamic_workflow(parent.id).primary.template
    assert [each.id for each in compiled.nodes] == ["start-node", "square-0", "square-1", "dn2", "end-node"]
    assert compiled.id.name == "dynamic_n0"
    assert client.node_data(parent.id).outputs.literals["o0"].scalar.primitive.integer == 1


async def test_its_deck_is_its_own_and_complete(client: Client) -> None:
    ended = await asyncio.to_thread(run, client, "dynamics.py", "shown", n=2)
    deck = (await asyncio.to_thread(node, client, ended.id, "n0")).closure.deck_uri
    document = await finished_deck(deck.removesuffix("/deck.html"))
    assert document.end is not None
    assert document.end.outcome == "succeeded"
    assert "2 squares" in str(document)


def test_a_child_that_fails_fails_it_and_the_retries_are_not_spent(client: Client) -> None:
    ended = run(client, "dynamics.py", "with_a_failure", n=2)
    assert phase_of(ended) == "FAILED"
    assert "2 is refused, as planned" in ended.closure.error.message
    assert node(client, ended.id, "n0").closure.phase == NodePhase.FAILED
    assert len(list(client.task_executions(NodeExecutionIdentifier(execution_id=ended.id, node_id="n0")))) == 1


def test_its_outputs_are_cached(client: Client) -> None:
    first, second = (run(client, "dynamics.py", "remembered", n=3) for _ in range(2))
    assert python_outputs(client, first.id) == python_outputs(client, second.id) == {"o0": 5}
    again = node(client, second.id, "n0")
    assert not again.metadata.is_dynamic
    assert list(client.node_executions(second.id, parent="n0")) == []
