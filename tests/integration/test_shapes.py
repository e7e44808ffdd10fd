"""Workflows of every shape on a real server."""

from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.client import Client
from tests.integration.running import phase_of, python_outputs, run


@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        pytest.param("chain", {}, {"o0": 121}, id="chain with defaults and a constant"),
        pytest.param("chain", {"a": 5}, {"o0": 125}, id="a given input replaces the default"),
        pytest.param("fan", {"a": 1}, {"o0": 11 + 3 + 2 + 1000}, id="fan-out, fan-in, an async task"),
        pytest.param("outputs", {"a": 17, "b": 5}, {"o0": 3, "o1": 2, "o2": "2"}, id="named and several outputs"),
        pytest.param("parts", {"a": 4}, {"o0": "4 5 number 4"}, id="attributes and indexes of a promise"),
        pytest.param("nested", {"a": 1}, {"o0": (1 + 120) + (100 + 120)}, id="sub-workflows"),
        pytest.param("overridden", {"a": 1}, {"o0": 11}, id="with_overrides"),
        pytest.param("add", {"a": 1, "b": 2}, {"o0": 3}, id="a task by itself"),
        pytest.param("divide", {"a": 7, "b": 4}, {"quotient": 1, "remainder": 3}, id="a task with named outputs"),
    ],
)
def test_it_returns_what_python_would(
    client: Client, name: str, inputs: dict[str, Any], expected: dict[str, Any]
) -> None:
    ended = run(client, "shapes.py", name, **inputs)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, ended.id) == expected


def test_an_arrow_orders_what_no_data_orders(client: Client) -> None:
    ended = run(client, "shapes.py", "ordered")
    outputs = python_outputs(client, ended.id)
    assert outputs["o0"] < outputs["o1"], "the one before the arrow must have run first"


def test_a_node_can_be_given_an_id_and_a_name(client: Client) -> None:
    ended = run(client, "shapes.py", "overridden", a=1)
    assert phases(client, ended.id) == {"the-sum": "SUCCEEDED"}
    workflow = client.get_workflow(ended.closure.workflow_id).closure.compiled_workflow.primary.template
    assert [node.metadata.name for node in workflow.nodes if node.id == "the-sum"] == ["the sum"]


def test_the_nodes_of_a_sub_workflow_are_below_its_own(client: Client) -> None:
    ended = run(client, "shapes.py", "nested", a=1)
    parents = [node for node in client.node_executions(ended.id) if node.metadata.is_parent_node]
    assert [node.id.node_id for node in parents] == ["n0", "n1"]
    inside = [
        node for node in client.node_executions(ended.id, parent="n0") if "-node" not in node.metadata.spec_node_id
    ]
    assert sorted(node.metadata.spec_node_id for node in inside) == ["n0", "n1"]


def test_a_failure_ends_the_siblings_at_once(client: Client) -> None:
    ended = run(client, "shapes.py", "fails_at_once", timeout=60)
    assert phase_of(ended) == "FAILED"
    assert "as planned" in ended.closure.error.message
    assert phases(client, ended.id) == {"n0": "FAILED", "n1": "ABORTED"}


def test_with_the_other_policy_what_can_run_still_runs(client: Client) -> None:
    ended = run(client, "shapes.py", "fails_at_last", a=1)
    assert phase_of(ended) == "FAILED"
    assert "as planned" in ended.closure.error.message
    found = phases(client, ended.id)
    assert found.pop("n0") == "FAILED"
    assert "n1" not in found, "it needs what the failed one would have returned"
    assert found == {"n2": "SUCCEEDED", "n3": "SUCCEEDED", "n4": "SUCCEEDED"}
    last = client.node_data(NodeExecutionIdentifier(execution_id=ended.id, node_id="n4"))
    assert last.outputs.literals["o0"].scalar.primitive.integer == 31


def phases(client: Client, execution: WorkflowExecutionIdentifier) -> dict[str, str]:
    """The phases of the top level's nodes that run something."""
    nodes = client.node_executions(execution)
    return {
        node.id.node_id: NodeExecution.Phase.Name(node.closure.phase)
        for node in nodes
        if node.id.node_id not in {"start-node", "end-node"}
    }
