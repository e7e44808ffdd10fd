"""A server makes of a program the same nodes, in the same phases, whether flytekit registered it or livedeck did."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.sdk.loading import load_file
from livedeck.testing.process import running_server
from tests.integration.running import phase_of, start, wait_ended
from tests.porting.ported import port_file

HERE = Path(__file__).parent
FLYTEKIT = HERE.parents[1] / ".venv-flytekit" / "bin"

RUNS: list[tuple[str, str, dict[str, Any]]] = [
    ("conditionals", "sizes", {"n": 10}),
    ("nested_conditionals", "fractions", {"n": 0.375}),
    ("dynamics", "decide", {"n": 4}),
    ("dynamics", "halve", {"n": 4}),
    ("maps", "bound", {"values": [1, 2], "factor": 0.5}),
    ("maps", "some", {"values": [1, 2, 3]}),
    ("sub_workflows", "outer", {"value": 3}),
    ("failure_nodes", "guarded", {"n": -2}),
    ("launch_plans", "several", {"value": 5}),
    ("imperative", "planned", {"value": 3}),
    ("created_nodes", "by_name", {"a": 17, "b": 5}),
    ("eagers", "until", {"limit": 2}),
]
"""Programs of the suite, and of each one run: every kind of node is among them."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),  # importing flytekit takes an attempt seconds, on a busy machine many
    pytest.mark.filterwarnings("ignore::livedeck.NoEffectWarning"),
]


def test_programs_run_as_the_same_nodes(tmp_path: Path) -> None:
    assert FLYTEKIT.exists(), "flytekit's environment is not there: run `make .venv-flytekit/.ready`"
    environment = {
        "PATH": f"{FLYTEKIT}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(HERE / "programs"),
    }
    with running_server(environment=environment) as server, Client(server.endpoint) as client:
        places = [str(FLYTEKIT / "python"), str(HERE / "start_on_server.py")]
        command = [*places, server.endpoint, str(HERE / "programs"), json.dumps(RUNS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-4000:]
        theirs = [client.execution_id(name) for name in json.loads(done.stdout.splitlines()[-1])]
        ours = [
            start(client, load_file(port_file(HERE / "programs" / f"{program}.py", tmp_path)).file, entity, **inputs)
            for program, entity, inputs in RUNS
        ]
        for (program, entity, _), our, their in zip(RUNS, ours, theirs, strict=True):
            made, wanted = executed(client, our), executed(client, their)
            assert made == wanted, (
                program,
                entity,
                [client.get_execution(each).closure.error for each in (our, their)],
            )


def executed(client: Client, execution: WorkflowExecutionIdentifier) -> dict[str, Any]:
    """What became of an execution: its phase, its nodes by their unique ids, and the executions that they started."""
    ended = wait_ended(client, execution, timeout=600)
    nodes = list(client.node_executions(execution))
    return {"phase": phase_of(ended), "nodes": {node.id.node_id: _node(client, node) for node in nodes}}


def _node(client: Client, node: Any) -> dict[str, Any]:
    metadata, child = node.metadata, node.closure.workflow_node_metadata.executionId
    return {
        "phase": NodeExecution.Phase.Name(node.closure.phase),
        "spec": metadata.spec_node_id,
        "retry_group": metadata.retry_group,
        "is": [name for name in ("is_parent_node", "is_dynamic", "is_array", "is_eager") if getattr(metadata, name)],
        "attempts": [TaskExecution.Phase.Name(each.closure.phase) for each in client.task_executions(node.id)],
        "child": executed(client, child) if child.name else None,
    }
