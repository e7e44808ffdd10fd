"""`livedeck serve --executor process --executor ray`: one workflow on both, and a server that is killed."""

from pathlib import Path

from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier

from livedeck.client import Client
from livedeck.testing.process import running_server
from tests.integration.running import finished_deck, phase_of, python_outputs, start, wait_ended, wait_for
from tests.integration.test_attempts import attempts_of, log_of, words
from tests.integration.test_subprocess_executor import wait_shown

from .cluster import Nodes

PROGRAM = Path(__file__).parent / "programs.py"


async def test_tasks_run_where_they_say_and_outlive_the_server(nodes: Nodes, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    both = ("--executor", "process", "--executor", "ray", "--ray-address", nodes.address)
    with running_server(tmp_path / "server", options=both) as server:
        with Client(server.endpoint) as client:
            execution = start(client, PROGRAM, "both", folder=str(folder))
            node = NodeExecutionIdentifier(node_id="n1", execution_id=execution)
            wait_for((folder / "runs").exists)
            wait_shown(client, node, "on the cluster")
        server.kill()
        server.options = ("--executor", "ray", "--ray-address", nodes.address)
        server.start()
        with Client(server.endpoint) as client:
            wait_shown(client, node, "on the cluster")
            (folder / "go").touch()
            ended = wait_ended(client, execution)
            assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
            assert python_outputs(client, execution) == {"o0": True}, "it ran under another process than the first task"
            (attempt,) = attempts_of(client, execution, node)
            assert log_of(client, node) == "said on the cluster\n"
            document = await finished_deck(attempt.closure.output_uri.rpartition("/")[0])
            assert words(document)["where"] == "<p>on the cluster</p>"
    assert (folder / "runs").read_text() == "run\n"
