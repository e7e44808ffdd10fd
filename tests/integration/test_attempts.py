"""Attempts that end in every way there is, on a real server."""

import contextlib
import json
import os
import urllib.request
from pathlib import Path

import pytest
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.errors_pb2 import ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl.core.execution_pb2 import TaskExecution as Phases
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.client import Client, NodeChanged
from livedeck.deck.ops import Document, Html
from livedeck.deck.reader import Reader
from livedeck.deck.settings import FLUSH_PENDING
from livedeck.store import open_store
from livedeck.testing.process import ServerProcess
from tests.integration.running import finished_deck, phase_of, python_outputs, run, start, wait_ended, wait_for


def test_a_recoverable_error_is_retried(client: Client) -> None:
    ended = run(client, "attempts.py", "third_time_lucky")
    assert phase_of(ended) == "SUCCEEDED"
    assert python_outputs(client, ended.id) == {"o0": 3}
    attempts = attempts_of(client, ended.id)
    assert [attempt.id.retry_attempt for attempt in attempts] == [0, 1, 2]
    assert [phase(attempt) for attempt in attempts] == ["FAILED", "FAILED", "SUCCEEDED"]
    assert "attempt 1" in attempts[0].closure.error.message
    assert "attempt 2" in attempts[1].closure.error.message


def test_retries_run_out(client: Client) -> None:
    ended = run(client, "attempts.py", "never_lucky")
    assert phase_of(ended) == "FAILED"
    assert ended.closure.error.code.startswith("RetriesExhausted|")
    assert "attempt 3" in ended.closure.error.message
    assert len(attempts_of(client, ended.id)) == 3


def test_a_plain_raise_is_final(client: Client) -> None:
    ended = run(client, "attempts.py", "plain_raise")
    assert phase_of(ended) == "FAILED"
    assert "KeyError: 'for good'" in ended.closure.error.message
    assert not ended.closure.error.code.startswith("RetriesExhausted")
    assert ended.closure.error.kind == ExecutionError.USER
    assert len(attempts_of(client, ended.id)) == 1


async def test_a_killed_attempt_is_retried_and_its_deck_stays(client: Client) -> None:
    ended = run(client, "attempts.py", "killed_and_retried")
    assert phase_of(ended) == "SUCCEEDED"
    assert python_outputs(client, ended.id) == {"o0": 2}
    first, second = attempts_of(client, ended.id)
    assert (first.closure.error.code, first.closure.error.kind) == ("Interrupted", ExecutionError.USER)
    document = await deck(first)
    assert words(document) == {"last words": "<p>attempt 1</p>"}
    assert document.end is None, "nobody was left to write an end"
    assert words(await deck(second)) == {"last words": "<p>attempt 2</p>"}


def test_one_that_is_always_killed_runs_as_often_as_its_task_allows(client: Client) -> None:
    for name, attempts in (("killed_always", 2), ("killed_without_retries", 1)):
        ended = run(client, "attempts.py", name)
        assert phase_of(ended) == "FAILED"
        assert "SIGKILL" in ended.closure.error.message
        assert ended.closure.error.code == "RetriesExhausted|Interrupted"
        assert ended.closure.error.kind == ExecutionError.USER
        assert len(attempts_of(client, ended.id)) == attempts


def test_one_whose_zygote_goes_away_is_run_again_whatever_its_task_allows(
    client: Client, server: ServerProcess
) -> None:
    ended = run(client, "attempts.py", "ends_its_zygote_once", marker=str(server.data_dir / "ended"))
    assert phase_of(ended) == "SUCCEEDED"
    first, second = attempts_of(client, ended.id)
    assert (first.closure.error.code, first.closure.error.kind) == ("Lost", ExecutionError.SYSTEM)
    assert [phase(attempt) for attempt in (first, second)] == ["FAILED", "SUCCEEDED"]


def test_a_timeout_ends_an_attempt(client: Client) -> None:
    ended = run(client, "attempts.py", "too_slow")
    assert phase_of(ended) == "FAILED"
    assert "1" in ended.closure.error.message
    assert "time" in ended.closure.error.message.lower()


async def test_an_abort_flushes_the_deck(client: Client) -> None:
    execution = start(client, "attempts.py", "waits")
    node = wait_published(client, execution)
    assert any("waiting" in chunk.data for chunk in client.follow_log(node, timeout=60))
    client.terminate(execution, "enough of it")
    ended = wait_ended(client, execution)
    assert phase_of(ended) == "ABORTED"
    assert ended.closure.abort_metadata.cause == "enough of it"
    (attempt,) = attempts_of(client, execution, node)
    assert phase(attempt) == "ABORTED"
    document = await deck(attempt)
    assert set(words(document)) == {"waiting", "unpublished"}
    assert document.end is not None
    assert document.end.outcome == "aborted"


@pytest.mark.slow
def test_one_that_ignores_sigterm_is_killed(client: Client) -> None:
    execution = start(client, "attempts.py", "ignores_sigterm")
    node = task_node(client, execution)
    log = client.follow_log(node, timeout=60)
    assert any("deaf" in chunk.data for chunk in log)
    client.terminate(execution, "not listening")
    assert phase_of(wait_ended(client, execution)) == "ABORTED"


def test_relaunching_runs_the_same_again(client: Client) -> None:
    first = run(client, "shapes.py", "chain", a=7)
    second = wait_ended(client, client.relaunch(first.id))
    assert second.id != first.id
    assert second.spec.launch_plan == first.spec.launch_plan
    assert python_outputs(client, second.id) == python_outputs(client, first.id) == {"o0": 127}


def test_what_was_cached_is_not_run_again(client: Client) -> None:
    one, again, other = (run(client, "attempts.py", "cached", word=word) for word in ("a", "a", "b"))
    assert python_outputs(client, one.id) == python_outputs(client, again.id)
    assert python_outputs(client, other.id)["o0"].startswith("b ")
    node = next(node for node in client.node_executions(again.id) if node.closure.HasField("task_node_metadata"))
    metadata = node.closure.task_node_metadata
    assert metadata.cache_status == 2, "CACHE_HIT"
    assert metadata.catalog_key.source_task_execution.node_execution_id.execution_id == one.id


def test_a_task_gets_the_surroundings_that_it_asked_for(client: Client) -> None:
    ended = run(client, "attempts.py", "surroundings")
    found = python_outputs(client, ended.id)["o0"]
    assert found["colour"] == "mauve"
    assert found["execution"] == ended.id.name
    assert found["task"] == "attempts.surroundings"
    assert found["attempt"] == "1"
    left = [Path(found["left"]), Path(found["cwd"], "left-behind")]
    assert left[0].parent == Path(found["tmpdir"]), "tempfile knows of it"
    wait_for(lambda: not any(each.exists() for each in left))  # soon after the attempt


def test_more_than_the_machine_has_is_refused_in_words(client: Client) -> None:
    ended = run(client, "greedy.py", "greedy")
    assert phase_of(ended) == "FAILED"
    assert "10000" in ended.closure.error.message


def test_what_a_task_prints_is_its_log(client: Client) -> None:
    ended = run(client, "attempts.py", "talks")
    text = log_of(client, task_node(client, ended.id))
    assert "to standard output: äöü\n" in text
    assert "to standard error\n" in text


def test_the_running_node_names_its_deck(client: Client) -> None:
    execution = start(client, "attempts.py", "waits")
    try:
        for change in client.follow(execution, timeout=60):
            if isinstance(change, NodeChanged) and change.node.closure.phase == 2:  # RUNNING
                assert change.node.closure.deck_uri.endswith("/0/deck.html")
                break
    finally:
        client.terminate(execution, "seen")
    assert phase_of(wait_ended(client, execution)) == "ABORTED"


async def test_at_rest_everything_is_flytes(client: Client, server: ServerProcess) -> None:
    ended = run(client, "attempts.py", "counts", word="seven", number=7)
    failed = run(client, "attempts.py", "plain_raise")
    folder = server.data_dir / "store" / "metadata" / "propeller"
    data = folder / f"flytesnacks-development-{ended.id.name}" / task_node(client, ended.id).node_id / "data"
    inputs = LiteralMap.FromString((data / "inputs.pb").read_bytes())
    assert inputs.literals["word"].scalar.primitive.string_value == "seven"
    outputs = LiteralMap.FromString((data / "0" / "outputs.pb").read_bytes())
    assert outputs.literals["o0"].scalar.primitive.integer == 7
    await finished_deck((data / "0").as_uri())
    prefix = folder / f"flytesnacks-development-{failed.id.name}" / "n0" / "data" / "0"
    error = ErrorDocument.FromString((prefix / "error.pb").read_bytes())
    assert "for good" in error.error.message
    assert error.error.origin == ExecutionError.USER


def test_rest_and_the_live_stream_tell_the_same(client: Client, server: ServerProcess) -> None:
    ended = run(client, "attempts.py", "talks")
    node = task_node(client, ended.id)
    place = f"{ended.id.project}/{ended.id.domain}/{ended.id.name}"
    assert json.loads(fetch(f"{server.url}/api/v1/executions/{place}"))["closure"]["phase"] == "SUCCEEDED"
    stream = fetch(f"{server.url}/live/logs/{place}/{node.node_id}/0")
    assert "to standard output: äöü" in stream
    assert "event: end" in stream


def test_an_output_of_another_type_fails_the_task(client: Client) -> None:
    ended = run(client, "attempts.py", "lies")
    assert phase_of(ended) == "FAILED"
    assert "attempts.lies: output 'o0' must be int, not 'a word' (str)" in ended.closure.error.message
    assert len(attempts_of(client, ended.id)) == 1


def test_one_that_leaves_with_os_exit_fails(client: Client) -> None:
    ended = run(client, "attempts.py", "exits")
    assert phase_of(ended) == "FAILED"
    assert "exited with code 3" in ended.closure.error.message
    attempts = list(client.task_executions(task_node(client, ended.id)))
    assert len(attempts) == 1, "it has no retries, and nobody else ended it"


@pytest.mark.slow
def test_one_that_prints_a_gigabyte_succeeds_and_its_log_says_what_is_missing(
    client: Client, server: ServerProcess
) -> None:
    ended = run(client, "attempts.py", "prints_much", megabytes=1024, timeout=240)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    text = log_of(client, task_node(client, ended.id))
    assert len(text) < 20 * 2**20
    assert text.endswith("the last line\n")
    assert "left out" in text or "dropped" in text, text[15 * 2**20 : 15 * 2**20 + 200]
    assert size_of(server.data_dir, ended.id.name) < 40 * 2**20
    assert phase_of(run(client, "shapes.py", "chain")) == "SUCCEEDED"


async def test_a_string_of_100_megabytes_on_a_deck_costs_that_tab_alone(client: Client) -> None:
    ended = run(client, "attempts.py", "long_text", megabytes=100)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    (attempt,) = attempts_of(client, ended.id)
    document = await deck(attempt)
    assert words(document)["small"] == "<p>small</p>"
    assert sum(len(each) for each in words(document).values()) < 65 * 2**20
    assert document.end is not None
    assert document.end.outcome == "succeeded"


async def test_a_renderer_that_raises_is_shown_in_its_place(client: Client) -> None:
    ended = run(client, "attempts.py", "broken_renderer")
    assert phase_of(ended) == "SUCCEEDED"
    (attempt,) = attempts_of(client, ended.id)
    text = "".join(words(await deck(attempt)).values())
    assert "no picture today" in text
    assert "<p>after</p>" in text


async def test_a_forked_child_publishes_nothing(client: Client) -> None:
    ended = run(client, "attempts.py", "forks")
    assert python_outputs(client, ended.id) == {"o0": 1}
    (attempt,) = attempts_of(client, ended.id)
    assert words(await deck(attempt)) == {"who": "<p>parent</p>"}


def size_of(folder: Path, name: str) -> int:
    """Bytes of all files below a folder that have ``name`` in their path; some may just be removed."""
    size = 0
    for place, _, files in os.walk(folder):
        for file in (os.path.join(place, each) for each in files):  # noqa: PTH118 - they are many
            if name in file:
                with contextlib.suppress(FileNotFoundError):
                    size += os.stat(file).st_size  # noqa: PTH116 - a string
    return size


def fetch(url: str) -> str:
    """The body of an answer, up to its end."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()  # type: ignore[no-any-return]


def attempts_of(
    client: Client, execution: WorkflowExecutionIdentifier, node: NodeExecutionIdentifier | None = None
) -> list[TaskExecution]:
    """All attempts of the execution's only task."""
    return list(client.task_executions(node or task_node(client, execution)))


def task_node(client: Client, execution: WorkflowExecutionIdentifier) -> NodeExecutionIdentifier:
    """The node of the execution's only task, once it is known."""
    for change in client.follow(execution, timeout=60):
        if isinstance(change, NodeChanged) and change.node.id.node_id not in {"start-node", "end-node"}:
            return change.node.id
    raise AssertionError("there is no such node")


def wait_published(client: Client, execution: WorkflowExecutionIdentifier) -> NodeExecutionIdentifier:
    """Wait until the task has published something; return its node."""
    node = task_node(client, execution)
    for event in client.follow_deck(node, timeout=60):
        if event.event in {"segment", "snapshot"} and "started" in event.data:
            return node
    raise AssertionError("it ended first")


def phase(attempt: TaskExecution) -> str:
    """The phase's name."""
    return Phases.Phase.Name(attempt.closure.phase)


def log_of(client: Client, node: NodeExecutionIdentifier) -> str:
    """All that the node's task has printed."""
    events = client.follow_log(node, timeout=60)
    return "".join(json.loads(event.data)["text"] for event in events if event.event == "chunk")


async def deck(attempt: TaskExecution) -> Document:
    """What is on the attempt's Deck."""
    prefix = os.path.dirname(attempt.closure.output_uri or attempt.closure.logs[0].uri)  # noqa: PTH120 - a URI
    if FLUSH_PENDING in attempt.closure.custom_info.fields:
        return await finished_deck(prefix)
    document = await Reader(open_store(prefix)).load()
    assert document is not None
    return document


def words(document: Document) -> dict[str, str]:
    """The HTML on each tab of the task's own."""
    return {
        each.name: "".join(element.html for element in each.elements if isinstance(element, Html))
        for each in document.decks
        if each.elements
    }
