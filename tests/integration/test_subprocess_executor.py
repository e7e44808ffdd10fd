"""`livedeck serve --executor subprocess`: a live Deck, an abort, a timeout, and servers that come back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import finished_deck, phase_of, python_outputs, run, start, wait_ended, wait_for
from tests.integration.test_attempts import attempts_of, deck, log_of, phase, wait_published, words

OPTIONS = ("--executor", "subprocess")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server"), options=OPTIONS) as server:
        yield server


def gated_node(client: Client, execution: WorkflowExecutionIdentifier) -> NodeExecutionIdentifier:
    return NodeExecutionIdentifier(node_id="n0", execution_id=execution)


def wait_shown(client: Client, node: NodeExecutionIdentifier, text: str) -> None:
    """Return when those who watch the node's Deck are sent a text."""
    for event in client.follow_deck(node, timeout=60):
        if event.event in {"segment", "snapshot"} and text in event.data:
            return
    raise AssertionError(f"the stream ended without {text!r}")


def runs(folder: Path) -> list[str]:
    return (folder / "runs").read_text().split()


async def test_a_workflow_runs_with_its_deck_live(client: Client, tmp_path: Path) -> None:
    execution = start(client, "gated.py", "then_doubled", folder=str(tmp_path))
    node = gated_node(client, execution)
    wait_for((tmp_path / "runs").exists)
    wait_shown(client, node, "before")
    assert any("printed before" in chunk.data for chunk in client.follow_log(node, timeout=60))
    (tmp_path / "go").touch()
    assert phase_of(wait_ended(client, execution)) == "SUCCEEDED"
    assert python_outputs(client, execution) == {"o0": 40}
    (attempt,) = attempts_of(client, execution, node)
    assert words(await deck(attempt)) == {"steps": "<p>before</p><p>after</p>"}
    assert log_of(client, node) == "printed before\n"


async def test_an_abort_flushes_the_deck(client: Client) -> None:
    execution = start(client, "attempts.py", "waits")
    node = wait_published(client, execution)
    assert any("waiting" in chunk.data for chunk in client.follow_log(node, timeout=60))
    client.terminate(execution, "enough of it")
    assert phase_of(wait_ended(client, execution)) == "ABORTED"
    (attempt,) = attempts_of(client, execution, node)
    assert phase(attempt) == "ABORTED"
    document = await deck(attempt)
    assert set(words(document)) == {"waiting", "unpublished"}
    assert document.end is not None
    assert document.end.outcome == "aborted"


def test_a_timeout_ends_an_attempt(client: Client) -> None:
    ended = run(client, "attempts.py", "too_slow")
    assert phase_of(ended) == "FAILED"
    assert "time" in ended.closure.error.message.lower()


def test_one_that_is_killed_is_the_users_failure(client: Client) -> None:
    ended = run(client, "attempts.py", "killed_without_retries")
    assert phase_of(ended) == "FAILED"
    assert ended.closure.error.code == "RetriesExhausted|Interrupted"


@pytest.mark.parametrize("next_options", [OPTIONS, ()], ids=["subprocess", "process"])
async def test_a_server_that_was_killed_takes_up_what_runs(tmp_path: Path, next_options: tuple[str, ...]) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    with running_server(tmp_path / "server", options=OPTIONS) as server:
        with Client(server.endpoint) as client:
            execution = start(client, "gated.py", "then_doubled", folder=str(folder))
            node = gated_node(client, execution)
            wait_for((folder / "runs").exists)
            wait_shown(client, node, "before")
        server.kill()
        server.options = next_options
        server.start()
        with Client(server.endpoint) as client:
            wait_shown(client, node, "before")
            (folder / "go").touch()
            ended = wait_ended(client, execution)
            assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
            assert python_outputs(client, execution) == {"o0": 40}
            (attempt,) = attempts_of(client, execution, node)
            document = await finished_deck(attempt.closure.output_uri.rpartition("/")[0])
            assert words(document) == {"steps": "<p>before</p><p>after</p>"}
            assert log_of(client, node) == "printed before\n"
    assert len(runs(folder)) == 1, "it was taken up, not run again"
