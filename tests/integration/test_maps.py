"""A map on a real server: what its items gave, and each item's attempts, log and Deck."""

import asyncio
import urllib.request

import pytest
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier

from livedeck.client import Client
from livedeck.client.follow import ItemsChanged
from livedeck.errors import RemoteInvalid, RemoteNotFound
from livedeck.store.layout import execution_prefix
from livedeck.testing.process import ServerProcess
from tests.integration.running import finished_deck, phase_of, start, wait_ended, wait_for

pytestmark = pytest.mark.slow


async def test_each_item_of_a_map_has_attempts_a_log_and_a_deck(server: ServerProcess, client: Client) -> None:
    execution = start(client, "mapped.py", "mapped", numbers=[1, 7, 13])
    ended = wait_ended(client, execution)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error
    given = client.execution_data(execution).outputs.literals["o0"].collection.literals
    assert [each.scalar.primitive.integer if each.scalar.HasField("primitive") else None for each in given] == [
        10,
        70,
        None,
    ]
    [array] = client.task_executions(NodeExecutionIdentifier(node_id="n0", execution_id=execution))
    told = [
        (each.index, each.retry_attempt, TaskExecution.Phase.Name(each.phase))
        for each in array.closure.metadata.external_resources
    ]
    assert told == [(0, 0, "SUCCEEDED"), (1, 0, "FAILED"), (1, 1, "SUCCEEDED"), (2, 0, "FAILED")]
    changes = [change for change in client.follow(execution) if isinstance(change, ItemsChanged)]
    assert {(each.index, each.attempt, each.phase) for change in changes for each in change.nodes["n0"]} >= set(told)
    place = f"{execution.project}/{execution.domain}/{execution.name}"
    folder = execution_prefix(execution.project, execution.domain, execution.name)
    prefix = server.data_dir / "store" / folder / "n0" / "data"
    await finished_deck(f"file://{prefix}/1/1")
    url = f"{server.url}/decks/{place}/n0:1/1/deck.html?download=1"
    assert "number 7" in await asyncio.to_thread(lambda: urllib.request.urlopen(url).read().decode())
    deck = await finished_deck(f"file://{prefix}/2/0")
    assert deck.end is not None
    assert deck.end.outcome == "failed"
    log = prefix / "0" / "0" / "log"  # it may be there a moment after the item's end
    wait_for(lambda: b"working on 1\n" in b"".join(path.read_bytes() for path in sorted(log.glob("*.txt"))))


async def test_an_item_is_asked_for_as_a_node_is(server: ServerProcess, client: Client) -> None:
    execution = start(client, "mapped.py", "mapped", numbers=[1, 7, 13])
    wait_ended(client, execution)

    def item(index: int) -> NodeExecutionIdentifier:
        return NodeExecutionIdentifier(node_id=f"n0:{index}", execution_id=execution)

    found = client.node_execution(item(1))
    assert (found.id.node_id, NodeExecution.Phase.Name(found.closure.phase)) == ("n0:1", "SUCCEEDED")
    assert [each.id.retry_attempt for each in client.task_executions(item(1))] == [0, 1]
    data = client.node_data(item(1))
    [number] = [each for each in data.inputs.literals.values() if each.scalar.primitive.integer == 7]
    assert number.HasField("scalar"), "of a list the item's own member"
    [output] = data.outputs.literals.values()
    assert output.scalar.primitive.integer == 70
    [attempt] = list(client.task_executions(item(0)))
    assert client.task_data(attempt.id).inputs == client.node_data(item(0)).inputs
    assert client.node_execution(item(2)).closure.error.message
    with pytest.raises(RemoteNotFound, match="no item 3"):
        client.node_execution(item(3))
    with pytest.raises(RemoteInvalid, match="is the number of an item"):
        client.node_execution(NodeExecutionIdentifier(node_id="n0:x", execution_id=execution))
    place = f"{execution.project}/{execution.domain}/{execution.name}"
    url = f"{server.url}/api/v1/data/node_executions/{place}/n0%3A1"
    assert "70" in await asyncio.to_thread(lambda: urllib.request.urlopen(url).read().decode())
