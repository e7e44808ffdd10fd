"""Large outputs are stored once, by themselves, and passed on by their address."""

from pathlib import Path

import pytest
from flyteidl.core.literals_pb2 import Literal, LiteralMap

from livedeck.client import Client
from livedeck.client.files import stored_in
from livedeck.store import open_store, split_uri
from tests.integration.programs.large import COUNT, LENGTHS
from tests.integration.running import phase_of, python_outputs, start, wait_ended

pytestmark = pytest.mark.slow


def test_a_large_output_is_passed_on_looked_into_and_mapped_over(client: Client) -> None:
    execution = start(client, "large.py", "large")
    ended = wait_ended(client, execution)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, execution) == {"o0": COUNT * (COUNT - 1) // 2, "o1": 16, "o2": LENGTHS}
    nodes = {node.id.node_id: node for node in client.node_executions(execution)}
    folder, name = split_uri(nodes["n0"].closure.output_uri)
    document = open_store(folder).get(name)
    assert len(document) < 1000
    stands = LiteralMap.FromString(document).literals["o0"]
    assert stands.offloaded_metadata.size_bytes > 1 << 20
    assert stands.hash, "what is cached by it is found by its content"


def test_an_output_of_ten_megabytes_is_large_unless_the_task_says_otherwise(client: Client, tmp_path: Path) -> None:
    execution = start(client, "large.py", "one_text")
    ended = wait_ended(client, execution)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert python_outputs(client, execution) == {"o0": 11 << 20}
    nodes = {node.id.node_id: node for node in client.node_executions(execution)}
    folder, name = split_uri(nodes["n0"].closure.output_uri)
    assert len(open_store(folder).get(name)) < 1000
    (large,) = stored_in(client.node_data(nodes["n0"].id).outputs)
    (path,) = client.download(large, tmp_path)
    assert len(Literal.FromString(path.read_bytes()).scalar.primitive.string_value) == 11 << 20
